"""What makes an app of the pages: its manifest, its worker, and its page without a network."""

import json
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from app.backend.api.addresses import base_of
from app.backend.api.guarded import Guarded
from app.backend.api.static_files import ASK_FIRST, FOLDER, static_names, static_version
from app.backend.api.templates import VARY, render
from app.backend.api.tongue import Tongue, TongueDep

router = APIRouter(route_class=Guarded, include_in_schema=False)

PAPER: Final = "#f8f2ea"
WORKER: Final = "sw.js"
# Pictures for a home screen are asked for once, by the system.
_NOT_KEPT: Final = (WORKER, "icons/")
_ICONS: Final = (
    ("icons/icon-192.png", "192x192", "image/png", "any"),
    ("icons/icon-512.png", "512x512", "image/png", "any"),
    ("icons/maskable-512.png", "512x512", "image/png", "maskable"),
    ("icon.svg", "any", "image/svg+xml", "any"),
)


@router.get("/manifest.webmanifest")
def manifest(request: Request, tongue: TongueDep) -> Response:
    """Describe the app to whoever installs it."""
    told = json.dumps(_manifest(base_of(request.scope), tongue), ensure_ascii=False)
    headers = {"Cache-Control": ASK_FIRST, "Content-Language": tongue.language, "Vary": VARY}
    return Response(told, media_type="application/manifest+json", headers=headers)


@router.get("/sw.js")
def service_worker(request: Request) -> Response:
    """Return the worker that keeps the style and the scripts, told what to keep.

    It stands beside the pages, not among the files, because it may serve only what is below it.
    """
    base = base_of(request.scope)
    kept = [name for name in static_names() if not name.startswith(_NOT_KEPT)]
    told = json.dumps({"base": base, "version": static_version(), "files": kept})
    code = (FOLDER / WORKER).read_text(encoding="utf-8")
    return Response(
        f"const ENCORE = {told};\n{code}",
        media_type="text/javascript",
        headers={"Cache-Control": ASK_FIRST},
    )


@router.get("/offline")
def offline_page(request: Request) -> Response:
    """Say that Encore cannot be reached: browsers keep this page for when that is so."""
    return render(request, "offline.html", {"page": "offline"})


def _manifest(base: str, tongue: Tongue) -> dict[str, Any]:
    _ = tongue.gettext
    icons = [
        {"src": f"{base}/static/{name}", "sizes": sizes, "type": kind, "purpose": purpose}
        for name, sizes, kind, purpose in _ICONS
    ]
    pages = (("/", _("Tonight")), ("/history", _("History")), ("/library", _("Library")))
    return {
        "id": f"{base}/",
        "name": "Encore",
        "short_name": "Encore",
        "description": _("What shall we watch tonight? Picks from your own library."),
        "lang": tongue.language,
        "dir": "ltr",
        "start_url": f"{base}/",
        "scope": f"{base}/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "categories": ["entertainment"],
        "icons": icons,
        "shortcuts": [
            {"name": name, "url": f"{base}{path}", "icons": [icons[0]]} for path, name in pages
        ],
    }
