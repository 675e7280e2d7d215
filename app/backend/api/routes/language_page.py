"""The choice of the language, which every page offers."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from app.backend.api import cookies, tongue
from app.backend.api.addresses import MOST_NEXT, led_to, local_path
from app.backend.api.guarded import Guarded
from app.backend.domain.errors import InvalidInput

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[str, Form(max_length=20)],
    next_: Annotated[str, Form(alias="next", max_length=MOST_NEXT)] = "/",
) -> Response:
    """Let a browser remember the language that its reader chose, and lead back."""
    if language not in tongue.LANGUAGES:
        known = ", ".join(tongue.LANGUAGES)
        raise InvalidInput(f"Encore does not speak that language; choose one of: {known}.")
    answer = led_to(request, local_path(next_))
    cookies.remember(request, answer, tongue.COOKIE, language)
    return answer
