"""Both bases hold the values that can be computed by hand, and missing values are 0."""

from math import log, sqrt
from typing import Any

import numpy as np
import pytest

from app.backend.domain.context import Context
from app.backend.domain.errors import FeatureMismatch
from app.backend.domain.title import Title
from app.backend.features.basis import (
    CONTEXT_BASIS,
    GENRES,
    TITLE_BASIS,
    checked,
    context_basis,
    rule_matrices,
    title_basis,
)
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON
from app.backend.features.rules import SUBSCORES, default_rules
from app.backend.features.schema import FEATURE_COUNT, PROMISED_COUNT

FILM = Title(1, "A film", "movie", 2018, 120.0, ("comedy", "romance"), 7.7)
EPISODE = Title(2, "A series", "series", 1991, 45.0, ("drama",), 5.3)


def row_of(title: Title) -> dict[str, float]:
    """Return a title's basis by name."""
    values = title_basis(for_context(0, encode_titles([title])))[0]
    return dict(zip(TITLE_BASIS, values.tolist(), strict=True))


def test_a_film_by_hand() -> None:
    """Genres are shared out, numbers stand on their fixed scales, lengths fit by the rules."""
    expected = dict.fromkeys(TITLE_BASIS, 0.0) | {
        "any": 1.0,
        "genre_comedy": 1 / sqrt(2),
        "genre_romance": 1 / sqrt(2),
        "length": log(120 / 95) / 0.5,
        "length_squared": (log(120 / 95) / 0.5) ** 2,
        "era": 1.0,
        "era_squared": 1.0,
        "rating": 1.0,
        "fit_short": -1.0,
        "fit_medium": 1.0,
        "fit_binge": -0.25 + 0.75 * 10 / 30,
    }
    assert row_of(FILM) == pytest.approx(expected)


def test_a_series_by_hand() -> None:
    """An episode's length is judged by the series' own rules."""
    expected = dict.fromkeys(TITLE_BASIS, 0.0) | {
        "any": 1.0,
        "genre_drama": 1.0,
        "series": 1.0,
        "length": log(45 / 95) / 0.5,
        "length_squared": (log(45 / 95) / 0.5) ** 2,
        "era": -0.5,
        "era_squared": 0.25,
        "rating": -1.0,
        "fit_short": 1.0,
        "fit_medium": 0.25,
        "fit_binge": 1.0,
    }
    assert row_of(EPISODE) == pytest.approx(expected)


def test_what_is_missing_is_0() -> None:
    """A title of which nothing is known has only the leading 1."""
    found = row_of(Title(3, "Nothing known"))
    assert {name: value for name, value in found.items() if value} == {"any": 1.0}


@pytest.mark.parametrize(
    ("year", "minutes", "rating", "sign"), [(1880, 1.0, 0.1, -1), (2300, 1440.0, 10.0, 1)]
)
def test_what_is_extreme_is_clipped(year: int, minutes: float, rating: float, sign: int) -> None:
    """However old, new, short, long, bad or good: numbers stop at the same bound."""
    found = row_of(Title(4, "Extreme", "movie", year, minutes, (), rating))
    assert (found["era"], found["length"]) == (sign * 2.0, sign * 2.0)
    assert (found["era_squared"], found["length_squared"]) == (4.0, 4.0)
    assert abs(found["rating"]) <= 2.0
    assert np.sign(found["rating"]) == sign


def test_what_is_said_by_hand() -> None:
    """A leading 1 and the one-hots; what is not said is 0."""
    encoded = encode_titles([FILM])
    whole = context_basis(for_context(Context("action", "solo", "binge").code, encoded))[0]
    assert [CONTEXT_BASIS[at] for at in np.flatnonzero(whole)] == [
        "any",
        "mood_action",
        "group_solo",
        "session_binge",
    ]
    np.testing.assert_array_equal(context_basis(for_context(0, encoded)), np.eye(1, 11))


def test_genres_have_length_1() -> None:
    """However many genres a title has, together they weigh the same."""
    titles = [Title(n, "", genres=CANON[:n]) for n in range(1, len(CANON) + 1)]
    basis = title_basis(for_context(0, encode_titles(titles)))
    np.testing.assert_allclose(np.linalg.norm(basis[:, GENRES], axis=1), 1.0)
    assert TITLE_BASIS[GENRES] == tuple(f"genre_{genre}" for genre in CANON)


def test_rule_matrices_reproduce_the_table() -> None:
    """Every belief of the table stands in its place, and nothing else does."""
    rules, expected = default_rules(), {}
    for part, beliefs in (("mood", rules.mood), ("group", rules.group)):
        for word, genres in beliefs.items():
            for genre, belief in genres.items():
                expected[part, f"{part}_{word}", f"genre_{genre}"] = belief
    for length in ("short", "medium", "binge"):
        expected["session", f"session_{length}", f"fit_{length}"] = 1.0
    expected["quality", "any", "rating"] = 1.0
    matrices = rule_matrices()
    found = {
        (SUBSCORES[s], CONTEXT_BASIS[c], TITLE_BASIS[t]): matrices[s, c, t]
        for s, c, t in np.argwhere(matrices)
    }
    assert found == expected
    with pytest.raises(ValueError, match="read-only"):
        matrices[0, 0, 0] = 1.0


def test_all_columns_pass_unchanged() -> None:
    """A whole X is returned as it is; lists are read as numbers."""
    X = np.arange(2.0 * FEATURE_COUNT).reshape(2, FEATURE_COUNT)
    np.testing.assert_array_equal(checked(X), X)
    whole_numbers: Any = X.astype(np.int64).tolist()
    np.testing.assert_array_equal(checked(whole_numbers), X)


def test_promised_columns_are_filled_up() -> None:
    """With 17 columns the others are missing, that is 0."""
    X = np.ones((3, PROMISED_COUNT))
    found = checked(X)
    np.testing.assert_array_equal(found[:, :PROMISED_COUNT], X)
    assert found.shape == (3, FEATURE_COUNT)
    assert not found[:, PROMISED_COUNT:].any()


@pytest.mark.parametrize(
    "X",
    [
        np.zeros(FEATURE_COUNT),
        np.zeros((2, 3, FEATURE_COUNT)),
        np.zeros((2, PROMISED_COUNT + 1)),
        np.zeros((0, 0)),
        np.full((1, FEATURE_COUNT), np.nan),
        np.full((1, PROMISED_COUNT), np.inf),
    ],
    ids=["one row", "three dimensions", "18 columns", "nothing", "nan", "inf"],
)
def test_another_matrix_is_refused(X: Floats) -> None:
    """Other shapes and values that are no numbers are a named error that says what to do."""
    with pytest.raises(FeatureMismatch) as caught:
        checked(X)
    assert caught.value.message.endswith(".")
