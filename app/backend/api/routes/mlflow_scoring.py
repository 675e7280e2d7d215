"""The scoring protocol of MLflow's model server: so that its clients work unchanged."""

import csv
import io
from importlib.metadata import version as version_of
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from app.backend.api.dependencies import BodyDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.schemas import ErrorEnvelope
from app.backend.api.tensors import as_json
from app.backend.domain.errors import InvalidInput
from app.backend.domain.title import KINDS
from app.backend.workflows.scoring import (
    CONTEXT_WORDS,
    KNOWN_COLUMNS,
    MOST_ROWS,
    NUMBER_COLUMNS,
    scored,
    serving_of,
)

router = APIRouter(route_class=Guarded, tags=["mlflow scoring"])

IGNORED: Final = "Encore-Ignored-Columns"
MOST_NAMED: Final = 500  # characters
_EXAMPLE: Final = {
    "dataframe_records": [
        {"mood": "funny", "genres": "Comedy,Romance", "duration": 92, "year": 2014},
        {"mood": "dramatic", "genres": "Drama", "duration": 141},
    ]
}
_NUMBER: Final = {"type": ["number", "null"], "minimum": 0, "maximum": 2**53}
_ROW: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        **{name: {"enum": [*words, None]} for name, words in CONTEXT_WORDS.items()},
        "genres": {"type": ["string", "null"]},
        "kind": {"enum": [*KINDS, None]},
        **dict.fromkeys(NUMBER_COLUMNS, _NUMBER),
        "media_id": {**_NUMBER, "type": ["integer", "null"]},
    },
}
_ROWS: Final = {
    "type": "array",
    "items": _ROW,
    "contains": {"anyOf": [{"required": [name]} for name in sorted(KNOWN_COLUMNS)]},
    "minItems": 1,
    "maxItems": MOST_ROWS,
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "title": "InvocationsRequest",
                    "oneOf": [
                        {
                            "type": "object",
                            "properties": {name: _ROWS, "params": {}},
                            "required": [name],
                            "additionalProperties": False,
                        }
                        for name in ("dataframe_records", "instances")
                    ],
                    "examples": [_EXAMPLE],
                }
            }
        },
    }
}


class Scored(BaseModel):
    """One row's answer."""

    probability: float


class InvocationsOut(BaseModel):
    """An answer for each row, in order."""

    predictions: list[Scored]


@router.post(
    "/invocations",
    response_model=InvocationsOut,
    openapi_extra=_BODY,
    responses={
        422: {"model": ErrorEnvelope, "description": "The rows cannot be read."},
        500: {"model": ErrorEnvelope, "description": "The model cannot be trusted or read."},
    },
)
def invocations(household: HouseholdDep, request: Request, body: BodyDep) -> Response:
    """Score rows by what serves, as `mlflow models serve` answers for an exported version.

    Rows come as `dataframe_records` or `instances`; `dataframe_split`, `inputs` (columns) and CSV
    with a header are read too. Columns that the model does not know are named in
    `Encore-Ignored-Columns`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    columns = _of_csv(body) if kind == "text/csv" else _of_json(body)
    ignored = sorted(set(columns) - KNOWN_COLUMNS)
    with household.database.reading() as session:
        serving = serving_of(session, household.shelf, None)
    known = {name: columns[name] for name in columns if name in KNOWN_COLUMNS}
    if not known:
        raise InvalidInput(
            f"No column is known; the columns are {', '.join(sorted(KNOWN_COLUMNS))}."
        )
    probability = scored(serving, known).probability.tolist()
    told = {"predictions": [{"probability": one} for one in probability]}
    names = ",".join(name for name in ignored if name.isascii() and name.isidentifier())
    headers = {IGNORED: names[:MOST_NAMED]} if ignored else {}
    return Response(to_json(told), headers=headers, media_type="application/json")


@router.get("/ping", response_class=Response, responses={200: {"description": "It is alive."}})
def ping() -> Response:
    """Answer, as long as the server lives."""
    return Response(b"\n", media_type="application/json")


@router.get("/version", response_class=Response, responses={200: {"description": "The version."}})
def mlflow_version() -> Response:
    """Tell Encore's version, where MLflow's server tells its own."""
    return Response(version_of("encore-tonight"), media_type="text/plain")


def _of_json(body: bytes) -> dict[str, list[object]]:
    try:
        said = as_json(body.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput("The body is not UTF-8.") from error
    if not isinstance(said, dict):
        raise InvalidInput("Send an object with dataframe_records, dataframe_split or inputs.")
    readers: dict[str, Any] = {
        "dataframe_records": _of_records,
        "instances": _of_records,
        "dataframe_split": _of_split,
        "inputs": _of_columns,
    }
    given = [name for name in said if name in readers]
    if len(given) != 1 or set(said) - set(readers) - {"params"}:
        raise InvalidInput(f"Send one of {', '.join(readers)}.")
    found: dict[str, list[object]] = readers[given[0]](said[given[0]])
    return found


def _of_records(rows: object) -> dict[str, list[object]]:
    """Return columns; those that are not known are named, and nothing more: each row may add some.

    Raises
    ------
    InvalidInput
        Where they are no rows.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput("Rows are a list of objects, one for each row.")
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        name: [row.get(name) for row in rows] if name in KNOWN_COLUMNS else [] for name in names
    }


def _of_split(table: object) -> dict[str, list[object]]:
    columns = table.get("columns") if isinstance(table, dict) else None
    rows = table.get("data") if isinstance(table, dict) else None
    is_whole = (
        isinstance(columns, list)
        and isinstance(rows, list)
        and all(isinstance(name, str) for name in columns)
        and len(set(columns)) == len(columns)
        and all(isinstance(row, list) and len(row) == len(columns) for row in rows)
    )
    if not is_whole or not isinstance(columns, list) or not isinstance(rows, list):
        raise InvalidInput("dataframe_split has columns, each once, and data of that width.")
    return {name: [row[at] for row in rows] for at, name in enumerate(columns)}


def _of_columns(columns: object) -> dict[str, list[object]]:
    if not isinstance(columns, dict) or not all(isinstance(one, list) for one in columns.values()):
        raise InvalidInput("inputs has a list of values for each column.")
    return columns


def _of_csv(body: bytes) -> dict[str, list[object]]:
    try:
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("The body is not CSV in UTF-8.") from error
    found = _of_records([{name: value or None for name, value in row.items()} for row in rows])
    if None in found:
        raise InvalidInput("A row of the CSV is longer than its header.")
    return {
        name: [_number(value) for value in values] if name in NUMBER_COLUMNS else values
        for name, values in found.items()
    }


def _number(value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError as error:
        raise InvalidInput("A number was expected where something else came.") from error
