"""What a household says of a pick instead of watching it, and which titles it hides."""

from collections.abc import Collection

from app.backend.domain.clock import Clock
from app.backend.domain.signals import SignalKind
from app.backend.store import signals
from app.backend.store.session import ReadSession, WriteSession


def say(session: WriteSession, recommendation_id: int, kind: SignalKind, clock: Clock) -> None:
    """Note what is said of a pick, in place of what was said before; twice is as once.

    `not_tonight` lets the title rest until the evening is over, `never` hides it, and `seen` counts
    as a viewing at this moment, though not as a choice.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    signals.write_signal(session, recommendation_id, kind, clock())


def take_back(
    session: WriteSession, recommendation_id: int, kind: SignalKind, clock: Clock
) -> None:
    """Take back what was said of a pick; where it does not stand, nothing changes.

    A title that was hidden by `never` is shown again, unless something else hides it.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    signals.take_back_signal(session, recommendation_id, kind, clock())


def said(session: ReadSession, recommendation_ids: Collection[int]) -> dict[int, str]:
    """Return what stands of some picks, by their ids; of most nothing was said."""
    return signals.read_signals(session, recommendation_ids)


def hide(session: WriteSession, media_id: int, clock: Clock) -> None:
    """Hide a title until it is shown again.

    Raises
    ------
    NotFound
        Where there is no such title.
    """
    signals.hide_title(session, media_id, clock())


def show_again(session: WriteSession, media_id: int, clock: Clock) -> None:
    """Show a title that was hidden, also where a pick was said to be never wanted.

    Raises
    ------
    NotFound
        Where there is no such title.
    """
    signals.show_title(session, media_id, clock())
