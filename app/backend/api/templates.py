"""Renders the pages; every value is escaped."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from app import frontend
from app.backend.api.access import caller_of
from app.backend.api.addresses import base_of


def render(request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Return a page. `base` is the path that Encore is mounted under."""
    caller = caller_of(request.scope)
    defaults = {
        "base": base_of(request.scope),
        "demo": False,
        "notice": None,
        "may": caller.scopes,
        "signed_in_as": caller.name if caller.kind == "session" else "",
    }
    return _templates().TemplateResponse(request, name, {**defaults, **context}, status_code=status)


def standalone(name: str, context: Mapping[str, Any]) -> str:
    """Return a page as text that carries its own style and needs no server."""
    style = resources.files(frontend).joinpath("static", "encore.css").read_text(encoding="utf-8")
    return _environment().get_template(name).render({"style": style, **context})


@cache
def _templates() -> Jinja2Templates:
    return Jinja2Templates(env=_environment())


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("app.frontend"), autoescape=True, undefined=StrictUndefined
    )
