"""Columns of feedback while they are being read, and what they are put together to."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.evidence import NO_TITLE, FeedbackRows, RawContext, RawTitles

Columns = Mapping[str, NDArray[Any]]

TYPES: Final[Mapping[str, type]] = {
    "feedback_id": np.int64,
    "slate_id": np.int64,
    "member_id": np.int64,
    "context": np.int32,
    "title": np.int32,
    "rating": np.float64,
    "again": np.int8,
    "is_demo": np.bool_,
    "moment": np.int64,
}
# Up to here a table by id is smaller than what searching costs.
LARGEST_TABLE: Final = 4_000_000


class Contexts:
    """The contexts met so far, each with its position."""

    def __init__(self) -> None:
        self._position: dict[RawContext, int] = {}

    def position(self, said: RawContext) -> int:
        """Return the position of a context, a new one if it has not been met."""
        return self._position.setdefault(said, len(self._position))

    def met(self) -> list[RawContext]:
        """Return the contexts in the order of their positions."""
        return list(self._position)


class TitlePositions:
    """Finds titles by id; of two rows with one id the later one counts."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self._order = np.argsort(ids, kind="stable")
        self._sorted = ids[self._order]
        small = bool(len(ids)) and self._sorted[0] >= 0 and self._sorted[-1] < LARGEST_TABLE
        self._table = np.full(int(self._sorted[-1]) + 1 if small else 0, NO_TITLE, np.int32)
        if small:
            self._table[ids] = np.arange(len(ids))

    def of(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the position of each id, -1 where there is no such title."""
        if len(self._table):
            inside = (ids >= 0) & (ids < len(self._table))
            if inside.all():
                return self._table[ids]
            return np.where(inside, self._table[np.where(inside, ids, 0)], NO_TITLE)
        if not len(self._sorted):
            return np.full(len(ids), NO_TITLE, dtype=np.int32)
        at = np.searchsorted(self._sorted, ids, side="right") - 1
        found = (at >= 0) & (self._sorted[at] == ids)
        return np.where(found, self._order[at], NO_TITLE).astype(np.int32)


def put_together(parts: Iterable[Columns], contexts: Contexts, titles: RawTitles) -> FeedbackRows:
    """Put parts together in time order: by moment, then by id; rows without a moment come last."""
    kept = [dict(part) for part in parts if len(part["feedback_id"])]
    # Column by column, each part letting go of its own: never are there two copies of everything.
    whole: dict[str, NDArray[Any]] = {
        name: np.concatenate([part.pop(name) for part in kept] or [np.zeros(0)]).astype(
            kind, copy=False
        )
        for name, kind in TYPES.items()
    }
    order = _time_order(whole["moment"], whole["feedback_id"])
    if order is not None:
        whole = {name: column[order] for name, column in whole.items()}
    return FeedbackRows(**whole, contexts=contexts.met(), titles=titles)


def _time_order(
    moment: NDArray[np.int64], feedback_id: NDArray[np.int64]
) -> NDArray[np.intp] | None:
    """Return the order of the rows in time, `None` where they stand in it."""
    later, same = moment[1:] > moment[:-1], moment[1:] == moment[:-1]
    if (later | (same & (feedback_id[1:] > feedback_id[:-1]))).all():
        return None
    return np.lexsort((feedback_id, moment))
