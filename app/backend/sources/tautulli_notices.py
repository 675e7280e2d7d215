"""What Tautulli says just happened at a Plex server, by the template of our documentation."""

from collections.abc import Mapping
from typing import Any, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import Notice
from app.backend.sources import notice_fields
from app.backend.sources.notice_fields import figure, word
from app.backend.sources.plex_items import plain_id

_CALLED: Final = "Tautulli"
_ADVICE: Final = "copy the JSON Data of a webhook from the page on webhooks"
_KINDS: Final = {"movie": "movie", "episode": "series"}
# What ends a playback, for those who do not tell what happened as well.
_ENDS: Final = frozenset({"", "stop"})
_WATCHED: Final = "watched"


def read_notice(body: bytes) -> Notice | None:
    """Return what a message says; `None` where that is nothing that concerns us.

    Raises
    ------
    SourceMalformed, BodyTooLarge
        Where it is no message by our template.
    """
    told = notice_fields.message(body, _CALLED, _ADVICE)
    if not {"rating_key", "media_type"} <= told.keys():
        raise SourceMalformed(
            f"That is no message of {_CALLED} by Encore's template: it has no rating_key and "
            f"media_type; {_ADVICE}."
        )
    kind, is_episode = _KINDS.get(word(told, "media_type")), word(told, "media_type") == "episode"
    if kind is None or not _is_watched(told):
        return None
    key = plain_id(word(told, "grandparent_rating_key" if is_episode else "rating_key"))
    return Notice(
        item_ids=() if key is None else (key,),
        title=word(told, "show_name" if is_episode else "title"),
        kind=kind,
        user_id=plain_id(word(told, "user_id")) or "",
        user_name=word(told, "user"),
        # It numbers the owner as plex.tv does, the server calls the owner 1.
        is_owner_by_name=True,
        server_id=word(told, "server_id"),
        # What Tautulli calls the year of an episode may be either.
        year=None if is_episode else notice_fields.year(told, "year"),
        is_watched=True,
        # Its ratings are those of whose key it has, whoever watched.
        rating=None,
    )


def _is_watched(told: Mapping[str, Any]) -> bool:
    action = word(told, "action").casefold()
    if action == _WATCHED:
        return True
    percent = figure(told, "progress_percent") or figure(told, "percent_complete")
    is_done = figure(told, "watched_status") == 1.0 or notice_fields.is_finished(percent, 100.0)
    return action in _ENDS and is_done
