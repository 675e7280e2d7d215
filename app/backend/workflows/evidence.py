"""Everything that a household has told, put together for whoever learns from it."""

from app.backend.domain.evidence import ChoiceRows, TitleTexts
from app.backend.features.choices import understand_choices
from app.backend.features.dataset import Prepared
from app.backend.features.household import Evidence
from app.backend.learning.text import title_vectors


def gather_evidence(prepared: Prepared, choices: ChoiceRows, texts: TitleTexts) -> Evidence:
    """Return verdicts with what else a household has told: its choices, and its titles' words."""
    understood = understand_choices(choices, prepared.titles.raw.id)
    return Evidence(prepared.training, understood, title_vectors(texts))
