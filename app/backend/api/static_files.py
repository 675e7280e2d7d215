"""The style, the scripts and the icons: kept for good by whoever asks for this version of them."""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app import frontend

FOLDER: Final = Path(frontend.__file__).parent / "static"
FOR_GOOD: Final = "public, max-age=31536000, immutable"
# A copy may be kept, but whether it is still so is asked each time; the answer is brief.
ASK_FIRST: Final = "no-cache"


class VersionedFiles(StaticFiles):
    """Files that change with Encore alone.

    An address that ends in `?v=` and the version means the same bytes for ever. Without it, or
    with another one, the address means what the files are now.
    """

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return a file, and say how long it may be kept."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        is_this = scope.get("query_string") == f"v={static_version()}".encode()
        answer.headers["Cache-Control"] = FOR_GOOD if is_this else ASK_FIRST
        return answer


@cache
def static_names() -> tuple[str, ...]:
    """Return the path of every file below the folder, in order."""
    found = (path for path in FOLDER.rglob("*") if path.is_file())
    return tuple(sorted(path.relative_to(FOLDER).as_posix() for path in found))


@cache
def static_version() -> str:
    """Return a digest of all files and their names, worked out once."""
    digest = hashlib.blake2b(digest_size=6)
    for name in static_names():
        digest.update(f"{name}\0".encode())
        digest.update((FOLDER / name).read_bytes())
    return digest.hexdigest()
