"""What a database holds before anyone has judged it: titles and feedback as they were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

NO_TITLE: Final = -1
NO_CONTEXT: Final = -1
NO_ANSWER: Final = -1
# Later than any moment, so that rows without one stand at the end.
NO_MOMENT: Final = int(np.iinfo(np.int64).max)
DAY_MS: Final = 86_400_000
DEMO: Final = "demo"


@dataclass(frozen=True, slots=True)
class RawTitles:
    """The rows of `media`, as columns of length n; a database made elsewhere may hold anything.

    Attributes
    ----------
    id : ndarray of int64
    title, genres, duration, year, kind, community_rating, age_rating, source : sequence of object
        As they were found, `None` where there is nothing.
    is_set_aside : ndarray of bool
        Hidden or removed: learnt from, never shown.
    """

    id: NDArray[np.int64]
    title: Sequence[object]
    genres: Sequence[object]
    duration: Sequence[object]
    year: Sequence[object]
    kind: Sequence[object]
    community_rating: Sequence[object]
    age_rating: Sequence[object]
    source: Sequence[object]
    is_set_aside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RawContext:
    """What an impression says of its context: a code, or else three texts."""

    code: int | None
    mood: object = None
    group_size: object = None
    session_length: object = None


@dataclass(frozen=True, slots=True)
class FeedbackRows:
    """Feedback in time order, as columns of length n; contexts and titles are kept once.

    Attributes
    ----------
    feedback_id : ndarray of int64
    slate_id : ndarray of int64
        The recommendation's own id where the database knows no slates.
    member_id : ndarray of int64
        0 where nobody was named.
    context : ndarray of int32
        Position in `contexts`, -1 where the recommendation is missing.
    title : ndarray of int32
        Position in `titles`, -1 where recommendation or title is missing.
    rating : ndarray of float64
        NaN where it is missing or no number.
    again : ndarray of int8
        1, 0, or -1 where it is missing or neither.
    is_demo : ndarray of bool
    moment : ndarray of int64
        When the verdict was given, in milliseconds since 1970 (UTC), or the beginning of that
        day; `NO_MOMENT` where unknown.
    contexts : sequence of RawContext
    titles : RawTitles
    """

    feedback_id: NDArray[np.int64]
    slate_id: NDArray[np.int64]
    member_id: NDArray[np.int64]
    context: NDArray[np.int32]
    title: NDArray[np.int32]
    rating: NDArray[np.float64]
    again: NDArray[np.int8]
    is_demo: NDArray[np.bool_]
    moment: NDArray[np.int64]
    contexts: Sequence[RawContext]
    titles: RawTitles


@dataclass(frozen=True, slots=True)
class Viewing:
    """When a title was last watched, and whether the last verdict was to watch it again."""

    media_id: int
    watched_at: datetime
    would_watch_again: bool | None
