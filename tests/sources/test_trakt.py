"""Documents that Trakt exports become one entry a title; episodes are counted."""

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.errors import SourceMalformed
from app.backend.sources import trakt
from app.backend.sources.trakt import TraktExport
from tests.contracts.history_source import (
    LATEST_YEAR,
    HistoryFileSuite,
    all_of,
    entries_of,
    refusals_of,
)

HEAT = {
    "title": "Heat",
    "year": 1995,
    "ids": {"trakt": 792, "slug": "heat-1995", "imdb": "tt0113277", "tmdb": 949},
}
AMELIE = {"title": "Amélie", "year": 2001, "ids": {"trakt": 119, "slug": "amelie-2001"}}
SHOW = {
    "title": "Chernobyl",
    "year": 2019,
    "ids": {
        "trakt": 139960,
        "slug": "chernobyl",
        "tvdb": 360893,
        "imdb": "tt7366338",
        "tmdb": 87108,
    },
}
RATED = {"rated_at": "2021-03-04T20:15:00.000Z", "rating": 9, "type": "movie", "movie": HEAT}
SEEN = {
    "plays": 3,
    "last_watched_at": "2021-03-03T22:00:00.000Z",
    "last_updated_at": "2021-03-03T22:00:00.000Z",
    "movie": HEAT,
}
VIEWED = {
    "id": 1,
    "watched_at": "2020-02-01T21:00:00.000Z",
    "action": "watch",
    "type": "movie",
    "movie": AMELIE,
}
RATED_SHOW = {"rated_at": "2019-07-01T09:00:00.000Z", "rating": 10, "type": "show", "show": SHOW}
EPISODE = {"season": 1, "number": 1, "title": "1:23:45", "ids": {"trakt": 1}}


def raw(value: object) -> bytes:
    """Return a document."""
    return json.dumps(value).encode()


