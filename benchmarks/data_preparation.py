"""How much CPU time and memory preparing training data takes, beside the usual ways to do it.

python -m benchmarks.data_preparation [--rows N | --short | --growth] [--json] [--write]

Each way runs in a fresh process, on databases of synthetic verdicts without dirt. Two of the ways
need packages that Encore does not: pip install pandas polars
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from benchmarks.pages import PAGE, replace_block
from benchmarks.preparation_database import KINDS, Kind, make_database, title_count
from benchmarks.preparation_report import RATIOS, comparison_text, growth_text, taken_text
from benchmarks.preparation_ways import PEERS, WAYS

Record: TypeAlias = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parent.parent
ROWS: Final = 1_000_000
SHORT_ROWS: Final = 10_000
JUDGED_ROWS: Final = 1_000_000
MOST_LOOP_ROWS: Final = 1_000_000
REPEATS: Final = 5
LOOP_REPEATS: Final = 3
MOST_REPEATED_LOOP_ROWS: Final = 100_000
GROWTH_SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
GROWTH_WAYS: Final = ("codes", "dense", "batches")
FIRST_FITTED_ROWS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Bar:
    """What a ratio must be at least."""

    database: Kind
    ratio: str
    least: float
    says: str


BARS: Final = (
    Bar("own", "codes_vs_loop", 150, "the codes take 150 times less CPU time than the loop"),
    Bar("own", "codes_vs_scan", 1, "the codes take no more CPU time than a scan of their columns"),
    Bar("own", "peak_codes_vs_loop", 10, "the codes' peak memory is a tenth of the loop's"),
    Bar("own", "dense_vs_loop", 100, "X and y take 100 times less CPU time than the loop"),
    Bar("bare", "dense_vs_loop", 25, "X and y take 25 times less CPU time than the loop"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where two ways prepared different data."""
    options = _options(arguments)
    with ExitStack() as stack:
        folder = options.database_folder
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        if options.growth:
            record = growth(folder, options.kinds, options.sizes, options.repeats)
        else:
            rows = SHORT_ROWS if options.short else options.rows
            record = compare(folder, options.kinds, rows, options.repeats)
    text = growth_text(record) if options.growth else comparison_text(record)
    if options.json:
        print(json.dumps(record, indent=2))
    else:
        print(text)
    if options.write:
        replace_block("data_preparation_growth" if options.growth else "data_preparation", text)
    return int(any(found.get("agrees") is False for found in record["databases"].values()))


def compare(folder: Path, kinds: Sequence[Kind], rows: int, repeats: int) -> Record:
    """Run every way on databases of one size; return figures, ratios and bars."""
    databases: Record = {}
    for kind in kinds:
        _tell(f"{kind}: {rows} rows")
        url, empty = (make_database(folder, kind, count) for count in (rows, 0))
        ways: dict[str, Record] = {}
        for way in WAYS:
            if way == "loop" and rows > MOST_LOOP_ROWS:
                ways[way] = {"skipped": f"it would take too long above {MOST_LOOP_ROWS} rows"}
            else:
                ways[way] = _run(way, url, empty, _repeats(way, rows, repeats))
            _tell(f"{kind}, {way}: {taken_text(ways[way])}")
        made = {taken["sha256"] for taken in ways.values() if "sha256" in taken}
        databases[kind] = {
            "ways": ways,
            "ratios": _ratios(ways),
            "agrees": len(made) == 1 if "sha256" in ways["loop"] else None,
        }
    return {
        "rows": rows,
        "titles": title_count(rows),
        "machine": _machine(),
        "databases": databases,
        "bars": [_judged(bar, databases, rows) for bar in BARS if bar.database in databases],
    }


