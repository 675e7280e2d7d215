"""The tables. Their named columns are a promise to integrators; Encore adds, it never renames."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.backend.domain.runs import BY_HAND

# Wide enough for millions; SQLite counts up only in a column that is plainly INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, whatever the database makes of time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Write UTC; a moment without a zone is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Read UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    """What all tables share: names for constraints, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class Member(Table):
    """One person of the household. `age_limit` is in years; who left keeps what they said."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    age_limit: Mapped[int | None] = mapped_column(SmallInteger)
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Media(Table):
    """A title of the library. `duration` is minutes of one sitting; `genres` is `'A,B'`.

    Keywords, directors and cast are names with `|` between. Where the household said otherwise than
    the source, `source_genres` is what the source says, and `own_minutes` what the household does.
    """

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("source", "source_key"),
        Index("ix_media_identity", "identity"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    genres: Mapped[str] = mapped_column(Text)
    source_genres: Mapped[str | None] = mapped_column(Text)
    duration: Mapped[int | None]
    own_minutes: Mapped[int | None]
    year: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(10))
    community_rating: Mapped[float | None]
    age_rating: Mapped[str | None] = mapped_column(String(50))
    overview: Mapped[str | None] = mapped_column(Text)
    keywords: Mapped[str | None] = mapped_column(Text)
    directors: Mapped[str | None] = mapped_column(Text)
    cast: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(20))
    source_key: Mapped[str] = mapped_column(String(400))
    identity: Mapped[str] = mapped_column(String(400))
    is_hidden: Mapped[bool] = mapped_column(default=False)
    removed_at: Mapped[datetime | None]
    added_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def minutes(self) -> int | None:
        """Minutes of one sitting, as the household has them, else as the source does."""
        return self.duration if self.own_minutes is None else self.own_minutes


class Slate(Table):
    """The few titles shown together for one request, and how chance chose them.

    `instead_of` is the slate that it was asked for in place of; that one may be gone by now.
    """

    __tablename__ = "slates"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    requested_at: Mapped[datetime]
    mood: Mapped[str] = mapped_column(String(20))
    group_size: Mapped[str] = mapped_column(String(20))
    session_length: Mapped[str] = mapped_column(String(20))
    context_code: Mapped[int] = mapped_column(SmallInteger)
    members: Mapped[list[Any]]
    policy: Mapped[str] = mapped_column(String(100))
    model_version: Mapped[str | None] = mapped_column(String(40))
    seed: Mapped[int] = mapped_column(BigInteger)
    candidates: Mapped[int]
    left_out: Mapped[dict[str, Any]]
    instead_of: Mapped[int | None] = mapped_column(Id)


class Recommendation(Table):
    """An impression: one title shown in one slate, with what was known of it then."""

    __tablename__ = "recommendations"
    __table_args__ = (
        UniqueConstraint("slate_id", "position"),
        CheckConstraint("propensity > 0 AND propensity <= 1", "propensity"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    slate_id: Mapped[int] = mapped_column(Id, ForeignKey("slates.id"))
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"))
    mood: Mapped[str] = mapped_column(String(100))
    group_size: Mapped[str] = mapped_column(String(20))
    session_length: Mapped[str] = mapped_column(String(20))
    context_code: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[int] = mapped_column(SmallInteger)
    propensity: Mapped[float]
    policy: Mapped[str] = mapped_column(String(100))
    model_version: Mapped[str | None] = mapped_column(String(40))
    probability: Mapped[float]
    features: Mapped[dict[str, Any]]
    reasons: Mapped[list[Any]]
    shown_at: Mapped[datetime]
    watched_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]


class Feedback(Table):
    """A verdict on one impression. Rows are only added: the last one of a member counts.

    What it is about is copied from the impression, which never changes: training reads this
    table alone. `day` counts from 1970-01-01, in UTC.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", "rating"),
        CheckConstraint("would_watch_again IN (true, false)", "would_watch_again"),
        CheckConstraint("context_code BETWEEN 0 AND 79", "context_code"),
        CheckConstraint("day BETWEEN 0 AND 99998", "day"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(Id, ForeignKey("recommendations.id"), index=True)
    rating: Mapped[int] = mapped_column(SmallInteger)
    would_watch_again: Mapped[bool]
    slate_id: Mapped[int] = mapped_column(Id, ForeignKey("slates.id"), index=True)
    media_id: Mapped[int] = mapped_column(Id, ForeignKey("media.id"))
    context_code: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[int]
    member_id: Mapped[int | None] = mapped_column(Id, ForeignKey("members.id"))
    source: Mapped[str] = mapped_column(String(20))
    event_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime]


class TrainingRun(Table):
    """One attempt to learn: what was asked, how far it is, what came out, and why.

    `turn` is 1 while a run waits or is under way, else missing: it is unique, so there is one at a
    time. Who holds the lease may carry the run out, and `attempt` fences those who held it before.
    """

    __tablename__ = "training_runs"
    __table_args__ = (
        Index("ix_training_runs_turn", "turn", unique=True),
        # A trainer that outlives its run must never find another run under the same id.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    state: Mapped[str] = mapped_column(String(20))
    turn: Mapped[int | None] = mapped_column(SmallInteger)
    step: Mapped[str] = mapped_column(String(40))
    seed: Mapped[int] = mapped_column(BigInteger)
    trigger: Mapped[str] = mapped_column(String(20), server_default=BY_HAND)
    is_forced: Mapped[bool] = mapped_column(server_default=false())
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    worker: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None]
    requested_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    failures: Mapped[list[Any] | None]
    steps: Mapped[list[Any] | None]
    data_fingerprint: Mapped[str | None] = mapped_column(String(64))
    recipe_fingerprint: Mapped[str | None] = mapped_column(String(64))
    last_feedback_id: Mapped[int | None] = mapped_column(BigInteger)
    rows_read: Mapped[int | None]
    rows_used: Mapped[int | None]
    quality: Mapped[list[Any] | None]
    comparison: Mapped[dict[str, Any] | None]
    model_version: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)


class TrainingEvent(Table):
    """One sign of life of a run, in order of its id."""

    __tablename__ = "training_events"
    __table_args__ = (Index("ix_training_events_run_id_id", "run_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("training_runs.id"))
    attempt: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    step: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]


class ModelVersion(Table):
    """A saved model. Its digest is what its bytes must have, whatever the file says."""

    __tablename__ = "model_versions"

    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    created_at: Mapped[datetime]
    family: Mapped[str] = mapped_column(String(40))
    parent: Mapped[str | None] = mapped_column(String(40))
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("training_runs.id"))
    digest: Mapped[str] = mapped_column(String(64))
    manifest: Mapped[dict[str, Any]]
    metrics: Mapped[dict[str, Any]]
    files: Mapped[dict[str, Any] | None]
    set_aside_at: Mapped[datetime | None]
    set_aside_because: Mapped[str | None] = mapped_column(Text)
    pruned_at: Mapped[datetime | None]


class PromotionRow(Table):
    """Which version began to serve when, why, and by whose decision; no version: the rules.

    Rows are only added. A run promotes at most once.
    """

    __tablename__ = "promotions"
    __table_args__ = (Index("ix_promotions_run_id", "run_id", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    version: Mapped[str | None] = mapped_column(ForeignKey("model_versions.version"))
    promoted_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20), server_default="gate")
    actor: Mapped[str] = mapped_column(String(100), server_default="training")
    run_id: Mapped[int | None] = mapped_column(Id)
