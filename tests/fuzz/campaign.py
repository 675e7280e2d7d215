"""Opens mutants in processes that may crash or hang, and counts what came of them."""

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tests.fuzz.child import WARMING_UP
from tests.fuzz.readers import Specimen

# Far more than two seconds, because other programs share the processors: those two are counted by
# the process itself, in its own time.
HANG_SECONDS: Final = 30.0
START_SECONDS: Final = 300.0
MOST_FAULTS: Final = 20


@dataclass(slots=True)
class Found:
    """What came of mutants.

    Attributes
    ----------
    outcomes : Counter
        By specimen, whether the manifest was sealed again, and outcome.
    ways : Counter
        By how they were changed.
    faults : list of str
        Each with the specimen and the number that make it again.
    """

    outcomes: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def mutants(self) -> int:
        """How many mutants were opened."""
        return self.outcomes.total()

    def add(self, other: "Found") -> None:
        """Count another's with these."""
        self.outcomes.update(other.outcomes)
        self.ways.update(other.ways)
        self.faults += other.faults


def fuzz(
    specimen: Specimen,
    first: int,
    end: int,
    warming_up: int = WARMING_UP,
    hang_seconds: float = HANG_SECONDS,
    most_faults: int = MOST_FAULTS,
) -> Found:
    """Open the mutants of some numbers; a process that crashes or hangs is begun anew after it."""
    found = Found()
    while first < end and len(found.faults) < most_faults:
        with tempfile.TemporaryDirectory() as folder:
            order: dict[str, Any] = {"specimen": specimen.told(), "folder": folder}
            order |= {"first": first, "end": end}
            order |= {"warming_up": warming_up, "most_faults": most_faults}
            first = _attempt(order, found, hang_seconds)
    return found


def open_once(made: Sequence[Specimen], healthy: Sequence[Specimen]) -> dict[str, str]:
    """Open each of some files once; return what came of each, by name.

    Parameters
    ----------
    made : sequence of Specimen
    healthy : sequence of Specimen
        Files that are opened first, unwatched: they import what their formats need.
    """
    told: dict[str, str] = {}
    first = 0
    while first < len(made):
        found = Found()
        with tempfile.TemporaryDirectory() as folder:
            order: dict[str, Any] = {
                "specimen": healthy[0].told(),
                "folder": folder,
                "warming_up": 0,
                "most_faults": len(made),
                "healthy": [one.told() for one in healthy],
                "by_hand": [one.told() for one in made],
                "first": first,
                "end": len(made),
            }
            first = _attempt(order, found, HANG_SECONDS, told)
    return {made[int(number)].name: outcome for number, outcome in told.items()}


def _attempt(
    order: dict[str, Any],
    found: Found,
    hang_seconds: float,
    told: dict[str, str] | None = None,
) -> int:
    """Let one process open mutants; return the number to go on with."""
    at: int = order["first"]
    name, is_open = order["specimen"]["name"], False
    with tempfile.TemporaryFile() as log, _child(order, log) as child:
        try:
            for said in child.lines(hang_seconds):
                if said[0] == "start":
                    at, is_open = said[1], True
                    continue
                _, at, way, is_sealed, outcome = said
                _count(found, name, at, way, outcome, is_sealed=is_sealed)
                if told is not None:
                    told[str(at)] = outcome
                at, is_open = at + 1, False
                if len(found.faults) >= order["most_faults"]:
                    return at
            ending = f"ended with {child.process.wait()}"
        except queue.Empty:
            ending = "hung"
        if at == order["end"]:
            return at
        if not is_open:
            log.seek(0)
            raise AssertionError(f"{name}: {ending} before a mutant: {log.read().decode()[-2000:]}")
    _count(found, name, at, "?", f"fault: the process {ending}", is_sealed=False)
    if told is not None:
        told[str(at)] = f"fault: the process {ending}"
    return at + 1


def _count(found: Found, name: str, seed: int, way: str, outcome: str, *, is_sealed: bool) -> None:
    found.ways[way] += 1
    if outcome.startswith("fault"):
        found.faults.append(f"{name} {seed} ({way}): {outcome}")
        outcome = "fault"
    found.outcomes[name, is_sealed, outcome] += 1


@dataclass(frozen=True, slots=True)
class _Child:
    """A process that opens files, and what it says of them."""

    process: subprocess.Popen[str]
    told: "queue.Queue[str | None]"

    def lines(self, hang_seconds: float) -> Iterator[list[Any]]:
        """Yield what it says; raise `queue.Empty` where it says nothing for too long."""
        patience = START_SECONDS
        while (line := self.told.get(timeout=patience)) is not None:
            if line.startswith("["):
                patience = hang_seconds
                yield json.loads(line)


@contextmanager
def _child(order: dict[str, Any], log: IO[bytes]) -> Iterator[_Child]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
        cwd=Path(__file__).parents[2],
    )
    told: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        for line in process.stdout or ():
            told.put(line)
        told.put(None)

    with process:
        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        try:
            if process.stdin is not None:
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.close()
            yield _Child(process, told)
        finally:
            process.kill()
            listening.join()


def fuzz_all(
    specimens: Sequence[Specimen],
    mutants: int,
    seed: int,
    tell: Callable[[str, Found], None] = lambda _name, _found: None,
) -> Found:
    """Open so many mutants of all specimens, in as many processes at once as there are processors.

    Parameters
    ----------
    specimens : sequence of Specimen
    mutants : int
        Of all of them together; those that open slowly have fewer.
    seed : int
        The number of each specimen's first mutant.
    tell : callable
        Told of each specimen when it is through.
    """
    weights = [1 if specimen.reader == "export" else 3 for specimen in specimens]
    shares = [mutants * weight // sum(weights) for weight in weights]
    shares[0] += mutants - sum(shares)
    total, workers = Found(), os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        waiting = {
            pool.submit(fuzz, specimen, seed, seed + share): specimen.name
            for specimen, share in zip(specimens, shares, strict=True)
        }
        for done in as_completed(waiting):
            total.add(done.result())
            tell(waiting[done], total)
    return total
