"""Reads what was chosen of each slate, and what stood beside it; judges no verdict."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.backend.domain.context import CODE_COUNT
from app.backend.domain.errors import DatabaseUnreachable
from app.backend.domain.evidence import DEMO, NOT_DRAWN, ChoiceRows, is_of_a_choice
from app.backend.store.house_tables import TitleSignal
from app.backend.store.packing import (
    Field,
    Numbers,
    Pack,
    checked,
    joined,
    packs,
    size_for,
    unpacked,
)
from app.backend.store.promised import described
from app.backend.store.signals import seen_of
from app.backend.store.tables import Feedback, Media, Recommendation, Slate

BATCH_ROWS: Final = 100_000
LAST_POSITION: Final = 32_767
COLUMNS: Final = ("slate_id", "position", "media_id", "context_code", "is_chosen")


def read_choices(session: Session, batch_rows: int = BATCH_ROWS) -> ChoiceRows:
    """Read every impression of the slates of which something was chosen and something not.

    Left out are slates that a demo's household rated and whose title has been set aside since,
    as training leaves such feedback out; quick tastes, of which everything that was liked is
    ticked and nothing is preferred to the rest; what was watched elsewhere, which was chosen of
    nothing; and single impressions whose place or context is no number that Encore writes. Tables
    made elsewhere do not tell what was shown together: of them nothing is read.

    Raises
    ------
    DatabaseUnreachable
        Where there is no table of feedback, or a promised column of it is missing.
    """
    is_own = described(session, "feedback").has_codes
    parts = list(_parts(session, batch_rows)) if is_own else []
    found = {
        name: np.concatenate([part.pop(name) for part in parts] or [np.zeros(0, np.int64)])
        for name in COLUMNS
    }
    slate, is_chosen = found["slate_id"], found["is_chosen"] == 1
    kept = is_of_a_choice(slate, is_chosen)
    if is_own:
        kept &= ~np.isin(slate, _simulated_slates(session))
        kept &= ~np.isin(slate, _not_drawn(session))
    at = np.flatnonzero(kept)
    at = at[np.lexsort((found["position"][at], slate[at]))]
    return ChoiceRows(slate[at], found["media_id"][at], found["context_code"][at], is_chosen[at])


def _parts(session: Session, batch_rows: int) -> Iterator[dict[str, Numbers]]:
    """Return the columns of all impressions, a batch at a time, in no particular order."""
    dialect = session.get_bind().dialect.name
    numbers = packs(_fields(session, dialect))
    texts = [joined(pack, dialect) for pack in numbers]
    query = select(func.count(), *texts).select_from(Recommendation)
    for within in _batches(session, batch_rows):
        yield _read(session, query.where(within), numbers)


def _fields(session: Session, dialect: str) -> list[Field]:
    shown = Recommendation.__table__.c
    feedback = select(Feedback.id).where(Feedback.recommendation_id == Recommendation.id)
    # What was seen before is rated without having been chosen.
    seen = select(TitleSignal.id).where(seen_of(Recommendation.id))
    is_rated = and_(feedback.exists(), ~seen.exists())
    is_chosen = or_(Recommendation.watched_at.is_not(None), is_rated)
    whole: list[tuple[ColumnElement[Any], int]] = [
        (shown.slate_id, size_for(_largest(session, Slate.id))),
        (shown.position, size_for(LAST_POSITION)),
        (shown.media_id, size_for(_largest(session, Media.id))),
        (shown.context_code, size_for(CODE_COUNT - 1)),
    ]
    fields = [Field(column.name, checked(column, size, dialect), size) for column, size in whole]
    return [*fields, Field("is_chosen", case((is_chosen, 1), else_=0), size_for(1))]


def _batches(session: Session, batch_rows: int) -> Iterator[ColumnElement[bool]]:
    """Return conditions that each hold for some impressions; gaps in the ids are leapt over."""
    ids = Recommendation.id
    low = session.scalar(select(func.min(ids)))
    while low is not None:
        high = low + batch_rows
        yield (ids >= low) & (ids < high)
        low = session.scalar(select(func.min(ids)).where(ids >= high))


def _read(
    session: Session, query: Select[*tuple[Any, ...]], numbers: tuple[Pack, ...]
) -> dict[str, Numbers]:
    """Read a batch, without the rows of which a number is none that Encore writes."""
    count, *texts = session.execute(query).one()
    read: dict[str, Numbers] = {}
    for pack, text in zip(numbers, texts, strict=True):
        fields = unpacked(text, count, pack)
        if fields is None:
            raise DatabaseUnreachable("The impressions of the database cannot be read as numbers.")
        read |= fields
    fields_of_all = (field for pack in numbers for field in pack.fields)
    fits = np.logical_and.reduce([read[field.name] != field.marker for field in fields_of_all])
    return read if fits.all() else {name: column[fits] for name, column in read.items()}


def _simulated_slates(session: Session) -> NDArray[np.int64]:
    """Return the slates with feedback of a demo on a title that has been set aside."""
    if session.scalar(select(Media.id).where(Media.source == DEMO).limit(1)) is None:
        return np.zeros(0, dtype=np.int64)
    query = (
        select(Feedback.slate_id)
        .join(Media, Media.id == Feedback.media_id)
        .where(Feedback.source == DEMO, or_(Media.is_hidden, Media.removed_at.is_not(None)))
    )
    return np.array(session.scalars(query.distinct()).all(), dtype=np.int64)


def _not_drawn(session: Session) -> NDArray[np.int64]:
    """Return the slates that were shown for no evening."""
    query = select(Slate.id).where(Slate.policy.in_(NOT_DRAWN))
    return np.array(session.scalars(query).all(), dtype=np.int64)


def _largest(session: Session, column: Any) -> int:  # noqa: ANN401  # a mapped id
    found = session.scalar(select(func.max(column)))
    return int(found or 0)
