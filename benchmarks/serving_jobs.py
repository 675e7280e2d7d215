"""What each server is asked, in its own protocol.

Peers are asked for their smallest answers (a ranking that was worked out before, one row's
probability) and for the same work that Encore does (the library ranked for a context, 100 rows).
Bodies take turns over the 36 contexts.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import numpy as np

from app.backend.features.encode import Codes, Floats, for_context
from app.backend.registry.mlflow_model import as_table, quietly
from benchmarks.peer_models.ranker import KEPT, RANKED
from benchmarks.serving_apps import HOLDS, PATH
from benchmarks.serving_household import Made, request

SLATE: Final = "a slate, drawn for a context and written down"
NOTHING: Final = "nothing"
KEPT_TEN: Final = "a context's ten titles, worked out before"
ROW: Final = "one row's probability"
RANK: Final = "the library ranked for a context"
ROWS: Final = "100 titles' probabilities in a context"
ROWS_IN_WORDS: Final = "100 rows' probabilities, by MLflow's protocol"

CANDIDATES: Final = 100
CONTEXTS: Final = 36
PROBABILITY: Final = '"probability"'
HAS_MLFLOW: Final = find_spec("mlflow") is not None


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked of a server: bodies in turn, and what each right answer holds."""

    name: str
    path: str
    bodies: tuple[str, ...]
    holds: str


def slates() -> Job:
    """Return what households ask Encore for."""
    bodies = tuple(json.dumps(one) for one in words())
    return Job(SLATE, "/api/v1/recommendations", bodies, '"picks"')


def of_encore(made: Made) -> tuple[Job, ...]:
    """Return what Encore is asked."""
    titles = [{"media_id": int(one)} for one in _some(made)]
    rows = tuple(json.dumps({"titles": titles, "contexts": [one]}) for one in words())
    tables = _tables(made, CANDIDATES)
    in_words = (Job(ROWS_IN_WORDS, "/invocations", tables, PROBABILITY),) if tables else ()
    return slates(), Job(ROWS, "/api/v1/predictions", rows, PROBABILITY), *in_words


def of_empty_route() -> tuple[Job, ...]:
    """Return what applications are asked that do nothing."""
    return (Job(NOTHING, PATH, ("{}",), HOLDS),)


def of_mlflow_export(made: Made) -> tuple[Job, ...]:
    """Return what MLflow is asked over the exported version: rows in words."""
    return (
        Job(ROW, "/invocations", _tables(made, 1), PROBABILITY),
        Job(ROWS, "/invocations", _tables(made, CANDIDATES), PROBABILITY),
    )


def of_mlflow_ranker() -> tuple[Job, ...]:
    """Return what MLflow is asked over the ranker: a table of one row."""
    return tuple(
        Job(name, "/invocations", tuple(_one_row(how, one) for one in words()), '"predictions"')
        for name, how in ((KEPT_TEN, KEPT), (RANK, RANKED))
    )


def of_bentoml(made: Made) -> tuple[Job, ...]:
    """Return what BentoML is asked: words, or rows of X."""
    contexts = tuple(json.dumps(one) for one in words())
    return (
        Job(KEPT_TEN, f"/{KEPT}", contexts, PROBABILITY),
        Job(RANK, f"/{RANKED}", contexts, PROBABILITY),
        *(
            Job(
                name,
                "/rows",
                tuple(json.dumps({"X": X.tolist()}) for X in _rows(made, count)),
                PROBABILITY,
            )
            for name, count in ((ROW, 1), (ROWS, CANDIDATES))
        ),
    )


def of_mlserver(made: Made) -> tuple[Job, ...]:
    """Return what MLServer is asked, by the protocol of open inference."""
    path = "/v2/models/encore/infer"
    said = [list(one.values()) for one in words()]
    return (
        *(
            Job(name, path, tuple(_tensor(how, "BYTES", one) for one in said), PROBABILITY)
            for name, how in ((KEPT_TEN, KEPT), (RANK, RANKED))
        ),
        *(
            Job(
                name,
                path,
                tuple(_tensor("rows", "FP64", X.tolist()) for X in _rows(made, count)),
                PROBABILITY,
            )
            for name, count in ((ROW, 1), (ROWS, CANDIDATES))
        ),
    )


def words() -> list[dict[str, str]]:
    """Return the 36 contexts, as they are said."""
    asked = [request(number) for number in range(CONTEXTS)]
    return [
        {"mood": one.mood, "group_size": one.group_size, "session_length": one.session_length}
        for one in asked
    ]


def _one_row(how: str, context: dict[str, str]) -> str:
    table = {"columns": ["how", *context], "data": [[how, *context.values()]]}
    return json.dumps({"dataframe_split": table})


def _tensor(name: str, datatype: str, data: Sequence[Any]) -> str:
    said = {"name": name, "datatype": datatype, "shape": np.shape(data), "data": data}
    return json.dumps({"inputs": [said]})


def _some(made: Made) -> Codes:
    """Return the ids of the candidates."""
    chosen = np.random.default_rng(CANDIDATES).choice(made.ids, CANDIDATES, replace=False)
    return np.sort(chosen)


def _rows(made: Made, count: int) -> list[Floats]:
    """Return rows of X, the same titles in each context."""
    chosen = made.encoded[np.searchsorted(made.ids, _some(made)[:count])]
    return [for_context(request(number).context.code, chosen) for number in range(CONTEXTS)]


def _tables(made: Made, count: int) -> tuple[str, ...]:
    """Return the same rows in words, as MLflow is told them; nothing where it is not installed."""
    if not HAS_MLFLOW:
        return ()
    with quietly():
        told = [as_table(X).to_json(orient="split", index=False) for X in _rows(made, count)]
    return tuple(f'{{"dataframe_split":{one}}}' for one in told)
