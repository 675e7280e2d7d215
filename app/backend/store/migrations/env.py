"""Runs migrations on the connection that `store.schema` hands over, inside its transaction."""

from alembic import context

from app.backend.store.access_tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
