"""Synthetic tables with a known truth: what each member likes depends on the mood."""

from typing import Final

import numpy as np
from scipy.special import expit

from app.backend.features.encode import Floats
from app.backend.features.rules import SUBSCORES
from app.backend.features.table import NUMBERS, Columns, Table

CONTEXTS: Final = ("mood", "group", "time")
GENRES: Final = ("comedy", "drama", "action", "horror")
WORDS: Final = 3
MEMBERS: Final = 6
TITLES: Final = 20
# The names of a table's columns, in order.
NAMES: Final = (
    "member",
    "title",
    *CONTEXTS,
    *(f"genre_{name}" for name in GENRES),
    *NUMBERS,
    *(f"rules_{name}" for name in SUBSCORES),
)


def table_columns() -> Columns:
    """Return what each column of a synthetic table is."""
    genre, number = 2 + len(CONTEXTS), 2 + len(CONTEXTS) + len(GENRES)
    rules = number + len(NUMBERS)
    return Columns(
        member=0,
        title=1,
        contexts=tuple(range(2, genre)),
        genres=tuple(range(genre, number)),
        numbers=tuple(range(number, rules)),
        rules=tuple(range(rules, len(NAMES))),
        names=NAMES,
    )


def make_table(
    rows: int,
    seed: int = 0,
    *,
    world: int = 0,
    members: int = MEMBERS,
    titles: int = TITLES,
    effect: float = 2.0,
) -> Table:
    """Draw feedback of members 1, 2, ... in random contexts; moments are the numbers of rows.

    Parameters
    ----------
    rows : int
    seed : int
        Draws the rows.
    world : int
        Draws the titles and the truth: tables of one world can be learnt from and judged by.
    members, titles : int
    effect : float
        How far, in logits, a member's liking of a mood lies from zero either way.
    """
    draw = np.random.default_rng([seed, 1])
    member = draw.integers(1, members + 1, rows)
    title = draw.integers(0, titles, rows)
    said = draw.integers(0, WORDS + 1, (rows, len(CONTEXTS)))
    genres, numbers, rules = _catalogue(world, titles)
    X = np.column_stack([member, title, said, genres[title], numbers[title], rules[title]])
    y = draw.random(rows) < expit(true_logit(X, world, members, effect))
    return Table(X.astype(np.float64), y.astype(np.int64), table_columns(), np.arange(rows), False)


def true_logit(X: Floats, world: int = 0, members: int = MEMBERS, effect: float = 2.0) -> Floats:
    """Return the truth of rows of X: each member likes half of the moods, whatever the title."""
    draw = np.random.default_rng([world, 3])
    likes = draw.permuted(np.tile([-1.0, 1.0], (members + 1, WORDS // 2 + 1)), axis=1)
    return np.asarray(effect * likes[X[:, 0].astype(np.int64), X[:, 2].astype(np.int64)])


def _catalogue(world: int, titles: int) -> tuple[Floats, Floats, Floats]:
    """Return genres, numbers and sub-scores of the rules, one row a title."""
    draw = np.random.default_rng([world, 2])
    genres = (draw.random((titles, len(GENRES))) < 0.4).astype(np.float64)
    numbers = np.clip(draw.standard_normal((titles, len(NUMBERS))), -2.0, 2.0)
    rules = draw.uniform(-0.3, 0.3, (titles, len(SUBSCORES)))
    return genres, numbers, rules
