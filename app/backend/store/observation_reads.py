"""What an observer asks of the database: the latest rows alone, however many there are.

Rows are taken by their number from the last one backwards, and only then judged by their moment: a
moment has no index, and a table may have a million rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session

from app.backend.domain.dataset import POSITIVE_RATING
from app.backend.domain.errors import DatabaseTooNew, DatabaseUnreachable
from app.backend.domain.evidence import DEMO, NOT_DRAWN, QUICK_TASTE
from app.backend.store.house_tables import RetractedFeedback
from app.backend.store.schema import NEWEST, read_revision
from app.backend.store.tables import Feedback, Media, Recommendation, TrainingRun

MOST_IMPRESSIONS: Final = 5_000
MOST_FEEDBACK: Final = 5_000
MOST_VERDICTS: Final = 500
MOST_RUNS: Final = 1_000
IMPRESSIONS_WITHIN: Final = timedelta(days=30)
VERDICTS_WITHIN: Final = timedelta(days=90)
# Up to which propensity impressions are counted together.
PROPENSITIES: Final = (0.01, 0.03, 0.1, 0.3, 1.0)


@dataclass(frozen=True, slots=True)
class Impressions:
    """The latest impressions in numbers.

    `by_propensity` counts those of at most each of `PROPENSITIES`; `inverse_sum` is the sum of
    1 / propensity.
    """

    count: int
    slates: int
    watched: int
    rated: int
    propensity_sum: float
    inverse_sum: float
    propensity_least: float | None
    by_propensity: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """A probability that was served, by which version, and what came of it."""

    probability: float
    is_positive: bool
    version: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many verdicts there ever were up to a number, that one included."""

    count: int = 0
    last: int = 0


def insist_on_newest(session: Session) -> None:
    """Let a database pass whose tables are those that this Encore knows.

    Raises
    ------
    DatabaseTooNew
        Where a newer Encore has changed them.
    DatabaseUnreachable
        Where they are not there, or those of an older Encore.
    """
    found = read_revision(session)
    if found == NEWEST:
        return
    if found is not None and found > NEWEST:
        raise DatabaseTooNew("A newer Encore has changed the database; run that one.")
    raise DatabaseUnreachable(
        "The tables of the database are not those that Encore knows; start it again, which brings "
        "them up to date."
    )


def count_titles(session: Session) -> int:
    """Count the titles that may be shown."""
    query = select(func.count()).select_from(Media)
    return session.scalar(query.where(~Media.is_hidden, Media.removed_at.is_(None))) or 0


def count_feedback(session: Session, known: Counted) -> Counted:
    """Count the verdicts after those that were counted before, also those taken back since."""
    count, last = known.count, known.last
    for one in (Feedback.id, RetractedFeedback.id):
        query = select(func.count(), func.max(one)).where(one > known.last)
        later, last_id = session.execute(query).one()
        count, last = count + later, max(last, last_id or 0)
    return Counted(count, last)


def count_retracted(session: Session) -> int:
    """Count the verdicts that were taken back."""
    return session.scalar(select(func.count(RetractedFeedback.id))) or 0


def count_feedback_since(session: Session, moments: tuple[datetime, ...]) -> tuple[int, ...]:
    """Count the latest verdicts since each moment, of at most `MOST_FEEDBACK`."""
    latest = (
        select(Feedback.created_at).order_by(Feedback.id.desc()).limit(MOST_FEEDBACK).subquery()
    )
    query = select(*(_count_if(latest.c.created_at >= moment) for moment in moments))
    return tuple(session.execute(query).one())


def read_impressions(session: Session, at: datetime) -> Impressions:
    """Read the latest impressions in numbers: at most `MOST_IMPRESSIONS`, none too long ago.

    A quick taste is none, nor is what was watched elsewhere: it was drawn for no evening.
    """
    # One look at an index for each: as a join, the whole table of feedback would be read.
    is_rated = exists().where(Feedback.recommendation_id == Recommendation.id)
    latest = (
        select(Recommendation.id, Recommendation.slate_id, Recommendation.shown_at)
        .add_columns(Recommendation.watched_at, Recommendation.propensity)
        .add_columns(case((is_rated, 1), else_=0).label("is_rated"))
        .where(Recommendation.policy.not_in(NOT_DRAWN))
        .order_by(Recommendation.id.desc())
        .limit(MOST_IMPRESSIONS)
        .subquery()
    ).c
    query = select(
        func.count(latest.id),
        func.count(func.distinct(latest.slate_id)),
        func.count(latest.watched_at),
        func.coalesce(func.sum(latest.is_rated), 0),
        func.coalesce(func.sum(latest.propensity), 0.0),
        func.coalesce(func.sum(1.0 / latest.propensity), 0.0),
        func.min(latest.propensity),
        *(_count_if(latest.propensity <= most) for most in PROPENSITIES),
    ).where(latest.shown_at >= at - IMPRESSIONS_WITHIN)
    count, slates, watched, rated, mass, inverse, least, *shares = session.execute(query).one()
    return Impressions(count, slates, watched, rated, mass, inverse, least, tuple(shares))


def read_served(session: Session, at: datetime) -> list[Served]:
    """Read the latest verdicts on what was served, with what was served for them.

    Those of a demo were simulated, those of a quick taste are on what was liked before, and of what
    was watched elsewhere nothing was promised.

    They are at most `MOST_VERDICTS`, and none is too old.
    """
    latest = (
        select(Feedback.id, Feedback.recommendation_id, Feedback.source, Feedback.created_at)
        .add_columns(Feedback.rating, Feedback.would_watch_again)
        .order_by(Feedback.id.desc())
        .limit(MOST_FEEDBACK)
        .subquery()
    ).c
    query = (
        select(
            Recommendation.probability,
            Recommendation.model_version,
            latest.rating,
            latest.would_watch_again,
        )
        .join(Recommendation, Recommendation.id == latest.recommendation_id)
        .where(latest.source.not_in((DEMO, QUICK_TASTE)), latest.created_at >= at - VERDICTS_WITHIN)
        .where(Recommendation.policy.not_in(NOT_DRAWN))
        .order_by(latest.id.desc())
        .limit(MOST_VERDICTS)
    )
    return [
        Served(probability, rating >= POSITIVE_RATING and again, version)
        for probability, version, rating, again in session.execute(query)
    ]


def count_runs(session: Session) -> Mapping[str, int]:
    """Count the latest runs, at most `MOST_RUNS`, by their state."""
    latest = select(TrainingRun.state).order_by(TrainingRun.id.desc()).limit(MOST_RUNS).subquery().c
    query = select(latest.state, func.count()).group_by(latest.state)
    return {row[0]: row[1] for row in session.execute(query)}


def last_run_ended(session: Session) -> datetime | None:
    """Return when the last run ended that did."""
    query = (
        select(TrainingRun.finished_at)
        .where(TrainingRun.finished_at.is_not(None))
        .order_by(TrainingRun.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def _count_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
