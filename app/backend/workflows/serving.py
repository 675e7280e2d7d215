"""Which model answers: the champion if it can be trusted, else who served before, else the rules.

Files that are not there now may come back and are asked for again; files with other bytes than
were recorded are never opened, and are set aside (see `damage`).
"""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from app.backend.domain.errors import ArtefactDamaged, ModelError
from app.backend.domain.model import Predictor
from app.backend.domain.runs import Promotion, Version, lineage
from app.backend.features.posterior import rules_posterior
from app.backend.registry.artefact import Artefact
from app.backend.registry.versions import open_version
from app.backend.store import versions

UNTRAINED: Final = "Encore has not learnt from you yet."
# A store that is away is asked again at most so often: a request must not wait for each attempt.
ASK_AGAIN_SECONDS: Final = 10.0
_EXPECTED: Final = ("rollback", "hand", "library")


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers, under which version (none: the rules).

    `reason` says why it is the rules, or why it is not the version that was promoted;
    `is_fallback`, whether that is a fault to be mended. It learnt from so much feedback, and from
    so many ratings from elsewhere.
    """

    predictor: Predictor
    version: str | None
    reason: str | None
    feedback_count: int = 0
    is_fallback: bool = False
    rating_count: int = 0


def served_by(serving: Serving) -> str:
    """Say in a sentence what answers, and why it is not what one would expect."""
    if serving.version is None:
        return f"Picked by the rules: {serving.reason}"
    told = (
        f"Picked by model {serving.version}, learnt from {serving.feedback_count} "
        f"feedback{'' if serving.feedback_count == 1 else 's'}."
    )
    if serving.rating_count:
        told += f" Ratings from elsewhere that it learnt from too: {serving.rating_count}."
    return told if serving.reason is None else f"{told} {serving.reason}"


@dataclass(slots=True)
class Shelf:
    """Where versions lie, and those that were opened: a version never changes.

    Attributes
    ----------
    folder : Path
    damaged : dict of str to str
        Versions whose bytes are not those that were recorded, and what is wrong with them.
    """

    folder: Path
    damaged: dict[str, str] = field(default_factory=dict)
    _opened: dict[str, Serving] = field(default_factory=dict)
    _away: dict[str, tuple[float, str]] = field(default_factory=dict)

    def serving(self, session: Session) -> Serving:
        """Return what serves now; where the champion cannot be opened, what served before it."""
        name = versions.champion_name(session)
        if name is None:
            return _rules(versions.last_promotion(session))
        opened = self._opened.get(name) or self._open(session, name)
        if opened is not None:
            self._opened = {name: opened}
            return opened
        why = f"The model {name} cannot be used: {self._reason(name)}"
        for earlier in reversed(lineage(versions.read_ledger(session))[:-1]):
            found = self._opened.get(earlier or "") or self._open(session, earlier)
            if found is not None and found.version is not None:
                self._opened[found.version] = found
                return replace(found, reason=why, is_fallback=True)
        return Serving(rules_posterior(), None, why, is_fallback=True)

    def opened(self, version: Version) -> Serving:
        """Return any version as it would serve.

        Raises
        ------
        ModelError
            Where its files cannot be trusted or read.
        """
        if version.version in self._opened:
            return self._opened[version.version]
        artefact = open_version(self.folder, version.version, version.digest)
        return _serving(artefact, version)

    def forget(self, version: str) -> None:
        """Open a version anew when it is asked for again."""
        self._opened.pop(version, None)
        self._away.pop(version, None)
        self.damaged.pop(version, None)

    def _open(self, session: Session, name: str | None) -> Serving | None:
        """Return a version as it serves; `None` where it cannot be opened, remembering why."""
        version = None if name is None else versions.read_version(session, name)
        if version is None or not version.is_usable or self._was_just_asked(version.version):
            return None
        try:
            return self.opened(version)
        except ArtefactDamaged as error:
            self.damaged[version.version] = error.message
            reason = error.message
        except ModelError as error:
            reason = error.message
        self._away[version.version] = (time.monotonic(), reason)
        return None

    def _was_just_asked(self, name: str) -> bool:
        asked, _ = self._away.get(name, (-ASK_AGAIN_SECONDS, ""))
        return name in self.damaged or time.monotonic() - asked < ASK_AGAIN_SECONDS

    def _reason(self, name: str) -> str:
        return self._away.get(name, (0.0, "its files are gone; train again with: encore train"))[1]


def _rules(last: Promotion | None) -> Serving:
    if last is None:
        return Serving(rules_posterior(), None, UNTRAINED)
    is_fallback = last.kind not in _EXPECTED
    return Serving(rules_posterior(), None, last.reason, is_fallback=is_fallback)


def _serving(artefact: Artefact, version: Version) -> Serving:
    feedback, ratings = (
        int(version.metrics.get(name, 0)) for name in ("feedback_count", "rating_count")
    )
    predictor = artefact.classifier.predictor_
    return Serving(predictor, version.version, None, feedback, rating_count=ratings)
