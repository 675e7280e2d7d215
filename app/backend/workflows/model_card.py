"""What a version tells of itself, in Markdown and HTML."""

from collections.abc import Sequence

from app.backend.domain.runs import Run, Version
from app.backend.learning.classifier import ContextClassifier
from app.backend.learning.gate import Answer
from app.backend.workflows.material import Material


def cards(
    version: Version,
    run: Run,
    material: Material,
    model: ContextClassifier,
    answers: Sequence[Answer],
) -> dict[str, str]:
    """Return the texts that lie beside a version's arrays, by file name."""
    del version, run, material, model, answers
    return {}
