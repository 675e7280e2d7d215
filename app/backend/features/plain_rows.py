"""Evenings and titles in words become rows of X, for programs that know none of its columns."""

from collections.abc import Mapping, Sequence
from numbers import Real
from types import MappingProxyType
from typing import Final

import numpy as np

from app.backend.domain.context import (
    ANY_MOOD,
    GROUP_SIZES,
    MOODS,
    SESSION_LENGTHS,
    Context,
)
from app.backend.domain.errors import InvalidInput
from app.backend.domain.title import KINDS
from app.backend.features.encode import Codes, Floats, encode_columns, gather
from app.backend.features.genres import CANON, normalise, split_names

# Each word of an evening, and what it may be.
CONTEXT_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"mood": MOODS, "group_size": GROUP_SIZES, "session_length": SESSION_LENGTHS}
)
NUMBERS: Final = ("duration", "year", "community_rating", "media_id")
TEXTS: Final = (*CONTEXT_WORDS, "genres", "kind")
COLUMNS: Final = (*TEXTS, *NUMBERS)
SERIES: Final = "series"
NO_TITLE: Final = 0
# Whole numbers are exact up to here.
LARGEST: Final = 2.0**53


def plain_rows(columns: Mapping[str, Sequence[object]]) -> Floats:
    """Encode rows.

    Parameters
    ----------
    columns : mapping of str to sequence
        Of `COLUMNS`, those that are known, each of the same length: `mood`, `group_size`,
        `session_length` as words, `mood` also as any; `genres` as `'A,B'` in any of the
        languages that imports read; `kind` movie or series; `duration` in minutes; `year`;
        `community_rating` from 0 to 10; `media_id`, the library's number, for the effect of a
        title that was rated. `None` and NaN are missing.

    Returns
    -------
    ndarray of float64, shape (n, FEATURE_COUNT)

    Raises
    ------
    InvalidInput
        Where a column is unknown, lengths differ, or a value cannot be.
    """
    unknown = [name for name in columns if name not in COLUMNS]
    lengths = {len(values) for values in columns.values()}
    if unknown or len(lengths) > 1:
        wrong = f"There is no column {unknown[0][:40]!r}" if unknown else "Columns differ in length"
        raise InvalidInput(f"{wrong}; the columns are {', '.join(COLUMNS)}.")
    count = next(iter(lengths), 0)
    read = {name: columns.get(name) or [None] * count for name in TEXTS}
    numbers = {name: _numbers(name, columns.get(name, ()), count) for name in NUMBERS}
    titles = encode_columns(
        np.nan_to_num(numbers["media_id"], nan=NO_TITLE).astype(np.int64),
        _genres(read["genres"]),
        numbers["duration"],
        numbers["year"],
        np.array([_kind(value) == SERIES for value in read["kind"]], dtype=bool),
        numbers["community_rating"],
    )
    return gather(_codes(read), np.arange(count), titles)


def _codes(read: Mapping[str, Sequence[object]]) -> Codes:
    said = zip(*(read[name] for name in CONTEXT_WORDS), strict=True)
    codes = [
        Context(*(_word(name, value) for name, value in zip(CONTEXT_WORDS, row, strict=True))).code
        for row in said
    ]
    return np.array(codes, dtype=np.int64)


def _word(name: str, value: object) -> str | None:
    word = _text(name, value)
    if name == "mood" and word == ANY_MOOD:
        return None
    if word is not None and word not in CONTEXT_WORDS[name]:
        raise InvalidInput(f"{name} is one of {', '.join(CONTEXT_WORDS[name])}, not {word[:40]!r}.")
    return word


def _kind(value: object) -> str | None:
    kind = _text("kind", value)
    if kind is not None and kind not in KINDS:
        raise InvalidInput(f"kind is one of {', '.join(KINDS)}, not {kind[:40]!r}.")
    return kind


def _text(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"{name} is a text, not {type(value).__name__}.")
    return value


def _genres(values: Sequence[object]) -> np.typing.NDArray[np.bool_]:
    found = np.zeros((len(values), len(CANON)), dtype=bool)
    for row, value in zip(found, values, strict=True):
        known = normalise(split_names(_text("genres", value))).known
        row[[CANON.index(genre) for genre in known]] = True
    return found


def _numbers(name: str, values: Sequence[object], count: int) -> Floats:
    if not len(values):
        return np.full(count, np.nan)
    if not all(one is None or (isinstance(one, Real) and not _is_truth(one)) for one in values):
        raise InvalidInput(f"{name} is a number in every row, or missing.")
    found = np.array([np.nan if one is None else _float(one) for one in values])
    told = found[~np.isnan(found)]
    if len(found) != count or not ((told >= 0) & (told <= LARGEST)).all():
        raise InvalidInput(f"{name} is a number from 0 to 2^53, or missing.")
    if name == "media_id" and (told % 1).any():
        raise InvalidInput(f"{name} is a whole number, or missing.")
    return found


def _is_truth(value: object) -> bool:
    return isinstance(value, bool | np.bool_)


def _float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # judged before
    except OverflowError:
        return np.inf
