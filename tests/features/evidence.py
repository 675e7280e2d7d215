"""Feedback as the store hands it on, made by hand for the tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.evidence import DAY_MS, FeedbackRows, RawContext, RawTitles

LATEST_YEAR: Final = 2028
FUNNY: Final = Context("funny", "couple", "short")
TENSE: Final = Context("action", "solo", "medium")


@dataclass(frozen=True, slots=True)
class Row:
    """One verdict; title and context are positions."""

    title: int = 0
    rating: float = 5.0
    again: int = 1
    context: int = 0
    slate: int | None = None
    member: int = 0
    day: int = 0
    is_demo: bool = False


def library(
    genres: Sequence[object] = ("Comedy", "Action", "Drama"),
    duration: Sequence[object] | None = None,
    year: Sequence[object] | None = None,
    set_aside: Sequence[int] = (),
) -> RawTitles:
    """Return a library with these columns, ids from 1, and nothing odd where nothing is said."""
    count = len(genres)
    nothing: list[Any] = [None] * count
    return RawTitles(
        id=np.arange(1, count + 1),
        title=[f"Title {number}" for number in range(1, count + 1)],
        genres=genres,
        duration=[95] * count if duration is None else duration,
        year=[1999] * count if year is None else year,
        kind=["movie"] * count,
        community_rating=nothing,
        age_rating=nothing,
        source=nothing,
        is_set_aside=np.isin(np.arange(count), list(set_aside)),
    )


def feedback(
    rows: Sequence[Row],
    titles: RawTitles | None = None,
    contexts: Sequence[Context | RawContext] = (FUNNY, TENSE),
) -> FeedbackRows:
    """Return rows as they are given, their ids from 1, a slate for each that names none."""
    raw = [one if isinstance(one, RawContext) else RawContext(one.code) for one in contexts]
    slates = [-at if row.slate is None else row.slate for at, row in enumerate(rows, start=1)]
    return FeedbackRows(
        feedback_id=np.arange(1, len(rows) + 1),
        slate_id=np.array(slates, dtype=np.int64),
        member_id=np.array([row.member for row in rows], dtype=np.int64),
        context=np.array([row.context for row in rows], dtype=np.int32),
        title=np.array([row.title for row in rows], dtype=np.int32),
        rating=np.array([row.rating for row in rows], dtype=np.float64),
        again=np.array([row.again for row in rows], dtype=np.int8),
        is_demo=np.array([row.is_demo for row in rows], dtype=bool),
        moment=np.array([row.day * DAY_MS for row in rows], dtype=np.int64),
        contexts=raw,
        titles=library() if titles is None else titles,
    )
