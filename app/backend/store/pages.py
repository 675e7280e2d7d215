"""Lists read a page at a time, by the last key of the page before: as fast late as at first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.backend.domain.evening import StoredSlate
from app.backend.domain.runs import Run, Version
from app.backend.domain.title import genre_names
from app.backend.store.reads import read_slate
from app.backend.store.runs import run_of
from app.backend.store.tables import Feedback, Media, Member, ModelVersion, Slate, TrainingRun
from app.backend.store.versions import champion_name, version_of


@dataclass(frozen=True, slots=True)
class TitleFacts:
    """A title of the library as it is listed; `minutes` is one sitting, as the library has it."""

    media_id: int
    title: str
    kind: str
    year: int | None
    minutes: int | None
    genres: tuple[str, ...]
    community_rating: float | None
    age_rating: str | None
    source: str


@dataclass(frozen=True, slots=True)
class VerdictFacts:
    """A verdict as it is listed."""

    id: int
    recommendation_id: int
    media_id: int
    title: str
    rating: int
    would_watch_again: bool
    member: str | None
    created_at: datetime


def titles(session: Session, after: int, limit: int) -> list[TitleFacts]:
    """Read titles that may be shown, by their numbers, from after one on."""
    query = (
        select(Media)
        .where(Media.id > after, ~Media.is_hidden, Media.removed_at.is_(None))
        .order_by(Media.id)
        .limit(limit)
    )
    return [_title(row) for row in session.scalars(query)]


def slates(session: Session, before: int | None, limit: int) -> list[StoredSlate]:
    """Read slates with their picks, the newest first, from before one on."""
    query = select(Slate.id).order_by(Slate.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Slate.id < before)
    found = [read_slate(session, slate_id) for slate_id in session.scalars(query).all()]
    return [slate for slate in found if slate is not None]


def verdicts(session: Session, before: int | None, limit: int) -> list[VerdictFacts]:
    """Read verdicts, the newest first, from before one on."""
    query = (
        select(Feedback, Media.title, Member.name)
        .join(Media, Media.id == Feedback.media_id)
        .outerjoin(Member, Member.id == Feedback.member_id)
        .order_by(Feedback.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Feedback.id < before)
    return [_verdict(row, title, name) for row, title, name in session.execute(query)]


def runs(session: Session, before: int | None, limit: int) -> list[Run]:
    """Read runs, the newest first, from before one on."""
    query = select(TrainingRun).order_by(TrainingRun.id.desc()).limit(limit)
    if before is not None:
        query = query.where(TrainingRun.id < before)
    return [run_of(row) for row in session.scalars(query)]


def versions(session: Session, before: str | None, limit: int) -> list[Version]:
    """Read versions, the newest first, from before one on."""
    champion = champion_name(session)
    query = select(ModelVersion).order_by(ModelVersion.version.desc()).limit(limit)
    if before is not None:
        query = query.where(ModelVersion.version < before)
    return [version_of(row, champion) for row in session.scalars(query)]


def _title(row: Media) -> TitleFacts:
    return TitleFacts(
        row.id,
        row.title,
        row.kind,
        row.year,
        row.minutes,
        genre_names(row.genres),
        row.community_rating,
        row.age_rating,
        row.source,
    )


def _verdict(row: Feedback, title: str, member: str | None) -> VerdictFacts:
    return VerdictFacts(
        row.id,
        row.recommendation_id,
        row.media_id,
        title,
        row.rating,
        row.would_watch_again,
        member,
        row.created_at,
    )
