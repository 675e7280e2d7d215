"""A library of a media server brought into Encore, beside bare reads of the same pages, in one run.

python -m benchmarks.library_sync [--short] [--json] [--write]

The server is a fake Jellyfin in a process of its own; it makes each page once, so that it is as
fast as any may be, or takes as long over a hundred items as real servers have been measured at
(0.073 s, jellyfin issue 17232). Each sync is a process of its own with a household of its own.
Bars: a first sync of 50 000 titles at 80 % or more of the speed of bare reads, in at most 300 MB;
a second one reads only what changed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from app.backend.domain.clock import system_clock
from app.backend.domain.progress import silent
from app.backend.sources.jellyfin import LISTED
from app.backend.sources.media_server import PAGE as TITLES_A_PAGE
from app.backend.workflows import connections
from app.backend.workflows.connections import Wanted
from app.backend.workflows.household import open_household
from app.backend.workflows.imports import import_here
from app.backend.workflows.sync_work import SyncWork
from benchmarks.pages import PAGE, replace_block
from benchmarks.process_memory import memory_mb
from tests.media_servers.fake_jellyfin import KEY
from tests.media_servers.server import Fake, started
from tests.store.postgres import running_server

Record: TypeAlias = dict[str, Any]

FAKE: Final = "tests.media_servers.fake_jellyfin"
AS_FAST_AS_IT_CAN: Final = 0.0
AS_MEASURED: Final = 0.073
TITLES: Final = 50_000
# At full speed a round takes seconds, at the other one a minute.
ROUNDS: Final = {AS_FAST_AS_IT_CAN: 5, AS_MEASURED: 3}
SHORT: Final = (1_000, {AS_FAST_AS_IT_CAN: 2, AS_MEASURED: 1})
LEAST_SPEED: Final = 0.8
MOST_MB: Final = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small library, a few seconds")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--write", action="store_true", help=f"write the block of {PAGE}")
    parser.add_argument("--one", nargs=3, metavar=("ADDRESS", "URL", "FOLDER"), help="one sync")
    said = parser.parse_args(arguments)
    if said.one:
        print(json.dumps(one_sync(*said.one)))
        return 0
    titles, rounds = SHORT if said.short else (TITLES, ROUNDS)
    record = measure(titles, rounds)
    print(json.dumps(record, indent=2) if said.json else table(record))
    if said.write:
        replace_block("library_sync", table(record))
    return 0


def measure(titles: int, rounds: dict[float, int]) -> Record:
    """Measure bare reads and syncs in turn, for each speed of the server.

    Returns
    -------
    dict
        `titles`, and for each database and speed under `ways`: seconds of a bare read, undecoded
        and decoded, and of a first sync, the share of the bare speed that it reaches, its CPU
        seconds and most megabytes; of the second sync its seconds, requests and bytes.
    """
    ways = []
    with fresh_databases() as postgres:
        for pace, times in rounds.items():
            with started(FAKE, titles, pace) as fake:
                # The server makes each page when it is first asked for it.
                read_bare(fake.address, titles, decode=False)
                run_one(fake, "", times=1)
                found = [_round(fake, titles, "") for _ in range(times)]
                ways.append({"database": "SQLite", "seconds_per_100": pace, **_middle(found)})
                found = [_round(fake, titles, next(postgres))]
                ways.append({"database": "PostgreSQL", "seconds_per_100": pace, **_middle(found)})
    return {"titles": titles, "page": TITLES_A_PAGE, "ways": ways}


def _round(fake: Fake, titles: int, url: str) -> Record:
    undecoded = read_bare(fake.address, titles, decode=False)
    decoded = read_bare(fake.address, titles, decode=True)
    return {"undecoded": undecoded, "decoded": decoded, **run_one(fake, url)}


def read_bare(address: str, titles: int, *, decode: bool) -> float:
    """Return the seconds that it takes to read all pages over one connection, and no more."""
    connection = HTTPConnection(address.removeprefix("http://"), timeout=60)
    headers, read = {"Authorization": f'MediaBrowser Token="{KEY}"'}, 0
    began = time.perf_counter()
    for start in range(0, titles, TITLES_A_PAGE):
        query = {**LISTED, "startIndex": start, "limit": TITLES_A_PAGE}
        connection.request("GET", f"/Items?{urlencode(query)}", headers=headers)
        body = connection.getresponse().read()
        read += len(json.loads(body)["Items"]) if decode else 0
    taken = time.perf_counter() - began
    connection.close()
    if decode and read != titles:
        raise RuntimeError(f"{read} of {titles} titles were read")
    return taken


def run_one(fake: Fake, url: str, times: int = 2) -> Record:
    """Sync twice, each time in a process of its own; tell what the server was asked for."""
    found = list[Record]()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(times):
            fake.told()
            one = ["--one", fake.address, url or f"sqlite:///{folder}/encore.db", folder]
            command = [sys.executable, "-m", "benchmarks.library_sync", *one]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            answers, size = fake.told()
            found.append({**json.loads(done.stdout), "requests": answers, "bytes": size})
    return {**found[0], "second": found[-1]}


def one_sync(address: str, url: str, folder: str) -> Record:
    """Sync into a household's database, connecting the server where that is still to be done."""
    with open_household(url, Path(folder) / "models", system_clock) as household:
        with household.database.reading() as session:
            found = connections.connected(session)
        if not found:
            wanted = Wanted(connections.JELLYFIN, address, KEY)
            found = [connections.connect(household, wanted)]
        began, used = time.perf_counter(), time.process_time()
        counts = import_here(household, SyncWork(found[0]), silent)
        taken, used = time.perf_counter() - began, time.process_time() - used
    most_mb = memory_mb()[1]
    return {"seconds": taken, "cpu_seconds": used, "most_mb": most_mb, "added": counts["added"]}