def zipped(files: dict[str, object]) -> bytes:
    """Return a zip of documents."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, value in files.items():
            archive.writestr(name, raw(value))
    return stream.getvalue()


def export(content: object) -> TraktExport:
    """Return bytes, or a value as a document, as an export."""
    content = content if isinstance(content, bytes) else raw(content)
    return TraktExport(content, "trakt.json", latest_year=LATEST_YEAR)


class TestTraktExportIsAHistorySource(HistoryFileSuite):
    """The export of Trakt holds what every history does."""

    def source(self, content: bytes) -> TraktExport:
        """Return the source that reads these bytes."""
        return export(content)

    def good(self) -> bytes:
        """Return three titles in several documents."""
        return zipped(
            {
                "me/ratings-movies.json": [RATED],
                "me/ratings-shows.json": [RATED_SHOW],
                "me/watched-movies.json": [SEEN],
                "me/history-1.json": [VIEWED],
                "me/user-followers.json": [{"followed_at": "2020-01-01", "user": {"name": "x"}}],
                "me/user-stats.json": {"movies": {"plays": 4}},
                "me/lists.json": [],
                "readme.txt": "nothing",
            }
        )

    def damaged(self) -> bytes:
        """Return good titles between entries that are wrong in different ways."""
        wrong: list[object] = [
            7,
            None,
            {"rating": 5},
            RATED | {"rating": True},
            RATED | {"rating": "9"},
            RATED | {"rating": 11},
            RATED | {"rating": float("nan")},
            RATED | {"rating": float("inf")},
            RATED | {"rating": 10**400},
            RATED | {"rated_at": 5},
            RATED | {"rated_at": "yesterday"},
            RATED | {"rated_at": "9999-12-31T23:59:59-23:59"},
            RATED | {"type": ["movie"]},
            RATED | {"movie": [1]},
            RATED | {"movie": HEAT | {"title": 7}},
            RATED | {"movie": HEAT | {"title": None}},
            RATED | {"movie": HEAT | {"year": True}},
            RATED | {"movie": HEAT | {"year": 1995.5}},
            RATED | {"movie": HEAT | {"year": 3000}},
            RATED | {"movie": HEAT | {"ids": [1]}},
            RATED | {"movie": HEAT | {"ids": {"trakt": True}}},
            RATED | {"movie": HEAT | {"ids": {"trakt": 10**30}}},
            SEEN | {"plays": -1},
            SEEN | {"plays": False},
        ]
        return raw([RATED, *wrong, RATED_SHOW])

    def foreign(self) -> list[bytes]:
        """Return other documents, and what is none."""
        return [
            b"title,year\nHeat,1995\n",
            b"PK\x03\x04",
            b"[]",
            b"{}",
            b"[1, 2]",
            b"[{]",
            b'"text"',
            b"[" * 100_000,
            b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
            b"\xff[]",
            b"[" + b"9" * 5_000 + b"]",
            zipped({}),
            zipped({"notes.txt": "nothing"}),
            raw([{"user": {"name": "x"}}]),
        ]


def test_rating_and_viewing_of_a_film_are_one_entry() -> None:
    """Documents tell together what somebody did; several plays are no wish to see it again."""
    found = all_of(export(TestTraktExportIsAHistorySource().good()))
    heat, show, amelie = entries_of(found)
    assert (heat.title, heat.kind, heat.year) == ("Heat", "movie", 1995)
    assert heat.ids == ("imdb:tt0113277", "tmdb:movie:949")
    assert (heat.rating, heat.at) == (9.0, datetime(2021, 3, 4, 20, 15, tzinfo=UTC))
    assert (heat.key, heat.would_watch_again, heat.is_watched) == ("trakt:movie:792", None, True)
    assert heat.where == "me/ratings-movies.json entry 1"
    assert show.ids == ("imdb:tt7366338", "tmdb:series:87108", "tvdb:series:360893")
    assert (show.kind, show.rating, show.is_watched) == ("series", 10.0, False)
    assert (amelie.rating, amelie.at) == (None, datetime(2020, 2, 1, 21, tzinfo=UTC))


def test_every_wrong_entry_is_refused_by_itself() -> None:
    """No wrong type, and no number that is none, goes further than its entry."""
    source = TestTraktExportIsAHistorySource()
    found = all_of(export(source.damaged()))
    assert [entry.title for entry in entries_of(found)] == ["Heat", "Chernobyl"]
    assert len(refusals_of(found)) == len(json.loads(source.damaged())) - 2
    assert refusals_of(found)[0].where == "trakt.json entry 2"


def test_episodes_and_seasons_are_counted() -> None:
    """One line says how many there were, and that they are not read."""
    rated = {"rated_at": "2021-01-01", "rating": 8, "show": SHOW}
    values = [
        rated | {"type": "episode", "episode": EPISODE},
        rated | {"episode": EPISODE},
        rated | {"type": "season", "season": {"number": 1}},
        RATED,
    ]
    found = all_of(export(values))
    assert len(entries_of(found)) == 1
    (refusal,) = refusals_of(found)
    assert refusal.where == "trakt.json"
    assert refusal.reason.startswith("holds 3 entries of episodes or seasons")


def test_a_series_that_was_begun_was_not_watched() -> None:
    """Episodes that were watched do not make a series watched; it is counted."""
    begun = {"plays": 5, "last_watched_at": "2021-01-01T00:00:00Z", "show": SHOW, "seasons": []}
    found = all_of(export([begun]))
    (refusal,) = refusals_of(found)
    assert refusal.reason.startswith("holds 1 entry of series")
    (rated,) = entries_of(all_of(export([RATED_SHOW])))
    assert not rated.is_watched


def test_wishes_and_collections_are_no_history() -> None:
    """Without a rating and a viewing nobody knows whether it was seen."""
    wish = {"rank": 1, "listed_at": "2021-01-01T00:00:00Z", "type": "movie", "movie": HEAT}
    owned = {"collected_at": "2021-01-01T00:00:00Z", "movie": AMELIE}
    found = all_of(export([wish, owned, wish | {"type": "person", "person": {}}]))
    (refusal,) = refusals_of(found)
    assert "3 entries without a rating" in refusal.reason
    assert not entries_of(found)


def test_one_document_with_everything_is_read() -> None:
    """Programs that call Trakt write all of it as one object."""
    whole = {
        "username": "ada",
        "ratings": {"movies": [RATED], "shows": [RATED_SHOW]},
        "history": [VIEWED],
        "followers": [{"user": {}}],
        "deep": {"a": {"b": {"c": [RATED | {"movie": AMELIE}]}}},
    }
    found = all_of(export(whole))
    assert [entry.title for entry in entries_of(found)] == ["Heat", "Chernobyl", "Amélie"]
    assert entries_of(found)[2].rating is None


def test_of_two_ratings_the_later_counts() -> None:
    """Whichever stands first; a viewing without a date is one."""
    older = RATED | {"rated_at": "2020-01-01T00:00:00Z", "rating": 2}
    for values in ([RATED, older], [older, RATED]):
        (entry,) = entries_of(all_of(export(values)))
        assert entry.rating == 9.0
    (entry,) = entries_of(all_of(export([{"plays": 1, "movie": HEAT}])))
    assert (entry.at, entry.is_watched) == (None, True)


@pytest.mark.parametrize(
    ("ids", "key"),
    [
        ({"trakt": 792, "slug": "heat-1995"}, "trakt:movie:792"),
        ({"trakt": None, "slug": "heat-1995"}, "trakt:movie:heat-1995"),
        ({"imdb": "", "tmdb": None}, "trakt:movie:heat|1995"),
        (None, "trakt:movie:heat|1995"),
    ],
)
def test_the_best_id_is_the_key(ids: dict[str, Any] | None, key: str) -> None:
    """Trakt's own id, else its word for the title, else name and year."""
    (entry,) = entries_of(all_of(export([RATED | {"movie": HEAT | {"ids": ids}}])))
    assert entry.key == key


def test_more_than_any_export_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes are looked at before anything is built from them."""
    monkeypatch.setattr(trakt, "MOST_ENTRIES", 2)
    with pytest.raises(SourceMalformed, match="entries"):
        list(export([RATED, RATED, RATED]).read())
    monkeypatch.setattr(trakt, "MOST_VALUES", 10)
    with pytest.raises(SourceMalformed, match="larger"):
        list(export([RATED, RATED]).read())
    monkeypatch.setattr(trakt, "LARGEST_DOCUMENT", 10)
    with pytest.raises(SourceMalformed, match="larger"):
        list(export([7, 8, 9, 10]).read())


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["type", "rating", "rated_at", "watched_at", "plays", "movie", "show", "episode", "season"]
)
INNER = st.dictionaries(st.sampled_from(["title", "year", "ids", "slug", "imdb"]), ANYTHING)


@given(st.lists(st.dictionaries(NAMES, ANYTHING | INNER), max_size=4))
def test_any_values_are_entries_or_refusals(values: list[dict[str, Any]]) -> None:
    """Whatever stands in the fields, the document is read to its end."""
    all_of(export([RATED, *values]))