def growth(folder: Path, kinds: Sequence[Kind], sizes: Sequence[int], repeats: int) -> Record:
    """Run Encore's ways on databases of several sizes; return what a row takes at each."""
    found: dict[str, dict[str, list[Record]]]
    found = {kind: {way: [] for way in GROWTH_WAYS} for kind in kinds}
    for rows in sorted(sizes):
        for kind in kinds:
            _tell(f"{kind}: {rows} rows")
            url, empty = (make_database(folder, kind, count) for count in (rows, 0))
            for way in GROWTH_WAYS:
                taken = _run(way, url, empty, repeats)
                per_row = {
                    "cpu_microseconds_per_row": taken["cpu_seconds"] / rows * 1e6,
                    "growth_bytes_per_row": taken["growth_mb"] / rows * 2**20,
                }
                found[kind][way].append({"rows": rows, **taken, **per_row})
                _tell(f"{kind}, {way}: {taken_text(taken)}")
    databases = {
        kind: {
            way: {
                "figures": figures,
                "cpu_exponent": _exponent(figures, "cpu_seconds"),
                "memory_exponent": _exponent(figures, "growth_mb"),
            }
            for way, figures in ways.items()
        }
        for kind, ways in found.items()
    }
    return {"sizes": sorted(sizes), "machine": _machine(), "databases": databases}


def _run(way: str, url: str, empty: str, repeats: int) -> Record:
    """Run a way in its own process; where one of the others fails, it says how it ended."""
    program = [sys.executable, "-m", "benchmarks.preparation_ways"]
    ran = subprocess.run(
        [*program, way, url, "--warm-up", empty, "--repeats", str(repeats)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == 0:
        taken: Record = json.loads(ran.stdout)
        return taken
    if way in {"loop", *PEERS}:
        last = ran.stderr.strip().splitlines()[-1:]
        return {"skipped": " ".join([f"it ended with status {ran.returncode}", *last])}
    raise RuntimeError(f"{way} on {url} failed:\n{ran.stderr}")


def _repeats(way: str, rows: int, repeats: int) -> int:
    if way == "loop" and rows <= MOST_REPEATED_LOOP_ROWS:
        return min(LOOP_REPEATS, repeats)
    return 1 if way in {"loop", *PEERS} else repeats


def _ratios(ways: Mapping[str, Record]) -> dict[str, float]:
    """Return the ratios that can be told; of a memory that did not grow none can."""
    return {
        name: ways[other][of] / ways[ours][of]
        for name, (ours, other, of) in RATIOS.items()
        if of in ways[other] and ways[ours].get(of, 0) > 0
    }


def _judged(bar: Bar, databases: Mapping[str, Any], rows: int) -> Record:
    value = databases[bar.database]["ratios"].get(bar.ratio)
    is_judged = rows == JUDGED_ROWS and value is not None
    return {**asdict(bar), "value": value, "met": value >= bar.least if is_judged else None}


def _exponent(figures: Sequence[Record], of: str) -> float | None:
    """Return the slope of a figure over rows, both as logarithms; 1 is in proportion."""
    fitted = [one for one in figures if one["rows"] >= FIRST_FITTED_ROWS and one[of] > 0]
    if len(fitted) < 2:
        return None
    rows, values = (np.log([one[name] for one in fitted]) for name in ("rows", of))
    return float(np.polyfit(rows, values, 1)[0])


def _machine() -> Record:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "numpy": np.__version__,
        "sqlalchemy": metadata.version("sqlalchemy"),
    }


def _tell(progress: str) -> None:
    print(progress, file=sys.stderr)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data_preparation")
    parser.description = __doc__
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--rows", type=int, default=ROWS, help="how many verdicts")
    size.add_argument("--short", action="store_true", help=f"only {SHORT_ROWS} of them")
    size.add_argument("--growth", action="store_true", help="how Encore's ways grow with rows")
    parser.add_argument("--sizes", type=_sizes, default=GROWTH_SIZES, help="rows to grow over")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="how often fast ways run")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    kinds = parser.add_mutually_exclusive_group()
    for kind in KINDS:
        told = f"only the database of the {kind} tables"
        one: dict[str, Any] = {"action": "store_const", "const": [kind], "dest": "kinds"}
        kinds.add_argument(f"--{kind}-only", **one, help=told)
    parser.add_argument("--database-folder", type=Path, help="keep databases here, to use again")
    parser.set_defaults(kinds=KINDS)
    return parser.parse_args(arguments)


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


if __name__ == "__main__":
    sys.exit(main())
