"""What is wrong with what was sent, said without repeating it."""

from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from app.backend.domain.errors import InvalidInput

MOST_PROBLEMS: Final = 20
LONGEST: Final = 200


def invalid_body(error: ValidationError) -> InvalidInput:
    """Return the error of a body that a route reads by itself."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return invalid_input([{**one, "loc": ("body", *one["loc"])} for one in found])


def invalid_input(found: Sequence[Any]) -> InvalidInput:
    """Return the error of a validation's findings: what was sent may be unprintable, or secret."""
    problems = [
        {
            "where": ".".join(str(part) for part in one["loc"])[:LONGEST],
            "problem": one["msg"][:LONGEST],
        }
        for one in found[:MOST_PROBLEMS]
    ]
    first = problems[0] if problems else {"where": "body", "problem": "malformed"}
    return InvalidInput(
        f"{first['where']}: {first['problem']}. Correct it and send it again.",
        {"problems": problems},
    )
