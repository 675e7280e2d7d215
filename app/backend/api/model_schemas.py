"""What goes over the wire of runs and versions: strict, bounded, documented."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.backend.api.schemas import WHOLE, Strict, Told

VERSION_PATTERN = r"^[0-9A-Za-z-]{1,40}$"

Version = Annotated[str, StringConstraints(pattern=VERSION_PATTERN)]
Reason = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True)
]


class TrainingRequest(Strict):
    """How to train; nothing needs to be said. With `anew`, also where nothing changed."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"seed": 7, "anew": False}]}
    )

    seed: Annotated[int, Field(ge=0, lt=2**53), WHOLE] = 0
    anew: bool = False


class TrainingRunOut(Told):
    """One attempt to learn.

    `state` is queued, running, promoted, kept, skipped, failed or cancelled. `attempt` counts how
    often it was begun; `failures` says why it was begun again. `steps` has inputs, outputs,
    metrics and seconds of each step.
    """

    id: int
    state: str
    step: str
    seed: int
    trigger: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempt: int
    failures: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    data_fingerprint: str | None
    rows_read: int | None
    rows_used: int | None
    quality: list[dict[str, Any]] | None
    comparison: dict[str, Any] | None
    model_version: str | None
    reason: str | None


class TrainingRunsOut(BaseModel):
    """Runs, the newest first."""

    training_runs: list[TrainingRunOut]
    next_cursor: str | None


class ModelOut(Told):
    """One version of the model. One that was set aside or pruned can no longer serve."""

    version: str
    created_at: datetime
    family: str
    parent: str | None
    run_id: int
    is_champion: bool
    digest: str
    metrics: dict[str, Any]
    set_aside_at: datetime | None
    set_aside_because: str | None
    pruned_at: datetime | None


class ModelsOut(BaseModel):
    """Versions, the newest first; `champion` is null where the rules serve."""

    champion: str | None
    models: list[ModelOut]
    next_cursor: str | None


class DecisionRequest(Strict):
    """Why another version should serve, and which one is thought to serve now.

    With `expected_champion` (a version, or `rules`), nothing is done where another one serves.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [{"reason": "Its picks were better.", "expected_champion": "rules"}]
        },
    )

    reason: Reason = ""
    expected_champion: Version | None = None


class PromotionOut(Told):
    """From when on a version serves; null: the rules."""

    version: str | None
    promoted_at: datetime
    reason: str
    kind: str
    actor: str


class PeriodOut(Told):
    """From when until when something served; `version` null: the rules; `until` null: it does."""

    version: str | None
    since: datetime | None
    until: datetime | None
    reason: str
    kind: str
    actor: str


class HistoryOut(BaseModel):
    """What served when, the newest first."""

    history: list[PeriodOut]
    next_cursor: str | None


class VerificationRequest(Strict):
    """Which versions to verify; none named: all of them."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"versions": []}]}
    )

    versions: Annotated[list[Version], Field(max_length=1_000, default_factory=list)]


class VerifiedOut(Told):
    """What became of a version's files: whole, damaged, missing, unusable, set aside, pruned."""

    version: str
    state: str
    finding: str


class VerificationOut(BaseModel):
    """What was found of each version."""

    versions: list[VerifiedOut]


class PruneRequest(Strict):
    """How many of the newest versions stay in any case; with `rehearse`, nothing is done."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"keep": 5, "rehearse": True}]},
    )

    keep: Annotated[int, Field(ge=0, le=10**6), WHOLE] = 5
    rehearse: bool = False


class PrunedOut(Told):
    """Which versions' files went, or would, and how many bytes that frees."""

    versions: list[str]
    freed_bytes: int
    kept: int
    is_rehearsal: bool
