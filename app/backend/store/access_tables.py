"""Tables beside the household's own: who may do what, and what makes asking twice harmless."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.backend.store import house_tables, source_tables
from app.backend.store.tables import Id, Table

# Of all tables, because whoever reads it here has read every module of them.
METADATA: Final = Table.metadata
_MODULES: Final = (house_tables, source_tables)


class Account(Table):
    """Somebody who may sign in. Without a hash, only by way of a proxy that says who it is."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]


class LoginSession(Table):
    """A browser that signed in. Only a digest of its cookie is kept."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiKey(Table):
    """A program's key. Only a digest of it is kept; `hint` is how it begins."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]]
    created_by: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LoginAttempts(Table):
    """Wrong passwords for an account or from a network; gone after a right one."""

    __tablename__ = "login_attempts"

    subject: Mapped[str] = mapped_column(String(120), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    blocked_until: Mapped[datetime]


class IdempotencyKey(Table):
    """What a request with an Idempotency-Key was answered, so that it is answered so again."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    caller: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, Any]]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class RankEvent(Table):
    """One call of `rank`: what was answered, and the impression, once it counts as shown."""

    __tablename__ = "rank_events"

    event_id: Mapped[str] = mapped_column(String(256), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    recommendation_id: Mapped[int | None] = mapped_column(Id, ForeignKey("recommendations.id"))
    answer: Mapped[dict[str, Any]]
    is_active: Mapped[bool]
    reward: Mapped[float | None]
    created_at: Mapped[datetime]


class Generation(Table):
    """A number that grows with each change of something that processes keep in memory."""

    __tablename__ = "generations"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
