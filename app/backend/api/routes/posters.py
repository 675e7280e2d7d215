"""Posters of titles, from this address alone."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Response
from starlette.concurrency import run_in_threadpool

from app.backend.api.dependencies import PostersDep
from app.backend.api.guarded import Guarded
from app.backend.domain.errors import EncoreError, ServerUnreachable

router = APIRouter(route_class=Guarded, include_in_schema=False)

FOR_GOOD: Final = "private, max-age=31536000, immutable"
ASK_FIRST: Final = "private, no-cache"
LONGEST_WAIT_SECONDS: Final = 10.0


@router.get("/posters/{media_id}")
async def poster(
    media_id: Annotated[int, Path(ge=1, le=2**53)],
    posters: PostersDep,
    v: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show the poster of a title; `v` is its version, which may be kept for good."""
    asked = asyncio.wrap_future(await run_in_threadpool(posters.ask, media_id))
    # Whoever else waits for it, waits on.
    done, _ = await asyncio.wait([asked], timeout=LONGEST_WAIT_SECONDS)
    if not done:
        raise ServerUnreachable("The media server is slow with this poster; ask for it later.")
    found = asked.result()
    if isinstance(found, EncoreError):
        raise found
    kept = FOR_GOOD if v == found.version else ASK_FIRST
    return Response(found.content, media_type=found.media_type, headers={"Cache-Control": kept})
