"""Tensors of the Open Inference Protocol become columns, and answers become tensors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import ValidationError
from pydantic_core import to_json

from app.backend.api.inference_schemas import MATRIX, MODEL, OUTPUTS, InferRequest, InputTensor
from app.backend.api.invalid import invalid_body
from app.backend.domain.errors import InvalidInput
from app.backend.domain.model import Moments
from app.backend.features.encode import Floats
from app.backend.workflows.scoring import MATRIX_WIDTH, TEXT_COLUMNS

HEADER_LENGTH: Final = "inference-header-content-length"
_NUMPY: Final = {
    "FP64": "<f8",
    "FP32": "<f4",
    "INT64": "<i8",
    "INT32": "<i4",
    "INT16": "<i2",
    "INT8": "<i1",
    "UINT64": "<u8",
    "UINT32": "<u4",
    "UINT16": "<u2",
    "UINT8": "<u1",
}
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What was sent: columns by name, or a matrix; and how answers should come."""

    request: InferRequest
    columns: dict[str, Sequence[object]]
    matrix: Floats | None


def asked_of(body: bytes, header_length: str | None) -> Asked:
    """Read a request, with data in its JSON or behind it.

    Parameters
    ----------
    body : bytes
    header_length : str or None
        How many bytes of the body are JSON; `None`: all.

    Raises
    ------
    InvalidInput
        Where it is none.
    """
    length = len(body) if header_length is None else _length(header_length, len(body))
    try:
        request = InferRequest.model_validate_json(body[:length])
    except ValidationError as error:
        raise invalid_body(error) from None
    behind, columns, matrix = memoryview(body)[length:], {}, None
    for tensor in request.inputs:
        size = tensor.parameters.binary_data_size if tensor.parameters else None
        part, behind = behind[: size or 0], behind[size or 0 :]
        if tensor.name in columns or (tensor.name == MATRIX and matrix is not None):
            raise InvalidInput("Two inputs have the same name; send each column once.")
        values = _values(tensor, None if size is None else bytes(part), size)
        if tensor.name == MATRIX:
            matrix = np.array(values, dtype=np.float64).reshape(tensor.shape)
        else:
            columns[tensor.name] = values
    if len(behind):
        raise InvalidInput("There are more bytes behind the JSON than the inputs speak of.")
    if matrix is not None and columns:
        raise InvalidInput(f"Send {MATRIX} alone, or columns by their names.")
    return Asked(request, columns, matrix)


def answer_of(asked: Asked, version: str, moments: Moments) -> tuple[bytes, int | None]:
    """Write an answer; return its bytes and how many of them are JSON, where not all are.

    Raises
    ------
    InvalidInput
        Where an output is asked for that there is not.
    """
    found = {
        "probability": moments.probability,
        "mean": moments.mean,
        "standard_deviation": np.sqrt(moments.variance),
    }
    outputs: list[dict[str, Any]] = []
    behind: list[bytes] = []
    for name, is_binary in _wanted(asked.request):
        if name not in found:
            raise InvalidInput(f"An output is one of {', '.join(OUTPUTS)}.")
        told: dict[str, Any] = {"name": name, "datatype": "FP64", "shape": [len(found[name])]}
        if is_binary:
            behind.append(found[name].astype("<f8").tobytes())
            told["parameters"] = {"binary_data_size": len(behind[-1])}
        else:
            told["data"] = found[name].tolist()
        outputs.append(told)
    envelope = {"model_name": MODEL, "model_version": version, "outputs": outputs}
    if asked.request.id is not None:
        envelope["id"] = asked.request.id
    head = to_json(envelope)
    return b"".join([head, *behind]), len(head) if behind else None


def _length(said: str, size: int) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said) <= size):
        raise InvalidInput("Inference-Header-Content-Length is not the length of the JSON.")
    return int(said)


def _wanted(request: InferRequest) -> list[tuple[str, bool]]:
    everywhere = bool(request.parameters and request.parameters.binary_data_output)
    if not request.outputs:
        return [(name, everywhere) for name in OUTPUTS]
    said = [
        (one.name, one.parameters.binary_data if one.parameters else None)
        for one in request.outputs
    ]
    return [(name, everywhere if is_binary is None else is_binary) for name, is_binary in said]


def _values(tensor: InputTensor, raw: bytes | None, size: int | None) -> Sequence[object]:
    """Return a tensor's values in order.

    Raises
    ------
    InvalidInput
        Where name, type, shape and data do not go together.
    """
    count = int(np.prod(tensor.shape, dtype=np.float64))
    width = tensor.shape[1] if len(tensor.shape) > 1 else 1
    if width != (MATRIX_WIDTH if tensor.name == MATRIX else 1):
        raise InvalidInput(f"{tensor.name[:40]!a} has another shape than the model takes.")
    is_text = tensor.name in TEXT_COLUMNS
    if is_text != (tensor.datatype == "BYTES") or not (is_text or tensor.datatype in _NUMPY):
        raise InvalidInput(f"{tensor.name[:40]!a} is of another datatype than the model takes.")
    if raw is None:
        values = _flat(tensor.data or [])
    elif len(raw) != size:
        raise InvalidInput("There are fewer bytes behind the JSON than the inputs speak of.")
    else:
        values = _texts(raw) if is_text else _numbers(raw, tensor.datatype)
    if len(values) != count:
        raise InvalidInput(f"{tensor.name[:40]!a} has {len(values)} values, not {count}.")
    return values if is_text else _floats(values, tensor.datatype)


def _flat(data: list[Any]) -> list[object]:
    """Return values that come in rows, or as they are."""
    if any(isinstance(one, list) for one in data):
        return [value for row in data for value in (row if isinstance(row, list) else [row])]
    return data


def _floats(values: Sequence[object], datatype: str) -> list[object]:
    for value in values:
        if isinstance(value, float) and "INT" in datatype and not value.is_integer():
            raise InvalidInput(f"A whole number was expected in a tensor of {datatype}.")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise InvalidInput("A number was expected where something else came.")
        if isinstance(value, int) and abs(value) > 2**64:
            raise InvalidInput("A number is too large for its datatype.")
    return [np.nan if value is None else float(value) for value in values]  # type: ignore[arg-type]  # judged above


def _numbers(raw: bytes, datatype: str) -> list[object]:
    kind = np.dtype(_NUMPY[datatype])
    if len(raw) % kind.itemsize:
        raise InvalidInput("The bytes of a tensor are cut off.")
    found: list[object] = np.frombuffer(raw, kind).tolist()
    return found


def _texts(raw: bytes) -> list[object]:
    """Return texts that come one after another, each with its length before it."""
    found: list[object] = []
    at = 0
    while at < len(raw):
        length = int.from_bytes(raw[at : at + _LENGTH_BYTES], "little")
        start = at + _LENGTH_BYTES
        at = start + length
        if at > len(raw):
            raise InvalidInput("The bytes of a tensor are cut off.")
        found.append(raw[start:at].decode("utf-8", "replace"))
    return found


def as_json(text: str) -> object:
    """Return what a text of JSON says.

    Raises
    ------
    InvalidInput
        Where it is none.
    """
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.") from error
    return found
