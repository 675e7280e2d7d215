"""An item of Plex becomes a title, and what an account did with it."""

from typing import Any

import pytest

from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import ItemState
from app.backend.domain.title import Refusal, SourceItem, TitleRecord
from app.backend.sources import plex_items
from tests.media_servers.fake_plex import film, series, tags

LATEST_YEAR = 2030


def title_of(row: dict[str, Any]) -> TitleRecord:
    """Return the title that an item is."""
    found = plex_items.entry(row, "item 1", "1", LATEST_YEAR)
    assert isinstance(found, TitleRecord)
    return found


def test_an_item_tells_all_of_itself() -> None:
    """Lengths are milliseconds, genres and people are tags, collections are keywords."""
    told = title_of(film(9, Collection=tags("Heists"), Label=tags("kids may see")))
    assert told == TitleRecord(
        title="Film 9",
        kind="movie",
        year=1969,
        minutes=89,
        genres=("Action", "Thriller", "Crime", "Drama"),
        where="item 1",
        external_id="imdb:tt1000009",
        community_rating=9.0,
        age_rating="PG-13",
        overview="What happens in film 9, told in a sentence or two.",
        keywords=("Heists",),
        directors=("Vera Regisseur",),
        cast=("Ada", "Bo", "Cleo", "Dov", "Eve"),
        other_ids=("imdb:tt1000009", "tmdb:movie:10"),
        item=SourceItem("9", "1", "9.1700000009"),
    )


def test_a_series_runs_as_long_as_an_episode() -> None:
    """Plex tells the typical length of one episode."""
    told = title_of(series(4))
    assert (told.kind, told.minutes) == ("series", 45)
    assert told.other_ids == ("imdb:tt1000004", "tmdb:series:5")


def test_what_is_absent_is_unknown() -> None:
    """Plex leaves out what it does not know; a title is enough."""
    told = title_of({"ratingKey": "7", "type": "movie", "title": "Seven"})
    assert told == TitleRecord(
        "Seven", "movie", None, None, (), "item 1", item=SourceItem("7", "1")
    )


@pytest.mark.parametrize(
    ("guid", "wanted"),
    [
        ("com.plexapp.agents.imdb://tt1254207?lang=en", "imdb:tt1254207"),
        ("com.plexapp.agents.themoviedb://603?lang=de", "tmdb:movie:603"),
        ("com.plexapp.agents.thetvdb://121361/1/2?lang=en", "tvdb:movie:121361"),
        ("plex://movie/5d7768295af944001f1f7477", None),
        ("local://1049", None),
        ("com.plexapp.agents.none://abc?lang=xn", None),
    ],
)
def test_ids_of_older_agents_are_read(guid: str, wanted: str | None) -> None:
    """They are in the one guid that an item has; newer ones have a list of their own."""
    assert title_of(film(1, Guid=[], guid=guid)).external_id == wanted


def test_the_list_of_ids_goes_before_the_one_guid() -> None:
    """An item that was matched anew by a newer agent may keep its older guid."""
    old = "com.plexapp.agents.imdb://tt0000001?lang=en"
    assert title_of(film(3, guid=old)).external_id == "imdb:tt1000003"


def test_viewers_go_before_critics() -> None:
    """Where viewers did not rate, critics did; 0 is nobody."""
    assert title_of(film(3)).community_rating == 8.0
    critics = film(3)
    del critics["audienceRating"]
    assert title_of(critics).community_rating == 4.0
    assert title_of(film(3, audienceRating=0)).community_rating is None


def test_a_year_may_stand_in_a_date_alone() -> None:
    """Where there is no year, the first showing tells it."""
    row = film(3, originallyAvailableAt="2001-09-27")
    del row["year"]
    assert title_of(row).year == 2001


@pytest.mark.parametrize(
    "row",
    [
        "text", None, [], {}, film(1, ratingKey="../1"), film(1, ratingKey=None), film(1, title=""),
        film(1, title=["Heat"]), film(1, type="episode"), film(1, year="soon"),
        film(1, year=10**400), film(1, audienceRating=float("nan")), film(1, audienceRating=11),
        film(1, Genre="Comedy"), film(1, Genre=["Comedy"]), film(1, Genre=[{"tag": 1}]),
        film(1, Guid={"id": "imdb://tt1"}), film(1, duration="long"), film(1, summary=3),
    ],
)  # fmt: skip
def test_what_is_no_title_is_refused_with_its_reason(row: object) -> None:
    """Whatever a server says, it costs that one entry."""
    found = plex_items.entry(row, "item 1", "1", LATEST_YEAR)
    assert isinstance(found, Refusal)
    assert len(found.reason) > 10


@pytest.mark.parametrize("thumb", [None, 3, "https://elsewhere.example/p.jpg", "/a/../b", ""])
def test_a_poster_that_is_elsewhere_is_none(thumb: object) -> None:
    """Only the server's own pictures are fetched."""
    assert title_of(film(1, thumb=thumb)).item == SourceItem("1", "1", None)


@pytest.mark.parametrize("poster", ["", "1", "1.", "../1.2", "1.2.3", "1.2?x=1", "a.2", "1/2"])
def test_what_names_no_poster_is_fetched_from_nowhere(poster: str) -> None:
    """A poster becomes a path, so that it is looked at first."""
    with pytest.raises(InvalidInput, match="names no poster"):
        plex_items.poster_path(poster)


def test_absent_fields_of_a_state_mean_that_nothing_was_done() -> None:
    """A film that nobody touched has neither plays nor a rating, and is seen all the same."""
    assert plex_items.state(film(1)) == ItemState("1")
    done = film(1, viewCount=2, lastViewedAt=1_777_665_600, userRating=8)
    told = plex_items.state(done)
    assert told is not None
    assert (told.is_watched, told.plays, told.rating) == (True, 2, 8.0)
    assert str(told.watched_at) == "2026-05-01 20:00:00+00:00"


@pytest.mark.parametrize(
    ("said", "is_watched"),
    [
        ({"leafCount": 10, "viewedLeafCount": 10}, True),
        ({"leafCount": 10, "viewedLeafCount": 9, "viewCount": 9}, False),
        ({"leafCount": 0, "viewedLeafCount": 0}, False),
        ({"leafCount": None, "viewedLeafCount": None, "viewCount": 3}, False),
    ],
)
def test_a_series_is_watched_once_all_episodes_are(said: dict[str, Any], is_watched: bool) -> None:
    """A play of one episode is no viewing of the whole."""
    told = plex_items.state(series(4, **said))
    assert told is not None
    assert told.is_watched is is_watched


@pytest.mark.parametrize(
    "row",
    [
        film(1, viewCount=0, lastViewedAt=0, userRating=0),
        film(1, viewCount="x", lastViewedAt="x", userRating="x"),
        film(1, viewCount=True, lastViewedAt=10**40, userRating=True),
        film(1, viewCount=-1, lastViewedAt=-5, userRating=10.5),
        film(1, viewCount={}, lastViewedAt=float("nan"), userRating=float("nan")),
    ],
)
def test_an_unreadable_state_counts_as_not_done(row: dict[str, Any]) -> None:
    """Nobody has watched or rated what the server does not say so of."""
    assert plex_items.state(row) == ItemState("1")


@pytest.mark.parametrize("row", [None, "x", {}, {"ratingKey": "x"}])
def test_a_state_of_nothing_is_none(row: object) -> None:
    """What has no id cannot be said to be done."""
    assert plex_items.state(row) is None
