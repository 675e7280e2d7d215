"""Signals: reads of what was said of picks, and writes; whoever opened the session commits.

Rows are only added and taken back. Of one pick at most one signal stands, the last one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.backend.domain.errors import NotFound
from app.backend.domain.signals import NEVER, NOT_TONIGHT, SEEN, SignalKind
from app.backend.store.generations import LIBRARY, VIEWINGS, advance
from app.backend.store.house_tables import TitleSignal
from app.backend.store.tables import Media, Recommendation

# How "never" is kept where the title is hidden anyway: taking it back does not show the title.
NEVER_OF_HIDDEN: Final = "never_of_hidden"
_NEVERS: Final = (NEVER, NEVER_OF_HIDDEN)


def write_signal(session: Session, recommendation_id: int, kind: SignalKind, at: datetime) -> None:
    """Remember what is said of a pick, in place of what was said before; once.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    shown = _held(session, recommendation_id)
    standing = _standing_of(session, recommendation_id)
    if standing is not None:
        if _told(standing.kind) == kind:
            return
        _take_back(session, standing, at)
    _add(session, shown, kind, at)
    session.flush()
    advance(session, VIEWINGS)


def take_back_signal(
    session: Session, recommendation_id: int, kind: SignalKind, at: datetime
) -> None:
    """Take back what was said of a pick; where it does not stand, nothing changes.

    Raises
    ------
    NotFound
        Where there is no such recommendation.
    """
    _held(session, recommendation_id)
    standing = _standing_of(session, recommendation_id)
    if standing is not None and _told(standing.kind) == kind:
        _take_back(session, standing, at)
        session.flush()
        advance(session, VIEWINGS)


def hide_title(session: Session, media_id: int, at: datetime) -> None:
    """Hide a title, whatever is said of picks of it from now on; doing it twice is harmless.

    Raises
    ------
    NotFound
        Where there is no such title.
    """
    title = _title(session, media_id)
    title.is_hidden, title.updated_at = True, at
    of_title = (TitleSignal.media_id == media_id) & (TitleSignal.kind == NEVER)
    _change(session, of_title, {"kind": NEVER_OF_HIDDEN})
    session.flush()
    advance(session, LIBRARY)


def show_title(session: Session, media_id: int, at: datetime) -> None:
    """Show a title again, and take back that it should never be shown.

    Raises
    ------
    NotFound
        Where there is no such title.
    """
    title = _title(session, media_id)
    title.is_hidden, title.updated_at = False, at
    of_title = (TitleSignal.media_id == media_id) & TitleSignal.kind.in_(_NEVERS)
    _change(session, of_title, {"taken_back_at": at})
    session.flush()
    advance(session, LIBRARY)


def read_signals(session: Session, recommendation_ids: Collection[int]) -> dict[int, str]:
    """Read what stands of some picks, by their ids."""
    query = select(TitleSignal.recommendation_id, TitleSignal.kind).where(
        TitleSignal.recommendation_id.in_(recommendation_ids), stands()
    )
    return (
        {pick: _told(kind) for pick, kind in session.execute(query)} if recommendation_ids else {}
    )


def read_seen(session: Session) -> list[tuple[int, datetime]]:
    """Read which titles were said to be seen, and when, the first that was said first."""
    query = select(TitleSignal.media_id, TitleSignal.said_at).where(
        TitleSignal.kind == SEEN, stands()
    )
    return [(media, at) for media, at in session.execute(query.order_by(TitleSignal.said_at))]


def read_not_tonight(session: Session, since: datetime) -> Mapping[int, datetime]:
    """Read which titles nobody wanted after a moment, and when that was said last."""
    query = select(TitleSignal.media_id, TitleSignal.said_at).where(
        TitleSignal.kind == NOT_TONIGHT, TitleSignal.said_at > since, stands()
    )
    found = session.execute(query.order_by(TitleSignal.said_at))
    return {row.media_id: row.said_at for row in found}


def is_seen(session: Session, recommendation_id: int) -> bool:
    """Say whether a pick was said to be seen already."""
    return session.scalar(select(TitleSignal.id).where(seen_of(recommendation_id))) is not None


def picks_seen() -> Select[int]:
    """Return the query for the picks that were said to be seen already."""
    return select(TitleSignal.recommendation_id).where(TitleSignal.kind == SEEN, stands())


def stands() -> ColumnElement[bool]:
    """Hold for the signals that were not taken back."""
    return TitleSignal.taken_back_at.is_(None)


def seen_of(
    recommendation_id: ColumnElement[int] | InstrumentedAttribute[int] | int,
) -> ColumnElement[bool]:
    """Hold for the signal, if it stands, that a pick was seen already."""
    return (
        (TitleSignal.recommendation_id == recommendation_id) & (TitleSignal.kind == SEEN) & stands()
    )


def _add(session: Session, shown: Recommendation, kind: SignalKind, at: datetime) -> None:
    kept: str = kind
    if kind == NEVER:
        title = _title(session, shown.media_id)
        is_hidden_anyway = title.is_hidden and not _is_hidden_by_signal(session, title.id)
        kept = NEVER_OF_HIDDEN if is_hidden_anyway else NEVER
        title.is_hidden = True
        advance(session, LIBRARY)
    row = TitleSignal(recommendation_id=shown.id, media_id=shown.media_id, kind=kept, said_at=at)
    session.add(row)


def _take_back(session: Session, standing: TitleSignal, at: datetime) -> None:
    standing.taken_back_at = at
    session.flush()
    if standing.kind == NEVER:
        title = _title(session, standing.media_id)
        title.is_hidden = _is_hidden_by_signal(session, title.id)
        advance(session, LIBRARY)


def _is_hidden_by_signal(session: Session, media_id: int) -> bool:
    query = select(TitleSignal.id).where(
        TitleSignal.media_id == media_id, TitleSignal.kind == NEVER, stands()
    )
    return session.scalar(query.limit(1)) is not None


def _standing_of(session: Session, recommendation_id: int) -> TitleSignal | None:
    query = select(TitleSignal).where(TitleSignal.recommendation_id == recommendation_id, stands())
    return session.scalar(query.order_by(TitleSignal.id.desc()).limit(1))


def _change(session: Session, which: ColumnElement[bool], values: Mapping[str, object]) -> None:
    session.flush()
    session.execute(
        update(TitleSignal)
        .where(which, stands())
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )


def _told(kind: str) -> str:
    return NEVER if kind in _NEVERS else kind


def _held(session: Session, recommendation_id: int) -> Recommendation:
    """Find an impression and hold it until the transaction ends, so that signals queue up."""
    query = select(Recommendation).where(Recommendation.id == recommendation_id).with_for_update()
    found = session.scalar(query)
    if found is None:
        raise NotFound(
            f"There is no recommendation {recommendation_id}; use the id of a pick that was shown."
        )
    return found


def _title(session: Session, media_id: int) -> Media:
    """Find a title and hold it until the transaction ends."""
    found = session.scalar(select(Media).where(Media.id == media_id).with_for_update())
    if found is None:
        raise NotFound(f"There is no title {media_id} in the library.")
    return found
