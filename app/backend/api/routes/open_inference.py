"""The Open Inference Protocol (version 2, REST): so that inference clients work unchanged."""

from importlib.metadata import version as version_of
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from app.backend.api.dependencies import BodyDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.inference_schemas import (
    INPUTS,
    MODEL,
    OUTPUT_TENSORS,
    InferenceError,
    InferRequest,
    InferResponse,
    Live,
    ModelMetadata,
    Ready,
    ServerMetadata,
)
from app.backend.api.model_schemas import VERSION_PATTERN
from app.backend.api.openapi import REFERENCE
from app.backend.api.tensors import HEADER_LENGTH, answer_of, asked_of
from app.backend.workflows.scoring import name_of, scored, scored_matrix, serving_of

router = APIRouter(route_class=Guarded, tags=["open inference protocol"])

VersionName = Annotated[str, Path(pattern=VERSION_PATTERN)]
BASE: Final = f"/v2/models/{MODEL}"
AT_VERSION: Final = f"{BASE}/versions/{{version}}"
WRONG: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": InferenceError, "description": "There is no such version."},
    422: {"model": InferenceError, "description": "A value cannot be."},
    500: {"model": InferenceError, "description": "Its files cannot be trusted or read."},
}
# What is sent may be more than JSON: the JSON's schema is told by hand.
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": InferRequest.model_json_schema(ref_template=REFERENCE)}
        },
    }
}


@router.get("/v2", response_model_exclude_none=True)
def server_metadata() -> ServerMetadata:
    """Tell what answers."""
    return ServerMetadata(
        name=MODEL, version=version_of("encore-tonight"), extensions=["binary_tensor_data"]
    )


@router.get("/v2/health/live")
def server_live() -> Live:
    """Answer, as long as the server lives."""
    return Live(live=True)


@router.get(
    "/v2/health/ready",
    responses={503: {"model": InferenceError, "description": "The database does not answer."}},
)
def server_ready(household: HouseholdDep) -> Ready:
    """Answer where the database does, and something can serve."""
    with household.database.reading() as session:
        serving_of(session, household.shelf, None)
    return Ready(ready=True)


@router.get(BASE)
def model_metadata(household: HouseholdDep) -> ModelMetadata:
    """Tell what the model takes and gives; `versions` has what serves."""
    return _metadata(household, None)


@router.get(AT_VERSION, responses=WRONG)
def version_metadata(household: HouseholdDep, version: VersionName) -> ModelMetadata:
    """Tell what a version takes and gives."""
    return _metadata(household, version)


@router.get(f"{BASE}/ready")
def model_ready(household: HouseholdDep) -> Ready:
    """Answer where something can serve."""
    return server_ready(household)


@router.get(f"{AT_VERSION}/ready", responses=WRONG)
def version_ready(household: HouseholdDep, version: VersionName) -> Ready:
    """Answer where a version can be opened."""
    with household.database.reading() as session:
        serving_of(session, household.shelf, version)
    return Ready(ready=True)


@router.post(f"{BASE}/infer", response_model=InferResponse, responses=WRONG, openapi_extra=BODY)
def infer(household: HouseholdDep, request: Request, body: BodyDep) -> Response:
    """Score rows by what serves.

    Each input is a column, of those that the metadata lists; columns that are not sent are missing
    in every row. `X` is the whole matrix instead. Data come within the JSON, or behind it with
    `Inference-Header-Content-Length`.
    """
    return _inferred(household, request, body, None)


@router.post(
    f"{AT_VERSION}/infer", response_model=InferResponse, responses=WRONG, openapi_extra=BODY
)
def infer_version(
    household: HouseholdDep, version: VersionName, request: Request, body: BodyDep
) -> Response:
    """Score rows by a version, as `infer` does."""
    return _inferred(household, request, body, version)


def _metadata(household: HouseholdDep, version: str | None) -> ModelMetadata:
    with household.database.reading() as session:
        serving = serving_of(session, household.shelf, version)
    return ModelMetadata(
        name=MODEL,
        versions=[name_of(serving)],
        platform=f"encore_{serving.predictor.family}",
        inputs=INPUTS,
        outputs=OUTPUT_TENSORS,
    )


def _inferred(
    household: HouseholdDep, request: Request, body: bytes, version: str | None
) -> Response:
    asked = asked_of(body, request.headers.get(HEADER_LENGTH))
    with household.database.reading() as session:
        serving = serving_of(session, household.shelf, version)
    if asked.matrix is not None:
        moments = scored_matrix(serving, asked.matrix)
    else:
        moments = scored(serving, asked.columns)
    content, header_length = answer_of(asked, name_of(serving), moments)
    if header_length is None:
        return Response(content, media_type="application/json")
    headers = {"Inference-Header-Content-Length": str(header_length)}
    return Response(content, headers=headers, media_type="application/octet-stream")
