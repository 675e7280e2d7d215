"""Renders the pages, in the reader's language; every value is escaped."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from app import frontend
from app.backend.api.access import caller_of
from app.backend.api.addresses import base_of, local_path, path_of
from app.backend.api.resources import Resources
from app.backend.api.static_files import static_version
from app.backend.api.tongue import ENGLISH, LANGUAGES, Tongue, tongue_of

FILTERS: Final = ("told", "moment", "day", "clock", "number", "share")
# What decides about the language that a page is in.
VARY: Final = "Accept-Language, Cookie"


def render(request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Return a page in the reader's language. `base` is the path that Encore is mounted under."""
    caller = caller_of(request.scope)
    tongue = tongue_of(request)
    defaults = {
        "base": base_of(request.scope),
        "demo": False,
        "language": tongue.language,
        "languages": LANGUAGES,
        "may": caller.scopes,
        "notice": None,
        "path_here": _path_here(request),
        "signed_in_as": caller.name if caller.kind == "session" else "",
        "static_version": static_version(),
    }
    return _templates(tongue).TemplateResponse(
        request,
        name,
        {**defaults, **context},
        status_code=status,
        headers={"Content-Language": tongue.language, "Vary": VARY},
    )


def standalone(name: str, context: Mapping[str, Any], tongue: Tongue = ENGLISH) -> str:
    """Return a page as text that carries its own style and needs no server."""
    style = resources.files(frontend).joinpath("static", "encore.css").read_text(encoding="utf-8")
    told = {"style": style, "language": tongue.language, **context}
    return _environment(tongue).get_template(name).render(told)


def _path_here(request: Request) -> str:
    """Return where a reader comes back to in another language; no form is sent twice for it."""
    resources_: Resources = request.app.state.resources
    path = path_of(request.scope)
    if request.method in {"GET", "HEAD"}:
        query = f"?{request.url.query}" if request.url.query else ""
        return local_path(quote(path, safe="/:@!$&'()*+,;=~") + query)
    return local_path(path) if "GET" in resources_.allowed(path) else "/"


@cache
def _templates(tongue: Tongue) -> Jinja2Templates:
    return Jinja2Templates(env=_environment(tongue))


@cache
def _environment(tongue: Tongue) -> Environment:
    environment = Environment(
        loader=PackageLoader("app.frontend"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    # The extension brings this method along, unseen by mypy.
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        tongue.gettext, tongue.ngettext, newstyle=True
    )
    environment.filters.update({name: getattr(tongue, name) for name in FILTERS})
    return environment
