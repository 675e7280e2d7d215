"""Reads of the history: impressions that something was said of, a page at a time."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from app.backend.domain.history import Entry, Filter, Said
from app.backend.store.house_tables import TitleSignal
from app.backend.store.signals import read_signals
from app.backend.store.tables import Feedback, Media, Member, Recommendation, Slate

_ESCAPE = "\\"


def read_before(
    session: Session, before: int | None, most: int, which: Filter, words: str
) -> list[Entry]:
    """Read entries, the newest first.

    Parameters
    ----------
    session : Session
    before : int or None
        Only impressions of a lower id.
    most : int
    which : Filter
    words : str
        Part of the title, in whatever case; empty: any.
    """
    # By the key and not by the moment: it stops as soon as there are enough.
    query = _query(which, words).order_by(Recommendation.id.desc()).limit(most)
    if before is not None:
        query = query.where(Recommendation.id < before)
    return _entries(session, session.execute(query).all())


def read_after(session: Session, after: int, most: int) -> list[Entry]:
    """Read entries from after an id on, the oldest first."""
    query = _query("all", "").where(Recommendation.id > after).order_by(Recommendation.id)
    return _entries(session, session.execute(query.limit(most)).all())


def read_one(session: Session, recommendation_id: int) -> Entry | None:
    """Read one impression, whatever was said of it."""
    query = _joined().where(Recommendation.id == recommendation_id)
    found = _entries(session, session.execute(query).all())
    return found[0] if found else None


def count_evenings(session: Session, without_policies: Collection[str]) -> int:
    """Count the slates, other than those of some policies."""
    query = select(func.count(Slate.id)).where(Slate.policy.not_in(without_policies))
    return session.scalar(query) or 0


def _joined() -> Select[Recommendation, Media, Slate]:
    return (
        select(Recommendation, Media, Slate)
        .join(Media, Media.id == Recommendation.media_id)
        .join(Slate, Slate.id == Recommendation.slate_id)
    )


def _query(which: Filter, words: str) -> Select[Recommendation, Media, Slate]:
    query = _joined().where(_something_said(which))
    if words:
        plain = words
        for sign in (_ESCAPE, "%", "_"):
            plain = plain.replace(sign, _ESCAPE + sign)
        query = query.where(Media.title.ilike(f"%{plain}%", escape=_ESCAPE))
    return query


def _something_said(which: Filter) -> ColumnElement[bool]:
    rated = select(Feedback.id).where(Feedback.recommendation_id == Recommendation.id).exists()
    aside = (
        select(TitleSignal.id)
        .where(
            TitleSignal.recommendation_id == Recommendation.id,
            TitleSignal.taken_back_at.is_(None),
        )
        .exists()
    )
    watched = Recommendation.watched_at.is_not(None)
    if which == "watched":
        return watched
    if which == "rated":
        return rated
    dismissed = Recommendation.dismissed_at.is_not(None)
    return aside if which == "aside" else or_(watched, dismissed, rated, aside)


def _entries(session: Session, rows: Sequence[Row[Recommendation, Media, Slate]]) -> list[Entry]:
    ids = [row[0].id for row in rows]
    signals, verdicts = read_signals(session, ids), _verdicts(session, ids)
    return [
        Entry(
            recommendation_id=shown.id,
            slate_id=slate.id,
            title=media.title,
            year=media.year,
            kind=media.kind,
            mood=slate.mood,
            group_size=slate.group_size,
            session_length=slate.session_length,
            members=tuple(slate.members),
            policy=slate.policy,
            shown_at=shown.shown_at,
            watched_at=shown.watched_at,
            dismissed_at=shown.dismissed_at,
            signal=signals.get(shown.id),
            verdicts=tuple(verdicts.get(shown.id, {}).values()),
        )
        for shown, media, slate in rows
    ]


def _verdicts(session: Session, ids: Sequence[int]) -> dict[int, dict[int | None, Said]]:
    """Return the last verdict of each member on each impression."""
    query = (
        select(Feedback, Member.name)
        .outerjoin(Member, Member.id == Feedback.member_id)
        .where(Feedback.recommendation_id.in_(ids))
        .order_by(Feedback.id)
    )
    found: dict[int, dict[int | None, Said]] = {}
    for row, name in session.execute(query):
        found.setdefault(row.recommendation_id, {})[row.member_id] = Said(
            row.id,
            row.rating,
            row.would_watch_again,
            row.member_id,
            name,
            row.source,
            row.created_at,
        )
    return found
