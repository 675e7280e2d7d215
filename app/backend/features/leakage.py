"""Whether a column of X knows what had not happened yet: its value changes with later rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from app.backend.domain.errors import LeakageFound
from app.backend.domain.evidence import FeedbackRows
from app.backend.features.dataset import TrainingSet
from app.backend.features.schema import FEATURE_NAMES

MOST_COMPARED: Final = 2_000

Build: TypeAlias = Callable[[FeedbackRows], TrainingSet]


def refuse_future(rows: FeedbackRows, whole: TrainingSet, build: Build) -> None:
    """Refuse columns of X that could see the future.

    X is built again from the earlier half of the rows. A row that is in both must be the same in
    both: else something in it was made from rows that came later.

    Parameters
    ----------
    rows : FeedbackRows
        In time order.
    whole : TrainingSet
        What `build` made of all rows.
    build : callable
        Makes a training set of rows.

    Raises
    ------
    LeakageFound
        With the names of the columns.
    """
    names = columns_that_see_the_future(rows, whole, build)
    if names:
        raise LeakageFound(
            f"The columns {', '.join(names)} change with feedback that came later than the row; "
            "compute them from earlier rows only.",
            {"columns": list(names)},
        )


def columns_that_see_the_future(
    rows: FeedbackRows, whole: TrainingSet, build: Build
) -> tuple[str, ...]:
    """Return the names of the columns that change where later rows are withheld."""
    earlier = build(_first(rows, len(rows.feedback_id) // 2))
    _, here, there = np.intersect1d(whole.feedback_id, earlier.feedback_id, return_indices=True)
    chosen = np.linspace(0, len(here) - 1, min(len(here), MOST_COMPARED)).astype(np.int64)
    known, then = whole.part(here[chosen]).X, earlier.part(there[chosen]).X
    changed = (known != then).any(axis=0)
    return tuple(name for name, is_so in zip(FEATURE_NAMES, changed, strict=True) if is_so)


def _first(rows: FeedbackRows, count: int) -> FeedbackRows:
    """Return the first rows, with all contexts and titles."""
    return replace(
        rows,
        feedback_id=rows.feedback_id[:count],
        slate_id=rows.slate_id[:count],
        member_id=rows.member_id[:count],
        context=rows.context[:count],
        title=rows.title[:count],
        rating=rows.rating[:count],
        again=rows.again[:count],
        is_demo=rows.is_demo[:count],
        moment=rows.moment[:count],
    )
