"""A model over a table with the words that it was learnt from: all that a file of it holds."""

from dataclasses import dataclass

import numpy as np

from app.backend.domain.errors import ArtefactDamaged
from app.backend.features.encode import Floats
from app.backend.features.table_blend import Single, TableBlend
from app.backend.features.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class TableModel:
    """What answers for rows of any data set that speaks of the same things.

    Attributes
    ----------
    predictor : predictor of one of the families
    vocabulary : Vocabulary
    """

    predictor: Single | TableBlend
    vocabulary: Vocabulary

    def __post_init__(self) -> None:
        """Refuse a predictor of other columns.

        Raises
        ------
        ValueError
            Where the vocabulary does not make the predictor's columns.
        """
        if self.predictor.columns != self.vocabulary.columns:
            raise ValueError("its words are not those of its columns")

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row of a matrix over the vocabulary, shape (n,).

        Raises
        ------
        FeatureMismatch
            Where X is no such matrix.
        ArtefactDamaged
            Where the model's numbers give no probability.
        """
        try:
            with np.errstate(all="ignore"):
                positive = self.predictor.probability(X)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise _worthless() from error
        if not ((positive >= 0.0) & (positive <= 1.0)).all():
            raise _worthless()
        return positive


def _worthless() -> ArtefactDamaged:
    return ArtefactDamaged("The model's numbers give no probability; train it again.")
