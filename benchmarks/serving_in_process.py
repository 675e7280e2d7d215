"""What ranking costs in one process: Encore's ways beside a scikit-learn pipeline, in CPU time.

The pipeline reads the same rows of X and has the same kind of features as the household's model:
every word of a context on its own and with every column of a title. A lesser one, each column on
its own, cannot tell one mood from another; it is the floor of what such a pipeline costs.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count
from statistics import median
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from app.backend.domain.clock import system_clock
from app.backend.domain.context import every_context
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.ranking.candidates import Resting
from app.backend.workflows.catalogue import read_catalogue
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.ranked import RankedCatalogue
from app.backend.workflows.recommend import Picker
from benchmarks.serving_household import Made, request

NEW_MOMENTS: Final = "Encore, a new context: the belief about every title"
NEW: Final = "Encore, a new context: all of it, with the shortlist"
KNOWN: Final = "Encore, a known context: the evening found and a slate drawn"
CROSSED: Final = "scikit-learn, words with every column: predict_proba"
ADDITIVE: Final = "scikit-learn, each column on its own: predict_proba"
MATRIX: Final = "one pass over the matrix"

SIZE: Final = 4
ROWS_TAUGHT: Final = 4_000
# A way is repeated until so much CPU time was spent, in each of so many parts.
PARTS: Final = 7
# What is told of a title is worked out when it is first shown.
DRAWS_BEFORE: Final = 200
_CONTEXT: Final = len(schema.CONTEXT_COLUMNS)


@dataclass(frozen=True, slots=True)
class InProcess:
    """CPU milliseconds of one answer, by way: the median over the parts."""

    titles: int
    cpu_ms: Mapping[str, float]

    def times_less(self, way: str, other: str) -> float:
        """Return how many times less one way takes than another."""
        return self.cpu_ms[other] / self.cpu_ms[way]


def measure(made: Made, seconds: float) -> InProcess:
    """Measure all ways in turn, with one thread.

    Parameters
    ----------
    made : Made
        The household.
    seconds : float
        CPU seconds for each way.
    """
    url = f"sqlite:///{made.folder}/encore.db"
    with (
        threadpool_limits(limits=1),
        open_household(url, made.folder / "models", system_clock) as household,
    ):
        return InProcess(len(made.ids), timed(_ways(household, made), seconds))


def timed(ways: Mapping[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Return the CPU milliseconds of one call of each way; parts of all ways take turns."""
    calls = {name: _calls(way, seconds / PARTS) for name, way in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(PARTS):
        for name, way in ways.items():
            found[name].append(_seconds(way, calls[name]) * 1e3)
    return {name: median(each) for name, each in found.items()}


def crossed(columns: Floats) -> Floats:
    """Return the columns, and each of a context times each of a title behind them."""
    context, title = columns[:, :_CONTEXT], columns[:, _CONTEXT:]
    products = (context[:, :, None] * title[:, None, :]).reshape(len(columns), -1)
    return np.hstack([columns, products])


def _calls(way: Callable[[], object], seconds: float) -> int:
    """Return how many calls take about so long; they are warmed up by it."""
    calls = 1
    while (took := _seconds(way, calls) * calls) < seconds / 4:
        calls *= 2
    return max(1, round(calls * seconds / max(took, 1e-9)))


def _seconds(way: Callable[[], object], calls: int) -> float:
    began = time.process_time()
    for _ in range(calls):
        way()
    return (time.process_time() - began) / calls


def _ways(household: Household, made: Made) -> dict[str, Callable[[], object]]:
    """Return every way of ranking the library for a context; contexts and seeds take turns."""
    codes = [context.code for context in every_context()]
    rows = [for_context(code, made.encoded) for code in codes]
    X = np.vstack([part[number :: len(rows)] for number, part in enumerate(rows)])
    with household.database.reading() as session:
        catalogue = read_catalogue(session, household.clock().year + 2)
        ranked = RankedCatalogue(catalogue, household.shelf.serving(session))
        picker = Picker(household.shelf)
        picker.refresh(session.connection(), household.clock())
    ranked.warm_up()
    for number in range(len(codes) * DRAWS_BEFORE):
        picker.evening(request(number)).picks(SIZE, number)
    y = _labels(made, X)
    models = {CROSSED: _pipeline(X, y, is_crossed=True), ADDITIVE: _pipeline(X, y)}
    turns = count()

    def known() -> object:
        asked = request(next(turns))
        return picker.evening(asked).picks(SIZE, asked.seed)

    def new() -> object:
        context = request(next(turns)).context
        return ranked.evening(context, {}, Resting(), SIZE)

    def moments() -> object:
        return ranked.moments(codes[next(turns) % len(codes)]).probability

    learnt = {name: partial(_predicted, model, rows, turns) for name, model in models.items()}
    return {NEW_MOMENTS: moments, NEW: new, KNOWN: known, **learnt, MATRIX: rows[0].sum}


def _predicted(model: Any, rows: list[Floats], turns: "count[int]") -> Floats:  # noqa: ANN401
    found: Floats = model.predict_proba(rows[next(turns) % len(rows)])
    return found


def _labels(made: Made, X: Floats) -> Codes:
    """Draw verdicts as the household's model expects them."""
    chance = np.random.default_rng(len(X)).random(len(X))
    return (chance < made.predictor.moments(X).probability).astype(np.int64)


def _pipeline(X: Floats, y: Codes, *, is_crossed: bool = False) -> Any:  # noqa: ANN401  # scikit's
    steps: list[Any] = [FunctionTransformer(_without_ids), StandardScaler()]
    if is_crossed:
        steps.append(FunctionTransformer(crossed))
    # Its own number of steps does not get there; what predicts is the same.
    pipeline = make_pipeline(*steps, LogisticRegression(max_iter=2_000))
    return pipeline.fit(X[:ROWS_TAUGHT], y[:ROWS_TAUGHT])


def _without_ids(X: Floats) -> Floats:
    return X[:, : schema.MEDIA_ID]
