"""Everything that a household has told, put together for whoever learns from it."""

from app.backend.domain.evidence import ChoiceRows, RatingRows, TitleTexts
from app.backend.features.choices import understand_choices
from app.backend.features.dataset import Prepared
from app.backend.features.household import Evidence
from app.backend.features.recalled import understand_ratings
from app.backend.learning.text import title_vectors


def gather_evidence(
    prepared: Prepared, choices: ChoiceRows, texts: TitleTexts, ratings: RatingRows
) -> Evidence:
    """Return verdicts with what else a household has told: choices, words, ratings elsewhere."""
    training, ids = prepared.training, prepared.titles.raw.id
    return Evidence(
        training,
        understand_choices(choices, ids),
        title_vectors(texts),
        understand_ratings(ratings, training, ids),
    )
