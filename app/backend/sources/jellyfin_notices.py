"""What Jellyfin's two webhook plugins say just happened; knows no server.

The Webhook plugin sends the properties of an event, the other one (Webhooks, in its format Default)
whole items; both are read as the former.
"""

from collections.abc import Mapping
from typing import Any, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import Notice
from app.backend.sources import notice_fields
from app.backend.sources.jellyfin_items import plain_id
from app.backend.sources.notice_fields import figure, is_said, part, word

_CALLED: Final = "Jellyfin's Webhook plugin"
_ADVICE: Final = "add a Generic destination there, and tick Send All Properties"
_STOP: Final = "PlaybackStop"
_SAVED: Final = "UserDataSaved"
_KINDS: Final = {"Movie": "movie", "Series": "series", "Episode": "series"}
_PROVIDERS: Final = ("imdb", "tmdb", "tvdb")
# An account's data are saved for many reasons; few of them are news.
_FINISHED: Final = "PlaybackFinished"
_MARKED: Final = "TogglePlayed"
_RATED: Final = frozenset({"UpdateUserRating", "UpdateUserData", ""})
# The other plugin's events, as the first one has them.
_EVENTS: Final[Mapping[str, Mapping[str, object]]] = {
    "Stop": {"NotificationType": _STOP},
    "Scrobble": {"NotificationType": _STOP, "PlayedToCompletion": True},
    "MarkPlayed": {"NotificationType": _SAVED, "SaveReason": _MARKED, "Played": True},
    "Rate": {"NotificationType": _SAVED, "SaveReason": "UpdateUserRating"},
}


def read_notice(body: bytes) -> Notice | None:
    """Return what a message says; `None` where that is nothing that concerns us.

    Raises
    ------
    SourceMalformed, BodyTooLarge
        Where it is no message of either plugin.
    """
    told = notice_fields.message(body, _CALLED, _ADVICE)
    if "NotificationType" in told:
        return _notice(told)
    if "Event" in told and "Server" in told:
        return _notice(_as_properties(told))
    raise SourceMalformed(
        f"That is no message of {_CALLED}: it has no NotificationType; {_ADVICE}. The plugin "
        "Webhooks is understood in its format Default alone."
    )


def _notice(told: Mapping[str, Any]) -> Notice | None:
    kind, is_episode = _KINDS.get(word(told, "ItemType")), word(told, "ItemType") == "Episode"
    is_watched, is_marked = _is_watched(told), _is_marked(told)
    rating = _rating(told, is_watched=is_watched)
    if is_episode:
        # What is said of one episode says neither that all were seen nor how the series is.
        is_marked, rating = False, None
    if kind is None or not (is_watched or is_marked or rating):
        return None
    item = plain_id(told.get("SeriesId" if is_episode else "ItemId"))
    given = {} if is_episode else {one: word(told, f"Provider_{one}") for one in _PROVIDERS}
    return Notice(
        item_ids=() if item is None else (item,),
        title=word(told, "SeriesName" if is_episode else "Name"),
        kind=kind,
        user_id=plain_id(told.get("UserId")) or "",
        user_name=word(told, "NotificationUsername") or word(told, "Username"),
        server_id=word(told, "ServerId"),
        # Of an episode, that of its series is told.
        year=notice_fields.year(told, "Year"),
        ids=notice_fields.external_ids(given, kind),
        is_watched=is_watched,
        is_marked=is_marked,
        rating=rating,
    )


def _is_watched(told: Mapping[str, Any]) -> bool:
    if word(told, "NotificationType") == _SAVED:
        return word(told, "SaveReason") == _FINISHED and is_said(told, "Played")
    if word(told, "NotificationType") != _STOP:
        return False
    if word(told, "PlayedToCompletion") or isinstance(told.get("PlayedToCompletion"), bool):
        return is_said(told, "PlayedToCompletion")
    return notice_fields.is_finished(
        figure(told, "PlaybackPositionTicks"), figure(told, "RunTimeTicks")
    )


def _is_marked(told: Mapping[str, Any]) -> bool:
    is_toggled = word(told, "NotificationType") == _SAVED and word(told, "SaveReason") == _MARKED
    return is_toggled and is_said(told, "Played")


def _rating(told: Mapping[str, Any], *, is_watched: bool) -> float | None:
    """Return a rating that was given just now, or stands of what was just watched."""
    if word(told, "NotificationType") != _SAVED:
        return None
    is_news = is_watched or word(told, "SaveReason") in _RATED
    return notice_fields.rating(told, "Rating") if is_news else None


def _as_properties(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of the other plugin as the first one would have sent it."""
    item, series, user = part(told, "Item"), part(told, "Series"), part(told, "User")
    played = part(part(told, "Session"), "PlayState")
    providers = part(item, "ProviderIds").items()
    return {
        "NotificationType": "",
        **_EVENTS.get(word(told, "Event"), {}),
        "ItemType": item.get("Type"),
        "ItemId": item.get("Id"),
        "Name": item.get("Name"),
        "SeriesId": series.get("Id", item.get("SeriesId")),
        "SeriesName": series.get("Name", item.get("SeriesName")),
        "Year": (series or item).get("ProductionYear"),
        "RunTimeTicks": item.get("RunTimeTicks"),
        "PlaybackPositionTicks": played.get("PositionTicks"),
        "Rating": part(item, "UserData").get("Rating"),
        "UserId": user.get("Id"),
        "NotificationUsername": user.get("Name"),
        "ServerId": part(told, "Server").get("Id"),
        **{f"Provider_{name.casefold()}": value for name, value in providers},
    }
