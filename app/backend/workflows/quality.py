"""A report on the data: read, check, measure, compare with what the champion learnt from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.clock import Clock
from app.backend.domain.runs import Version
from app.backend.features.checks import Check
from app.backend.features.dataset import Prepared, prepare
from app.backend.features.drift import Shift, profile, shifts
from app.backend.features.quality import (
    Balance,
    Coverage,
    balance,
    coverage,
    further_checks,
    repeats_of,
)
from app.backend.features.recalled import REASONS, Recalled, understand_ratings
from app.backend.learning.splits import refuse_leakage, split_by_time
from app.backend.store import reads, versions
from app.backend.store.imported_ratings import read_ratings
from app.backend.store.session import ReadSession
from app.backend.store.training_rows import read_feedback

PROFILE: Final = "profile"


@dataclass(frozen=True, slots=True)
class Split:
    """How many rows train, validate and test, and the fingerprint of which row is where."""

    train: int
    validation: int
    test: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the feedback since the champion was trained has moved from what it learnt from.

    `sentence` says it in words, also where there is nothing to compare.
    """

    model_version: str | None
    rows_since: int
    shifts: tuple[Shift, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Entries of histories from elsewhere that are not learnt from, and why."""

    id: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What became of histories from elsewhere: `read` is `used` and the counts of `left_out`."""

    read: int
    used: int
    positives: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All that is known about the data that training reads.

    `rows_read` is `rows_used` and the counts of the checks whose action is "left out".
    """

    rows_read: int
    rows_used: int
    fingerprint: str
    balance: Balance
    checks: tuple[Check, ...]
    coverage: Coverage
    member_names: Mapping[int, str]
    split: Split
    drift: Drift
    elsewhere: Elsewhere


def quality_report(session: ReadSession, clock: Clock) -> QualityReport:
    """Report on the data.

    Raises
    ------
    LeakageFound
        Where the parts of the split overlap in time.
    """
    prepared = prepare(read_feedback(session), latest_year=clock().year + 2)
    training = prepared.training
    split = split_by_time(training.slate)
    refuse_leakage(training.slate, (split.train, split.validation, split.test))
    repeats = repeats_of(training)
    copies = np.array(reads.read_differing_copies(session), dtype=np.int64)
    recalled = understand_ratings(read_ratings(session), training, prepared.titles.raw.id)
    return QualityReport(
        rows_read=training.rows_read,
        rows_used=len(training.y),
        fingerprint=training.fingerprint(),
        balance=balance(len(training.y), int(training.y.sum())),
        checks=(*training.checks, *further_checks(prepared, repeats, split.train, copies)),
        coverage=coverage(prepared, repeats),
        member_names=reads.read_member_names(session),
        split=Split(**split.record(training.feedback_id)),
        drift=_drift(prepared, versions.champion(session)),
        elsewhere=_elsewhere(recalled),
    )


def _elsewhere(recalled: Recalled) -> Elsewhere:
    counts = recalled.left_out
    left_out = tuple(LeftOut(one, REASONS[one], counts[one]) for one in REASONS if one in counts)
    return Elsewhere(recalled.read, len(recalled.y), int(recalled.y.sum()), left_out)


def _drift(prepared: Prepared, champion: Version | None) -> Drift:
    if champion is None:
        return Drift(None, 0, (), "No model serves yet, so there is nothing to compare with.")
    training = prepared.training
    since = training.part(training.feedback_id > int(champion.metrics["trained_until"]))
    then = champion.manifest.get("data", {}).get(PROFILE)
    if then is None:
        sentence = "The serving model was trained before such counts were kept with a model."
        return Drift(champion.version, len(since.y), (), sentence)
    if not len(since.y):
        sentence = "Nothing was rated since the serving model was trained."
        return Drift(champion.version, 0, (), sentence)
    found = shifts(then, profile(since))
    return Drift(champion.version, len(since.y), found, _sentence(found, len(since.y)))


def _sentence(found: tuple[Shift, ...], rows: int) -> str:
    moved = [shift.feature for shift in found if shift.verdict != "steady"]
    since = f"{rows} verdict{'' if rows == 1 else 's'} since the serving model was trained"
    if not moved:
        return f"The {since} look{'s' if rows == 1 else ''} like what it learnt from."
    return f"The {since} differ in {', '.join(moved)}; training anew takes that in."
