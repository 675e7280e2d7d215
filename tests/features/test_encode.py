"""Contexts and titles become the columns that are written out here by hand."""

from collections.abc import Mapping

import numpy as np
import pytest

from app.backend.domain.context import CODE_COUNT, Context, every_context
from app.backend.domain.title import Title
from app.backend.features.encode import context_table, encode_titles, for_context, gather
from app.backend.features.schema import CONTEXT_COLUMNS, FEATURE_COUNT, FEATURE_NAMES

FILM = Title(7, "Hot Fuzz", "movie", 2007, 121.0, ("comedy", "action", "crime"), 7.8)
SERIES = Title(9, "Dark", "series", 2017, 55.0, ("scifi", "mystery"))
BARE = Title(12, "Unlabelled")

OF_FILM = {
    "genre_comedy": 1.0,
    "genre_action": 1.0,
    "genre_crime": 1.0,
    "duration": 121.0,
    "year": 2007.0,
    "community_rating": 7.8,
    "media_id": 7.0,
}
OF_SERIES = {
    "genre_scifi": 1.0,
    "genre_mystery": 1.0,
    "duration": 55.0,
    "year": 2017.0,
    "kind_series": 1.0,
    "media_id": 9.0,
}


def test_titles_and_contexts_meet_in_rows() -> None:
    """Each row has its context's and its title's values, and 0 everywhere else."""
    encoded = encode_titles([FILM, SERIES, BARE])
    funny = Context("funny", "couple", "short")
    partly = Context(None, "group", None)
    codes = np.array([funny.code, partly.code, Context(None, None, None).code])
    X = gather(codes, np.array([1, 0, 2]), encoded)
    said = {"mood_funny": 1.0, "group_couple": 1.0, "session_short": 1.0}
    _assert_row(X[0], said | OF_SERIES)
    _assert_row(X[1], {"group_group": 1.0} | OF_FILM)
    _assert_row(X[2], {"media_id": 12.0})
    assert X.shape == (3, FEATURE_COUNT)
    assert X.dtype == np.float64


def test_one_context_meets_every_title() -> None:
    """For one context there is a row for each title, in order."""
    encoded = encode_titles([FILM, SERIES])
    code = Context("relaxing", "solo", "binge").code
    found = for_context(code, encoded)
    np.testing.assert_array_equal(found, gather(np.array([code] * 2), np.array([0, 1]), encoded))


def test_nothing_becomes_no_rows() -> None:
    """No titles and no contexts still have all columns."""
    encoded = encode_titles([])
    assert encoded.shape == (0, FEATURE_COUNT - len(CONTEXT_COLUMNS))
    assert for_context(3, encoded).shape == (0, FEATURE_COUNT)


def test_rows_are_copies() -> None:
    """Writing into X changes neither the titles nor the next X."""
    encoded = encode_titles([FILM])
    for_context(21, encoded)[:] = 99.0
    _assert_row(for_context(0, encoded)[0], OF_FILM)


def test_every_code_has_its_one_hots() -> None:
    """What is said is 1 in its column, what is not said is 0, and nobody may write over it."""
    table = context_table()
    assert table.shape == (CODE_COUNT, len(CONTEXT_COLUMNS))
    for context in every_context():
        assert table[context.code].sum() == 3.0
    for code in range(CODE_COUNT):
        context = Context.from_code(code)
        parts = {
            "mood": context.mood,
            "group": context.group_size,
            "session": context.session_length,
        }
        said = {f"{part}_{word}" for part, word in parts.items() if word is not None}
        assert {CONTEXT_COLUMNS[at] for at in np.flatnonzero(table[code])} == said
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1.0


def _assert_row(
    row: np.ndarray[tuple[int], np.dtype[np.float64]], expected: Mapping[str, float]
) -> None:
    assert {
        name: value for name, value in zip(FEATURE_NAMES, row, strict=True) if value
    } == expected
