"""How long work tells how far it is, without knowing who listens."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """One sign of life: what is being done, how much of it is done, and of how much if known."""

    name: str
    done: int
    total: int | None = None


class Progress(Protocol):
    """Whoever wants to show how far the work is."""

    def __call__(self, step: Step, /) -> None:
        """Take note of one step."""


def silent(_step: Step, /) -> None:
    """Show nothing."""
