"""What media servers told of somebody's watching, and what it asks; callers commit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.backend.domain.evidence import NOT_DRAWN, RawTitles
from app.backend.domain.media_server import ItemState
from app.backend.store.session import take_turns
from app.backend.store.signals import seen_of
from app.backend.store.source_tables import (
    HistoryEntryRow,
    Playback,
    SourceItemRow,
    TitleId,
    WrittenRating,
)
from app.backend.store.tables import Feedback, Media, Member, Recommendation

# Impressions are looked through by their number from the last one backwards: a moment has no index.
MOST_IMPRESSIONS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Whose:
    """Who watched what: ids of the member and the title."""

    member_id: int
    media_id: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a title last, because a server had told of it.

    `is_open`: nobody has answered yet, nor said that they won't. `is_dismissed`: they said so.
    """

    playback_id: int
    told_at: datetime
    is_open: bool
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class Impression:
    """That a title was shown lately; `is_settled` where nobody is to be asked how it was."""

    recommendation_id: int
    is_watched: bool
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Prefilled:
    """What is known of an answer before it is given.

    Attributes
    ----------
    source : str
        The name of the source that told.
    member : str or None
        Who watched; `None` where they have left.
    rating : int or None
        From 1 to 5.
    """

    source: str
    member: str | None
    rating: int | None


def hold_playbacks(session: Session) -> None:
    """Let nobody else write playbacks until the transaction ends."""
    take_turns(session, "playbacks")


def read_media_of(
    session: Session, source_id: int, item_ids: Sequence[str]
) -> tuple[str, int] | None:
    """Read which title the first known of some items is: the item and the title."""
    query = select(SourceItemRow.item_id, SourceItemRow.media_id).where(
        SourceItemRow.source_id == source_id, SourceItemRow.item_id.in_(item_ids)
    )
    found = {row.item_id: row.media_id for row in session.execute(query)}
    return next(((item, found[item]) for item in item_ids if item in found), None)


def read_item_of(session: Session, source_id: int, media_id: int) -> str | None:
    """Read by which item a source has a title."""
    query = select(SourceItemRow.item_id).where(
        SourceItemRow.source_id == source_id, SourceItemRow.media_id == media_id
    )
    return session.scalar(query.order_by(SourceItemRow.item_id).limit(1))


def read_media_of_ids(session: Session, ids: Collection[str]) -> set[int]:
    """Read which titles some ids mean."""
    return set(session.scalars(select(TitleId.media_id).where(TitleId.key.in_(ids))))


def read_raw_title(session: Session, media_id: int) -> RawTitles:
    """Read a title as the library has it, also one that left the shelf."""
    row = session.get_one(Media, media_id)
    return RawTitles(
        id=np.array([row.id], dtype=np.int64),
        title=[row.title],
        genres=[row.genres],
        duration=[row.minutes],
        year=[row.year],
        kind=[row.kind],
        community_rating=[row.community_rating],
        age_rating=[row.age_rating],
        source=[row.source],
        is_set_aside=np.zeros(1, dtype=bool),
    )


def read_asked(session: Session, whose: Whose) -> Asked | None:
    """Read what was asked of somebody's watching a title last."""
    answered = exists().where(Feedback.recommendation_id == Recommendation.id)
    query = (
        select(Playback, Recommendation.watched_at, Recommendation.dismissed_at, answered)
        .join(Recommendation, Recommendation.id == Playback.recommendation_id)
        .where(Playback.media_id == whose.media_id, Playback.member_id == whose.member_id)
        .order_by(Playback.told_at.desc(), Playback.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    if found is None:
        return None
    row, watched_at, dismissed_at, is_answered = found
    return Asked(
        row.id,
        row.told_at,
        is_open=watched_at is not None and dismissed_at is None and not is_answered,
        is_dismissed=dismissed_at is not None and not is_answered,
    )


def read_impression(session: Session, whose: Whose, since: datetime) -> Impression | None:
    """Read where a title was shown last, since a moment, that somebody's watching may be due to.

    An impression that somebody else watched, rated, or had seen before is theirs.
    """
    row = Recommendation
    least = select(func.max(row.id) - MOST_IMPRESSIONS).scalar_subquery()
    about = Feedback.recommendation_id == row.id
    mine = or_(Feedback.member_id.is_(None), Feedback.member_id == whose.member_id)
    is_rated, is_rated_by_me = exists().where(about), exists().where(about, mine)
    others = exists().where(
        Playback.recommendation_id == row.id, Playback.member_id != whose.member_id
    )
    query = (
        select(row.id, row.watched_at, or_(is_rated_by_me, row.dismissed_at.is_not(None)))
        .where(
            row.id > least,
            row.media_id == whose.media_id,
            row.shown_at >= since,
            row.policy.not_in(NOT_DRAWN),
            ~and_(is_rated, ~is_rated_by_me),
            ~others,
            ~exists().where(seen_of(row.id)),
        )
        .order_by(row.id.desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return None if found is None else Impression(found[0], found[1] is not None, bool(found[2]))


def count_told(session: Session, member_id: int, since: datetime) -> int:
    """Count of how many titles somebody's watching was told since a moment."""
    query = select(func.count(Playback.id)).where(
        Playback.member_id == member_id, Playback.told_at >= since
    )
    return session.scalar(query) or 0


def add_playback(
    session: Session,
    source: str,
    whose: Whose,
    recommendation_id: int,
    rating: int | None,
    at: datetime,
) -> None:
    """Remember that a server told of somebody's watching, and where it asks how that was."""
    row = Playback(source=source, member_id=whose.member_id, media_id=whose.media_id)
    row.recommendation_id, row.rating, row.times, row.told_at = recommendation_id, rating, 1, at
    session.add(row)
    session.flush()


def told_again(session: Session, playback_id: int, rating: int | None, times: int = 1) -> None:
    """Count that it was told again; a rating replaces the one before."""
    values = {} if rating is None else {"rating": rating}
    session.execute(
        update(Playback)
        .where(Playback.id == playback_id)
        .values(times=Playback.times + times, **values)
        .execution_options(synchronize_session=False)
    )


def read_prefilled(session: Session, recommendation_ids: Collection[int]) -> dict[int, Prefilled]:
    """Read what is known of the answers to some questions, by impression."""
    query = (
        select(Playback.recommendation_id, Playback.source, Member.name, Playback.rating)
        .outerjoin(Member, and_(Member.id == Playback.member_id, Member.left_at.is_(None)))
        .where(Playback.recommendation_id.in_(recommendation_ids))
        .order_by(Playback.id)
    )
    return {row[0]: Prefilled(*row[1:]) for row in session.execute(query)}


def read_state(session: Session, source: str, member_id: int, item_id: str) -> ItemState:
    """Read what is known of what a member did with an item of a source."""
    row = HistoryEntryRow
    found = session.execute(
        select(row.is_watched, row.at, row.raw_rating).where(
            row.source == source, row.member_id == member_id, row.key == item_id
        )
    ).first()
    if found is None:
        return ItemState(item_id)
    return ItemState(item_id, found.is_watched, found.at, rating=found.raw_rating)


def is_written_here(
    session: Session, source_id: int, user_id: str, item_id: str, rating: float
) -> bool:
    """Say whether a rating is the one that Encore wrote to a server: nobody gave it there."""
    written = session.get(WrittenRating, (source_id, user_id, item_id))
    return written is not None and written.rating == rating
