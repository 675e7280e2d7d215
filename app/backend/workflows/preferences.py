"""What the household chose on the page Settings; the environment has the last word."""

from datetime import time
from typing import Final

from sqlalchemy.orm import Session

from app.backend.domain.clock import Clock
from app.backend.domain.errors import Conflict, InvalidInput
from app.backend.store.preferences import read_preference, write_preference
from app.backend.store.session import WriteSession
from app.backend.workflows.training_options import Schedule

SCHEDULE: Final = "schedule"
MOST_FEEDBACKS: Final = 10**6


def effective_schedule(session: Session, schedule: Schedule) -> Schedule:
    """Return when training starts by itself: as the environment says, else as was chosen.

    Parameters
    ----------
    session : Session
    schedule : Schedule
        Of the installation: what counts where nothing was chosen, or where it is fixed.
    """
    chosen = None if schedule.is_fixed else read_preference(session, SCHEDULE)
    if chosen is None:
        return schedule
    nightly = chosen["nightly_at"]
    return Schedule(
        chosen["after_feedbacks"], None if nightly is None else time.fromisoformat(nightly)
    )


def choose_schedule(
    session: WriteSession, wanted: Schedule, installed: Schedule, clock: Clock
) -> None:
    """Keep when training starts by itself; it counts from the next verdict and night on.

    Raises
    ------
    InvalidInput
        Where so many feedbacks cannot be.
    Conflict
        Where the environment says it.
    """
    if installed.is_fixed:
        raise Conflict(
            "The schedule is set by ENCORE_TRAIN_AFTER_FEEDBACKS or ENCORE_TRAIN_NIGHTLY_AT; "
            "unset both to choose it here."
        )
    if not 0 <= wanted.after_feedbacks <= MOST_FEEDBACKS:
        raise InvalidInput(f"New feedbacks are counted from 0 to {MOST_FEEDBACKS}.")
    nightly = None if wanted.nightly_at is None else wanted.nightly_at.isoformat("minutes")
    chosen = {"after_feedbacks": wanted.after_feedbacks, "nightly_at": nightly}
    write_preference(session, SCHEDULE, chosen, clock())
