"""The ranker as an MLflow model: a table with one row asks for a context.

A model folder names this module as its loader. The column `how` says what is wanted.
"""

from pathlib import Path
from typing import Any

from benchmarks.peer_models.ranker import KEPT, Ranker, opened


class TableRanker:
    """Answers tables of one row: `how`, `mood`, `group_size` and `session_length`."""

    def __init__(self, ranker: Ranker) -> None:
        self._ranker = ranker

    def predict(self, table: Any, params: object = None) -> Any:  # noqa: ANN401  # pandas
        """Return the ten best titles of the row's context as a list of lists."""
        del params
        how, *context = table.iloc[0][["how", "mood", "group_size", "session_length"]]
        ids, probability = (self._ranker.kept if how == KEPT else self._ranker.ranked)(*context)
        return [list(pair) for pair in zip(ids, probability, strict=True)]


def _load_pyfunc(path: str) -> TableRanker:
    """Open the file of arrays that was copied beside the model."""
    return TableRanker(opened(str(Path(path).parent)))
