"""What Jellyfin's webhook plugins send is understood as they send it, texts and all."""

from typing import Any

import pytest

from app.backend.domain.media_server import Notice
from app.backend.sources.jellyfin_notices import read_notice
from tests.contracts.notices import NoticeSuite

ITEM = "f27caa37e5142225ccedded48f6553a2"
SERIES = "0d5c2a3b1f4e4c7a9b8d7e6f5a4b3c2d"
USER = "a" * 32


def dashed(plain: str) -> str:
    """Return an id as .NET writes it by default."""
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"


FILM: dict[str, Any] = {
    "ServerId": "F" * 32,
    "NotificationType": "PlaybackStop",
    "PlayedToCompletion": True,
    "ItemType": "Movie",
    "ItemId": ITEM,
    "Name": "Heat",
    "Year": 1995,
    "RunTimeTicks": 102_000_000_000,
    "PlaybackPositionTicks": 101_000_000_000,
    "Provider_imdb": "tt0113277",
    "Provider_tmdb": "949",
    "UserId": USER,
    "NotificationUsername": "anna",
}
EPISODE = FILM | {
    "ItemType": "Episode",
    "ItemId": "e" * 32,
    "Name": "The Target",
    "SeriesId": SERIES,
    "SeriesName": "The Wire",
    "Year": 2002,
    "Provider_imdb": "tt0749451",
}
SAVED = FILM | {"NotificationType": "UserDataSaved", "Played": False, "Rating": 0}
ITEM_DTO = {
    "Id": ITEM,
    "Type": "Movie",
    "Name": "Heat",
    "ProductionYear": 1995,
    "RunTimeTicks": 102_000_000_000,
    "ProviderIds": {"Imdb": "tt0113277", "Tmdb": "949"},
    "UserData": {"Played": True, "Rating": 8.0},
}
OTHER_PLUGIN: dict[str, Any] = {
    "Event": "Scrobble",
    "Item": ITEM_DTO,
    "User": {"Id": USER, "Name": "anna"},
    "Session": {"PlayState": {"PositionTicks": 101_000_000_000}},
    "Server": {"Id": "f" * 32},
    "Series": None,
}


