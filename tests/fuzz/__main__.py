"""Damaged model files by the hundred thousand (`python -m tests.fuzz`), with their counts."""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.campaign import Found, fuzz_all
from tests.fuzz.specimens import make_specimens


def main() -> None:
    """Damage, open, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # The ledger of whoever runs this stays as it is.
        os.environ["XDG_STATE_HOME"] = folder
        found = fuzz_all(make_specimens(Path(folder)), said.mutants, said.seed, _tell)
    _say(f"\n{found.mutants} mutants in {time.monotonic() - began:.0f} s")
    told = summary(found)
    for kind, count in told.items():
        _say(f"  {kind:<60} {count:>7}")
    for fault in found.faults:
        _say(f"  FAULT {fault}")
    if said.json:
        report = {"mutants": found.mutants, "outcomes": told, "faults": found.faults}
        said.json.write_text(json.dumps(report, indent=2) + "\n")
    if found.faults:
        raise SystemExit(1)


def summary(found: Found) -> dict[str, int]:
    """Return how often each outcome came of files as on record, and of files sealed again."""
    counts: Counter[str] = Counter()
    for (_, is_sealed, outcome), count in found.outcomes.items():
        counts[f"{'sealed again' if is_sealed else 'as on record'}: {outcome}"] += count
    return dict(sorted(counts.items()))


def _tell(name: str, found: Found) -> None:
    _say(f"{name}: {found.mutants} mutants so far, {len(found.faults)} faults")
    for fault in found.faults:
        if fault.startswith(f"{name} "):
            _say(f"  {fault}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a program of its own


if __name__ == "__main__":
    main()
