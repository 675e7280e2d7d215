"""Kills by the thousand (`python -m tests.chaos`), on SQLite and PostgreSQL, with their counts."""

import argparse
import json
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.backend.domain.progress import silent
from app.backend.workflows.household import open_household
from app.backend.workflows.import_library import import_library
from tests.chaos.campaign import Campaign, Found
from tests.store.postgres import running_server
from tests.workflows.evenings import ListSource, Ticking, varied_titles

# A fresh household from time to time: what grows must not hide what happens to the small.
KILLS_A_HOUSEHOLD = 250


def main() -> None:
    """Kill, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    found = {}
    for kind, kills in (("sqlite", said.kills * 2 // 3), ("postgresql", said.kills // 3)):
        began = time.monotonic()
        found[kind] = _campaigns(kind, kills, said.seed)
        _tell(kind, found[kind], time.monotonic() - began)
    if said.json:
        told = {
            kind: {"killed": one.killed, "lived": one.lived, "kills": one.kills,
                   "faults": one.faults}
            for kind, one in found.items()
        }  # fmt: skip
        said.json.write_text(json.dumps(told, indent=2) + "\n")
    if any(one.faults for one in found.values()):
        raise SystemExit(1)


def _campaigns(kind: str, kills: int, seed: int) -> Found:
    total = Found()
    with _urls(kind) as urls:
        while total.killed < kills and not total.faults:
            with tempfile.TemporaryDirectory() as folder:
                url = next(urls)
                _move_in(url, Path(folder))
                seed += 1
                wanted = min(KILLS_A_HOUSEHOLD, kills - total.killed)
                found = Campaign(url, Path(folder), seed).run(wanted)
            total.kills.update(found.kills)
            total.lived += found.lived
            total.faults += found.faults
            _say(f"{kind}: {total.killed} of {kills} kills, {len(total.faults)} faults")
    return total


def _move_in(url: str, folder: Path) -> None:
    with (
        open_household(url, folder / "models", Ticking()) as household,
        household.database.writing() as session,
    ):
        import_library(session, ListSource(varied_titles()), household.clock, silent)


@contextmanager
def _urls(kind: str) -> Iterator[Iterator[str]]:
    """Give as many fresh databases as are asked for."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield (f"sqlite:///{folder}/{number}.db" for number in range(10**6))
        return
    with running_server() as server:

        def fresh() -> Generator[str, None, None]:
            while True:
                with server.database() as url:
                    yield url.render_as_string(hide_password=False)

        with closing(fresh()) as urls:
            yield urls


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a program of its own


def _tell(kind: str, found: Found, seconds: float) -> None:
    _say(f"\n{kind}: {found.killed} killed, {found.lived} lived, {seconds:.0f} s")
    for name, count in sorted(found.kills.items()):
        _say(f"  {name:<28} {count:>6}")
    for fault in found.faults:
        _say(f"  FAULT {fault}")


if __name__ == "__main__":
    main()
