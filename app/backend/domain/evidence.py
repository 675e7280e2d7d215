"""What a database holds before anyone has judged it: titles and feedback as they were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

NO_TITLE: Final = -1
NO_ANSWER: Final = -1
DEMO: Final = "demo"


@dataclass(frozen=True, slots=True)
class RawTitle:
    """A row of `media`, its values unchecked: a database made elsewhere may hold anything."""

    id: int
    title: object
    genres: object
    duration: object
    year: object
    kind: object = None
    community_rating: object = None
    age_rating: object = None
    set_aside: bool = False


@dataclass(frozen=True, slots=True)
class RawContext:
    """What an impression says of its context: the code where there is one, else three texts."""

    code: object
    mood: object
    group_size: object
    session_length: object


@dataclass(frozen=True, slots=True)
class FeedbackRows:
    """Feedback in time order, as columns of length n; contexts and titles are kept once.

    Attributes
    ----------
    feedback_id, recommendation_id : ndarray of int64
    slate_id : ndarray of int64
        The recommendation's own id where the database knows no slates.
    member_id : ndarray of int64
        0 where nobody was named.
    context : ndarray of int64
        Position in `contexts`, -1 where the recommendation is missing.
    title : ndarray of int64
        Position in `titles`, -1 where recommendation or title is missing.
    rating : ndarray of float64
        NaN where it is missing or no number.
    again : ndarray of int64
        1, 0, or -1 where it is missing or neither.
    is_demo : ndarray of bool
    contexts : sequence of RawContext
    titles : sequence of RawTitle
    """

    feedback_id: NDArray[np.int64]
    recommendation_id: NDArray[np.int64]
    slate_id: NDArray[np.int64]
    member_id: NDArray[np.int64]
    context: NDArray[np.int64]
    title: NDArray[np.int64]
    rating: NDArray[np.float64]
    again: NDArray[np.int64]
    is_demo: NDArray[np.bool_]
    contexts: Sequence[RawContext]
    titles: Sequence[RawTitle]


@dataclass(frozen=True, slots=True)
class Viewing:
    """When a title was last watched, and whether the last verdict was to watch it again."""

    media_id: int
    watched_at: datetime
    would_watch_again: bool | None
