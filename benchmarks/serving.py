"""Serving: Encore beside the same model behind other servers, and beside servers that do nothing.

python -m benchmarks.serving [--short] [--json] [--write]

Everything runs in one go on one machine, so that ratios mean something where times do not. BentoML
and MLServer live in environments of their own: ENCORE_BENCH_BENTOML_PYTHON and
ENCORE_BENCH_MLSERVER_PYTHON name their Pythons; where one is not named, it is left out, and the
table says so. A bar that is missed is told; only wrong answers make the program fail.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import serving_in_process, serving_rounds, serving_swap
from benchmarks.pages import PAGE, replace_block
from benchmarks.serving_bars import Findings
from benchmarks.serving_household import made
from benchmarks.serving_peers import contenders
from benchmarks.serving_report import record, report

TITLES: Final = 20_000
EVENINGS: Final = 120
BLOCK: Final = "serving"


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: rounds, seconds a job, CPU seconds a way in process, and changes."""

    titles: int = TITLES
    evenings: int = EVENINGS
    rounds: int = 5
    seconds: float = 5.0
    cpu_seconds: float = 3.0
    swaps: int = serving_swap.SWAPS


SHORT: Final = Sizes(rounds=1, seconds=1.0, cpu_seconds=0.7)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving")
    parser.add_argument("--short", action="store_true", help="one round, a second a job")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    said = parser.parse_args(arguments)
    findings = measure(SHORT if said.short else Sizes())
    print(json.dumps(record(findings), indent=2) if said.json else report(findings))
    if said.write:
        replace_block(BLOCK, report(findings))
    for fault in findings.faults():
        print(fault, file=sys.stderr)
    return int(bool(findings.faults()))


def measure(sizes: Sizes) -> Findings:
    """Make a household, and measure all over it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        household = made(folder / "data", sizes.titles, sizes.evenings)
        (folder / "served").mkdir()
        inside = serving_in_process.measure(household, sizes.cpu_seconds)
        swapped = serving_swap.measure(household, folder, sizes.swaps)
        every = contenders(household, folder / "served")
        rounds = serving_rounds.measure(every, sizes.rounds, sizes.seconds, folder)
    return Findings(sizes.titles, sizes.rounds, sizes.seconds, rounds, inside, swapped)


if __name__ == "__main__":
    sys.exit(main())
