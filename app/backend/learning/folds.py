"""Which rows are held out while a family chooses: whole units, in folds drawn by a seed."""

from typing import Final

import numpy as np

from app.backend.domain.randomness import generator
from app.backend.features.encode import Codes

# From here on one fold tells enough, and the others would only cost.
ONE_FOLD_FROM: Final = 20_000


def hold_out(unit: Codes, folds: int, seed: int) -> Codes:
    """Return the fold that holds each row out, shape (n,); -1 where none does.

    Rows of one unit are in one fold. From `ONE_FOLD_FROM` rows only fold 0 is held out.
    """
    _, number = np.unique(unit, return_inverse=True)
    count = int(number.max(initial=-1)) + 1
    of_unit = generator(seed).permutation(count) % folds
    fold = of_unit[number].astype(np.int64)
    if len(unit) >= ONE_FOLD_FROM:
        fold[fold > 0] = -1
    return fold
