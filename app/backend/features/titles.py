"""The library as it was found becomes titles that can be learnt from; never raises."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.evidence import RawTitles
from app.backend.domain.title import FIRST_YEAR, KINDS, Title
from app.backend.features.encode import Floats, encode_columns
from app.backend.features.genres import CANON, normalise, split_names
from app.backend.features.units import to_minutes

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles as understood, in the order in which they were found.

    Attributes
    ----------
    raw : RawTitles
    genres : ndarray of bool, shape (n, len(CANON))
    minutes, year, community_rating : ndarray of float64, shape (n,)
        NaN where missing or impossible.
    is_series : ndarray of bool, shape (n,)
    odd : mapping of str to ndarray of bool, shape (n,)
        By the id of a question, the titles that it hits.
    """

    raw: RawTitles
    genres: Flags
    minutes: Floats
    year: Floats
    community_rating: Floats
    is_series: Flags
    odd: Mapping[str, Flags]

    def encoded(self) -> Floats:
        """Return the title columns of X, shape (n, len(TITLE_COLUMNS))."""
        return encode_columns(
            self.raw.id,
            self.genres,
            self.minutes,
            self.year,
            self.is_series,
            self.community_rating,
        )

    def on_the_shelf(self) -> list[Title]:
        """Return the titles that may be shown."""
        return [self._title(at) for at in np.flatnonzero(~self.raw.is_set_aside).tolist()]

    def _title(self, at: int) -> Title:
        age = self.raw.age_rating[at]
        rating = float(self.community_rating[at])
        return Title(
            id=int(self.raw.id[at]),
            title=str(self.raw.title[at] or ""),
            kind=KINDS[int(self.is_series[at])],
            year=None if np.isnan(self.year[at]) else int(self.year[at]),
            minutes=None if np.isnan(self.minutes[at]) else float(self.minutes[at]),
            genres=tuple(CANON[genre] for genre in np.flatnonzero(self.genres[at]).tolist()),
            community_rating=None if np.isnan(rating) else rating,
            age_rating=str(age) if age else None,
        )


def understand(raw: RawTitles, latest_year: int) -> Titles:
    """Understand the rows of a library; what makes no sense is taken as missing.

    Parameters
    ----------
    raw : RawTitles
    latest_year : int
        A title from a later year is not believed.
    """
    genres, without_genres, with_unknown = _genres(raw.genres)
    duration, year, rating = map(numbers, (raw.duration, raw.year, raw.community_rating))
    no_duration, no_year = missing(raw.duration), missing(raw.year)
    told = to_minutes(duration)
    year_fits = (year >= FIRST_YEAR) & (year < latest_year + 1)
    return Titles(
        raw=raw,
        genres=genres,
        minutes=told.minutes,
        year=np.where(year_fits, np.floor(year), np.nan),
        community_rating=np.where((rating > 0) & (rating <= 10), rating, np.nan),
        is_series=np.array([kind == KINDS[1] for kind in raw.kind], dtype=bool),
        odd={
            "genres_missing": without_genres,
            "genres_unknown": with_unknown,
            "duration_missing": no_duration,
            "duration_impossible": np.isnan(told.minutes) & ~no_duration & ~told.is_unclear,
            "duration_unit": told.is_converted,
            "duration_unit_unclear": told.is_unclear,
            "year_missing": no_year,
            "year_impossible": ~year_fits & ~no_year,
        },
    )


def numbers(values: Sequence[object]) -> Floats:
    """Return values as float64, NaN where one is no finite number.

    Examples
    --------
    >>> numbers([95, "95", None, "ninety", float("inf")])
    array([95., 95., nan, nan, nan])
    """
    plain = set(map(type, values)) <= {int, float, type(None)}
    try:
        found = np.array(values if plain else [_number(value) for value in values], np.float64)
    except OverflowError:
        found = np.array([_number(value) for value in values], np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def missing(values: Sequence[object]) -> Flags:
    """Mark the values that are not there."""
    return np.array([value is None for value in values], dtype=bool)


def _number(value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str | Decimal) else math.nan
    except (ValueError, OverflowError):
        return math.nan
    return number


def _genres(texts: Sequence[object]) -> tuple[Flags, Flags, Flags]:
    """Return each title's genres, and which titles name none, or some that nobody knows."""
    readable = [text if type(text) is str else "" for text in texts]
    number = {text: at for at, text in enumerate(dict.fromkeys(readable))}
    of_title = np.fromiter(map(number.__getitem__, readable), np.int64, len(readable))
    table = np.zeros((len(number), len(CANON)), dtype=bool)
    without, unknown = np.zeros(len(number), dtype=bool), np.zeros(len(number), dtype=bool)
    for text, at in number.items():
        names = split_names(text)
        known = normalise(names)
        table[at] = np.isin(CANON, known.known)
        without[at], unknown[at] = not names, bool(known.unknown)
    return table[of_title], without[of_title], unknown[of_title]
