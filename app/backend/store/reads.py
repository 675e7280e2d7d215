"""Reads of the library and of evenings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session

from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.domain.evidence import DEMO, Viewing
from app.backend.domain.title import genre_names
from app.backend.store.house_tables import TitleSignal
from app.backend.store.signals import picks_seen, read_seen, read_signals, seen_of
from app.backend.store.tables import Feedback, Media, Member, Recommendation, Slate


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """A member who has not left; `age_limit` is in years."""

    id: int
    name: str
    age_limit: int | None


def read_slate(session: Session, slate_id: int) -> StoredSlate | None:
    """Read one slate with its picks in order."""
    row = session.get(Slate, slate_id)
    if row is None:
        return None
    picks = _picks(session, [slate_id])
    return StoredSlate(
        id=row.id,
        requested_at=row.requested_at,
        mood=row.mood,
        group_size=row.group_size,
        session_length=row.session_length,
        members=tuple(row.members),
        policy=row.policy,
        model_version=row.model_version,
        seed=row.seed,
        candidates=row.candidates,
        left_out=row.left_out,
        picks=tuple(picks),
        instead_of=row.instead_of,
    )


def read_unanswered(session: Session, most: int) -> list[StoredPick]:
    """Read what was watched, or seen before, and neither rated nor dismissed, the latest first."""
    seen = select(TitleSignal.said_at).where(seen_of(Recommendation.id)).limit(1)
    moment = func.coalesce(Recommendation.watched_at, seen.scalar_subquery())
    answered = select(Feedback.id).where(Feedback.recommendation_id == Recommendation.id)
    query = (
        _pick_query()
        .where(
            or_(Recommendation.watched_at.is_not(None), Recommendation.id.in_(picks_seen())),
            Recommendation.dismissed_at.is_(None),
            ~answered.exists(),
        )
        .order_by(moment.desc(), Recommendation.id.desc())
        .limit(most)
    )
    return _with_signals(session, session.execute(query).all())


def read_viewings(session: Session) -> list[Viewing]:
    """Read when each title was last watched, rated or said to be seen, and its last verdict."""
    watched = func.coalesce(Recommendation.watched_at, Feedback.created_at)
    query = (
        select(Recommendation.media_id, watched, Feedback.would_watch_again)
        .outerjoin(Feedback, Feedback.recommendation_id == Recommendation.id)
        .where(watched.is_not(None))
        .order_by(watched, Feedback.id)
    )
    latest: dict[int, Viewing] = {}
    for media_id, moment, again in session.execute(query):
        latest[media_id] = _viewing(latest.get(media_id), media_id, moment, again)
    for media_id, moment in read_seen(session):
        before = latest.get(media_id)
        if before is None or before.watched_at < moment:
            latest[media_id] = _viewing(before, media_id, moment, None)
    return list(latest.values())


def count_feedback(session: Session) -> int:
    """Count the picks that have a verdict; those of a demo that has ended are nobody's."""
    ended = (Feedback.source == DEMO) & Media.removed_at.is_not(None)
    query = (
        select(func.count(func.distinct(Feedback.recommendation_id)))
        .join(Recommendation, Recommendation.id == Feedback.recommendation_id)
        .join(Media, Media.id == Recommendation.media_id)
        .where(~ended)
    )
    return session.scalar(query) or 0


def is_demo(session: Session) -> bool:
    """Say whether the library is the demo's."""
    query = select(Media.id).where(Media.source == DEMO, Media.removed_at.is_(None)).limit(1)
    return session.scalar(query) is not None


def is_empty(session: Session) -> bool:
    """Say whether the library never held a title."""
    return session.scalar(select(Media.id).limit(1)) is None


def read_member_names(session: Session) -> Mapping[int, str]:
    """Read who there is and was: ids and names."""
    return {row.id: row.name for row in session.execute(select(Member.id, Member.name))}


def read_members(session: Session) -> list[MemberFacts]:
    """Read who there is, by their ids; who left is not among them."""
    query = select(Member.id, Member.name, Member.age_limit).where(Member.left_at.is_(None))
    return [MemberFacts(*row) for row in session.execute(query.order_by(Member.id))]


def read_differing_copies(session: Session) -> list[int]:
    """Read the ids of feedback that says something else of its impression than that does."""
    query = (
        select(Feedback.id)
        .join(Recommendation, Feedback.recommendation_id == Recommendation.id)
        .where(
            (Feedback.slate_id != Recommendation.slate_id)
            | (Feedback.media_id != Recommendation.media_id)
            | (Feedback.context_code != Recommendation.context_code)
        )
        .order_by(Feedback.id)
    )
    return list(session.scalars(query))


def read_genre_texts(session: Session) -> Mapping[str, int]:
    """Count the titles that may be shown by the text of their genres."""
    query = (
        select(Media.genres, func.count(Media.id))
        .where(~Media.is_hidden, Media.removed_at.is_(None))
        .group_by(Media.genres)
    )
    return {row.genres: row[1] for row in session.execute(query)}


def _viewing(
    before: Viewing | None, media_id: int, moment: datetime, again: bool | None
) -> Viewing:
    """Return a title's next viewing; one that nobody rated takes no earlier verdict back."""
    said = before.would_watch_again if again is None and before is not None else again
    return Viewing(media_id, moment, said)


def _pick_query() -> Select[Recommendation, Media]:
    return select(Recommendation, Media).join(Media, Media.id == Recommendation.media_id)


def _picks(session: Session, slate_ids: Sequence[int]) -> list[StoredPick]:
    query = (
        _pick_query()
        .where(Recommendation.slate_id.in_(slate_ids))
        .order_by(Recommendation.slate_id, Recommendation.position)
    )
    return _with_signals(session, session.execute(query).all())


def _with_signals(session: Session, rows: Sequence[Row[Recommendation, Media]]) -> list[StoredPick]:
    said = read_signals(session, [row[0].id for row in rows])
    return [_stored_pick(row, said.get(row[0].id)) for row in rows]


def _stored_pick(row: Row[Recommendation, Media], signal: str | None) -> StoredPick:
    shown, media = row[0], row[1]
    return StoredPick(
        recommendation_id=shown.id,
        media_id=media.id,
        position=shown.position,
        propensity=shown.propensity,
        probability=shown.probability,
        reasons=tuple(shown.reasons),
        title=media.title,
        kind=media.kind,
        year=media.year,
        minutes=media.minutes,
        genres=genre_names(media.genres),
        age_rating=media.age_rating,
        watched_at=shown.watched_at,
        signal=signal,
    )
