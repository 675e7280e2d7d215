"""Events of `rank`: each is answered once, and its action is a title like any other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.backend.store.access_tables import RankEvent
from app.backend.store.generations import LIBRARY, advance
from app.backend.store.session import WriteSession, take_turns
from app.backend.store.tables import Media

SOURCE: Final = "rank"


@dataclass(frozen=True, slots=True)
class ActionRow:
    """What the library keeps of an action: the columns that a model can read, and a name."""

    title: str
    genres: str
    duration: int | None
    year: int | None
    kind: str
    community_rating: float | None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be remembered. Without `recommendation_id` it is not shown yet."""

    event_id: str
    request_hash: str
    answer: Mapping[str, Any]
    recommendation_id: int | None


def hold_event(session: WriteSession, event_id: str) -> RankEvent | None:
    """Return an event, where there is one; nobody else has it until the transaction ends."""
    take_turns(session, f"rank {event_id}")
    return session.get(RankEvent, event_id)


def add_event(session: WriteSession, event: NewEvent, at: datetime) -> None:
    """Remember an event."""
    session.add(
        RankEvent(
            event_id=event.event_id,
            request_hash=event.request_hash,
            recommendation_id=event.recommendation_id,
            answer=dict(event.answer),
            is_active=event.recommendation_id is not None,
            reward=None,
            created_at=at,
        )
    )
    session.flush()


def read_library(session: Session, media_ids: Sequence[int]) -> dict[int, ActionRow]:
    """Read those titles that a source brought, by their ids."""
    if not media_ids:
        return {}
    query = select(Media).where(Media.id.in_(media_ids), Media.source != SOURCE)
    return {media.id: _row(media) for media in session.scalars(query)}


def read_actions(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """Read under which ids actions are kept, by their own ids."""
    query = select(Media.source_key, Media.id)
    found = session.execute(query.where(Media.source == SOURCE, Media.source_key.in_(keys)))
    return {key: number for key, number in found}  # noqa: C416  # rows are not pairs to mypy


def keep_action(session: WriteSession, key: str, row: ActionRow, at: datetime) -> int:
    """Keep an action as a title that is never shown, and return its id.

    The library has changed only where the action is new, or is told otherwise than before.
    """
    if (known := _kept(session, key)) is not None and _row(known) == row:
        return known.id
    take_turns(session, "library")
    media = _kept(session, key)
    if media is None:
        media = Media(
            source=SOURCE,
            source_key=key,
            # No source's title is ever taken for an action: what it brings must be shown.
            identity=f"{SOURCE}|{key}",
            is_hidden=True,
            added_at=at,
            updated_at=at,
            **asdict(row),
        )
        session.add(media)
    else:
        for name, value in asdict(row).items():
            setattr(media, name, value)
        media.updated_at = at
    session.flush()
    advance(session, LIBRARY)
    return media.id


def _kept(session: Session, key: str) -> Media | None:
    query = select(Media).where(Media.source == SOURCE, Media.source_key == key)
    return session.scalar(query.execution_options(populate_existing=True))


def _row(media: Media) -> ActionRow:
    return ActionRow(
        media.title,
        media.genres,
        media.minutes,
        media.year,
        media.kind,
        media.community_rating,
    )
