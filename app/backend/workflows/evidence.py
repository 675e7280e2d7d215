"""Everything that a household has told, put together for whoever learns from it."""

from sqlalchemy.orm import Session

from app.backend.features.choices import understand_choices
from app.backend.features.dataset import Prepared
from app.backend.features.household import Evidence
from app.backend.learning.text import title_vectors
from app.backend.store.choice_rows import read_choices
from app.backend.store.library_rows import read_title_texts


def gather_evidence(db_session: Session, prepared: Prepared) -> Evidence:
    """Return verdicts with what else a household has told: its choices, and its titles' words."""
    return Evidence(
        prepared.training,
        understand_choices(read_choices(db_session), prepared.titles.raw.id),
        title_vectors(read_title_texts(db_session)),
    )
