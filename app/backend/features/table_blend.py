"""Several families' answers as one: a weighted sum of their log odds."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.special import expit

from app.backend.features.encode import Floats
from app.backend.features.family import Constant, log_odds
from app.backend.features.table import Columns
from app.backend.features.table_ensemble import TableEnsemble
from app.backend.features.table_mixed import TableMixed
from app.backend.features.table_trees import TableTrees

Single: TypeAlias = Constant | TableMixed | TableTrees | TableEnsemble


@dataclass(frozen=True, slots=True, eq=False)
class TableBlend:
    """Families, and the weight of each.

    Attributes
    ----------
    parts : tuple of predictors
    weights : tuple of float
    """

    parts: tuple[Single, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse weights of nothing.

        Raises
        ------
        ValueError
            Where there is no part, or one of another table.
        """
        if not self.parts or len(self.parts) != len(self.weights):
            raise ValueError("a part of the blend has no weight")
        if any(part.columns != self.columns for part in self.parts):
            raise ValueError("a part of the blend has other columns")

    @property
    def columns(self) -> Columns:
        """What each column of the matrix is."""
        return self.parts[0].columns

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,).

        Raises
        ------
        FeatureMismatch
            Where X is no matrix of the table.
        """
        logit = np.zeros(len(X))
        for weight, part in zip(self.weights, self.parts, strict=True):
            logit += weight * log_odds(part.probability(X))
        return np.asarray(expit(logit))
