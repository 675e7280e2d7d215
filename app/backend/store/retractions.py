"""Verdicts that are taken back: moved to where training never looks."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.backend.domain.clock import as_utc
from app.backend.domain.errors import NotFound
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.house_tables import RetractedFeedback
from app.backend.store.tables import Feedback, Recommendation


def take_back_verdict(session: Session, feedback_id: int, at: datetime) -> int:
    """Take back what a member said of a pick, every time that they did; it may be asked again.

    Returns
    -------
    int
        The id of the impression.

    Raises
    ------
    NotFound
        Where there is no such verdict.
    """
    about = select(Feedback.recommendation_id).where(Feedback.id == feedback_id)
    shown = session.scalar(
        select(Recommendation).where(Recommendation.id == about.scalar_subquery()).with_for_update()
    )
    # Only now: somebody else may have taken it back while this waited for its turn.
    row = None if shown is None else session.get(Feedback, feedback_id)
    if shown is None or row is None:
        raise NotFound(f"There is no verdict {feedback_id}; it may have been taken back already.")
    same = select(Feedback).where(
        Feedback.recommendation_id == shown.id,
        Feedback.member_id.is_not_distinct_from(row.member_id),
    )
    for said in session.scalars(same).all():
        session.add(_retracted(said, at))
        session.delete(said)
    shown.dismissed_at = None
    session.flush()
    advance(session, VIEWINGS)
    return shown.id


def unwatch(session: Session, recommendation_id: int) -> bool:
    """Forget that a pick was watched; say whether that could be: a verdict says that it was.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    shown = _held(session, recommendation_id)
    rated = select(Feedback.id).where(Feedback.recommendation_id == shown.id).limit(1)
    if session.scalar(rated) is not None:
        return False
    shown.watched_at = shown.dismissed_at = None
    session.flush()
    advance(session, VIEWINGS)
    return True


def ask_again(session: Session, recommendation_id: int) -> None:
    """Ask again how a pick was.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    _held(session, recommendation_id).dismissed_at = None
    session.flush()


def next_feedback_id(session: Session) -> int | None:
    """Return the id that new feedback must have, or `None` where the database finds a right one.

    SQLite would give the greatest id anew once its row has moved away; whoever counts feedback from
    an id on would never see it.
    """
    if session.get_bind().dialect.name != "sqlite":
        return None
    retracted: int | None = session.scalar(select(func.max(RetractedFeedback.id)))
    if retracted is None:
        return None
    newest: int = session.scalar(select(func.max(Feedback.id))) or 0
    return max(retracted, newest) + 1


def is_retracted(session: Session, event_id: str) -> bool:
    """Say whether the verdict of an event was taken back."""
    query = select(RetractedFeedback.id).where(RetractedFeedback.event_id == event_id)
    return session.scalar(query.limit(1)) is not None


def _retracted(said: Feedback, at: datetime) -> RetractedFeedback:
    kept = {
        "recommendation_id": said.recommendation_id,
        "rating": said.rating,
        "would_watch_again": said.would_watch_again,
        "slate_id": said.slate_id,
        "media_id": said.media_id,
        "context_code": said.context_code,
        "day": said.day,
        "member_id": said.member_id,
        "source": said.source,
        "created_at": as_utc(said.created_at).isoformat(),
    }
    return RetractedFeedback(
        id=said.id,
        recommendation_id=said.recommendation_id,
        event_id=said.event_id,
        feedback=kept,
        retracted_at=at,
    )


def _held(session: Session, recommendation_id: int) -> Recommendation:
    query = select(Recommendation).where(Recommendation.id == recommendation_id).with_for_update()
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"There is no recommendation {recommendation_id}; use the id of a pick.")
    return found
