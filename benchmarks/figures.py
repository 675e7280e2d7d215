"""Means over households with their intervals, and tables of them; they measure nothing."""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final, TypeVar

import numpy as np
from scipy.stats import t

WORKERS: Final = 2
INTERVAL: Final = 0.9

Job = TypeVar("Job")
Cell = TypeVar("Cell")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over households, its standard error, and a 90 % interval by Student's t."""

    mean: float
    error: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return not self.low <= 0.0 <= self.high

    def text(self, form: str) -> str:
        """Write mean and standard error for a table."""
        return f"{form.format(self.mean)} ± {form.format(self.error)}"

    def between(self, form: str) -> str:
        """Write mean and interval for a table."""
        return f"{form.format(self.mean)} ({form.format(self.low)} to {form.format(self.high)})"


def figure(values: Sequence[float]) -> Figure:
    """Return the figure of one value a household; of a single one nobody knows how far it errs.

    Examples
    --------
    >>> figure([1.0, 1.0]).between("{:.1f}")
    '1.0 (1.0 to 1.0)'
    """
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Figure(mean, 0.0, mean, mean)
    error = float(np.std(values, ddof=1) / np.sqrt(count))
    reach = float(t.ppf(0.5 + INTERVAL / 2, count - 1)) * error
    return Figure(mean, error, mean - reach, mean + reach)


def difference(values: Sequence[float], others: Sequence[float]) -> Figure:
    """Return the figure of paired differences, household by household."""
    return figure([one - other for one, other in zip(values, others, strict=True)])


def head(columns: Sequence[object], first: str = "") -> list[str]:
    """Return the two lines that begin a table."""
    return [row(first, [str(column) for column in columns]), "|---|" + "---|" * len(columns)]


def row(label: str, cells: Sequence[str]) -> str:
    """Return a line of a table."""
    return f"| {' | '.join([label, *cells])} |"


def by_cell(
    work: Callable[[Job], Mapping[Cell, float]],
    jobs: Sequence[Job],
    workers: int,
    done: str,
) -> dict[Cell, list[float]]:
    """Return by cell what each job found, in their order; `done` is said of those behind us."""
    found: dict[Cell, list[float]] = {}
    began = time.monotonic()
    for number, cells in enumerate(in_processes(work, jobs, workers), start=1):
        for cell, value in cells.items():
            found.setdefault(cell, []).append(value)
        spent = time.monotonic() - began
        print(f"{number} of {len(jobs)} {done}, {spent:.0f} s", file=sys.stderr)
    return found


def in_processes(
    work: Callable[[Job], Found], jobs: Sequence[Job], workers: int = WORKERS
) -> Iterable[Found]:
    """Yield what comes of each job in their order; with one worker, without further processes."""
    if workers == 1:
        yield from map(work, jobs)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, jobs)
