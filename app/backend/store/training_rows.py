"""Reads feedback for training from any database that has the promised columns, and no more.

Rows come as packed numbers (`packing`), a batch a query. Only those that hold something else than
whole numbers and well-known texts are read one by one (`single_rows`).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, func, not_, or_, select
from sqlalchemy.orm import Session

from app.backend.domain.evidence import FeedbackRows
from app.backend.store.columns import Columns, Contexts, TitlePositions, put_together
from app.backend.store.library_rows import read_titles
from app.backend.store.packing import unpacked
from app.backend.store.plans import Plan, plan_for
from app.backend.store.promised import PROMISED, Found, described
from app.backend.store.single_rows import read_singly

BATCH_ROWS: Final = 100_000
FEW: Final = 500
MOST_GAPS: Final = 4


def read_feedback(session: Session, batch_rows: int = BATCH_ROWS) -> FeedbackRows:
    """Read all feedback in time order, whatever state it is in.

    Nothing is judged or dropped here: an orphan keeps its place, and a value that makes no sense
    is passed on. What is kept takes about 50 bytes a row; texts are read a batch at a time.

    Raises
    ------
    DatabaseUnreachable
        Where a promised table or column is missing.
    """
    tables = {name: described(session, name) for name in PROMISED}
    titles = read_titles(session)
    reader = _Reader(session, tables, TitlePositions(titles.id), Contexts())
    return put_together(reader.parts(batch_rows), reader.contexts, titles)


class _Reader:
    """Reads batch after batch, by a plan where the tables allow one."""

    def __init__(
        self,
        session: Session,
        tables: Mapping[str, Found],
        titles: TitlePositions,
        contexts: Contexts,
    ) -> None:
        self.session = session
        self.tables = tables
        self.titles = titles
        self.contexts = contexts
        self.feedback_id: ColumnElement[Any] = tables["feedback"].table.c.id
        self.has_few_gaps = True

    def parts(self, batch_rows: int) -> Iterator[Columns]:
        """Return the columns of every row, in no particular order."""
        plan = plan_for(self.session, self.tables)
        if plan is None:
            yield self._singly(None)
            return
        for low, high in self._batches(plan, batch_rows):
            yield from self._batch(plan, low, high)
        if plan.is_checked:
            within = self.feedback_id.between(0, plan.largest_id)
            yield self._singly(or_(self.feedback_id.is_(None), not_(within)))

    def _batches(self, plan: Plan, batch_rows: int) -> Iterator[tuple[int, int]]:
        """Return pairs of ids: the one before a batch, and the batch's last."""
        low, last = -1, plan.largest_id
        ids = select(self.feedback_id).order_by(self.feedback_id).limit(1)
        while low < last:
            # Counting rows to find the edge is a scan of its own; ids without gaps count them.
            high: int | None = low + batch_rows
            if plan.is_checked or not self.has_few_gaps:
                edge = ids.where(self.feedback_id > low, self.feedback_id <= last)
                high = self.session.execute(edge.offset(batch_rows - 1)).scalar()
            high = last if high is None else min(int(high), last)
            yield low, high
            low = high

    def _batch(self, plan: Plan, low: int, high: int) -> Iterator[Columns]:
        within = (self.feedback_id > low) & (self.feedback_id <= high)
        query = select(func.count(), *plan.aggregates()).select_from(plan.source).where(within)
        count, *texts = self.session.execute(query).one()
        self.has_few_gaps = count >= (high - low) // MOST_GAPS
        if not count:
            return
        read = _taken_apart(plan, count, texts)
        if read is None:
            yield self._singly(within)
            return
        if plan.is_in_id_order:
            read["feedback_id"] = self._ids(within, high - count + 1, high)
        odd = plan.odd(read)
        ids = read["feedback_id"][odd]
        usual = {name: column[~odd] for name, column in read.items()} if len(ids) else read
        yield plan.columns(usual, self.titles, self.contexts)
        if 0 < len(ids) <= FEW:
            yield self._singly(within & self.feedback_id.in_(ids.tolist()))
        elif len(ids):
            found = self._singly(within)
            chosen = np.isin(found["feedback_id"], ids)
            yield {name: column[chosen] for name, column in found.items()}

    def _ids(self, within: ColumnElement[bool], first: int, last: int) -> NDArray[np.int64]:
        """Return the ids of a batch in their order, asking for them only if there are gaps."""
        if self.session.execute(select(func.min(self.feedback_id)).where(within)).scalar() == first:
            return np.arange(first, last + 1)
        ordered = select(self.feedback_id).where(within).order_by(self.feedback_id)
        return np.array(self.session.execute(ordered).scalars().all(), dtype=np.int64)

    def _singly(self, which: ColumnElement[bool] | None) -> Columns:
        return read_singly(self.session, self.tables, which, self.titles, self.contexts)


def _taken_apart(
    plan: Plan, count: int, texts: list[str | None]
) -> dict[str, NDArray[np.int64]] | None:
    """Return the fields of a batch, `None` where its texts are not what they must be."""
    read: dict[str, NDArray[np.int64]] = {}
    for pack, text in zip(plan.packs, texts, strict=True):
        fields = unpacked(text, count, pack)
        if fields is None:
            return None
        read |= fields
    return read
