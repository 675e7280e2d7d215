"""What the household says of a pick: that it was watched, how it was, or that it won't say."""

from typing import Final

from app.backend.domain.access import is_name
from app.backend.domain.clock import Clock
from app.backend.domain.errors import InvalidInput
from app.backend.domain.evening import LONGEST_EVENT_ID, LONGEST_NAME, StoredVerdict, Verdict
from app.backend.domain.signals import NOT_TONIGHT
from app.backend.store import signals, writes
from app.backend.store.session import WriteSession
from app.backend.workflows.jobs import queue_if_due
from app.backend.workflows.training_options import Schedule

LEAST_RATING: Final = 1
MOST_RATING: Final = 5


def rate(
    session: WriteSession, verdict: Verdict, clock: Clock, schedule: Schedule | None = None
) -> StoredVerdict:
    """Write a verdict down; the same one again changes nothing. Training is queued where it is due.

    Raises
    ------
    InvalidInput
        Where the rating is not from 1 to 5, or a name or event id is empty or too long.
    NotFound
        Where there is no such recommendation.
    EventReused
        Where the event id was used for another verdict.
    """
    if not LEAST_RATING <= verdict.rating <= MOST_RATING:
        raise InvalidInput(f"The rating {verdict.rating} is not from 1 to 5.")
    if verdict.member is not None and not is_name(verdict.member):
        raise _wrong("name of the member", LONGEST_NAME)
    if verdict.event_id is not None and not _is_event_id(verdict.event_id):
        raise _wrong("event id", LONGEST_EVENT_ID)
    stored = writes.write_verdict(session, verdict, clock())
    if stored.is_new and schedule is not None:
        queue_if_due(session, schedule, clock)
    return stored


def choose(session: WriteSession, recommendation_id: int, clock: Clock) -> None:
    """Note that a pick was chosen to be watched, after all where nobody wanted it tonight."""
    at = clock()
    writes.mark_watched(session, recommendation_id, at)
    signals.take_back_signal(session, recommendation_id, NOT_TONIGHT, at)


def dismiss(session: WriteSession, recommendation_id: int, clock: Clock) -> None:
    """Stop asking how a pick was."""
    writes.dismiss(session, recommendation_id, clock())


def _is_event_id(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST_EVENT_ID and text.isprintable()


def _wrong(what: str, longest: int) -> InvalidInput:
    return InvalidInput(f"The {what} is empty, longer than {longest} characters or unprintable.")
