"""What is remembered of training: runs, their events, the versions they made, who served when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

QUEUED: Final = "queued"
RUNNING: Final = "running"
PROMOTED: Final = "promoted"
KEPT: Final = "kept"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
ACTIVE: Final = (QUEUED, RUNNING)

BY_HAND: Final = "request"
BY_FEEDBACK: Final = "feedback"
BY_NIGHT: Final = "night"

# A tracking server was told of the run, or could not be.
TRACKED: Final = "tracked"

MOST_ATTEMPTS: Final = 3

CHALLENGER: Final = "challenger"
CHAMPION: Final = "champion"
RULES: Final = "rules"
ADDITIVE: Final = "additive"

LEAST_PAIRS: Final = 30


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a run: its seed, who asks, and whether it trains though nothing changed."""

    seed: int = 0
    trigger: str = BY_HAND
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to carry a run out. The number of the attempt is the fence: a later one ends it."""

    run_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to learn.

    `state` is queued, running, promoted, kept, skipped, failed or cancelled. `attempt` counts how
    often it was begun, `failures` says why it was begun again, `steps` what each step took in,
    gave out and cost. `started_at` is when the last attempt began.
    """

    id: int
    state: str
    step: str
    seed: int
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    trigger: str = BY_HAND
    is_forced: bool = False
    attempt: int = 0
    failures: Sequence[Mapping[str, Any]] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    data_fingerprint: str | None = None
    recipe_fingerprint: str | None = None
    last_feedback_id: int | None = None
    rows_read: int | None = None
    rows_used: int | None = None
    quality: Sequence[Mapping[str, Any]] | None = None
    comparison: Mapping[str, Any] | None = None
    model_version: str | None = None
    reason: str | None = None

    @property
    def hold(self) -> Hold:
        """The right to carry this attempt out."""
        return Hold(self.id, self.attempt)

    @property
    def is_active(self) -> bool:
        """Whether it waits or is under way."""
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One sign of life of a run. `kind` is step, done, retry, ended or tracked."""

    id: int
    run_id: int
    attempt: int
    at: datetime
    kind: str
    step: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """A saved model, as the database remembers it. `digest` is what its manifest must hash to.

    `files` holds the digests of what lies beside arrays and manifest. A version that is set aside
    had other bytes than were recorded; one that was pruned has no files any more.
    """

    version: str
    created_at: datetime
    family: str
    parent: str | None
    run_id: int
    digest: str
    manifest: Mapping[str, Any]
    metrics: Mapping[str, Any]
    files: Mapping[str, str] | None = None
    is_champion: bool = False
    set_aside_at: datetime | None = None
    set_aside_because: str | None = None
    pruned_at: datetime | None = None

    @property
    def is_usable(self) -> bool:
        """Whether its files should be there and whole."""
        return self.set_aside_at is None and self.pruned_at is None


@dataclass(frozen=True, slots=True)
class Promotion:
    """From when on a version served (none: the rules), why, and who decided.

    `kind` is gate (it earned it), hand, rollback, damage (the one before cannot be used) or
    library (another one moved in).
    """

    version: str | None
    promoted_at: datetime
    reason: str
    kind: str = "gate"
    actor: str = "training"
    run_id: int | None = None
    id: int = 0


def lineage(ledger: Sequence[Promotion]) -> list[str | None]:
    """Return who served, the serving one last, as rolling back would meet them.

    Parameters
    ----------
    ledger : sequence of Promotion
        All of them, the oldest first.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 11, 23, tzinfo=UTC)
    >>> earned = [Promotion(name, at, "") for name in ("a", "b", "c")]
    >>> lineage([*earned, Promotion("b", at, "", "rollback")])
    [None, 'a', 'b']
    """
    served: list[str | None] = [None]
    for one in ledger:
        if one.kind in {"rollback", "damage"} and one.version in served:
            while served[-1] != one.version:
                served.pop()
        elif one.kind == "library":
            served = [one.version]
        elif served[-1] != one.version:
            served.append(one.version)
    return served


def fairly_compared(comparison: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the metrics of the models that answered for every tested row.

    A serving model that had seen some of the rows was asked about fewer: no fair comparison.

    Examples
    --------
    >>> models = {"rules": {"rows": 9}, "champion": {"rows": 2}}
    >>> fairly_compared({"tested_rows": 9, "models": models})
    {'rules': {'rows': 9}}
    """
    models: Mapping[str, Mapping[str, Any]] = comparison.get("models", {})
    rows = comparison.get("tested_rows")
    return {name: metrics for name, metrics in models.items() if metrics["rows"] == rows}
