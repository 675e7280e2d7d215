"""Evenings and titles in words become the rows that codes and columns would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.context import Context
from app.backend.domain.errors import InvalidInput
from app.backend.domain.title import Title
from app.backend.features.encode import encode_titles, for_context
from app.backend.features.plain_rows import COLUMNS, NUMBERS, plain_rows
from app.backend.features.schema import FEATURE_COUNT


def test_words_say_what_codes_say() -> None:
    """The row is the one that the household's own title has in that context."""
    title = Title(7, "Heat", "movie", 1995, 170, ("action", "crime"), 8.2)
    context = Context("action", "couple", "binge")
    rows = plain_rows(
        {
            "mood": ["action"],
            "group_size": ["couple"],
            "session_length": ["binge"],
            "genres": ["Action, Krimi"],
            "kind": ["movie"],
            "duration": [170],
            "year": [1995],
            "community_rating": [8.2],
            "media_id": [7],
        }
    )
    assert np.array_equal(rows, for_context(context.code, encode_titles([title])))


def test_what_is_missing_is_nothing() -> None:
    """Columns may be left out, and values be None or NaN."""
    rows = plain_rows({"genres": [None, "Comedy"], "duration": [float("nan"), None]})
    assert rows.shape == (2, FEATURE_COUNT)
    assert rows[0].sum() == 0
    assert rows[1].sum() == 1
    assert plain_rows({}).shape == (0, FEATURE_COUNT)


def test_any_mood_is_a_mood_that_is_missing() -> None:
    """Of company and session length there is no such word."""
    rows = plain_rows({"mood": ["any", None], "group_size": ["solo", "solo"]})
    assert np.array_equal(rows[0], rows[1])
    with pytest.raises(InvalidInput, match="group_size is one of"):
        plain_rows({"group_size": ["any"]})


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"mood": ["happy"]}, "mood is one of"),
        ({"mood": [3]}, "mood is a text"),
        ({"duration": ["long"]}, "duration is a number"),
        ({"duration": [-1]}, "from 0"),
        ({"year": [float("inf")]}, "from 0"),
        ({"media_id": [1e300]}, "from 0"),
        ({"media_id": [1.5]}, "whole number"),
        ({"year": ["1999"]}, "year is a number"),
        ({"year": [True]}, "year is a number"),
        ({"year": [10**400]}, "from 0"),
        ({"kind": ["film"]}, "kind is one of movie, series"),
        ({"kind": [1]}, "kind is a text"),
        ({"rating": [3]}, "There is no column 'rating'"),
        ({"mood": ["funny"], "year": [1, 2]}, "differ in length"),
    ],
)
def test_what_cannot_be_is_named(columns: dict[str, list[object]], said: str) -> None:
    """The error says which column, and what it may hold."""
    with pytest.raises(InvalidInput, match=said):
        plain_rows(columns)


@given(
    st.dictionaries(
        st.sampled_from(COLUMNS),
        st.lists(st.one_of(st.none(), st.text(max_size=5), st.floats(), st.integers()), max_size=3),
    )
)
def test_anything_is_rows_or_an_error_with_a_name(columns: dict[str, list[object]]) -> None:
    """Nothing else is raised, and rows are finite."""
    try:
        rows = plain_rows(columns)
    except InvalidInput:
        return
    assert np.isfinite(rows).all()
    assert set(NUMBERS) <= set(COLUMNS)
