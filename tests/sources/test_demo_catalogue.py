"""The demo household's library is real, plausible, and has something for every evening."""

import csv
from collections import Counter
from importlib import resources
from typing import Final

import pytest

from app.backend.domain.context import MOODS, SESSION_LENGTHS
from app.backend.domain.title import KINDS, Title, comparable
from app.backend.features.genres import CANON, normalise, split_names

PLENTY: Final = 25
GENRES_OF: Final = {
    "funny": {"comedy"},
    "action": {"action", "adventure"},
    "dramatic": {"drama"},
    "relaxing": {"documentary", "family", "romance", "music", "talk", "reality"},
}


def _catalogue() -> list[Title]:
    text = resources.files("app.backend.sources").joinpath("demo_catalogue.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(), strict=True)
    assert rows.fieldnames == ["title", "kind", "year", "minutes", "genres"]
    return [
        Title(
            id=number,
            title=row["title"],
            kind=row["kind"],
            year=int(row["year"]),
            minutes=float(row["minutes"]),
            genres=normalise(split_names(row["genres"])).known,
        )
        for number, row in enumerate(rows, start=1)
    ]


CATALOGUE: Final = _catalogue()
MOVIES: Final = [title for title in CATALOGUE if title.kind == "movie"]
SERIES: Final = [title for title in CATALOGUE if title.kind == "series"]


def test_the_library_is_large_enough() -> None:
    """There are at least 300 titles, and both kinds are well represented."""
    assert len(CATALOGUE) >= 300
    assert len(MOVIES) + len(SERIES) == len(CATALOGUE)
    assert set(Counter(title.kind for title in CATALOGUE)) == set(KINDS)
    assert len(MOVIES) >= 200
    assert len(SERIES) >= 80


def test_no_title_comes_twice() -> None:
    """Title and year together name one title, however it is spelt."""
    names = Counter((comparable(title.title), title.year) for title in CATALOGUE)
    assert [name for name, count in names.items() if count > 1] == []


def test_titles_are_sorted_and_tidy() -> None:
    """The file is in the order of its titles, without stray spaces."""
    assert all(title.title == " ".join(title.title.split()) for title in CATALOGUE)
    keys = [(comparable(title.title), title.year) for title in CATALOGUE]
    assert keys == sorted(keys)


def test_every_title_is_plausible() -> None:
    """Years lie in the age of sound film and lengths are those of films and of episodes."""
    years = {"movie": (1930, 2025), "series": (1950, 2025)}
    minutes = {"movie": (60, 240), "series": (22, 60)}
    odd = [
        title
        for title in CATALOGUE
        if not _within(title.year, years[title.kind])
        or not _within(title.minutes, minutes[title.kind])
    ]
    assert odd == []


def test_every_genre_is_known() -> None:
    """Each title has one to four genres, all of them known, and every genre occurs."""
    text = resources.files("app.backend.sources").joinpath("demo_catalogue.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        names = row["genres"].split("|")
        genres = normalise(names)
        assert genres.unknown == (), row["title"]
        assert 1 <= len(genres.known) == len(names) <= 4, row["title"]
    assert {genre for title in CATALOGUE for genre in title.genres} == set(CANON)


@pytest.mark.parametrize(
    ("genre", "least"),
    [
        ("comedy", 70),
        ("action", 60),
        ("drama", 60),
        ("romance", 25),
        ("documentary", 15),
        ("horror", 12),
        ("animation", 35),
    ],
)
def test_no_genre_is_neglected(genre: str, least: int) -> None:
    """Each of the genres that moods ask for has enough titles to rank."""
    assert sum(genre in title.genres for title in CATALOGUE) >= least


def test_every_decade_of_sound_film_is_there() -> None:
    """The years reach from the 1930s to the 2020s without a gap."""
    decades = {title.year // 10 * 10 for title in CATALOGUE if title.year}
    assert decades >= set(range(1930, 2030, 10))


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("session", SESSION_LENGTHS)
def test_every_evening_has_plenty_to_choose_from(mood: str, session: str) -> None:
    """For each mood and session length there are many titles of the right genre and length."""
    fitting = [
        title
        for title in CATALOGUE
        if GENRES_OF[mood] & set(title.genres) and _suits(title, session)
    ]
    assert len(fitting) >= PLENTY


def test_short_evenings_have_films_too() -> None:
    """A household that wants a film within 100 minutes has at least 35 to choose from."""
    assert sum(_suits(title, "short") for title in MOVIES) >= 35


def _suits(title: Title, session: str) -> bool:
    minutes = title.minutes or 0
    if session == "short":
        return minutes <= 100
    if session == "medium":
        return 60 <= minutes <= 150
    return title.kind == "series" or minutes >= 140


def _within(value: float | None, bounds: tuple[int, int]) -> bool:
    return value is not None and bounds[0] <= value <= bounds[1]
