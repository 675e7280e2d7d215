"""Lists come a page at a time: `next_cursor` leads to the next one, and is null at the end."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Query

T = TypeVar("T")

MOST_AT_ONCE: Final = 200

Limit = Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="How many at most.")]
Cursor = Annotated[
    int | None,
    Query(ge=0, le=2**53, description="The `next_cursor` of the page before; none: the first."),
]


def page_of(
    rows: Sequence[T], limit: int, key: Callable[[T], object]
) -> tuple[list[T], str | None]:
    """Return a page of rows, of which one more than wanted was read, and what leads on.

    Examples
    --------
    >>> page_of([9, 8, 7], 2, int), page_of([9, 8], 2, int)
    (([9, 8], '8'), ([9, 8], None))
    """
    shown = list(rows[:limit])
    return shown, str(key(shown[-1])) if len(rows) > limit else None
