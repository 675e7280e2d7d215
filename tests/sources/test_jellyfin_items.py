"""An item of Jellyfin becomes a title or says why it cannot be one, whatever it holds."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import ItemState
from app.backend.domain.title import Refusal, SourceItem, TitleRecord
from app.backend.sources import jellyfin_items
from app.backend.sources.jellyfin_items import TICKS_IN_A_MINUTE
from tests.contracts.library_source import LATEST_YEAR, insist_on_bounds
from tests.media_servers.fake_jellyfin import film, series

ITEM = f"{1:032x}"
NUMBERS = st.integers() | st.floats() | st.booleans()
JSON = st.recursive(
    st.none() | NUMBERS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def read(**said: Any) -> TitleRecord:  # noqa: ANN401  # any JSON
    """Read a film that says these things in place of what it usually says."""
    entry = jellyfin_items.entry(film(1, **said), f"item {ITEM}", "library", LATEST_YEAR)
    assert isinstance(entry, TitleRecord), entry
    return entry


def refused(row: object) -> str:
    """Return why an item can be no title."""
    entry = jellyfin_items.entry(row, "entry 1", "", LATEST_YEAR)
    assert isinstance(entry, Refusal)
    return entry.reason


def test_an_item_becomes_a_title() -> None:
    """With its ids, its library and its poster."""
    assert read() == TitleRecord(
        title="Film 1",
        kind="movie",
        year=1961,
        minutes=81,
        genres=("Action", "Thriller"),
        where=f"item {ITEM}",
        external_id="imdb:tt1000001",
        community_rating=6.0,
        age_rating="PG-13",
        overview=film(1)["Overview"],
        keywords=("heist",),
        other_ids=("imdb:tt1000001", "tmdb:movie:2"),
        item=SourceItem(ITEM, "library", f"{ITEM}/tag1"),
    )


@pytest.mark.parametrize(
    ("ticks", "minutes"),
    [
        (None, None),
        (0, None),
        (-TICKS_IN_A_MINUTE, None),
        (1, None),
        (TICKS_IN_A_MINUTE // 2, 1),
        (95 * TICKS_IN_A_MINUTE, 95),
        (95.4 * TICKS_IN_A_MINUTE, 95),
        (1440 * TICKS_IN_A_MINUTE, 1440),
        (1441 * TICKS_IN_A_MINUTE, None),
        (2**62, None),
    ],
)
def test_a_length_is_counted_in_ticks_and_nothing_is_no_length(
    ticks: float | None, minutes: int | None
) -> None:
    """No film runs for no time, or for longer than a day: then its length is unknown."""
    assert read(RunTimeTicks=ticks).minutes == minutes


@pytest.mark.parametrize(
    ("given_genres", "genres"),
    [
        (["Komödie", "Abenteuer"], ("Komödie", "Abenteuer")),
        (["Akcja i Przygoda", " Sci-Fi & Fantasy "], ("Akcja i Przygoda", "Sci-Fi & Fantasy")),
        (["Drama", "drama", "DRAMA"], ("Drama",)),
        (["", " "], ()),
        ([], ()),
        (None, ()),
    ],
)
def test_genres_are_kept_in_the_words_of_the_library(
    given_genres: list[str] | None, genres: tuple[str, ...]
) -> None:
    """In German, in Polish, in two vocabularies at once: what they mean is found out later."""
    assert read(Genres=given_genres).genres == genres


@pytest.mark.parametrize(
    ("providers", "ids"),
    [
        ({"Imdb": "tt0133093", "Tmdb": "603"}, ("imdb:tt0133093", "tmdb:movie:603")),
        ({"imdb": "0133093", "TMDB": "603"}, ("imdb:tt0133093", "tmdb:movie:603")),
        ({"Tmdb": "603", "Tvdb": "0"}, ("tmdb:movie:603",)),
        ({"Imdb": "", "Tmdb": None, "TmdbCollection": "2344"}, ()),
        ({"Imdb": "tt0133093", "Tmdb": "tt0133093"}, ("imdb:tt0133093",)),
        ({}, ()),
        (None, ()),
    ],
)
def test_ids_that_mean_the_title_everywhere(
    providers: dict[str, str | None] | None, ids: tuple[str, ...]
) -> None:
    """The first of them is the title's key; without any, its kind, name and year are."""
    record = read(ProviderIds=providers)
    assert record.other_ids == ids
    assert record.external_id == (ids[0] if ids else None)
    assert record.key == (ids[0] if ids else "movie|film 1|1961")


def test_a_series_has_ids_of_its_own_kind() -> None:
    """A number may mean a film and a series."""
    entry = jellyfin_items.entry(series(1), "item", "", LATEST_YEAR)
    assert isinstance(entry, TitleRecord)
    assert (entry.kind, entry.other_ids) == ("series", ("imdb:tt1000001", "tmdb:series:2"))


@pytest.mark.parametrize("tags", [None, {}, {"Logo": "x"}, {"Primary": None}, {"Primary": "../x"}])
def test_without_a_picture_of_its_own_there_is_no_poster(tags: object) -> None:
    """Nor with one whose tag could lead elsewhere."""
    assert read(ImageTags=tags).item == SourceItem(ITEM, "library", None)


