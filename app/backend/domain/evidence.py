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
# Where titles were ticked that were liked before: the source of the verdicts, and the policy of
# the slate that they are on, which was shown for no evening.
QUICK_TASTE: Final = "quick_taste"
QUICK_TASTE_POLICY: Final = "quick-taste"
# The policy of a slate that holds what was watched without having been picked here, so that it can
# be asked how it was.
ELSEWHERE_POLICY: Final = "elsewhere"
# What was shown for no evening: nothing was chosen of it, and chance had no part in it.
NOT_DRAWN: Final = (QUICK_TASTE_POLICY, ELSEWHERE_POLICY)


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
class TitleTexts:
    """What titles say of themselves in words, as columns of length n in the order of their ids.

    Attributes
    ----------
    id : ndarray of int64
    overview, keywords, directors, cast : sequence of object
        As they were found, `None` where there is nothing. Encore writes texts, and several names
        as one text with `title.NAME_SEPARATOR` between.
    """

    id: NDArray[np.int64]
    overview: Sequence[object]
    keywords: Sequence[object]
    directors: Sequence[object]
    cast: Sequence[object]


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
class ChoiceRows:
    """Impressions of slates of which something was chosen and something not, of length m.

    By slate, and within it by position.

    Attributes
    ----------
    slate_id, media_id, context_code : ndarray of int64
    is_chosen : ndarray of bool
        It was said to be watched, or there is feedback on it and it was not seen before.
    """

    slate_id: NDArray[np.int64]
    media_id: NDArray[np.int64]
    context_code: NDArray[np.int64]
    is_chosen: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RatingRows:
    """What members did with titles elsewhere, as columns of length n, in the order of their ids.

    Attributes
    ----------
    media_id : ndarray of int64
        `NO_TITLE` where nobody knows which title is meant.
    member_id : ndarray of int64
        0 where it is the household's.
    rating : ndarray of float64
        From 1 to 5; NaN where nobody rated.
    again : ndarray of int8
        1, 0, or `NO_ANSWER`, as nearly everywhere.
    moment : ndarray of int64
        When it was said, in milliseconds since 1970 (UTC); 0 where unknown.
    source : ndarray of int64
        Position in `sources`.
    is_set_aside : ndarray of bool
        Somebody said that no title of the household is meant.
    is_written_here : ndarray of bool
        Encore itself wrote the rating to the media server, where it was read again.
    sources : sequence of str
    """

    media_id: NDArray[np.int64]
    member_id: NDArray[np.int64]
    rating: NDArray[np.float64]
    again: NDArray[np.int8]
    moment: NDArray[np.int64]
    source: NDArray[np.int64]
    is_set_aside: NDArray[np.bool_]
    is_written_here: NDArray[np.bool_]
    sources: Sequence[str]


@dataclass(frozen=True, slots=True)
class Viewing:
    """When a title was last watched, and whether the last verdict was to watch it again."""

    media_id: int
    watched_at: datetime
    would_watch_again: bool | None


def is_of_a_choice(slate_id: NDArray[np.int64], is_chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the impressions of slates of which at least one is chosen and at least one is not.

    Examples
    --------
    >>> is_of_a_choice(np.array([7, 7, 8, 9]), np.array([True, False, True, False])).tolist()
    [True, True, False, False]
    """
    _, slate = np.unique(slate_id, return_inverse=True)
    shown = np.bincount(slate)
    chosen = np.bincount(slate[is_chosen], minlength=len(shown))
    return np.asarray((chosen > 0) & (chosen < shown))[slate]
