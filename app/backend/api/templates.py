"""Renders the pages; every value is escaped."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi import Request
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response


def render(request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """Return a page. `base` is the path that Encore is mounted under."""
    defaults = {"base": request.scope.get("root_path", ""), "demo": False, "notice": None}
    return _templates().TemplateResponse(request, name, {**defaults, **context}, status_code=status)


@cache
def _templates() -> Jinja2Templates:
    environment = Environment(
        loader=PackageLoader("app.frontend"), autoescape=True, undefined=StrictUndefined
    )
    return Jinja2Templates(env=environment)
