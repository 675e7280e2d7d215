"""Writes of the library and of evenings; whoever opened the session commits."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.backend.domain.clock import day_number
from app.backend.domain.errors import EventReused, NotFound
from app.backend.domain.evening import StoredVerdict, Verdict
from app.backend.domain.evidence import DEMO
from app.backend.store.access_tables import IdempotencyKey, RankEvent
from app.backend.store.generations import LIBRARY, VIEWINGS, advance
from app.backend.store.house_tables import (
    GenreAlias,
    LibraryImport,
    Preference,
    RetractedFeedback,
    TitleSignal,
)
from app.backend.store.retractions import is_retracted, next_feedback_id
from app.backend.store.session import take_turns
from app.backend.store.signals import is_seen
from app.backend.store.source_tables import (
    HistoryEntryRow,
    Playback,
    Source,
    SourceItemRow,
    SourcePerson,
    TitleId,
    WithheldTitle,
    WrittenRating,
)
from app.backend.store.tables import (
    Feedback,
    Media,
    Member,
    ModelVersion,
    PromotionRow,
    Recommendation,
    Slate,
    TrainingEvent,
    TrainingRun,
)


def retire_demo(session: Session, at: datetime) -> int:
    """Take the demo's titles off the shelf; what was watched stays in the history."""
    found = session.execute(
        update(Media)
        .where(Media.source == DEMO, Media.removed_at.is_(None))
        .values(removed_at=at)
        .execution_options(synchronize_session=False)
        .returning(Media.id)
    )
    advance(session, LIBRARY)
    return len(found.all())


def mark_watched(session: Session, recommendation_id: int, at: datetime) -> None:
    """Remember that a pick was watched; saying it twice keeps the first moment."""
    shown = _shown(session, recommendation_id)
    if shown.watched_at is None:
        shown.watched_at = at
        advance(session, VIEWINGS)
    session.flush()


def dismiss(session: Session, recommendation_id: int, at: datetime) -> None:
    """Stop asking how a pick was."""
    _shown(session, recommendation_id).dismissed_at = at
    session.flush()


def write_verdict(session: Session, verdict: Verdict, at: datetime) -> StoredVerdict:
    """Remember a verdict, once: the same event or the same verdict again changes nothing.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    EventReused
        Where the event id was used for something else.
    """
    shown = _shown(session, verdict.recommendation_id)
    known = _same_event(session, verdict) or _same_verdict(session, verdict)
    if known is None:
        known = Feedback(
            id=next_feedback_id(session),
            recommendation_id=shown.id,
            rating=verdict.rating,
            would_watch_again=verdict.would_watch_again,
            slate_id=shown.slate_id,
            media_id=shown.media_id,
            context_code=shown.context_code,
            day=day_number(at),
            member_id=_member_id(session, verdict.member, at),
            source=verdict.source,
            event_id=verdict.event_id,
            created_at=at,
        )
        # What was seen before was not chosen this evening.
        if shown.watched_at is None and not is_seen(session, shown.id):
            shown.watched_at = at
        try:
            with session.begin_nested():
                session.add(known)
        except IntegrityError as error:
            raise _reused(verdict) from error
        advance(session, VIEWINGS)
        return _stored(known, verdict.member, is_new=True)
    return _stored(known, verdict.member, is_new=False)


def erase_all(session: Session) -> None:
    """Empty every table of the household: only starting a demo over asks for this."""
    for table in (
        IdempotencyKey,
        RankEvent,
        PromotionRow,
        ModelVersion,
        TrainingEvent,
        TrainingRun,
        Playback,
        HistoryEntryRow,
        WithheldTitle,
        WrittenRating,
        TitleId,
        SourceItemRow,
        SourcePerson,
        Source,
        RetractedFeedback,
        TitleSignal,
        Feedback,
        Recommendation,
        Slate,
        Media,
        Member,
        GenreAlias,
        LibraryImport,
        Preference,
    ):
        session.execute(delete(table))
    advance(session, LIBRARY)
    advance(session, VIEWINGS)


def _shown(session: Session, recommendation_id: int) -> Recommendation:
    """Find an impression and hold it until the transaction ends, so that verdicts queue up."""
    query = select(Recommendation).where(Recommendation.id == recommendation_id).with_for_update()
    found = session.scalar(query)
    if found is None:
        raise NotFound(
            f"There is no recommendation {recommendation_id}; use the id of a pick that was shown."
        )
    return found


def _same_event(session: Session, verdict: Verdict) -> Feedback | None:
    if verdict.event_id is None:
        return None
    known = session.scalar(select(Feedback).where(Feedback.event_id == verdict.event_id))
    if known is None:
        if is_retracted(session, verdict.event_id):
            raise EventReused(
                f"The verdict of the event id {verdict.event_id!r} was taken back; say it anew "
                "with another id."
            )
        return None
    member = None if known.member_id is None else session.get_one(Member, known.member_id).name
    said = (verdict.recommendation_id, verdict.rating, verdict.would_watch_again, verdict.member)
    if (known.recommendation_id, known.rating, known.would_watch_again, member) != said:
        raise _reused(verdict)
    return known


def _reused(verdict: Verdict) -> EventReused:
    return EventReused(
        f"The event id {verdict.event_id!r} was used for another verdict; send each verdict with "
        "an id of its own."
    )


def _same_verdict(session: Session, verdict: Verdict) -> Feedback | None:
    """Return the member's last verdict on the pick, where it says the same."""
    member = select(Member.id).where(Member.name == verdict.member).scalar_subquery()
    who = Feedback.member_id.is_(None) if verdict.member is None else Feedback.member_id == member
    query = select(Feedback).where(Feedback.recommendation_id == verdict.recommendation_id, who)
    last = session.scalar(query.order_by(Feedback.id.desc()).limit(1))
    if last is None:
        return None
    said = (verdict.rating, verdict.would_watch_again)
    return last if (last.rating, last.would_watch_again) == said else None


def _member_id(session: Session, name: str | None, at: datetime) -> int | None:
    if name is None:
        return None
    take_turns(session, "members")
    member = session.scalar(select(Member).where(Member.name == name))
    if member is None:
        member = Member(name=name, created_at=at)
        session.add(member)
        session.flush()
    return member.id


def _stored(row: Feedback, member: str | None, *, is_new: bool) -> StoredVerdict:
    return StoredVerdict(
        id=row.id,
        recommendation_id=row.recommendation_id,
        rating=row.rating,
        would_watch_again=row.would_watch_again,
        member=member,
        created_at=row.created_at,
        is_new=is_new,
    )
