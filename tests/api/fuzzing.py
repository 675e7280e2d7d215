"""Schemathesis over the whole interface of a real server: `python -m tests.api.fuzzing`.

Every operation that the description has is asked with what the description allows, and with what
it does not; each answer must be one that it describes.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text

from app.backend.domain.clock import system_clock
from app.backend.domain.progress import silent
from app.backend.sources.history_files import history_source
from app.backend.workflows import accounts, connections, keys
from app.backend.workflows.connections import Wanted
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.imports import import_here
from tests.workflows.evenings import FUNNY_SHORT, ListSource, ask, varied_titles

# No operation that a fuzzer makes up may revoke the key that it asks with.
KEY_ID = 2**52
# Each of these ends the state that the run is about: that nobody owns Encore.
CLAIMING = ("create_owner", "create_account", "change_account")
# What is allowed to whoever sits at the machine is allowed without a word, as long as nobody owns
# Encore: the description asks for a credential everywhere.
UNASKED = "ignored_auth"
# That names, types, shapes and data of tensors go together is more than a schema can say; so is
# which address is a server's, and which bytes are a history.
CONFIG = """
[[operations]]
include-operation-id = [
  "infer", "infer_version", "create_source", "change_source", "import_history"
]
checks.positive_data_acceptance.enabled = false
"""
FILM = "<movie><title>Night Passage</title><year>1957</year><userrating>8</userrating></movie>"
RATINGS = "Const,Your Rating,Title,Year\ntt9000001,8,Nobody Has Seen It,1957\n"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run did: how many cases, and the report of what was wrong."""

    cases: int
    report: str
    is_clean: bool


def prepared(folder: Path, url: str, *, owned: bool) -> str:
    """Make a household with a library and a slate; return a key that may do everything."""
    with open_household(url, folder / "models", system_clock) as household:
        with household.database.writing() as session:
            import_library(session, ListSource(varied_titles()), system_clock, silent)
        ask(household, FUNNY_SHORT)
        _connected(household, folder / "films")
        return _key(household) if owned else ""


def _connected(household: Household, films: Path) -> None:
    """Connect a folder, and bring a history of which nobody knows the title."""
    films.mkdir()
    (films / "film.nfo").write_text(FILM, encoding="utf-8")
    connections.connect(household, Wanted("nfo", str(films)))
    ratings = history_source(RATINGS.encode(), "ratings.csv", latest_year=2030)
    import_here(household, HistoryWork(ratings, "ratings.csv", None), silent)


def _key(household: Household) -> str:
    with household.database.writing() as session:
        accounts.make_owner(session, "ada", "a long evening in", system_clock)
        scopes = ("watch", "predict", "read", "train", "release", "manage")
        wanted = keys.Wanted("fuzzing", scopes, None, "tests")
        key, facts = keys.make(session, wanted, system_clock)
        moved = {"new": KEY_ID, "old": facts.id}
        session.execute(text("UPDATE api_keys SET id = :new WHERE id = :old"), moved)
    return key


@contextmanager
def served(folder: Path, url: str) -> Iterator[str]:
    """Serve a household from a process of its own, which reaches nobody; yield its address."""
    env = os.environ | {
        "ENCORE_DATA_DIR": str(folder),
        "ENCORE_DATABASE_URL": url,
        "ENCORE_PORT": "0",
        "ENCORE_TRAIN_AFTER_FEEDBACKS": "0",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.api.cut_off", "serve", "--json"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        assert server.stdout is not None
        try:
            told = ""
            while not told.rstrip().endswith("}"):
                told += server.stdout.readline()
            yield str(json.loads(told)["url"])
        finally:
            server.terminate()
            server.wait(30)


def fuzzed(url: str, key: str, examples: int, seed: int) -> Result:
    """Ask a server everything that its description has."""
    schemathesis = str(Path(sys.executable).with_name("st"))
    words = [schemathesis, "run", f"{url}/api/v1/openapi.json", "--no-color", "--warnings", "off"]
    words += ["--phases", "examples,coverage,fuzzing", "--max-examples", str(examples)]
    words += ["--seed", str(seed), "--continue-on-failure", "--no-shrink"]
    words += ["--suppress-health-check", "all", "--generation-database", "none"]
    words += ["--request-timeout", "60"]
    if key:
        words += ["--header", f"Authorization: Bearer {key}"]
    else:
        words += ["--exclude-checks", UNASKED]
        words += [word for name in CLAIMING for word in ("--exclude-operation-id", name)]
    with TemporaryDirectory() as folder:
        Path(folder, "schemathesis.toml").write_text(CONFIG)
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    found = re.search(r"(\d+) generated", done.stdout)
    return Result(int(found[1]) if found else 0, done.stdout + done.stderr, done.returncode == 0)


def main() -> None:
    """Fuzz a server with and without an owner until so many cases were asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cases, seed = 0, options.seed
    while cases < options.cases:
        with TemporaryDirectory() as name:
            folder, url = Path(name), f"sqlite:///{name}/encore.db"
            key = prepared(folder, url, owned=seed % 2 == 0)
            with served(folder, url) as address:
                result = fuzzed(address, key, options.examples, seed)
            faults = (folder / "log").read_text()
        cases, seed = cases + result.cases, seed + 1
        print(f"{cases} cases, {'clean' if result.is_clean else 'NOT CLEAN'}", flush=True)  # noqa: T201
        if not result.is_clean or "Traceback" in faults:
            sys.exit(result.report + faults)


if __name__ == "__main__":
    main()
