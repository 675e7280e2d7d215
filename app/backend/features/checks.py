"""Named questions asked of raw rows before training: how many, which, and what was done."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import (
    CODE_COUNT,
    GROUP_SIZES,
    MOODS,
    SESSION_LENGTHS,
    Context,
    mood_from_json,
)
from app.backend.domain.evidence import RawContext, RawTitle
from app.backend.domain.title import FIRST_YEAR, KINDS, LONGEST_MINUTES, Title
from app.backend.features.genres import normalise, split_names

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the rows of feedback, and its answer.

    `action` says what was done with the rows it counts: `"left out"` of training, or `"kept"`
    with the value in question taken as unknown. `examples` are ids of feedback rows.
    """

    id: str
    question: str
    action: str
    count: int
    examples: tuple[int, ...]


def answered(
    question: tuple[str, str], action: str, hit: NDArray[np.bool_], ids: NDArray[np.int64]
) -> Check:
    """Answer a question (its id and its sentence) from the rows it hits."""
    found = ids[hit]
    return Check(*question, action, len(found), tuple(int(i) for i in found[:EXAMPLES]))


@dataclass(frozen=True, slots=True)
class ReadContext:
    """A context as understood, and what could not be."""

    context: Context
    mood_malformed: bool = False
    mood_unknown: bool = False
    company_unknown: bool = False
    session_unknown: bool = False


def read_context(raw: RawContext) -> ReadContext:
    """Understand what an impression says of its context; never raises."""
    if isinstance(raw.code, int) and 0 < raw.code < CODE_COUNT:
        coded = Context.from_code(raw.code)
        if None not in {coded.mood, coded.group_size, coded.session_length}:
            return ReadContext(coded)
    mood = mood_from_json(raw.mood)
    group, session = _word(raw.group_size), _word(raw.session_length)
    return ReadContext(
        Context(
            mood if mood in MOODS else None,
            group if group in GROUP_SIZES else None,
            session if session in SESSION_LENGTHS else None,
        ),
        mood_malformed=mood is None,
        mood_unknown=mood is not None and mood not in MOODS,
        company_unknown=group not in GROUP_SIZES,
        session_unknown=session not in SESSION_LENGTHS,
    )


@dataclass(frozen=True, slots=True)
class ReadTitle:
    """A title as understood, and what could not be."""

    title: Title
    genres_missing: bool = False
    genres_unknown: bool = False
    duration_missing: bool = False
    duration_impossible: bool = False
    year_missing: bool = False
    year_impossible: bool = False


def read_title(raw: RawTitle, latest_year: int) -> ReadTitle:
    """Understand a row of the library; what makes no sense is taken as missing. Never raises."""
    names = split_names(raw.genres if isinstance(raw.genres, str) else None)
    genres = normalise(names)
    minutes, year = _number(raw.duration), _number(raw.year)
    rating = _number(raw.community_rating)
    minutes_fit = 0 < minutes <= LONGEST_MINUTES
    year_fits = FIRST_YEAR <= year <= latest_year
    return ReadTitle(
        Title(
            id=raw.id,
            title=str(raw.title or ""),
            kind=str(raw.kind) if raw.kind in KINDS else KINDS[0],
            year=int(year) if year_fits else None,
            minutes=minutes if minutes_fit else None,
            genres=genres.known,
            community_rating=rating if 0 < rating <= 10 else None,
            age_rating=str(raw.age_rating) if raw.age_rating else None,
        ),
        genres_missing=not names,
        genres_unknown=bool(genres.unknown),
        duration_missing=raw.duration is None,
        duration_impossible=raw.duration is not None and not minutes_fit,
        year_missing=raw.year is None,
        year_impossible=raw.year is not None and not year_fits,
    )


def read_titles(raws: Sequence[RawTitle], latest_year: int) -> list[Title]:
    """Understand the titles that may be shown."""
    return [read_title(raw, latest_year).title for raw in raws if not raw.set_aside]


def _word(value: object) -> str | None:
    return value.strip().casefold() if isinstance(value, str) else None


def _number(value: object) -> float:
    """Return a finite number, 0 where there is none."""
    try:
        number = float(value) if isinstance(value, int | float | str | Decimal) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if math.isfinite(number) else 0.0
