"""Take a version away, in the format that another program reads."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.routes.models import VersionName
from app.backend.api.schemas import ErrorEnvelope
from app.backend.workflows import browse
from app.backend.workflows.export_file import SafeForm, exported_file

router = APIRouter(route_class=Guarded, tags=["models"])

CHUNK_BYTES: Final = 2**16
ENDINGS: Final = {"mlflow": "mlflow.zip"}


@router.get(
    "/models/{version}/artefact",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file."},
        404: {"model": ErrorEnvelope, "description": "There is no such version."},
        422: {"model": ErrorEnvelope, "description": "A name or a format cannot be."},
        500: {"model": ErrorEnvelope, "description": "It cannot be trusted, or not be exported."},
        501: {"model": ErrorEnvelope, "description": "The format needs a package."},
    },
)
def get_artefact(
    household: HouseholdDep,
    version: VersionName,
    form: Annotated[SafeForm, Query(alias="format")] = "safetensors",
) -> StreamingResponse:
    """Return a version as a file; `zip` holds arrays, manifest and cards, `mlflow` a packed folder.

    Every format but the arrays themselves is compared with the version before it is handed out.
    Pickles run code where they are opened: they are written by the command line alone.
    """
    stack = ExitStack()
    with household.database.reading() as session:
        found = browse.version(session, version)
    path = stack.enter_context(exported_file(household.database, household.shelf, found, form))
    headers = {
        "Content-Disposition": f'attachment; filename="{found.version}.{ENDINGS.get(form, form)}"',
        "Content-Length": str(path.stat().st_size),
    }

    def parts() -> Iterator[bytes]:
        with stack, path.open("rb") as file:
            while part := file.read(CHUNK_BYTES):
                yield part

    return StreamingResponse(parts(), media_type="application/octet-stream", headers=headers)