class TestJellyfinNotices(NoticeSuite):
    """The Webhook plugin's messages."""

    FILM = FILM
    EPISODE = EPISODE

    def read(self, body: bytes) -> Notice | None:
        """Read a message."""
        return read_notice(body)

    def test_a_film_has_its_ids(self) -> None:
        """Its own at the server, and those by which others know it."""
        found = self.told(FILM)
        assert found.item_ids == (ITEM,)
        assert found.ids == ("imdb:tt0113277", "tmdb:movie:949")
        assert (found.user_id, found.server_id, found.rating) == (USER, "F" * 32, None)

    def test_an_episode_stands_for_its_series(self) -> None:
        """Its own ids mean an episode, so none of them is taken; nor is its rating."""
        found = self.told(EPISODE)
        assert (found.item_ids, found.ids, found.year) == ((SERIES,), (), 2002)
        without = {name: told for name, told in EPISODE.items() if name != "SeriesId"}
        assert self.told(without).item_ids == ()
        rated = {"NotificationType": "UserDataSaved", "SaveReason": "UpdateUserRating", "Rating": 9}
        assert self.is_nothing(EPISODE | rated)

    @pytest.mark.parametrize("told", [True, "True", "true", " TRUE "])
    def test_templates_make_texts_of_yes(self, told: object) -> None:
        """A template writes a text where the plugin itself writes true."""
        assert self.told(FILM | {"PlayedToCompletion": told}).is_watched

    @pytest.mark.parametrize("told", [False, "False", "false", 0, 1])
    def test_what_was_not_watched_to_its_end_is_nothing(self, told: object) -> None:
        """However far it was played: the server knows."""
        early = {"PlaybackPositionTicks": 5}
        assert self.is_nothing(FILM | early | {"PlayedToCompletion": told})

    def test_where_the_end_is_not_told_the_position_tells(self) -> None:
        """From nine tenths on, in numbers or in texts."""
        bare = {name: told for name, told in FILM.items() if name != "PlayedToCompletion"}
        assert self.told(bare | {"PlaybackPositionTicks": "91800000000"}).is_watched
        assert self.is_nothing(bare | {"PlaybackPositionTicks": 91_000_000_000})
        assert self.is_nothing(bare | {"RunTimeTicks": 0})

    def test_ids_with_dashes_are_the_same_ids(self) -> None:
        """In small letters or capitals."""
        found = self.told(FILM | {"ItemId": dashed(ITEM).upper(), "UserId": dashed(USER)})
        assert (found.item_ids, found.user_id) == ((ITEM,), USER)

    def test_names_come_as_a_template_escapes_them(self) -> None:
        """What stands for a sign on a page is that sign."""
        assert self.told(FILM | {"Name": "Tom &amp; Jerry"}).title == "Tom & Jerry"

    def test_an_older_plugin_calls_the_user_otherwise(self) -> None:
        """A stopped playback had no NotificationUsername."""
        older = {name: told for name, told in FILM.items() if name != "NotificationUsername"}
        assert self.told(older | {"Username": "anna"}).user_name == "anna"

    @pytest.mark.parametrize("reason", ["UpdateUserRating", "UpdateUserData", None])
    def test_a_rating_that_was_given_is_told(self, reason: str | None) -> None:
        """It says nothing of watching; 0 is no rating."""
        saved = SAVED | {"SaveReason": reason, "Played": True}
        found = self.told(saved | {"Rating": "8.5"})
        assert (found.rating, found.is_watched, found.is_marked) == (8.5, False, False)
        for none in (0, "0", None, 11, -1, "good"):
            assert self.is_nothing(saved | {"Rating": none})

    @pytest.mark.parametrize("reason", ["PlaybackStart", "PlaybackProgress", "Import"])
    def test_saving_for_other_reasons_is_no_news(self, reason: str) -> None:
        """Those come every few seconds, or by the thousand."""
        assert self.is_nothing(SAVED | {"SaveReason": reason, "Played": True, "Rating": 8})

    def test_finishing_and_marking_differ(self) -> None:
        """Played to its end, or only said to be watched; taking that back is nothing."""
        finished = self.told(SAVED | {"SaveReason": "PlaybackFinished", "Played": "True"})
        marked = self.told(SAVED | {"SaveReason": "TogglePlayed", "Played": True, "Rating": 8})
        assert (finished.is_watched, finished.is_marked) == (True, False)
        assert (marked.is_watched, marked.is_marked, marked.rating) == (False, True, None)
        assert self.is_nothing(SAVED | {"SaveReason": "TogglePlayed"})
        assert self.is_nothing(SAVED | {"SaveReason": "PlaybackFinished"})
        assert self.is_nothing(
            SAVED | {"ItemType": "Episode", "SaveReason": "TogglePlayed", "Played": True}
        )

    @pytest.mark.parametrize("kind", ["Audio", "Trailer", "Season", "Video", ""])
    def test_other_items_are_nothing(self, kind: str) -> None:
        """The library holds films and series."""
        assert self.is_nothing(FILM | {"ItemType": kind})

    @pytest.mark.parametrize("what", ["PlaybackStart", "ItemAdded", "Generic", ""])
    def test_other_notifications_are_nothing(self, what: str) -> None:
        """They are let go in silence: who sends everything is no error."""
        assert self.is_nothing(FILM | {"NotificationType": what})


class TestOtherPluginsNotices(NoticeSuite):
    """The plugin Webhooks, in its format Default."""

    FILM = OTHER_PLUGIN
    EPISODE = OTHER_PLUGIN | {
        "Item": ITEM_DTO | {"Id": "e" * 32, "Type": "Episode", "Name": "The Target"},
        "Series": {"Id": dashed(SERIES), "Name": "The Wire", "ProductionYear": 2002},
    }

    def read(self, body: bytes) -> Notice | None:
        """Read a message."""
        return read_notice(body)

    def test_its_messages_say_the_same(self) -> None:
        """As the first plugin's would."""
        found = self.told(OTHER_PLUGIN)
        assert (found.item_ids, found.user_id) == ((ITEM,), USER)
        assert found.ids == ("imdb:tt0113277", "tmdb:movie:949")
        episode = self.told(self.EPISODE)
        assert (episode.item_ids, episode.ids, episode.year) == ((SERIES,), (), 2002)

    def test_its_other_events(self) -> None:
        """Stopped near the end, marked, rated; and what is nothing."""
        early = {"Session": {"PlayState": {"PositionTicks": 7}}}
        assert self.told(OTHER_PLUGIN | {"Event": "Stop"}).is_watched
        assert self.is_nothing(OTHER_PLUGIN | early | {"Event": "Stop"})
        assert self.told(OTHER_PLUGIN | {"Event": "MarkPlayed"}).is_marked
        rated = self.told(OTHER_PLUGIN | {"Event": "Rate"})
        assert (rated.rating, rated.is_watched) == (8.0, False)
        for event in ("Play", "MarkUnplayed", "ItemAdded", "Progress", ""):
            assert self.is_nothing(OTHER_PLUGIN | {"Event": event})