@pytest.mark.parametrize("poster", ["", "x", ITEM, f"{ITEM}/", f"{ITEM}/../x", f"../{ITEM}/tag"])
def test_what_names_no_poster_is_asked_of_nobody(poster: str) -> None:
    """It could lead anywhere."""
    with pytest.raises(InvalidInput):
        jellyfin_items.poster_parts(poster)
    assert jellyfin_items.poster_parts(f"{ITEM}/tag1") == (ITEM, "tag1")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"Name": ""}, "no title"),
        ({"Name": None}, "no title"),
        ({"Name": "x" * 301}, "longer than"),
        ({"Name": ["x"]}, "no text"),
        ({"Id": "x"}, "for an id"),
        ({"Id": None}, "for an id"),
        ({"Type": "Episode"}, "neither film nor series"),
        ({"Type": "BoxSet"}, "neither film nor series"),
        ({"ProductionYear": 3000}, "ProductionYear"),
        ({"ProductionYear": "1999"}, "no number"),
        ({"RunTimeTicks": "long"}, "no number"),
        ({"RunTimeTicks": True}, "no number"),
        ({"RunTimeTicks": math.nan}, "no number"),
        ({"CommunityRating": 10.5}, "CommunityRating"),
        ({"CommunityRating": math.inf}, "no number"),
        ({"Genres": "Comedy"}, "list of words"),
        ({"Genres": [1]}, "list of words"),
        ({"ProviderIds": "tt1"}, "no object"),
        ({"ImageTags": []}, "no object"),
    ],
)
def test_what_can_be_no_title_says_why(said: dict[str, Any], reason: str) -> None:
    """The field, and what is wrong with it."""
    assert reason in refused(film(1, **said))


@pytest.mark.parametrize("row", [None, [], "x", 3, True, {}])
def test_what_is_no_item_says_so(row: object) -> None:
    """Each by the place where it stands in the list."""
    assert refused(row)
    assert jellyfin_items.where(row, "entry 1") == "entry 1"
    assert jellyfin_items.state(row) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01T20:15:30.1234567Z", datetime(2026, 5, 1, 20, 15, 30, 123456, UTC)),
        ("2026-05-01T20:15:30Z", datetime(2026, 5, 1, 20, 15, 30, tzinfo=UTC)),
        ("2026-05-01T22:15:30+02:00", datetime(2026, 5, 1, 20, 15, 30, tzinfo=UTC)),
        ("2026-05-01T20:15:30", datetime(2026, 5, 1, 20, 15, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00.0000000Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1_700_000_000, None),
    ],
)
def test_moments_are_in_utc_and_the_empty_one_is_none(
    text: object, moment: datetime | None
) -> None:
    """Also those that no calendar of ours has."""
    assert jellyfin_items.moment(text) == moment


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"Played": True, "PlayCount": 3}, ItemState(ITEM, True, None, 3)),
        ({"Played": "true"}, ItemState(ITEM)),
        ({"Played": None, "PlayCount": -1}, ItemState(ITEM)),
        ({"Rating": 0}, ItemState(ITEM)),
        ({"Rating": 0.5}, ItemState(ITEM, rating=0.5)),
        ({"Rating": 10}, ItemState(ITEM, rating=10.0)),
        ({"Rating": 10.1}, ItemState(ITEM)),
        ({"Rating": True}, ItemState(ITEM)),
        ({"Rating": "8"}, ItemState(ITEM)),
        ({"Rating": math.nan}, ItemState(ITEM)),
        ({"Likes": True, "IsFavorite": True}, ItemState(ITEM)),
        ([], ItemState(ITEM)),
        (None, ItemState(ITEM)),
    ],
)
def test_a_rating_of_0_is_none_and_what_is_missing_is_not_done(
    data: object, state: ItemState
) -> None:
    """Nor is a heart a rating, or what cannot be read."""
    assert jellyfin_items.state({"Id": ITEM, "UserData": data}) == state
    assert jellyfin_items.state({"Id": ITEM}) == ItemState(ITEM)


@given(said=st.dictionaries(st.sampled_from(sorted(film(1))), JSON), place=st.text(max_size=9))
def test_whatever_an_item_holds_it_is_a_title_or_a_refusal(
    said: dict[str, object], place: str
) -> None:
    """Within the bounds of every title; nothing else happens."""
    entry = jellyfin_items.entry(film(1) | said, place, "", LATEST_YEAR)
    if isinstance(entry, TitleRecord):
        insist_on_bounds(entry)
    else:
        assert entry.reason.isprintable()
        assert 10 < len(entry.reason) < 400


@given(
    data=st.dictionaries(st.sampled_from(["Played", "PlayCount", "Rating", "LastPlayedDate"]), JSON)
)
def test_whatever_is_told_of_an_account_it_is_a_state(data: dict[str, object]) -> None:
    """With a rating that is one, and a moment that is one."""
    state = jellyfin_items.state({"Id": ITEM, "UserData": data})
    assert state is not None
    assert state.rating is None or 0.0 < state.rating <= 10.0
    assert state.plays >= 0
    assert state.watched_at is None or state.watched_at.tzinfo is UTC
