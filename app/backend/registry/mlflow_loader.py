"""What MLflow imports to serve a model: plain arrays are opened, and no code that came with them.

A model folder names this module as its loader. MLflow calls `_load_pyfunc` with the folder of the
arrays, and `predict` with a table.
"""

from pathlib import Path
from typing import Any

import numpy as np

from app.backend.domain.model import Classifier
from app.backend.features.plain_rows import COLUMNS, plain_rows
from app.backend.registry.artefact import ARRAYS_FILE, read

PROBABILITY = "probability"


class TableModel:
    """A model that reads tables with words: `mood`, `genres` and the others of `COLUMNS`."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def predict(self, table: Any, params: object = None) -> Any:  # noqa: ANN401  # tables of pandas
        """Return P(rating >= 4 and would watch again) of each row, as a column `probability`.

        Raises
        ------
        InvalidInput
            Where a column or a value cannot be.
        """
        del params
        columns = {str(name): list(table[name]) for name in table.columns if name in COLUMNS}
        X = plain_rows(columns)
        return type(table)({PROBABILITY: np.asarray(self._classifier.predict_proba(X)[:, 1])})


def _load_pyfunc(path: str) -> TableModel:
    """Open the arrays below a folder; they and their manifest must agree.

    Raises
    ------
    ModelError
        Where they cannot be trusted or read.
    """
    return TableModel(read(Path(path) / ARRAYS_FILE).classifier)
