"""How long each page takes, beside the bare API call that draws a slate, in one run.

python -m benchmarks.page_times [--short] [--json] [--write]

One server a library, over a household with rated evenings, two versions, a connected folder, and a
history of which half is not found: every title has a word in common with every entry. The pages and
the API are asked in turn, round by round, over one connection. Bars: every page in less than 200 ms
at 2 000 titles, and in less than 500 ms at 20 000.
"""

import argparse
import http.client
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

import numpy as np

from app.backend.domain.clock import system_clock
from app.backend.domain.progress import silent
from app.backend.sources.history_files import history_source
from app.backend.workflows.connections import Wanted, connect
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.household import open_household
from app.backend.workflows.imports import import_here
from benchmarks.pages import PAGE, replace_block
from benchmarks.serving_household import made
from benchmarks.serving_processes import first_answer, free_port, running

Record: TypeAlias = dict[str, Any]

SLATE: Final = "/api/v1/recommendations"
ASKED: Final = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
API: Final = "the API call alone"
PAGES: Final = (
    "/",
    "/history",
    "/model",
    "/library",
    "/library/sources",
    "/library/histories",
    "/library/quality",
    "/settings",
    "/access",
    "/welcome/taste",
)
ASKING: Final = "asking, and the page of picks"
BARS_MS: Final = {2_000: 200, 20_000: 500}
EVENINGS: Final = 300
ENTRIES: Final = 2_000
ROUNDS: Final = 25
SHORT: Final = ({200: 200}, 40, 3)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small library, a few seconds")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--write", action="store_true", help=f"write the block of {PAGE}")
    said = parser.parse_args(arguments)
    bars, evenings, rounds = SHORT if said.short else (BARS_MS, EVENINGS, ROUNDS)
    record = {str(titles): measure(titles, evenings, rounds) for titles in bars}
    print(json.dumps(record, indent=2) if said.json else table(record))
    if said.write:
        replace_block("page_times", table(record))
    return 0


def measure(titles: int, evenings: int, rounds: int) -> Record:
    """Return the milliseconds of each page over a library of so many titles.

    Returns
    -------
    dict
        For each page: `first`, `median`, `worst` in milliseconds (worst without the first), the
        ratio of its median to the API's, and the size of its answer in kilobytes.
    """
    with tempfile.TemporaryDirectory() as folder:
        made(Path(folder), titles, evenings)
        _elsewhere(Path(folder), titles)
        with _served(Path(folder)) as address:
            times, sizes = _asked(address, rounds)
    alone = float(np.median(times[API][1:]))
    return {
        page: {
            "first": taken[0],
            "median": float(np.median(taken[1:])),
            "worst": max(taken[1:]),
            "ratio": float(np.median(taken[1:])) / alone,
            "kilobytes": sizes[page] / 1000,
        }
        for page, taken in times.items()
    }


def table(record: Record) -> str:
    """Return what was measured as a table of Markdown for each library."""
    return "\n\n".join(_one_table(titles, pages) for titles, pages in record.items())


def _one_table(titles: str, pages: Record) -> str:
    lines = [
        f"{int(titles):,} titles:".replace(",", " "),
        "",
        "| page | first | median | worst | times the API call | kB |",
        "|---|---|---|---|---|---|",
    ]
    for page, row in pages.items():
        name = f"`{page}`" if page.startswith("/") else page
        times = " | ".join(f"{row[key]:.0f} ms" for key in ("first", "median", "worst"))
        lines.append(f"| {name} | {times} | {row['ratio']:.1f} | {row['kilobytes']:.0f} |")
    bar = BARS_MS.get(int(titles))
    if bar is not None:
        slow = [page for page, row in pages.items() if row["worst"] >= bar]
        told = "every page keeps it" if not slow else f"missed by {', '.join(slow)}"
        lines += ["", f"Bar: less than {bar} ms at worst; {told}."]
    return "\n".join(lines)


def _elsewhere(folder: Path, titles: int) -> None:
    """Connect a folder, and bring a history of which half is not found."""
    nfo = folder / "nfo"
    nfo.mkdir()
    (nfo / "one.nfo").write_text("<movie><title>One</title></movie>", "utf-8")
    entries = [
        f"2026-01-01,Title {number}{' Again' * (number % 2)},1999,https://boxd.it/{number},4"
        for number in range(min(titles, ENTRIES))
    ]
    table = "\n".join(["Date,Name,Year,Letterboxd URI,Rating", *entries])
    with open_household(
        f"sqlite:///{folder / 'encore.db'}", folder / "models", system_clock
    ) as home:
        connect(home, Wanted("nfo", str(nfo)))
        source = history_source(table.encode(), "ratings.csv", latest_year=2026)
        import_here(home, HistoryWork(source, "ratings.csv", None), silent)


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    port = free_port()
    environment = {"ENCORE_DATA_DIR": str(folder), "ENCORE_PORT": str(port)}
    command = [sys.executable, "-m", "app.backend", "serve"]
    with running(command, port, environment, folder / "server.log") as server:
        first_answer(server, SLATE, json.dumps(ASKED), "picks")
        yield server.address


def _asked(address: str, rounds: int) -> tuple[dict[str, list[float]], dict[str, int]]:
    """Ask for everything in turn, one round more than is counted."""
    times: dict[str, list[float]] = {name: [] for name in (API, ASKING, *PAGES)}
    sizes: dict[str, int] = {}
    connection = http.client.HTTPConnection(address, timeout=60)
    for _ in range(rounds + 1):
        for name, taken in times.items():
            began = time.perf_counter()
            sizes[name] = _one(connection, name)
            taken.append(1000 * (time.perf_counter() - began))
    connection.close()
    return times, sizes


def _one(connection: http.client.HTTPConnection, name: str) -> int:
    if name == API:
        kind = {"Content-Type": "application/json"}
        return len(_answer(connection, "POST", SLATE, json.dumps(ASKED), kind)[1])
    if name == ASKING:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        location, _ = _answer(connection, "POST", "/tonight", urlencode(ASKED), kind)
        return len(_answer(connection, "GET", location.partition("#")[0])[1])
    return len(_answer(connection, "GET", name)[1])


def _answer(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[str, bytes]:
    """Return where an answer leads, and what it holds.

    Raises
    ------
    RuntimeError
        Where it is no answer to be measured.
    """
    connection.request(method, path, body, {"Accept": "text/html", **(headers or {})})
    answer = connection.getresponse()
    held = answer.read()
    if answer.status not in {200, 201, 303}:
        raise RuntimeError(f"{method} {path} answered {answer.status}")
    return answer.headers.get("Location", ""), held


if __name__ == "__main__":
    raise SystemExit(main())
