"""Servers one after the other, round by round: each is started, asked all its jobs, and weighed."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.load import Outcome, Plan
from benchmarks.serving_jobs import CONTEXTS, Job
from benchmarks.serving_peers import Contender
from benchmarks.serving_processes import Running, Unserved, asked, first_answer, free_port, running

CONNECTIONS: Final = 8
# What is worked out when it is first needed has been by then, where that does not take long.
WARM_UP: Final = 20 * CONTEXTS
LEAST_REQUESTS: Final = 24
MOST_REQUESTS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What a job cost in one round: CPU of the server's processes, and latencies."""

    answered: int
    failed: int
    cpu_ms: float
    p50_ms: float
    p99_ms: float

    @property
    def per_cpu_second(self) -> float:
        """How many requests a CPU second of the server answers."""
        return 1e3 / self.cpu_ms if self.cpu_ms else 0.0


@dataclass(frozen=True, slots=True)
class Started:
    """What a server's start cost until the first right answer, and its memory at the end."""

    seconds: float
    cpu_seconds: float
    pss_mb: float
    rss_mb: float


@dataclass(slots=True)
class Rounds:
    """All that was measured over HTTP.

    Attributes
    ----------
    jobs : dict
        By server and job, one entry a round.
    starts : dict
        By server, one entry a round.
    absent : dict of str to str
        Servers that were not measured, and why.
    failures : dict
        By server, what was answered that was not right.
    """

    jobs: dict[tuple[str, str], list[Measured]] = field(default_factory=dict)
    starts: dict[str, list[Started]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    failures: dict[str, list[str]] = field(default_factory=dict)

    def middle(self, server: str, job: str, of: Callable[[Measured], float]) -> float | None:
        """Return the median over the rounds; `None` where the server was not measured."""
        found = self.jobs.get((server, job))
        return median(of(one) for one in found) if found else None


def measure(contenders: Sequence[Contender], rounds: int, seconds: float, folder: Path) -> Rounds:
    """Measure every server in every round; each other round begins at the other end.

    Parameters
    ----------
    contenders : sequence of Contender
    rounds : int
    seconds : float
        How long each job is asked in a round.
    folder : Path
        Where servers print to.
    """
    found = Rounds(absent={one.name: one.missing for one in contenders if one.missing})
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            if contender.name in found.absent:
                continue
            print(f"round {number + 1}: {contender.name}", file=sys.stderr)
            try:
                _one(contender, seconds, folder, found)
            except Unserved as error:
                found.absent[contender.name] = str(error)
    return found


def _one(contender: Contender, seconds: float, folder: Path, found: Rounds) -> None:
    port, log = free_port(), folder / f"{contender.name}.log"
    with running(contender.command(port), port, contender.environment, log) as server:
        first = contender.jobs[0]
        start = first_answer(server, first.path, first.bodies[0], first.holds)
        for job in contender.jobs:
            measured, outcome = measured_job(server, job, seconds)
            found.jobs.setdefault((contender.name, job.name), []).append(measured)
            if outcome.failed:
                wrong = f"{job.name}: {dict(outcome.failures)}"
                found.failures.setdefault(contender.name, []).append(wrong)
        found.starts.setdefault(contender.name, []).append(Started(*start, *server.memory_mb()))


def measured_job(server: Running, job: Job, seconds: float) -> tuple[Measured, Outcome]:
    """Ask a job about so long; return what it cost, and what came.

    Raises
    ------
    Unserved
        Where nothing right comes at all.
    """
    first = asked(_plan(server, job, CONNECTIONS))
    if not first.answered:
        raise Unserved(f"{job.name}: no right answer: {dict(first.failures)}")
    warm_up = round(first.answered / first.seconds * seconds / 2)
    warm = asked(_plan(server, job, min(max(CONNECTIONS, warm_up), WARM_UP)))
    count = round(warm.answered / warm.seconds * seconds)
    before = server.cpu_seconds()
    outcome = asked(_plan(server, job, min(max(LEAST_REQUESTS, count), MOST_REQUESTS)))
    used = server.cpu_seconds() - before
    each = 1e3 * used / max(1, outcome.answered)
    return Measured(outcome.answered, outcome.failed, each, outcome.p50_ms, outcome.p99_ms), outcome


def _plan(server: Running, job: Job, requests: int) -> Plan:
    return Plan(server.address, job.path, job.bodies, requests, CONNECTIONS, job.holds)
