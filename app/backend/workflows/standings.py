"""Where titles stand at media servers: what shows their poster, and what opens them there."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from app.backend.sources.links import TEMPLATES, deep_link
from app.backend.sources.server_address import ServerAddress
from app.backend.store import source_items
from app.backend.store.session import ReadSession
from app.backend.store.source_items import Standing


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a title stands.

    Attributes
    ----------
    poster_version : str or None
        Differs where the picture does; `None` where there is none.
    link : str or None
        The title's page at its server, or its server's web app.
    server_name, kind : str
        Of the server.
    """

    poster_version: str | None
    link: str | None
    server_name: str
    kind: str


def whereabouts(session: ReadSession, media_ids: Collection[int]) -> dict[int, Whereabouts]:
    """Return where titles stand, of those that stand at a media server."""
    found = source_items.read_standings(session, media_ids)
    return {media_id: _whereabouts(standing) for media_id, standing in found.items()}


def poster_version(standing: Standing) -> str | None:
    """Return what differs where the picture does."""
    if standing.poster is None:
        return None
    told = f"{standing.server_id}|{standing.source_id}|{standing.item_id}|{standing.poster}"
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _whereabouts(standing: Standing) -> Whereabouts:
    template = standing.link or TEMPLATES.get(standing.kind)
    link = None
    if template is not None:
        address = ServerAddress.of(standing.address)
        link = deep_link(address, template, standing.item_id, standing.server_id)
    return Whereabouts(poster_version(standing), link, standing.server_name, standing.kind)
