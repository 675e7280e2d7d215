"""Columns of words become interactions: what every form of them has in common."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.dataset import (
    HIGHEST_RATING,
    LOWEST_RATING,
    POSITIVE_RATING,
    Coded,
    Interactions,
)
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.evidence import NO_ANSWER, NO_MOMENT
from app.backend.domain.title import comparable
from app.backend.sources.fields import LONGEST_ID, clean
from app.backend.sources.tally import Tally

MOST_CONTEXT_WORDS: Final = 1_000

_YES: Final = frozenset({"true", "1", "1.0", "yes", "y", "t"})
_NO: Final = frozenset({"false", "0", "0.0", "no", "n", "f"})
_NUMBER: Final = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER: Final = 40
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
# Seconds of this size would be thousands of years ahead, so they are milliseconds.
_FIRST_MILLISECONDS: Final = 1e11
_LAST_MILLISECONDS: Final = 253_402_300_799_999
# Few words are few whatever the number of rows; beyond, a column that differs by row is an id.
_FEW_WORDS: Final = 20
_UNREADABLE: Final = NO_MOMENT - 1

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judgements:
    """Interactions in words, one column for each thing that is said; all have n rows.

    Attributes
    ----------
    line : ndarray of int64
        Where each row begins.
    again, shown_at : Coded or None
        `None` where there is no such column.
    contexts : mapping of str to Coded or None
        `None` where a column has too many words to be a context.
    broken : Tally
        Rows that did not come this far.
    """

    line: NDArray[np.int64]
    member: Coded
    title: Coded
    rating: Coded
    again: Coded | None
    shown_at: Coded | None
    contexts: Mapping[str, Coded | None]
    broken: Tally
    ignored_columns: tuple[str, ...] = ()


def understood(said: Judgements, path: str) -> Interactions:
    """Understand interactions; rows that make no sense are left out and counted.

    Raises
    ------
    SourceMalformed
        Where there is no row at all, or most ratings are on another scale.
    """
    count = len(said.line)
    if not count and not said.broken.rows:
        raise SourceMalformed(f"{path} has no rows below its first line.")
    member, title = said.member.spelt(_id), said.title.spelt(_id)
    rating = _each(said.rating, rating_of, np.float64)
    again = _optional(said.again, again_of, NO_ANSWER, count).astype(np.int8)
    moment = _optional(said.shown_at, moment_of, NO_MOMENT, count)
    outside = np.isfinite(rating) & ~((rating >= LOWEST_RATING) & (rating <= HIGHEST_RATING))
    _insist_on_scale(outside, rating, path)
    is_asked = bool((again != NO_ANSWER).any())
    reasons: dict[str, Flags] = {
        "member_missing": _is_empty(member),
        "title_id_missing": _is_empty(title),
        "rating_missing": np.isnan(rating),
        "rating_unreadable": np.isinf(rating),
        "rating_outside_scale": outside,
        "would_watch_again_unreadable": again == _AGAIN_UNREADABLE,
        "would_watch_again_missing": is_asked & (again == NO_ANSWER) & (rating >= POSITIVE_RATING),
        "shown_at_unreadable": moment == _UNREADABLE,
    }
    kept = _kept(reasons, said.line, said.broken)
    contexts = {name: _context(column) for name, column in said.contexts.items()}
    read = {name: column.part(kept) for name, column in contexts.items() if column is not None}
    unread = tuple(name for name, column in contexts.items() if column is None)
    return Interactions(
        member=member.part(kept),
        title=title.part(kept),
        rating=rating[kept],
        again=again[kept],
        moment=moment[kept],
        contexts=read,
        rows_read=int(kept.sum()) + said.broken.rows,
        left_out=dict(said.broken.found),
        ignored_columns=(*said.ignored_columns, *unread),
    )


def rating_of(word: str) -> float:
    """Return the number a rating is; NaN for nothing, infinity for no number.

    Examples
    --------
    >>> rating_of(" 4,5 "), rating_of("-1"), rating_of(""), rating_of("good")
    (4.5, -1.0, nan, inf)
    """
    text = word.strip()
    if text.casefold() in {"", "nan", "null", "na", "none"}:
        return math.nan
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return math.inf
    return float(text.replace(",", "."))


def again_of(word: str) -> int:
    """Return 1, 0, or -1 for nothing; -2 for what is neither.

    Examples
    --------
    >>> [again_of(word) for word in ("Yes", "false", "", "perhaps")]
    [1, 0, -1, -2]
    """
    text = word.strip().casefold()
    if text in _YES:
        return 1
    if text in _NO:
        return 0
    return NO_ANSWER if text in {"", "nan", "null", "na", "none"} else _AGAIN_UNREADABLE


def moment_of(word: str) -> int:
    """Return milliseconds since 1970 for ISO 8601 (UTC unless it says otherwise) or unix seconds.

    Examples
    --------
    >>> moment_of("1970-01-01T00:00:01Z"), moment_of("1.5"), moment_of("1970-01-02")
    (1000, 1500, 86400000)
    """
    text = word.strip()
    if not text:
        return NO_MOMENT
    is_date = text[4:5] == "-"
    if not is_date and len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text):
        number = float(text.replace(",", "."))
        milliseconds = number if abs(number) >= _FIRST_MILLISECONDS else number * 1000.0
        return round(milliseconds) if abs(milliseconds) <= _LAST_MILLISECONDS else _UNREADABLE
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        return _UNREADABLE


_AGAIN_UNREADABLE: Final = -2


def _each(
    column: Coded, value_of: Callable[[str], float], kind: type[np.float64] | type[np.int64]
) -> NDArray[np.float64]:
    values = np.array([value_of(word) for word in column.words], dtype=kind)
    return np.asarray(values[column.code] if len(column) else np.zeros(0, kind))


def _optional(
    column: Coded | None, value_of: Callable[[str], int], missing: int, count: int
) -> NDArray[np.int64]:
    if column is None:
        return np.full(count, missing, dtype=np.int64)
    values = np.array([value_of(word) for word in column.words], dtype=np.int64)
    return np.asarray(values[column.code])


def _id(word: str) -> str:
    return clean(word, LONGEST_ID)


def _is_empty(column: Coded) -> Flags:
    return np.array([not word for word in column.words], dtype=bool)[column.code]


def _kept(reasons: Mapping[str, Flags], line: NDArray[np.int64], tally: Tally) -> Flags:
    """Count each row that is left out under its first reason."""
    kept = np.ones(len(line), dtype=bool)
    for reason, hit in reasons.items():
        new = hit & kept
        if new.any():
            tally.add(reason, int(line[new].min()), int(new.sum()))
        kept &= ~hit
    return kept


def _context(column: Coded | None) -> Coded | None:
    """Return a context column with its words made comparable, or `None` where it is no context."""
    if column is None:
        return None
    spelt = column.spelt(lambda word: comparable(clean(word, LONGEST_ID)))
    words = len(spelt.words)
    is_id = words > MOST_CONTEXT_WORDS or (words > _FEW_WORDS and words * 2 > len(column))
    return None if is_id else spelt


def _insist_on_scale(outside: Flags, rating: NDArray[np.float64], path: str) -> None:
    told = rating[np.isfinite(rating)]
    if outside.sum() * 2 > len(told):
        raise SourceMalformed(
            f"Most ratings in {path} are outside of the scale from {LOWEST_RATING} to "
            f"{HIGHEST_RATING:g} (they go from {told.min():g} to {told.max():g}); "
            "bring them onto that scale first."
        )
