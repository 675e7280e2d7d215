"""Networks or machines of several seeds as they were learnt: their mean, drawn to the base rate."""

from dataclasses import dataclass

from app.backend.features.encode import Floats
from app.backend.features.family import MOST_LEARNERS, Drawn
from app.backend.features.table import Columns, checked_matrix
from app.backend.features.table_factorisation import Factors
from app.backend.features.table_network import Layers


@dataclass(frozen=True, slots=True, eq=False)
class TableEnsemble:
    """What learners of several seeds answer by.

    Attributes
    ----------
    columns : Columns
    learners : tuple of Layers or Factors
    drawn : Drawn
        How their mean logit is drawn to the base rate.
    """

    columns: Columns
    learners: tuple[Layers | Factors, ...]
    drawn: Drawn

    def __post_init__(self) -> None:
        """Refuse learners of another table.

        Raises
        ------
        ValueError
            Where there is none, so many that answering would not end, or one has other columns.
        """
        if not 1 <= len(self.learners) <= MOST_LEARNERS:
            raise ValueError("it has no learner, or too many")
        if any(learner.encoding.columns != self.columns for learner in self.learners):
            raise ValueError("a learner has other columns")

    def probability(self, X: Floats) -> Floats:
        """Return P(positive) of each row, shape (n,).

        Raises
        ------
        FeatureMismatch
            Where X is no matrix of the table.
        """
        return self.drawn.probability(self.learners, checked_matrix(self.columns, X))
