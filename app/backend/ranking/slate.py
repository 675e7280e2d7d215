"""Utilities and chance become a slate, with the exact chance that each title had in its place."""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

import numpy as np

from app.backend.features.basis import GENRES
from app.backend.features.encode import Codes, Floats

SMALLEST: Final = 3
LARGEST: Final = 5
_MOST_KEPT: Final = 256
# One title in so many tells where the best of a large library begin.
_SAMPLE: Final = 16
_SPARE: Final = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """How a slate is drawn, place by place.

    Attributes
    ----------
    exploration : float
        The chance that a place is drawn at random rather than given to the best title.
    pool : int
        How many of the best titles a random draw may choose from.
    temperature : float
        Of the softmax over their utilities, in logits.
    diversity : float
        What a title loses, in logits, for being just like one that is already on the slate.
    shortlist : int
        How many of the best titles have a chance at all.
    """

    exploration: float = 0.1
    pool: int = 20
    temperature: float = 0.4
    diversity: float = 0.6
    shortlist: int = 256

    @property
    def name(self) -> str:
        """The policy and its numbers, as impressions keep it."""
        return (
            f"greedy-diverse exploration={self.exploration} pool={self.pool} "
            f"temperature={self.temperature} diversity={self.diversity} "
            f"shortlist={self.shortlist}"
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """Positions of the titles on the slate, and each one's chance given those before it."""

    rows: tuple[int, ...]
    propensities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Who may have a place: positions, ascending, their chances, and the sums of these.

    Many are kept, and arrays need a third of the room of tuples.
    """

    rows: "array[int]"
    chances: "array[float]"
    sums: "array[float]"

    def drawn_by(self, uniform: float) -> int:
        """Return the position, among those who may, that a number in [0, 1) stands for."""
        return min(bisect_right(self.sums, uniform), len(self.rows) - 1)


@dataclass(slots=True, eq=False)
class Deck:
    """Titles to draw slates from. The chances of a place after some others are kept.

    Each place goes, with chance 1 - exploration, to the title of the greatest utility less what
    it shares with the titles before it (maximal marginal relevance: Carbonell and Goldstein,
    SIGIR 1998), else to one drawn by softmax from the best of the pool. The propensity is exact:
    `(1 - e) [is best] + e softmax`.

    Attributes
    ----------
    utility : ndarray of float64, shape (n,)
        In logits.
    traits : ndarray of float64, shape (n, k)
        Unit vectors: a product of two is how alike their titles are (see `traits_of`).
    policy : Policy
    """

    utility: Floats
    traits: Floats
    policy: Policy
    _places: dict[tuple[int, ...], _Place] = field(default_factory=dict)

    def draw(self, size: int, uniforms: Sequence[float]) -> Drawn:
        """Draw a slate.

        Parameters
        ----------
        size : int
            How many titles; fewer where there are fewer.
        uniforms : sequence of float
            A number in [0, 1) for each place: chance itself.
        """
        rows: tuple[int, ...] = ()
        propensities = []
        for uniform in uniforms[: min(size, len(self.utility))]:
            place = self._place(rows)
            at = place.drawn_by(uniform)
            rows += (place.rows[at],)
            propensities.append(place.chances[at])
        return Drawn(rows, tuple(propensities))

    def chances_of(self, before: tuple[int, ...] = ()) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Return who may have the place after some others, ascending, and their exact chances."""
        place = self._place(before)
        return tuple(place.rows), tuple(place.chances)

    def _place(self, before: tuple[int, ...]) -> _Place:
        found = self._places.get(before)
        if found is None:
            if len(self._places) >= _MOST_KEPT:
                self._places.clear()
            found = self._places[before] = self._chances(before)
        return found

    def _chances(self, before: tuple[int, ...]) -> _Place:
        """Work out each title's chance of the next place; they sum to 1."""
        value = self.utility
        if before:
            alike = self.traits @ self.traits[list(before)].T
            value = value - self.policy.diversity * np.maximum(alike.max(axis=1), 0.0)
            value[list(before)] = -np.inf
        pool = best_first(value, self.policy.pool)
        pool = pool[np.isfinite(value[pool])]
        weights = np.exp((value[pool] - value[pool[0]]) / self.policy.temperature)
        chance = self.policy.exploration * weights / weights.sum()
        chance[0] += 1.0 - self.policy.exploration
        order = np.argsort(pool)
        chances = array("d", (chance / chance.sum())[order].tolist())
        return _Place(array("l", pool[order].tolist()), chances, array("d", accumulate(chances)))


def best_first(value: Floats, most: int) -> Codes:
    """Return the positions of the greatest values, best first; equals in order of position."""
    if len(value) > _SAMPLE * _SPARE * most:
        enough = _enough(value, most)
        if enough is not None:
            order = np.argsort(-value[enough], kind="stable")[:most]
            return np.asarray(enough[order])
    return np.argsort(-value, kind="stable")[:most]


def traits_of(basis: Floats) -> Floats:
    """Return unit vectors of genre and kind of titles.

    Parameters
    ----------
    basis : ndarray of float64, shape (n, T)
        The title basis, whatever follows it.
    """
    traits = np.column_stack([basis[:, GENRES], 0.5 * basis[:, GENRES.stop]])
    length = np.linalg.norm(traits, axis=1, keepdims=True)
    return np.asarray(traits / np.where(length > 0, length, 1.0))


def _enough(value: Floats, most: int) -> Codes | None:
    """Return the positions of at least so many of the greatest values, or `None`.

    To sort, or even to partition, a whole library costs more than to score it: a sample says
    above which value those lie that are worth sorting.
    """
    sample = value[::_SAMPLE]
    above = _SPARE * most // _SAMPLE + _SPARE
    least = np.partition(sample, len(sample) - above)[len(sample) - above]
    found = np.flatnonzero(value >= least)
    return found if len(found) >= most else None
