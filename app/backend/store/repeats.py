"""What requests with an Idempotency-Key were answered."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from app.backend.domain.repeats import UNDER_WAY, Answer, Asked
from app.backend.store.access_tables import IdempotencyKey
from app.backend.store.session import WriteSession, take_turns

KEPT: Final = timedelta(hours=24)
# A request that is answered by none after so long has died with its process.
GIVEN_UP_AFTER: Final = timedelta(minutes=1)


def begin(session: WriteSession, asked: Asked, at: datetime) -> Answer | None:
    """Note that a request is under way; return the answer where there is one, or another is."""
    take_turns(session, f"idempotency {asked.caller}")
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < at - KEPT))
    row = session.get(IdempotencyKey, (asked.caller, asked.key))
    if row is not None and not _is_given_up(row, at):
        return Answer(row.request_hash, row.status, row.headers, row.body)
    if row is not None:
        session.delete(row)
        session.flush()
    session.add(
        IdempotencyKey(
            caller=asked.caller,
            key=asked.key,
            request_hash=asked.request_hash,
            status=UNDER_WAY,
            headers={},
            body="",
            created_at=at,
        )
    )
    return None


def finish(session: WriteSession, asked: Asked, answer: Answer) -> None:
    """Keep the answer."""
    row = session.get(IdempotencyKey, (asked.caller, asked.key))
    if row is not None:
        row.status, row.headers, row.body = answer.status, answer.headers, answer.body


def forget(session: WriteSession, asked: Asked) -> None:
    """Forget a request that was not carried out: it may come again."""
    row = session.get(IdempotencyKey, (asked.caller, asked.key))
    if row is not None:
        session.delete(row)


def _is_given_up(row: IdempotencyKey, at: datetime) -> bool:
    return row.status == UNDER_WAY and row.created_at <= at - GIVEN_UP_AFTER
