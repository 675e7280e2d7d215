"""How a household trains: when by itself, within which limits, and what is kept of it."""

from dataclasses import dataclass, field
from datetime import time
from typing import Final

# How often whoever carries a run out says so, and how long it is waited for.
BEAT_SECONDS: Final = 5.0
LEASE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a training process may use.

    Attributes
    ----------
    memory_mb : int
        Of address space; 0 sets no limit.
    seconds : float
        Of the clock on the wall, for one attempt.
    threads : int
        Of linear algebra.
    niceness : int
        How far its share of the processor stands back behind serving.
    """

    memory_mb: int = 4_096
    seconds: float = 3_600.0
    threads: int = 1
    niceness: int = 10


@dataclass(frozen=True, slots=True)
class Schedule:
    """When training is queued by itself.

    Attributes
    ----------
    after_feedbacks : int
        How much new feedback is enough; 0 is never.
    nightly_at : time or None
        In UTC.
    is_fixed : bool
        Whether the environment says so: then the household's own choice does not count.
    """

    after_feedbacks: int = 0
    nightly_at: time | None = None
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """Everything that an installation may choose of training.

    Attributes
    ----------
    limits : Limits
    schedule : Schedule
    keep_versions : int
        How many of the newest versions keep their files; 0 keeps all.
    mlflow_tracking_uri : str
        Where runs are told to; empty: nowhere.
    """

    limits: Limits = field(default_factory=Limits)
    schedule: Schedule = field(default_factory=Schedule)
    keep_versions: int = 0
    mlflow_tracking_uri: str = ""
