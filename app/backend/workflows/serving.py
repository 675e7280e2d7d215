"""Which model answers: the champion if it can be trusted, else the rules, saying why."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from app.backend.domain.errors import ModelError
from app.backend.domain.model import Predictor
from app.backend.domain.runs import Version
from app.backend.features.posterior import rules_posterior
from app.backend.registry.artefact import Artefact
from app.backend.registry.versions import open_version
from app.backend.store import runs

UNTRAINED: Final = "Encore has not learnt from you yet."


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers, under which version (none: the rules), and why it is the rules if it is."""

    predictor: Predictor
    version: str | None
    reason: str | None
    feedback_count: int = 0

    @property
    def is_fallback(self) -> bool:
        """Whether the rules answer although a model was promoted."""
        return self.version is None and self.reason != UNTRAINED


def served_by(serving: Serving) -> str:
    """Say in a sentence what answers, and why it is the rules if it is."""
    if serving.version is None:
        return f"Picked by the rules: {serving.reason}"
    return (
        f"Picked by model {serving.version}, learnt from {serving.feedback_count} "
        f"feedback{'' if serving.feedback_count == 1 else 's'}."
    )


@dataclass(slots=True)
class Shelf:
    """Where versions lie, and the last one that was opened: a version never changes."""

    folder: Path
    _opened: dict[str, Serving] = field(default_factory=dict)

    def serving(self, session: Session) -> Serving:
        """Return what serves now. A version that cannot be opened leaves the rules to serve."""
        champion = runs.champion(session)
        if champion is None:
            return Serving(rules_posterior(), None, UNTRAINED)
        if champion.version not in self._opened:
            self._opened = {champion.version: self._open(champion)}
        return self._opened[champion.version]

    def opened(self, version: Version) -> Serving:
        """Return any version as it would serve.

        Raises
        ------
        ModelError
            Where its files cannot be trusted or read.
        """
        if version.version in self._opened and self._opened[version.version].version is not None:
            return self._opened[version.version]
        artefact = open_version(self.folder, version.version, version.digest)
        return _serving(artefact, version)

    def _open(self, champion: Version) -> Serving:
        try:
            artefact = open_version(self.folder, champion.version, champion.digest)
        except ModelError as error:
            reason = f"The model {champion.version} cannot be used: {error.message}"
            return Serving(rules_posterior(), None, reason)
        return _serving(artefact, champion)


def _serving(artefact: Artefact, version: Version) -> Serving:
    count = version.metrics.get("feedback_count", 0)
    return Serving(artefact.classifier.predictor_, version.version, None, int(count))
