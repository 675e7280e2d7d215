"""The Open Inference Protocol, version 2, over REST: what is sent, and what is told."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.backend.workflows.scoring import MATRIX_WIDTH, NUMBER_COLUMNS, TEXT_COLUMNS

MODEL = "encore"
MATRIX = "X"
OUTPUTS = ("probability", "mean", "standard_deviation")

Label = Annotated[str, StringConstraints(max_length=100)]
Dimension = Annotated[int, Field(ge=0, le=10_000_000)]


class _Loose(BaseModel):
    """What the protocol lets programs add is not looked at."""

    model_config = ConfigDict(extra="ignore", strict=True)


class TensorParameters(_Loose):
    """How a tensor's data come, or should: within the JSON, or behind it."""

    binary_data_size: Annotated[int, Field(ge=0, le=2**31)] | None = None
    binary_data: bool | None = None


class InputTensor(_Loose):
    """A column of rows: text as BYTES, numbers as FP64 or an integer type."""

    name: Label
    shape: Annotated[list[Dimension], Field(min_length=1, max_length=2)]
    datatype: Label
    parameters: TensorParameters | None = None
    data: list[Any] | None = None


class WantedOutput(_Loose):
    """An output that is asked for."""

    name: Label
    parameters: TensorParameters | None = None


class InferParameters(_Loose):
    """What holds for all outputs."""

    binary_data_output: bool | None = None


class InferRequest(_Loose):
    """Rows by column, and which outputs are wanted; all, where none is named."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "id": "1",
                    "inputs": [
                        {
                            "name": "mood",
                            "shape": [2],
                            "datatype": "BYTES",
                            "data": ["funny", "relaxing"],
                        },
                        {
                            "name": "genres",
                            "shape": [2],
                            "datatype": "BYTES",
                            "data": ["Comedy", "Drama,Crime"],
                        },
                        {
                            "name": "duration",
                            "shape": [2],
                            "datatype": "FP64",
                            "data": [95.0, 142.0],
                        },
                    ],
                    "outputs": [{"name": "probability"}],
                }
            ]
        },
    )

    id: Label | None = None
    parameters: InferParameters | None = None
    inputs: Annotated[list[InputTensor], Field(min_length=1, max_length=20)]
    outputs: Annotated[list[WantedOutput], Field(max_length=len(OUTPUTS))] | None = None


class OutputTensor(BaseModel):
    """A column of answers."""

    name: str
    shape: list[int]
    datatype: str
    data: list[float]


class InferResponse(BaseModel):
    """The answers, one for each row."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OutputTensor]


class TensorMetadata(BaseModel):
    """A tensor that the model takes or gives; -1 stands for the number of rows."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """What the model takes and gives. Inputs that are not sent are missing, as in a library."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class ServerMetadata(BaseModel):
    """What answers."""

    name: str
    version: str
    extensions: list[str]


class Ready(BaseModel):
    """Whether it is ready."""

    ready: bool


class Live(BaseModel):
    """Whether it is alive."""

    live: bool


class InferenceError(BaseModel):
    """A failure as the protocol has it: a sentence; the code and the details are Encore's."""

    error: str
    code: str
    details: dict[str, Any]


INPUTS = [
    *(TensorMetadata(name=name, datatype="BYTES", shape=[-1]) for name in TEXT_COLUMNS),
    *(TensorMetadata(name=name, datatype="FP64", shape=[-1]) for name in NUMBER_COLUMNS),
    TensorMetadata(name=MATRIX, datatype="FP64", shape=[-1, MATRIX_WIDTH]),
]
OUTPUT_TENSORS = [TensorMetadata(name=name, datatype="FP64", shape=[-1]) for name in OUTPUTS]
