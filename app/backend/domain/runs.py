"""What is remembered of training: runs, the versions that came out of them, who serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

RUNNING: Final = "running"
PROMOTED: Final = "promoted"
KEPT: Final = "kept"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"

CHALLENGER: Final = "challenger"
CHAMPION: Final = "champion"
RULES: Final = "rules"
ADDITIVE: Final = "additive"

LEAST_PAIRS: Final = 30


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt to learn. `state` is running, promoted, kept, skipped or failed."""

    id: int
    state: str
    step: str
    seed: int
    started_at: datetime
    finished_at: datetime | None = None
    data_fingerprint: str | None = None
    rows_read: int | None = None
    rows_used: int | None = None
    quality: Sequence[Mapping[str, Any]] | None = None
    comparison: Mapping[str, Any] | None = None
    model_version: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A saved model, as the database remembers it. `digest` is what its folder must hash to."""

    version: str
    created_at: datetime
    family: str
    parent: str | None
    run_id: int
    digest: str
    manifest: Mapping[str, Any]
    metrics: Mapping[str, Any]
    is_champion: bool = False


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
