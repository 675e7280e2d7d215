"""What a Plex server's webhook says just happened; knows no server.

A webhook belongs to an account, not to a server: it also tells what its holder plays at others'.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import Notice
from app.backend.sources import notice_fields
from app.backend.sources.fields import FieldError
from app.backend.sources.form_field import field_of
from app.backend.sources.notice_fields import figure, part, word
from app.backend.sources.plex_items import external_ids, plain_id

_CALLED: Final = "Plex"
_ADVICE: Final = "add the address in Plex itself, under Settings, Webhooks"
_SCROBBLE: Final = "media.scrobble"
_STOP: Final = "media.stop"
_RATE: Final = "media.rate"
_KINDS: Final = {"movie": "movie", "show": "series", "episode": "series"}


def read_notice(body: bytes, content_type: str = "") -> Notice | None:
    """Return what a message says; `None` where that is nothing that concerns us.

    It is the field `payload` of a form, beside which there may be a picture, or JSON alone.

    Raises
    ------
    SourceMalformed, BodyTooLarge
        Where it is no message of Plex.
    """
    told = notice_fields.message(field_of(body, content_type, "payload"), _CALLED, _ADVICE)
    event, item, account = word(told, "event"), part(told, "Metadata"), part(told, "Account")
    if not event:
        raise SourceMalformed(f"That is no message of {_CALLED}: it has no event; {_ADVICE}.")
    kind, is_episode = _KINDS.get(word(item, "type")), word(item, "type") == "episode"
    is_watched = event == _SCROBBLE or (event == _STOP and _is_finished(item))
    # What is said of one episode is not said of its series.
    rating = _rating(told, item) if event == _RATE and not is_episode else None
    if kind is None or not (is_watched or rating):
        return None
    key = plain_id(item.get("grandparentRatingKey" if is_episode else "ratingKey"))
    return Notice(
        item_ids=() if key is None else (key,),
        title=word(item, "grandparentTitle" if is_episode else "title"),
        kind=kind,
        user_id=plain_id(account.get("id")) or "",
        user_name=word(account, "title"),
        server_id=word(part(told, "Server"), "uuid"),
        # An episode's year is not when its series began.
        year=None if is_episode else notice_fields.year(item, "year"),
        ids=() if is_episode else _external_ids(item, kind),
        is_watched=is_watched,
        rating=rating,
    )


def _is_finished(item: Mapping[str, Any]) -> bool:
    return notice_fields.is_finished(figure(item, "viewOffset"), figure(item, "duration"))


def _rating(told: Mapping[str, Any], item: Mapping[str, Any]) -> float | None:
    """Return what was given just now; in other events the item's own may be the owner's."""
    return notice_fields.rating(told, "rating") or notice_fields.rating(item, "userRating")


def _external_ids(item: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    with suppress(FieldError):
        return tuple(dict.fromkeys(external_ids(item, kind)))
    return ()
