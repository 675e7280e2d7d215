"""Which rows are held out while a family chooses: whole units, in folds drawn by a seed."""

from typing import Final

from app.backend.features.encode import Codes
from app.backend.learning.rows import grouped_folds

# From here on one fold tells enough, and the others would only cost.
ONE_FOLD_FROM: Final = 20_000


def hold_out(unit: Codes, folds: int, seed: int) -> Codes:
    """Return the fold that holds each row out, shape (n,); -1 where none does.

    Rows of one unit are in one fold. From `ONE_FOLD_FROM` rows only fold 0 is held out.
    """
    fold = grouped_folds(unit, folds, seed)
    if len(unit) >= ONE_FOLD_FROM:
        fold[fold > 0] = -1
    return fold
