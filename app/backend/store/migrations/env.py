"""Runs migrations on the connection that `store.schema` hands over, inside its transaction."""

from alembic import context

from app.backend.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
