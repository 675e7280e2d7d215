"""Models over a small table for the tests of their files; run as a program, it writes golden ones.

`python -m tests.registry.table_models` writes one of each family for today's format number. Files
of older numbers are never written again.
"""

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from app.backend.features.table_blend import TableBlend
from app.backend.features.table_model import TableModel
from app.backend.features.tabulate import tabulate_by, vocabulary_of
from app.backend.learning.families import BLEND, FAMILIES, Lesson, fit_family
from app.backend.registry.table_artefact import TABLE_FORMAT, write_table
from tests.features.test_tabulate import dataset

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "tables"
ROWS: Final = 70
WORDS: Final = ("", "funny", "sad")


@cache
def table_model(family: str, rows: int = ROWS) -> TableModel:
    """Return a family fitted to some rows of a data set in words."""
    rng = np.random.default_rng(rows)
    said = [
        (f"m{rng.integers(4)}", f"t{rng.integers(1, 12)}", float(rng.integers(1, 6)))
        for _ in range(rows)
    ]
    raw = dataset(said, {"mood": [WORDS[at] for at in rng.integers(0, 3, rows)]})
    vocabulary = vocabulary_of(raw)
    table = tabulate_by(raw, vocabulary)
    lesson = Lesson(table.X, table.y, table.pair, table.columns, 3)
    if family != BLEND:
        return TableModel(fit_family(family, lesson).predictor_, vocabulary)
    parts = tuple(fit_family(name, lesson).predictor_ for name in ("glmix", "boosted"))
    return TableModel(TableBlend(parts, (0.75, 0.5)), vocabulary)


def asked_rows(model: TableModel) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return rows of X that such a model can be asked about, with codes it never saw."""
    rng = np.random.default_rng(1)
    columns = model.predictor.columns
    X = np.zeros((40, len(columns.names)))
    X[:, columns.member], X[:, columns.title] = rng.integers(0, 7, 40), rng.integers(0, 14, 40)
    X[:, list(columns.contexts)] = rng.integers(0, 5, (40, len(columns.contexts)))
    X[:, list(columns.genres)] = rng.integers(0, 2, (40, len(columns.genres)))
    beside = [*columns.numbers, *columns.rules, *columns.texts]
    X[:, beside] = np.round(rng.uniform(-2, 2, (40, len(beside))), 3)
    return X


def write_golden(folder: Path) -> None:
    """Write a file of each family, and beside it rows with the answers of the day."""
    folder.mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        model = table_model(family)
        path = folder / f"format{TABLE_FORMAT}_{family}.safetensors"
        write_table(path, model, {"family": family})
        X = asked_rows(model)
        told = np.column_stack([X, model.probability(X)])
        np.savetxt(path.with_suffix(".csv"), told, delimiter=",", fmt="%.17g")


if __name__ == "__main__":
    write_golden(GOLDEN)
