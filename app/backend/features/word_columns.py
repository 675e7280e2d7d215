"""A mixed model over one library, one column for each word of an evening.

The belief about a title's logit is linear in the context (its mean) and quadratic (its variance).
With weights c of the words of an evening

    mean = sum_i c_i M_i          variance = sum_i sum_j c_i c_j V_ij

where M_i and V_ij are columns over the titles that no context changes. An evening says four words,
so that a context costs a sum of fourteen columns instead of a product with every coefficient.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from app.backend.domain.model import Moments
from app.backend.features import schema
from app.backend.features.basis import CONTEXT_BASIS
from app.backend.features.encode import Codes, Floats, context_table, for_context
from app.backend.features.interactions import folded, product
from app.backend.features.posterior import MixedPosterior

_ROWS_AT_ONCE: Final = 4_096
_NO_WORDS: Final = 0


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of an evening, by position among all words, and their weights; `any` is first."""

    at: tuple[int, ...]
    weight: tuple[float, ...]

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield every two words, each two once, and the weight of their column."""
        for number, (one, weight) in enumerate(zip(self.at, self.weight, strict=True)):
            for other, its in zip(self.at[number:], self.weight[number:], strict=True):
                yield one, other, weight * its


@dataclass(slots=True, eq=False)
class WordColumns:
    """What each word of an evening adds to every title of a library.

    Columns are made when they are first asked for, and kept.

    Attributes
    ----------
    posterior : MixedPosterior
    encoded : ndarray of float64, shape (n, len(TITLE_COLUMNS))
        The library.
    basis : ndarray of float64, shape (n, T)
        The titles as the model sees them: its title basis with text behind it.
    effects : ndarray of float64, shape (n,)
        Each title's own mean effect; 0 where it was never rated.
    """

    posterior: MixedPosterior
    encoded: Floats
    basis: Floats = field(init=False)
    effects: Floats = field(init=False)
    _means: Floats = field(init=False)
    _slopes: dict[int, Floats] = field(default_factory=dict)
    _columns: dict[tuple[int, int], Floats] = field(default_factory=dict)
    _rated: tuple[Codes, Codes] = field(init=False)
    _couplings: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Work out the means of all words."""
        X = for_context(_NO_WORDS, self.encoded)
        self.basis = self.posterior.bases(X)[1]
        self.effects = self.posterior.title_effect_of(X)
        self._rated = self.posterior.rated(X[:, schema.MEDIA_ID])
        self._couplings = self.posterior.title_couplings @ self.posterior.root
        weights = folded(self.posterior.coefficients, *self.posterior.side.extras)
        self._means = weights @ self.basis.T
        self._means[0] += self.effects

    def moments(
        self, code: int, present: tuple[int, ...] = (), rows: Codes | None = None
    ) -> Moments:
        """Return the belief about titles in a context: as the posterior's own.

        Parameters
        ----------
        code : int
            Of the context.
        present : tuple of int
            Ids of the members who watch. Empty: the household.
        rows : ndarray of int64 or None
            Which titles, by their position; `None`: all.
        """
        words = self._words(code, present)
        count = len(self.encoded) if rows is None else len(rows)
        mean, variance = np.zeros(count), np.zeros(count)
        for at, weight in zip(words.at, words.weight, strict=True):
            _add(mean, _of(self._means[at], rows), weight)
        for one, other, weight in words.pairs():
            _add(variance, _of(self._column(one, other), rows), weight)
        return Moments(mean, np.maximum(variance, 0.0, out=variance))

    def context(self, code: int, present: tuple[int, ...] = ()) -> Floats:
        """Return a context as the model sees it, members behind it: shape (C,)."""
        words = self._words(code, present)
        found = np.zeros(len(self._means))
        found[list(words.at)] = words.weight
        return found

    def warm(self) -> None:
        """Make the columns of all that a household can say."""
        for code in range(len(context_table())):
            for one, other, _ in self._words(code, ()).pairs():
                self._column(one, other)

    def _words(self, code: int, present: tuple[int, ...]) -> _Words:
        said = np.flatnonzero(context_table()[code]) + 1
        share = self.posterior.side.presence(np.array([present], dtype=np.int64).reshape(1, -1))[0]
        members = np.flatnonzero(share)
        at = (0, *said.tolist(), *(members + len(CONTEXT_BASIS)).tolist())
        return _Words(at, (1.0,) * (1 + len(said)) + tuple(share[members].tolist()))

    def _column(self, one: int, other: int) -> Floats:
        """Return what two words (in order) add to the variance, both ways: shape (n,)."""
        found = self._columns.get((one, other))
        if found is None:
            found = self._columns[one, other] = self._variance(one, other)
        return found

    def _variance(self, one: int, other: int) -> Floats:
        ways = 1.0 if one == other else 2.0
        between = ways * (self._slope(one) @ self._slope(other).T)
        found = np.empty(len(self.basis))
        for start in range(0, len(found), _ROWS_AT_ONCE):
            part = self.basis[start : start + _ROWS_AT_ONCE]
            found[start : start + len(part)] = np.einsum("nt,nt->n", part @ between, part)
        if one == 0:
            rows, known = self._rated
            own = self.basis[rows] @ self._slope(other)
            found[rows] -= 2.0 * np.einsum("nq,nq->n", own, self._couplings[known])
        return found if other else self._alone(found)

    def _alone(self, found: Floats) -> Floats:
        """Add what each title's own effect is uncertain by, whatever is said."""
        rows, known = self._rated
        unrated = np.ones(len(found), dtype=bool)
        unrated[rows] = False
        found[unrated] += self.posterior.title_variance
        found[rows] += np.square(self._couplings[known]).sum(axis=1)
        found[rows] += 1.0 / self.posterior.title_precisions[known]
        return found

    def _slope(self, word: int) -> Floats:
        """Return how a word's regressors meet the covariance's root, by title basis: (T, q)."""
        found = self._slopes.get(word)
        if found is None:
            traits = np.eye(self.basis.shape[1])
            alone = np.zeros((len(traits), len(self._means)))
            alone[:, word] = 1.0
            found = self._slopes[word] = product(alone, traits) @ self.posterior.root
        return found


def _of(column: Floats, rows: Codes | None) -> Floats:
    return column if rows is None else column[rows]


def _add(total: Floats, column: Floats, weight: float) -> None:
    if weight == 1.0:
        np.add(total, column, out=total)
    else:
        total += weight * column
