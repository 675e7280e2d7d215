"""The model and the library that every peer serves: NumPy and Encore's own arrays, nothing else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from app.backend.domain.context import Context, every_context
from app.backend.domain.model import Predictor
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.predictors import build

FILE: Final = "served.npz"
FOLDER_VARIABLE: Final = "ENCORE_BENCH_SERVED"
TOP: Final = 10
KEPT: Final = "kept"
RANKED: Final = "ranked"

_ARRAY: Final = "array."


@dataclass(frozen=True)
class Ranker:
    """A model over a library.

    Attributes
    ----------
    predictor : Predictor
    ids : ndarray of int64, shape (n,)
    encoded : ndarray of float64, shape (n, len(TITLE_COLUMNS))
    tops : mapping of int to tuple
        What `top` says of a context, by its code, worked out before.
    """

    predictor: Predictor
    ids: Codes
    encoded: Floats
    tops: Mapping[int, tuple[list[int], list[float]]] = field(default_factory=dict)

    def kept(
        self, mood: str, group_size: str, session_length: str
    ) -> tuple[list[int], list[float]]:
        """Return a context's ten best titles as they were worked out before: ids, probabilities."""
        return self.tops[Context(mood, group_size, session_length).code]

    def ranked(
        self, mood: str, group_size: str, session_length: str
    ) -> tuple[list[int], list[float]]:
        """Ask the model about every title, and return the ten best: ids and probabilities."""
        return self.top(Context(mood, group_size, session_length).code)

    def top(self, code: int) -> tuple[list[int], list[float]]:
        """Rank the library in the context of that code."""
        probability = self.rows(for_context(code, self.encoded))
        best = np.argpartition(-probability, TOP)[:TOP]
        best = best[np.argsort(-probability[best], kind="stable")]
        return self.ids[best].tolist(), probability[best].tolist()

    def rows(self, X: Floats) -> Floats:
        """Return P(positive) of each row of X, shape (n,)."""
        return self.predictor.moments(X).probability


def save(folder: Path, predictor: Predictor, ids: Codes, encoded: Floats) -> None:
    """Write what `opened` reads; the library is ranked in all 36 contexts for it."""
    arrays = {f"{_ARRAY}{name}": array for name, array in predictor.to_arrays().items()}
    codes = [context.code for context in every_context()]
    tops = [Ranker(predictor, ids, encoded).top(code) for code in codes]
    np.savez(
        folder / FILE,
        allow_pickle=False,
        ids=ids,
        encoded=encoded,
        family=np.array(predictor.family),
        codes=np.array(codes),
        top_ids=np.array([best for best, _ in tops]),
        top_probability=np.array([probability for _, probability in tops]),
        **arrays,
    )


@cache
def opened(folder: str = "") -> Ranker:
    """Open what a folder holds, once for each process; without one, what the environment names."""
    path = Path(folder or os.environ[FOLDER_VARIABLE]) / FILE
    with np.load(path, allow_pickle=False) as found:
        arrays = {
            name.removeprefix(_ARRAY): found[name] for name in found if name.startswith(_ARRAY)
        }
        predictor = build(str(found["family"]), arrays)
        each = zip(found["top_ids"].tolist(), found["top_probability"].tolist(), strict=True)
        tops = dict(zip(found["codes"].tolist(), each, strict=True))
        return Ranker(predictor, found["ids"], found["encoded"], tops)
