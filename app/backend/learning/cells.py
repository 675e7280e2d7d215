"""Feedback as counts of distinct contexts and titles: cost follows those, not rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from app.backend.domain.context import CODE_COUNT, GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.features import schema
from app.backend.features.bounds import clip, learn
from app.backend.features.choices import Choices
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, context_table
from app.backend.features.recalled import Recalled

ROWS_AT_ONCE: Final = 500_000
# In what context something was watched elsewhere nobody says: in each a little.
EVERY_CONTEXT: Final = tuple(
    1.0 / len(words) for words in (MOODS, GROUP_SIZES, SESSION_LENGTHS) for _ in words
)
NOT_RECALLED: Final = -1
_TITLE_START = len(schema.CONTEXT_COLUMNS)


@dataclass(frozen=True, slots=True)
class Cells:
    """What was seen of each title in each context.

    Attributes
    ----------
    said : ndarray of float64, shape (contexts, len(CONTEXT_COLUMNS))
    member : ndarray of int64, shape (contexts,)
        Who gave the verdict; a context of two members counts twice. 0 is nobody named.
    titles : ndarray of float64, shape (titles, len(TITLE_COLUMNS))
        Clipped to the bounds.
    count, positives : ndarray of float64, shape (contexts, titles)
        Weighted numbers of rows and of positive rows.
    bounds : ndarray of float64
        What is known of titles is clipped to them; learnt from these rows alone.
    group : ndarray of int64, shape (contexts,)
        Who rated where, for a context that stands for ratings from elsewhere, else `NOT_RECALLED`.
    """

    said: Floats
    member: Codes
    titles: Floats
    count: Floats
    positives: Floats
    bounds: Floats
    group: Codes


@dataclass(frozen=True, slots=True)
class Shown:
    """Impressions of slates with a choice, by positions among the cells.

    Attributes
    ----------
    context, title, slate : ndarray of int64, shape (m,)
        Slates are numbered from 0, in ascending order.
    is_chosen : ndarray of float64, shape (m,)
        0 and 1.
    """

    context: Codes
    title: Codes
    slate: Codes
    is_chosen: Floats


def of_matrix(X: Floats, y: Codes, weight: Floats | None, member: Codes | None) -> Cells:
    """Count rows of X; a row without weight was never seen.

    Parameters
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    y : ndarray of int64, shape (n,)
    weight : ndarray of float64, shape (n,), or None
    member : ndarray of int64, shape (n,), or None
    """
    weights = np.ones(len(y)) if weight is None else weight
    seen = weights > 0
    X, y, weights = X[seen], y[seen], weights[seen]
    who = np.zeros(len(y)) if member is None else member[seen].astype(np.float64)
    contexts, context = _distinct(np.column_stack([X[:, :_TITLE_START], who]))
    titles, title = _distinct(X[:, _TITLE_START:])
    cell = context * max(len(titles), 1) + title
    return _counted(contexts, titles, iter([(cell, y, weights)]))


@dataclass(frozen=True, slots=True)
class Weighed:
    """Ratings from elsewhere, and how much each counts beside a verdict, which counts as 1."""

    recalled: Recalled
    weight: float

    @property
    def titles(self) -> Codes:
        """The rows of their titles."""
        return self.recalled.title

    def contexts(self) -> Floats:
        """Return a context for each group, with its member: shape (groups, context columns + 1)."""
        groups, first = np.unique(self.recalled.group, return_index=True)
        said = np.broadcast_to(EVERY_CONTEXT, (len(groups), len(EVERY_CONTEXT)))
        return np.column_stack([said, self.recalled.member[first]])

    def part(self, first: int, place: Codes) -> tuple[Codes, Codes, Floats]:
        """Return cell, label and weight of each, where their contexts stand from `first` on."""
        width = int(place[-1]) + 1 if len(place) else 1
        cell = (first + self.recalled.group) * width + place[self.recalled.title]
        return cell, self.recalled.y, np.full(len(cell), self.weight)


NO_RATINGS: Final = Weighed(Recalled(), 0.0)


def of_training(
    training: TrainingSet, choices: Choices, member: Codes, weighed: Weighed = NO_RATINGS
) -> tuple[Cells, Shown]:
    """Count the codes of a training set, and place the choices among its cells.

    Parameters
    ----------
    training : TrainingSet
    choices : Choices
    member : ndarray of int64, shape (n,)
        Who gave each verdict, 0 for all who have no effects of their own.
    weighed : Weighed
        Of these, too, whoever has no effects of their own is 0.
    """
    used = np.zeros(len(training.encoded_titles), dtype=bool)
    for titles_of in (training.title, choices.title, weighed.titles):
        used[titles_of] = True
    place, titles = np.cumsum(used) - 1, training.encoded_titles[used]
    words = _words(training, choices, member)
    own = np.column_stack([context_table()[words % CODE_COUNT], words // CODE_COUNT])
    parts = chain(_parts(training, member, words, place), [weighed.part(len(words), place)])
    cells = _counted(np.vstack([own, weighed.contexts()]), titles, parts, len(words))
    shown_in = np.searchsorted(words, choices.context_code)
    _, slate = np.unique(choices.slate, return_inverse=True)
    order = np.argsort(slate, kind="stable")
    return cells, Shown(
        context=shown_in[order],
        title=place[choices.title][order],
        slate=slate[order],
        is_chosen=choices.is_chosen[order].astype(np.float64),
    )


def _words(training: TrainingSet, choices: Choices, member: Codes) -> Codes:
    """Return the distinct contexts, each with its member, ascending."""
    found = [np.unique(choices.context_code)]
    for start in range(0, len(training.y), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        keys = training.context_code[rows] + member[rows] * CODE_COUNT
        few = not len(keys) or int(keys.max()) < ROWS_AT_ONCE
        found.append(np.flatnonzero(np.bincount(keys)) if few else np.unique(keys))
    return np.unique(np.concatenate(found))


def _parts(
    training: TrainingSet, member: Codes, words: Codes, place: Codes
) -> Iterator[tuple[Codes, Codes, Floats | None]]:
    """Return each row's cell and label, some rows at a time: millions of rows are not copied."""
    width = int(place[-1]) + 1 if len(place) else 1
    for start in range(0, len(training.y), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        keys = training.context_code[rows] + member[rows] * CODE_COUNT
        cell = _looked_up(words, keys) * width + place[training.title[rows]]
        yield cell, training.y[rows], None


def _looked_up(words: Codes, keys: Codes) -> Codes:
    """Return where each key stands among the words; by looking up, where they are small."""
    if int(words[-1]) >= ROWS_AT_ONCE:
        return np.searchsorted(words, keys)
    lookup = np.zeros(int(words[-1]) + 1, dtype=np.int64)
    lookup[words] = np.arange(len(words))
    return lookup[keys]


def nothing_shown() -> Shown:
    """Return no impressions."""
    nobody = np.zeros(0, dtype=np.int64)
    return Shown(nobody, nobody, nobody, np.zeros(0))


def _counted(
    contexts: Floats,
    titles: Floats,
    parts: Iterator[tuple[Codes, Codes, Floats | None]],
    own: int | None = None,
) -> Cells:
    """Count rows in their cells; the contexts after the first `own` are of ratings elsewhere."""
    shape = (len(contexts), len(titles))
    count, positives = np.zeros(shape), np.zeros(shape)
    for cell, y, weight in parts:
        positive = cell[y == 1]
        of_positive = None if weight is None else weight[y == 1]
        count.ravel()[:] += np.bincount(cell, weight, count.size)
        positives.ravel()[:] += np.bincount(positive, of_positive, count.size)
    rows = np.zeros((len(titles), schema.FEATURE_COUNT))
    rows[:, _TITLE_START:] = titles
    group = np.arange(len(contexts)) - (len(contexts) if own is None else own)
    bounds = learn(rows, count.sum(axis=0))
    return Cells(
        said=contexts[:, :-1],
        member=contexts[:, -1].astype(np.int64),
        titles=clip(rows, bounds)[:, _TITLE_START:],
        count=count,
        positives=positives,
        bounds=bounds,
        group=np.maximum(group, NOT_RECALLED),
    )


def _distinct(matrix: Floats) -> tuple[Floats, Codes]:
    """Return the distinct rows, in an order of their own, and each row's place among them."""
    rows = np.ascontiguousarray(matrix + 0.0)  # -0.0 and 0.0 are one value but two byte strings
    if not len(rows):
        return rows, np.zeros(0, dtype=np.int64)
    as_bytes = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, number = np.unique(as_bytes, return_index=True, return_inverse=True)
    return rows[first], number
