"""How long a slate takes while a model is trained, beside how long it takes while none is.

python -m benchmarks.serving_while_training [--short] [--json] [--write]

One server over one household. Requests arrive at a fixed rate whatever becomes of those before,
and a latency counts from when a request was due. Rounds without and with training alternate.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import numpy as np

from app.backend.domain.clock import system_clock
from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.evening import Verdict
from app.backend.domain.progress import silent
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.import_library import import_library
from benchmarks.pages import PAGE, replace_block
from tests.workflows.evenings import ListSource, Ticking, ask, varied_titles

Record: TypeAlias = dict[str, Any]

TITLES: Final = 2_000
EVENINGS: Final = 600
ROUNDS: Final = 5
ROUND_SECONDS: Final = 20.0
REQUESTS_PER_SECOND: Final = 10.0
SHORT: Final = (200, 60, 1, 2.0)
CONNECTIONS: Final = 8
MOST_TIMES: Final = 1.5
WAYS: Final = ("idle", "training")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small household, a few seconds")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--write", action="store_true", help=f"write the block of {PAGE}")
    said = parser.parse_args(arguments)
    sizes = SHORT if said.short else (TITLES, EVENINGS, ROUNDS, ROUND_SECONDS)
    record = measure(*sizes)
    print(json.dumps(record, indent=2) if said.json else table(record))
    if said.write:
        replace_block("serving_while_training", table(record))
    return 0


def measure(titles: int, evenings: int, rounds: int, seconds: float) -> Record:
    """Set a household up, serve it, and ask it for slates with and without training."""
    with tempfile.TemporaryDirectory() as folder:
        _move_in(Path(folder), titles, evenings)
        with served(Path(folder)) as address:
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            ratios, trained = [], 0
            for _ in range(rounds):
                idle = _latencies(address, seconds)
                with _training(address) as ended:
                    busy = _latencies(address, seconds)
                trained += len(ended)
                found["idle"] += idle
                found["training"] += busy
                ratios.append(float(np.percentile(busy, 99) / np.percentile(idle, 99)))
    return {
        "titles": titles,
        "evenings": evenings,
        "requests_per_second": REQUESTS_PER_SECOND,
        "cores": os.cpu_count(),
        "trainings": trained,
        "ways": {
            way: {
                "requests": len(latencies),
                "p50_ms": float(np.percentile(latencies, 50)) * 1e3,
                "p99_ms": float(np.percentile(latencies, 99)) * 1e3,
            }
            for way, latencies in found.items()
        },
        "p99_ratios": ratios,
        "p99_ratio": float(np.median(ratios)),
        "most_p99_ratio": MOST_TIMES,
    }


def table(record: Record) -> str:
    """Return what was found as Markdown."""
    lines = ["| | requests | p50 | p99 |", "|---|---|---|---|"]
    for way, told in record["ways"].items():
        p50, p99 = f"{told['p50_ms']:.1f} ms", f"{told['p99_ms']:.1f} ms"
        lines.append(f"| {way} | {told['requests']} | {p50} | {p99} |")
    each = ", ".join(f"{ratio:.2f}" for ratio in record["p99_ratios"])
    told = (
        f"{record['titles']} titles, {record['evenings']} rated evenings, "
        f"{record['requests_per_second']:.0f} requests a second, {record['cores']} cores; "
        f"{record['trainings']} trainings, each begun as the one before ended. p99 while training "
        f"over p99 while idle, by round: {each}; the middle one is {record['p99_ratio']:.2f} "
        f"(bar: {record['most_p99_ratio']})."
    )
    lines += ["", told]
    return "\n".join(lines)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a household by the real program, on a port of its own."""
    environment = {
        **os.environ,
        "ENCORE_DATA_DIR": str(folder),
        "ENCORE_PORT": "0",
        "ENCORE_TRAIN_AFTER_FEEDBACKS": "0",
        "ENCORE_KEEP_VERSIONS": "2",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "app.backend", "serve", "--json"],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    try:
        if server.stdout is None:
            raise RuntimeError("the server has no output")
        told = "".join(iter(server.stdout.readline, "}\n")) + "}"
        yield str(urlsplit(json.loads(told)["url"]).netloc)
    finally:
        server.terminate()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def _move_in(folder: Path, titles: int, evenings: int) -> None:
    """Fill a household through the real steps, on evenings far apart."""
    clock = Ticking(system_clock())
    with open_household(f"sqlite:///{folder}/encore.db", folder / "models", clock) as household:
        with household.database.writing() as session:
            import_library(session, ListSource(varied_titles(titles)), clock, silent)
        for evening in range(evenings):
            clock.advance(days=61)
            _live(household, evening)


def _live(household: Household, evening: int) -> None:
    pick = ask(household, seed=evening).picks[0]
    liked = ("Comedy" in pick.genres) != (evening % 7 == 0)
    verdict = Verdict(pick.recommendation_id, 5 if liked else 2, would_watch_again=True)
    with household.database.writing() as session:
        rate(session, verdict, household.clock)


def _latencies(address: str, seconds: float) -> list[float]:
    """Return how long each request of a round took, in seconds, from when it was due."""
    count = round(seconds * REQUESTS_PER_SECOND)
    began = time.perf_counter() + 0.1
    due = [began + number / REQUESTS_PER_SECOND for number in range(count)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(lambda one: _asked(address, *one), enumerate(due)))


def _asked(address: str, number: int, due: float) -> float:
    time.sleep(max(0.0, due - time.perf_counter()))
    context = {
        "mood": MOODS[number % len(MOODS)],
        "group_size": GROUP_SIZES[number % len(GROUP_SIZES)],
        "session_length": SESSION_LENGTHS[number % len(SESSION_LENGTHS)],
    }
    _post(address, "/api/v1/recommendations", context)
    return time.perf_counter() - due


def _post(address: str, path: str, body: object) -> Record:
    connection = http.client.HTTPConnection(address, timeout=120)
    try:
        content = json.dumps(body)
        connection.request("POST", path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        told: Record = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status >= 400:
        raise RuntimeError(f"{path} answered {answer.status}: {told}")
    return told


def _state(address: str, run_id: int) -> str:
    connection = http.client.HTTPConnection(address, timeout=120)
    try:
        connection.request("GET", f"/api/v1/training-runs/{run_id}")
        return str(json.loads(connection.getresponse().read())["state"])
    finally:
        connection.close()


@contextmanager
def _training(address: str) -> Iterator[list[int]]:
    """Train again and again while the block runs; the runs that ended are collected."""
    done, ended = Event(), list[int]()

    def train() -> None:
        while not done.is_set():
            run = _post(address, "/api/v1/training-runs", {"anew": True})
            while _state(address, run["id"]) in {"queued", "running"}:
                time.sleep(0.2)
            ended.append(run["id"])

    thread = Thread(target=train)
    thread.start()
    try:
        yield ended
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
