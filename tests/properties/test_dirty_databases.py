"""Thousands of dirty databases: nothing raises, every row has its place, and relations hold.

`DIRTY_DATABASES` says how many are made in all; `make fuzz` makes 20 000. Each is drawn from the
name of its test and a number, which a failure tells.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, Final, TypeAlias

import numpy as np
import pytest

from app.backend.features.checks import Check
from app.backend.features.dataset import TrainingSet
from app.backend.features.schema import FEATURE_COUNT, FEATURE_NAMES
from app.backend.ml_model import prepare, train_model
from tests.bare_database import FURTHER, TABLES, Bare, mood, stored

Row: TypeAlias = list[Any]
Relation: TypeAlias = Callable[[Random, Bare], tuple[Bare, Bare]]

DATABASES: Final = int(os.environ.get("DIRTY_DATABASES", "280")) // 7
ODD_SHARE: Final = 0.15
LONGEST: Final = 40

GENRES: Final = {
    "Comedy": ("comedy", " KOMÖDIE ", "Comédie"),
    "Action": ("ACTION", "Akcja"),
    "Drama": ("Dramat", "drama "),
    "Sci-Fi": ("Science-Fiction", "science fiction", "Sci Fi"),
    "Documentary": ("Documentaire", "Dokumentarfilm"),
    "Thriller": ("thriller", "Suspense"),
}
SEPARATORS: Final = (",", ";", "|", " / ", " , ")
UNITS: Final = (60, 60_000, 600_000_000)
MINUTES: Final = (72, 88, 95, 101, 118, 132, 160)
# What each column may hold that it should not.
ODD: Final[dict[str, tuple[Any, ...]]] = {
    "genres": (
        None, "", "Blorp", ",,;", 7, b"\xff", "Comedy" * 40, ",".join("abcdefghijklmnopqrst"),
    ),
    "duration": (None, 0, -5, 3_000, "95", "ninety", float("inf"), 1e300, b"x", 2**62, 1e-9),
    "year": (None, 0, -1, 3000, 1999.5, "1999", "soon", float("-inf"), b"x", 2**62),
    "title_id": (None, 0, -1, 99, "x", 2.5, "3", 2**62, b"1"),
    "mood": (
        None, "", "happy", "{", "[]", "NaN", "1e999", '{"mood": 3}', '{"mood": null}', '{"mood": ',
        '{"mood": NaN}', '{"mood": ["funny"]}', '{"mood": "melancholic"}', "[" * 2_000, b"\xff", 7,
        '{"mood": "funny", "mood": "action"}', '{"mood": "FUNNY "}', '{"mood": true}', "\x00",
    ),
    "group_size": (None, "", "crowd", " SOLO", 3, b"solo", "\ud7ff"),
    "session_length": (None, "", "epic", "Short ", 2.5, b"short"),
    "slate": (None, 0, -3, "evening", 2.5, 2**62),
    "impression": (None, 0, 999, "x", 12.5, "3", b"1"),
    "rating": (None, 0, 6, -1, 4.5, "5", " 3 ", "five", float("inf"), 2**62, b"5"),
    "again": (None, 2, -1, "yes", "", "1", 0.5, b"1"),
    "member": (0, -1, "Ada", "3", 2.5, 2**62, b"x"),
    "source": ("Demo", "", 3, b"demo", "demo"),
    "moment": (
        None, "", "soon", "now", "2026-13-01", "1969-12-31", 0, -1, 2**62, 2_460_000.5,
        "2026-01-02T10:00:00+02:00", b"2026-01-01", "12:00", "0000-00-00 00:00:00",
    ),
}  # fmt: skip


class Draw:
    """Draws values, odd ones now and then."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def value(self, column: str, usual: Any) -> Any:  # noqa: ANN401  # a database holds anything
        """Return what is usual, or something that the column should not hold."""
        is_odd = self.random.random() < ODD_SHARE
        return self.random.choice(ODD[column]) if is_odd else usual

    def title(self, number: int) -> Row:
        """Return a title whose genres are known by name, but for what is odd."""
        names = self.random.sample(list(GENRES), self.random.randint(1, 3))
        duration = self.random.choice(MINUTES)
        return [
            number,
            f"Title {number}",
            self.value("genres", ",".join(names)),
            self.value("duration", duration),
            self.value("year", self.random.randint(1930, 2026)),
        ]

    def impression(self, number: int, titles: int) -> Row:
        """Return an impression of some title in some context."""
        choice = self.random.choice
        return [
            number,
            self.value("title_id", self.random.randint(1, titles)),
            self.value("mood", mood(choice(("funny", "action", "dramatic", "relaxing")))),
            self.value("group_size", choice(("solo", "couple", "group"))),
            self.value("session_length", choice(("short", "medium", "binge"))),
            self.value("slate", choice((number, number // 3 + 1))),
        ]

    def verdict(self, number: int, impressions: int) -> Row:
        """Return a verdict on some impression, several of them on some days."""
        choice = self.random.choice
        day, hour = self.random.randint(1, 4), self.random.randint(10, 23)
        return [
            number,
            self.value("impression", self.random.randint(1, impressions)),
            self.value("rating", self.random.randint(1, 5)),
            self.value("again", choice((0, 1))),
            self.value("member", choice((None, 1, 2, 3))),
            self.value("source", choice((None, "web"))),
            self.value("moment", f"2026-01-{day:02} {hour}:00:00"),
        ]


def dirty(random: Random) -> Bare:
    """Return a database in which one value in seven is not what it should be."""
    draw = Draw(random)
    titles, impressions, verdicts = (random.randint(1, LONGEST // n) for n in (4, 2, 1))
    return Bare(
        [draw.title(number) for number in range(1, titles + 1)],
        [draw.impression(number, titles) for number in range(1, impressions + 1)],
        [draw.verdict(number, impressions) for number in range(1, verdicts + 1)],
    )


def read(bare: Bare) -> TrainingSet:
    """Write a database and prepare what is in it, twice: the second time nothing has changed."""
    with stored(bare, TABLES + FURTHER) as session:
        training = prepare(session).training
        again = prepare(session).training
    assert training.fingerprint() == again.fingerprint()
    assert training.checks == again.checks
    assert_accounted(training)
    return training


def assert_accounted(training: TrainingSet) -> None:
    """Columns are fixed, numbers finite, and every row is used or left out once."""
    X, y = training.X, training.y
    assert X.shape == (len(y), FEATURE_COUNT) == (len(y), len(FEATURE_NAMES))
    assert X.dtype == np.float64
    assert np.isfinite(X).all()
    assert set(y.tolist()) <= {0, 1}
    left_out = sum(check.count for check in training.checks if check.action == "left out")
    assert training.rows_read == len(y) + left_out


def counts(checks: tuple[Check, ...]) -> dict[str, int]:
    """Return each question's count."""
    return {check.id: check.count for check in checks}


def mapped(rows: list[Any], column: int, change: Callable[[Any], Any]) -> list[Any]:
    """Return rows with one column changed."""
    return [[*row[:column], change(row[column]), *row[column + 1 :]] for row in rows]


def rows_in_another_order(random: Random, bare: Bare) -> tuple[Bare, Bare]:
    """The order in which rows were written says nothing."""
    shuffled = (random.sample(rows, len(rows)) for rows in (
        bare.media, bare.recommendations, bare.feedback))  # fmt: skip
    return bare, Bare(*shuffled)


def members_renamed(random: Random, bare: Bare) -> tuple[Bare, Bare]:
    """Who is who matters, not what they are called."""
    names: dict[Any, Any] = dict(zip((1, 2, 3), random.sample(range(10, 99), 3), strict=True))
    names["3"] = str(names[3])
    renamed = mapped(bare.feedback, 4, lambda member: names.get(member, member))
    return bare, replace(bare, feedback=renamed)


def another_unit(random: Random, bare: Bare) -> tuple[Bare, Bare]:
    """A library whose durations are all in seconds, milliseconds or ticks is the same library."""
    known = mapped(bare.media, 3, lambda one: one if one in MINUTES else None)
    # A library so small that its unit could be guessed either way gets a few more titles.
    known += [[100 + n, "More", "Comedy", minutes, 1999] for n, minutes in enumerate(MINUTES)]
    unit = random.choice(UNITS)
    scaled = mapped(known, 3, lambda one: one and one * unit)
    return replace(bare, media=known), replace(bare, media=scaled)


def genres_spelt_otherwise(random: Random, bare: Bare) -> tuple[Bare, Bare]:
    """Other names, languages and separators mean the same genres, in any order."""

    def spelt(genres: Any) -> Any:  # noqa: ANN401  # a database holds anything
        names = genres.split(",") if isinstance(genres, str) else []
        if not names or set(names) - set(GENRES):
            return genres
        others = [random.choice((name, *GENRES[name])) for name in names]
        return random.choice(SEPARATORS).join(random.sample(others, len(others)))

    return bare, replace(bare, media=mapped(bare.media, 2, spelt))


def titles_nobody_rated(random: Random, bare: Bare) -> tuple[Bare, Bare]:
    """What else is on the shelf says nothing about what was rated, except in which unit it is."""
    draw = Draw(random)
    known = mapped(bare.media, 3, lambda one: one if one in MINUTES else None)
    more = mapped([draw.title(200 + n) for n in range(5)], 3, lambda _: 95)
    return replace(bare, media=known), replace(bare, media=[*known, *more])


RELATIONS: Final = (
    rows_in_another_order,
    members_renamed,
    another_unit,
    genres_spelt_otherwise,
    titles_nobody_rated,
)


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda relation: relation.__name__)
def test_what_says_the_same_is_prepared_the_same(relation: Relation) -> None:
    """Rows, labels and the count of every row left out stay, for each dirty database."""
    for number in range(DATABASES):
        random = Random(f"{relation.__name__} {number}")  # noqa: S311  # drawn to be repeated
        one, other = (read(bare) for bare in relation(random, dirty(random)))
        assert np.array_equal(one.X, other.X), number
        assert np.array_equal(one.y, other.y), number
        assert np.array_equal(one.feedback_id, other.feedback_id), number
        assert groups(one.member) == groups(other.member), number
        assert groups(one.slate) == groups(other.slate), number
        unit = {"duration_unit": 0, "duration_missing": 0, "duration_impossible": 0}
        assert {**counts(one.checks), **unit} == {**counts(other.checks), **unit}, number


def groups(ids: Any) -> list[int]:  # noqa: ANN401  # an array
    """Return ids as numbers by first occurrence: which rows belong together, not their names."""
    first: dict[int, int] = {}
    return [first.setdefault(one, len(first)) for one in ids.tolist()]


def test_what_is_said_twice_counts_once() -> None:
    """Every verdict sent again later that day changes no row and no label, and is counted."""
    for number in range(DATABASES):
        random = Random(f"twice {number}")  # noqa: S311  # drawn to be repeated
        bare = dirty(random)
        # Only a verdict that says what it is about can be known to be the same one.
        known = [row for row in bare.feedback if row[1] in range(1, LONGEST)]
        twice = [*known, *([row[0] + 1_000, *row[1:]] for row in known)]
        once = read(replace(bare, feedback=known))
        again = read(replace(bare, feedback=twice))
        assert np.array_equal(once.X, again.X), number
        assert np.array_equal(once.y, again.y), number
        assert once.feedback_id.tolist() == [one - 1_000 for one in again.feedback_id], number
        assert again.rows_read == 2 * once.rows_read


def test_a_model_can_be_trained_on_any_of_them() -> None:
    """Or there is none because there is one class; its probabilities are finite."""
    for number in range(DATABASES):
        training = read(dirty(Random(f"train {number}")))  # noqa: S311  # drawn to be repeated
        model = train_model(training.X, training.y)
        assert (model is None) == (len(set(training.y.tolist())) < 2), number
        if model is not None:
            told = model.predict_proba(training.X)
            assert np.isfinite(told).all(), number
            assert ((told >= 0) & (told <= 1)).all(), number
