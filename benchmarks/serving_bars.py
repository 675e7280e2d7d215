"""What was to be reached in serving, and what was found; ratios within one run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks import serving_in_process as inside
from benchmarks.serving_apps import OWN
from benchmarks.serving_in_process import InProcess
from benchmarks.serving_jobs import KEPT_TEN, NOTHING, RANK, ROW, ROWS, SLATE
from benchmarks.serving_peers import EMPTY, ENCORE, PEERS
from benchmarks.serving_rounds import Measured, Rounds
from benchmarks.serving_swap import Swapped

LEAST_TIMES_A_PEER: Final = 3.0
LEAST_OF_NOTHING: Final = 0.6
MOST_SECONDS_TO_START: Final = 3.0
MOST_MEMORY_MB: Final = 150.0
MOST_CPU_MS_FOR_100: Final = 2.0
LEAST_TIMES_NEW: Final = 15.0
MOST_PASSES: Final = 3.0
LEAST_TIMES_KNOWN: Final = 500.0
PEER_JOBS: Final = (KEPT_TEN, ROW, RANK)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one run measured.

    Attributes
    ----------
    titles, rounds : int
    seconds : float
        How long a job was asked in a round.
    over_http : Rounds
    in_process : InProcess
    swapped : Swapped
    """

    titles: int
    rounds: int
    seconds: float
    over_http: Rounds
    in_process: InProcess
    swapped: Swapped

    def times(self, server: str, job: str, own_job: str = SLATE) -> float | None:
        """Return how many times its requests a CPU second Encore answers: the middle round's.

        `None` where it was not measured.
        """
        own = self.over_http.jobs.get((ENCORE, own_job), [])
        its = self.over_http.jobs.get((server, job), [])
        ratios = [b.cpu_ms / a.cpu_ms for a, b in zip(own, its, strict=False) if a.cpu_ms]
        return median(ratios) if ratios else None

    def middle(self, server: str, job: str, of: Callable[[Measured], float]) -> float | None:
        """Return the median over the rounds; `None` where the server was not measured."""
        return self.over_http.middle(server, job, of)

    def faults(self) -> list[str]:
        """Return what Encore did not answer as it should: that is no matter of speed."""
        absent = self.over_http.absent.get(ENCORE)
        found = [] if absent is None else [f"{ENCORE} was not measured: {absent}"]
        found += self.over_http.failures.get(ENCORE, [])
        if self.swapped.outcome.failed:
            found.append(f"requests failed as champions changed: {self.swapped.outcome.failures}")
        if self.swapped.late:
            found.append(f"{self.swapped.late} answers came from a version before")
        if self.swapped.versions < 2:
            found.append("all answers came from one version")
        return found


@dataclass(frozen=True, slots=True)
class Bar:
    """What was to be reached: a least or a most; `found` is `None` where nobody could tell."""

    says: str
    found: float | None
    form: str
    least: float | None = None
    most: float | None = None

    @property
    def is_held(self) -> bool | None:
        """Whether it was reached."""
        if self.found is None:
            return None
        is_enough = self.least is None or self.found >= self.least
        return is_enough and (self.most is None or self.found <= self.most)

    @property
    def asked(self) -> str:
        """What it asks for, in words."""
        if self.least is not None:
            return f"at least {self.form.format(self.least)}"
        return f"at most {self.form.format(self.most)}"


def bars(findings: Findings) -> list[Bar]:
    """Return all bars with what was found."""
    return [
        *_peers(findings),
        *_nothing(findings),
        *_candidates(findings),
        *_start(findings),
        *_in_process(findings),
        *_swap(findings),
    ]


def _peers(findings: Findings) -> Iterator[Bar]:
    for server in PEERS:
        for job in PEER_JOBS:
            times = findings.times(server, job)
            if times is not None:
                says = f"Slates a CPU second, over {server}: {job}"
                yield Bar(says, times, "{:.1f} times", least=LEAST_TIMES_A_PEER)
        if server in findings.over_http.absent:
            says = f"Slates a CPU second, over {server}"
            yield Bar(says, None, "{:.1f} times", least=LEAST_TIMES_A_PEER)


def _nothing(findings: Findings) -> Iterator[Bar]:
    found = findings.times(EMPTY[OWN], NOTHING)
    says = "Slates a CPU second, over an empty route of the same application"
    yield Bar(says, found, "{:.2f} times", least=LEAST_OF_NOTHING)


def _start(findings: Findings) -> Iterator[Bar]:
    starts = findings.over_http.starts.get(ENCORE, [])
    seconds = median(one.seconds for one in starts) if starts else None
    memory = median(one.pss_mb for one in starts) if starts else None
    says = "Seconds from the start to the first slate"
    yield Bar(says, seconds, "{:.1f}", most=MOST_SECONDS_TO_START)
    says = "Memory of the serving process (PSS), after all jobs"
    yield Bar(says, memory, "{:.0f} MB", most=MOST_MEMORY_MB)


def _candidates(findings: Findings) -> Iterator[Bar]:
    found = findings.middle(ENCORE, ROWS, lambda one: one.cpu_ms)
    yield Bar("100 given titles over HTTP", found, "{:.2f} CPU ms", most=MOST_CPU_MS_FOR_100)


def _in_process(findings: Findings) -> Iterator[Bar]:
    found = findings.in_process
    yield Bar(
        "A new context, less CPU than the pipeline with crossed columns",
        found.times_less(inside.NEW, inside.CROSSED),
        "{:.0f} times",
        least=LEAST_TIMES_NEW,
    )
    passes = 1.0 / found.times_less(inside.NEW, inside.MATRIX)
    yield Bar("A new context, in passes over the matrix", passes, "{:.1f}", most=MOST_PASSES)
    yield Bar(
        "A known context, less CPU than the pipeline with crossed columns",
        found.times_less(inside.KNOWN, inside.CROSSED),
        "{:.0f} times",
        least=LEAST_TIMES_KNOWN,
    )


def _swap(findings: Findings) -> Iterator[Bar]:
    failed = float(findings.swapped.outcome.failed)
    yield Bar("Requests that failed as champions changed", failed, "{:.0f}", most=0.0)
