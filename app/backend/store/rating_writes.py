"""What members say of titles that stand at a media server, and what was written there of it.

Whoever opened the session commits.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, delete, func, select, update
from sqlalchemy.orm import Session

from app.backend.domain.evidence import DEMO, QUICK_TASTE
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.source_tables import (
    HistoryEntryRow,
    Source,
    SourceItemRow,
    SourcePerson,
    WithheldTitle,
    WrittenRating,
)
from app.backend.store.tables import Feedback, Media, Member

# What nobody said of a title that they had just watched.
NOT_SAID: Final = (DEMO, QUICK_TASTE)


@dataclass(frozen=True, slots=True)
class ItemVerdict:
    """A member's last verdict on a title, at each item that it is.

    Attributes
    ----------
    user_id : str
        The member's account.
    item_id, title : str
    rating : int
        From 1 to 5.
    given_there : float or None
        What the account rated the item, on the server's own scale, as the last sync tells.
    """

    user_id: str
    item_id: str
    title: str
    rating: int
    given_there: float | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """A rating that was written to an account."""

    user_id: str
    item_id: str
    title: str
    rating: float


def read_verdicts(session: Session, source_id: int) -> list[ItemVerdict]:
    """Read the last verdicts of members that have an account, on titles that it may see there."""
    last = (
        select(func.max(Feedback.id))
        .where(Feedback.member_id.is_not(None), Feedback.source.not_in(NOT_SAID))
        .group_by(Feedback.member_id, Feedback.media_id)
    )
    withheld = select(WithheldTitle.media_id).where(
        WithheldTitle.source_id == source_id,
        WithheldTitle.member_id == Feedback.member_id,
        WithheldTitle.media_id == Feedback.media_id,
    )
    there = and_(
        HistoryEntryRow.source == Source.name,
        HistoryEntryRow.member_id == Feedback.member_id,
        HistoryEntryRow.key == SourceItemRow.item_id,
    )
    query = (
        select(
            SourcePerson.user_id,
            SourceItemRow.item_id,
            Media.title,
            Feedback.rating,
            HistoryEntryRow.raw_rating,
        )
        .join(Source, Source.id == SourcePerson.source_id)
        .join(Member, Member.id == SourcePerson.member_id)
        .join(Feedback, Feedback.member_id == Member.id)
        .join(Media, Media.id == Feedback.media_id)
        .join(
            SourceItemRow,
            and_(SourceItemRow.source_id == Source.id, SourceItemRow.media_id == Feedback.media_id),
        )
        .outerjoin(HistoryEntryRow, there)
        .where(Source.id == source_id, Member.left_at.is_(None))
        .where(Feedback.id.in_(last), ~withheld.exists())
        .order_by(Media.title, SourceItemRow.item_id)
    )
    return [ItemVerdict(*row) for row in session.execute(query)]


def read_ledger(session: Session, source_id: int) -> list[Ledger]:
    """Read what was written to accounts that belong to a member, of items that are still there."""
    query: Select[str, str, str, float] = (
        select(WrittenRating.user_id, WrittenRating.item_id, Media.title, WrittenRating.rating)
        .join(
            SourceItemRow,
            and_(
                SourceItemRow.source_id == WrittenRating.source_id,
                SourceItemRow.item_id == WrittenRating.item_id,
            ),
        )
        .join(
            SourcePerson,
            and_(
                SourcePerson.source_id == WrittenRating.source_id,
                SourcePerson.user_id == WrittenRating.user_id,
            ),
        )
        .join(Media, Media.id == SourceItemRow.media_id)
        .where(WrittenRating.source_id == source_id)
        .order_by(Media.title, WrittenRating.item_id)
    )
    return [Ledger(*row) for row in session.execute(query)]


def note_written(
    session: Session, source_id: int, user_id: str, item_id: str, rating: float, at: datetime
) -> None:
    """Note a rating that was written, in place of the one before."""
    row = session.get(WrittenRating, (source_id, user_id, item_id))
    if row is None:
        row = WrittenRating(source_id=source_id, user_id=user_id, item_id=item_id)
        session.add(row)
    row.rating, row.written_at = rating, at


def forget_written(session: Session, source_id: int, user_id: str, item_id: str) -> None:
    """Note that what an account rates an item is not what was written."""
    session.execute(
        delete(WrittenRating).where(
            WrittenRating.source_id == source_id,
            WrittenRating.user_id == user_id,
            WrittenRating.item_id == item_id,
        )
    )


def forget_all_written(session: Session, source_id: int) -> None:
    """Note that nothing was written to a source: it is another server now."""
    session.execute(delete(WrittenRating).where(WrittenRating.source_id == source_id))


def forget_rating(session: Session, source_id: int, user_id: str, item_id: str) -> None:
    """Note that an account does not rate an item any more, before a sync says so."""
    mine = and_(
        HistoryEntryRow.source
        == select(Source.name).where(Source.id == source_id).scalar_subquery(),
        HistoryEntryRow.member_id
        == select(SourcePerson.member_id)
        .where(SourcePerson.source_id == source_id, SourcePerson.user_id == user_id)
        .scalar_subquery(),
        HistoryEntryRow.key == item_id,
    )
    # Where nothing else was done with it, there is nothing to tell.
    session.execute(delete(HistoryEntryRow).where(mine, ~HistoryEntryRow.is_watched))
    session.execute(update(HistoryEntryRow).where(mine).values(raw_rating=None, rating=None))
    advance(session, VIEWINGS)
