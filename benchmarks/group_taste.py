"""How members' tastes combine into a group's: real group ratings, predicted from single ones.

python -m benchmarks.group_taste [--write] [--data FOLDER]

The data are not part of Encore: ITM-Rec (Zheng, LAK 2023), where students rated projects alone and
in groups; a folder with interactions.csv, groups.csv and group_interactions.csv.
"""

import argparse
import csv
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from app.backend.domain.progress import Step
from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Table
from app.backend.features.tabulate import tabulate
from app.backend.learning.metrics import roc_auc
from app.backend.learning.mixed import MixedClassifier
from app.backend.sources.data_set import read_data_set
from benchmarks.pages import PAGE, replace_block
from benchmarks.real_data import FOLDER, LATEST_YEAR

RESAMPLES: Final = 1_000
SEED: Final = 1
CONTEXTS: Final = ("Class", "Semester", "Lockdown")
WAYS: Final[Mapping[str, Callable[[Floats], float]]] = MappingProxyType(
    {
        "average of the members' log odds": lambda logits: float(logits.mean()),
        "least misery": lambda logits: float(logits.min()),
        "most pleasure": lambda logits: float(logits.max()),
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; without the data, say so."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.group_taste", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    parser.add_argument("--data", type=Path, default=FOLDER / "itmrec")
    options = parser.parse_args(arguments)
    if not options.data.is_dir():
        print(f"There is no folder {options.data.name} with group ratings; name it with --data.")
        return 0
    text = as_text(*measure(options.data))
    print(text)
    if options.write:
        replace_block("group_taste", text)
    return 0


def measure(folder: Path) -> tuple[int, int, dict[str, tuple[float, float, float]]]:
    """Return group ratings, groups, and by way of combining ROC AUC with its 90 % interval."""
    alone = _rows(folder / "interactions.csv")
    together = _rows(folder / "group_interactions.csv")
    members = defaultdict(list)
    for row in _rows(folder / "groups.csv"):
        members[row["GroupID"]].append(row["UserID"])
    asked = [(at, who) for at, row in enumerate(together) for who in members[row["GroupID"]]]
    table = _table(alone, [{**together[at], "UserID": who} for at, who in asked])
    known = np.arange(len(alone))
    model = MixedClassifier(table.columns, seed=SEED)
    model.fit(table.X[known], table.y[known], unit=table.pair[known])
    logit = model.moments(table.X[len(alone) :]).mean
    rating = np.array([at for at, _ in asked])
    y = np.array([float(row["Rating"]) >= 4 for row in together], dtype=np.int64)
    group = np.unique([row["GroupID"] for row in together], return_inverse=True)[1]
    parts = [logit[rating == at] for at in range(len(together))]
    scores = {name: np.array([way(part) for part in parts]) for name, way in WAYS.items()}
    return len(y), int(group.max()) + 1, {n: _with_interval(s, y, group) for n, s in scores.items()}


def as_text(ratings: int, groups: int, found: Mapping[str, tuple[float, float, float]]) -> str:
    """Write the figures as Markdown."""
    lines = [
        f"{ratings} ratings by {groups} groups; 90 % intervals by bootstrap over groups.",
        "",
        "| combined by | ROC AUC of the group's verdict |",
        "|---|---|",
    ]
    lines += [f"| {n} | {v:.3f} ({low:.3f} to {high:.3f}) |" for n, (v, low, high) in found.items()]
    return "\n".join(lines)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _table(alone: Sequence[Mapping[str, str]], asked: Sequence[Mapping[str, str]]) -> Table:
    """Return single ratings, then one row for each member of a group and rating of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["member", "title_id", "rating", *map(str.lower, CONTEXTS)])
            for row in (*alone, *asked):
                said = (row[name] for name in CONTEXTS)
                writer.writerow([row["UserID"], row["Item"], row["Rating"], *said])
        raw = read_data_set(None, path, LATEST_YEAR, _quiet)
    if len(raw.interactions) != len(alone) + len(asked):
        raise ValueError("Some rows of the data cannot be read.")
    return tabulate(raw)


def _with_interval(score: Floats, y: Codes, group: Codes) -> tuple[float, float, float]:
    rng, count = generator(SEED), int(group.max()) + 1
    rows_of = [np.flatnonzero(group == one) for one in range(count)]
    drawn = []
    for _ in range(RESAMPLES):
        rows = np.concatenate([rows_of[one] for one in rng.integers(0, count, count)])
        drawn.append(roc_auc(score[rows], y[rows]))
    low, high = np.quantile([one for one in drawn if one is not None], [0.05, 0.95])
    return roc_auc(score, y) or 0.0, float(low), float(high)


def _quiet(_step: Step) -> None:
    """Tell nobody."""


if __name__ == "__main__":
    sys.exit(main())