@contextmanager
def fresh_databases() -> Iterator[Iterator[str]]:
    """Give the URL of as many empty PostgreSQL databases as are asked for."""
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        yield (
            stack.enter_context(server.database()).render_as_string(hide_password=False)
            for _ in count()
        )


def _middle(rounds: Sequence[Record]) -> Record:
    """Return the medians of rounds; of memory, the most."""

    def middle(*names: str) -> float:
        return median(_within(one, names) for one in rounds)

    decoded, first = middle("decoded"), middle("seconds")
    return {
        "undecoded": middle("undecoded"),
        "decoded": decoded,
        "seconds": first,
        "speed": median(one["decoded"] / one["seconds"] for one in rounds),
        "cpu_seconds": middle("cpu_seconds"),
        "most_mb": max(one["most_mb"] for one in rounds),
        "second": {
            name: middle("second", name) for name in ("seconds", "cpu_seconds", "requests", "bytes")
        },
    }


def _within(record: Record, names: Sequence[str]) -> float:
    found: Any = record
    for name in names:
        found = found[name]
    return float(found)


def table(record: Record) -> str:
    """Return what was measured as a table of Markdown."""
    columns = (
        "bare reads, undecoded",
        "decoded",
        "first sync",
        "its speed",
        "CPU",
        "most memory",
        "second sync",
    )
    titles = f"{record['titles']:,}".replace(",", " ") + f" titles, {record['page']} a page:"
    lines = [titles, "", f"| server | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for way in record["ways"]:
        pace, second = way["seconds_per_100"], way["second"]
        cells = [f"{way[name]:.1f} s" for name in ("undecoded", "decoded", "seconds")]
        cells += [f"{way['speed']:.0%}", f"{way['cpu_seconds']:.1f} s", f"{way['most_mb']:.0f} MB"]
        answers = f"{second['requests']:.0f} answers of {second['bytes'] / 1000:.1f} kB"
        cells.append(f"{second['seconds']:.2f} s, {answers}")
        server = f"{pace:g} s per 100" if pace else "as fast as it can"
        lines.append(f"| {server}, into {way['database']} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", _verdict(record["ways"])])


def _verdict(ways: Sequence[Record]) -> str:
    """Say which bars are kept; that of speed against a server as real ones have been measured."""
    as_measured = min(way["speed"] for way in ways if way["seconds_per_100"])
    at_once = min(way["speed"] for way in ways)
    most = max(way["most_mb"] for way in ways)
    return (
        f"Bars: at least {LEAST_SPEED:.0%} of the speed of bare reads against a server as slow as "
        f"real ones have been measured: {_kept(as_measured >= LEAST_SPEED)} with "
        f"{as_measured:.0%}. Against one that takes no time at all it is {at_once:.0%}: there, all "
        "time is what Encore does with each title. At most "
        f"{MOST_MB} MB: {_kept(most <= MOST_MB)} with {most:.0f} MB."
    )


def _kept(is_kept: bool) -> str:
    return "kept" if is_kept else "missed"


if __name__ == "__main__":
    raise SystemExit(main())
