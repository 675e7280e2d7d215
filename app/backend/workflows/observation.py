"""An installation in numbers, for whoever watches over it; looked at once in a few seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

import numpy as np

from app.backend.domain.errors import EncoreError
from app.backend.domain.runs import CANCELLED, FAILED, KEPT, PROMOTED, QUEUED, RUNNING, SKIPPED
from app.backend.store import import_rows, observation_reads, sources, versions
from app.backend.store.observation_reads import PROPENSITIES, Counted, Impressions, Served
from app.backend.store.session import ReadSession
from app.backend.workflows.household import Household
from app.backend.workflows.quality import quality_report

LOOK_AGAIN: Final = timedelta(seconds=5)
# All feedback is read for this.
READ_AGAIN: Final = timedelta(hours=1)
RECENT_DAYS: Final = (7, 30)
ENDS: Final = (import_rows.RUNNING, import_rows.DONE, import_rows.FAILED, import_rows.INTERRUPTED)
STATES: Final = (QUEUED, RUNNING, PROMOTED, KEPT, SKIPPED, FAILED, CANCELLED)
BINS: Final = 10

__all__ = ["PROPENSITIES", "Calibration", "Observation", "Observer", "insist_on_readiness"]
_SURE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """How probabilities that were served fared: log loss and Brier score, lower is better.

    `error` is the expected calibration error over ten bins of equal width: the mean distance
    between what was promised and what came, weighted by how often.
    """

    verdicts: int
    mean_probability: float
    positive_rate: float
    log_loss: float
    brier_score: float
    error: float


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at one moment.

    Attributes
    ----------
    recent_feedback : mapping of int to int
        How many verdicts came in the last so many days.
    model_version : str or None
        Which version answers now; `None`: the rules.
    is_fallback : bool
        Whether it answers because the champion cannot.
    calibration : mapping of str to Calibration
        Of `all` that served, and of the `champion`: the version that answers now, where it has
        verdicts.
    drift : mapping of str to float
        How far each group of what is known of feedback has moved since the champion was trained:
        population stability index.
    imports : mapping of str to int
        The imports that are remembered, with readings of sources, by their state.
    read_at : mapping of str to datetime
        When each source was read last that was.
    asks : mapping of str to bool
        Of each source, whether somebody has to decide before it is read again.
    """

    titles: int
    feedback: int
    recent_feedback: Mapping[int, int]
    impressions: Impressions
    model_version: str | None
    is_fallback: bool
    model_age_seconds: float | None
    runs: Mapping[str, int]
    last_run_age_seconds: float | None
    calibration: Mapping[str, Calibration]
    drift: Mapping[str, float]
    imports: Mapping[str, int]
    read_at: Mapping[str, datetime]
    asks: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class _Seldom:
    """What is too dear for each look."""

    at: datetime
    counted: Counted
    drift: Mapping[str, float]


@dataclass(slots=True)
class Observer:
    """Looks at a household, and remembers for a few seconds what it saw."""

    household: Household
    _seen: tuple[datetime, Observation] | None = None
    _seldom: _Seldom | None = None
    _lock: Lock = field(default_factory=Lock)

    def look(self) -> Observation:
        """Return what there is to see."""
        at = self.household.clock()
        with self._lock:
            if self._seen is None or at - self._seen[0] >= LOOK_AGAIN:
                with self.household.database.reading() as session:
                    self._seen = at, self._observed(session, at)
            return self._seen[1]

    def _observed(self, session: ReadSession, at: datetime) -> Observation:
        seldom = self._looked_seldom(session, at)
        serving = self.household.shelf.serving(session)
        name = serving.version
        version = None if name is None else versions.read_version(session, name)
        ended = observation_reads.last_run_ended(session)
        counts = observation_reads.count_runs(session)
        moments = tuple(at - timedelta(days=days) for days in RECENT_DAYS)
        recent = observation_reads.count_feedback_since(session, moments)
        ever = observation_reads.count_feedback(session, seldom.counted).count
        imports, connected = import_rows.count_imports(session), sources.read_sources(session)
        return Observation(
            titles=observation_reads.count_titles(session),
            feedback=ever - observation_reads.count_retracted(session),
            recent_feedback=dict(zip(RECENT_DAYS, recent, strict=True)),
            impressions=observation_reads.read_impressions(session, at),
            model_version=name,
            is_fallback=serving.is_fallback,
            model_age_seconds=None if version is None else _seconds(at, version.created_at),
            runs={state: counts.get(state, 0) for state in STATES},
            last_run_age_seconds=None if ended is None else _seconds(at, ended),
            calibration=_calibrations(observation_reads.read_served(session, at), name),
            drift=seldom.drift,
            imports={state: imports.get(state, 0) for state in ENDS},
            read_at={one.name: one.synced_at for one in connected if one.synced_at is not None},
            asks={one.name: bool(one.asks) for one in connected},
        )

    def _looked_seldom(self, session: ReadSession, at: datetime) -> _Seldom:
        """Count and compare all feedback; what fails is not tried again any sooner."""
        if self._seldom is None or at - self._seldom.at >= READ_AGAIN:
            counted = observation_reads.count_feedback(session, Counted())
            try:
                shifts = quality_report(session, self.household.clock).drift.shifts
            except EncoreError:  # data that nobody may learn from have their own alarm
                shifts = ()
            drift = {shift.feature: shift.index for shift in shifts}
            self._seldom = _Seldom(at, counted, drift)
        return self._seldom


def insist_on_readiness(household: Household) -> None:
    """Let a household pass that can answer requests.

    Raises
    ------
    DatabaseUnreachable
        Where the database does not answer, or its tables are not there.
    DatabaseTooNew
        Where a newer Encore has changed its tables.
    """
    with household.database.reading() as session:
        observation_reads.insist_on_newest(session)
        household.shelf.serving(session)


def calibration(served: Sequence[Served]) -> Calibration | None:
    """Say how probabilities fared; `None` where nothing was said of any."""
    if not served:
        return None
    promised = np.clip([one.probability for one in served], _SURE, 1.0 - _SURE)
    came = np.array([one.is_positive for one in served], dtype=np.float64)
    places = np.minimum((promised * BINS).astype(np.int64), BINS - 1)
    distance = np.abs(np.bincount(places, promised - came, BINS))
    loss = came * np.log(promised) + (1.0 - came) * np.log1p(-promised)
    return Calibration(
        verdicts=len(served),
        mean_probability=float(promised.mean()),
        positive_rate=float(came.mean()),
        log_loss=-float(loss.mean()),
        brier_score=float(np.square(promised - came).mean()),
        error=float(distance.sum() / len(served)),
    )


def _calibrations(served: Sequence[Served], champion: str | None) -> dict[str, Calibration]:
    """Say how all fared, and what the champion served."""
    of_champion = [one for one in served if one.version == champion and champion is not None]
    found = {"all": calibration(served), "champion": calibration(of_champion)}
    return {name: one for name, one in found.items() if one is not None}


def _seconds(at: datetime, before: datetime) -> float:
    return max(0.0, (at - before).total_seconds())
