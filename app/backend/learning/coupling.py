"""How coefficients and title effects hang together, as a matrix or as what it is made of.

A title's row of the coupling is its regressors summed over contexts, and those are products of the
two bases: for many titles the rows are never written down.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from scipy.linalg import cho_solve

from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS
from app.backend.features.encode import Floats
from app.backend.features.interactions import folded, product, unfolded

TITLES_AT_ONCE: Final = 512


class Coupling(Protocol):
    """The block B of the precision between r title effects and q coefficients.

    `titles` is their own block: its lower Cholesky factor of shape (r, r), or its diagonal.
    """

    def times(self, w: Floats) -> Floats:
        """Return B w, shape (r,)."""

    def back(self, u: Floats) -> Floats:
        """Return B' u, shape (q,)."""

    def explained(self, titles: Floats) -> Floats:
        """Return B' D^-1 B, shape (q, q)."""

    def divided(self, titles: Floats) -> Floats:
        """Return D^-1 B, shape (r, q)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A coupling as a matrix of shape (r, q)."""

    matrix: Floats

    def times(self, w: Floats) -> Floats:
        """Return B w, shape (r,)."""
        return np.asarray(self.matrix @ w)

    def back(self, u: Floats) -> Floats:
        """Return B' u, shape (q,)."""
        return np.asarray(self.matrix.T @ u)

    def explained(self, titles: Floats) -> Floats:
        """Return B' D^-1 B, shape (q, q)."""
        return np.asarray(self.matrix.T @ self.divided(titles))

    def divided(self, titles: Floats) -> Floats:
        """Return D^-1 B, shape (r, q)."""
        return without(titles, self.matrix)


@dataclass(frozen=True, slots=True)
class Made:
    """A coupling of many titles, by what its rows are products of.

    `by_context` has shape (r, c): the contexts' basis summed over each title's cells; `title` has
    shape (r, t).
    """

    by_context: Floats
    title: Floats

    def times(self, w: Floats) -> Floats:
        """Return B w, shape (r,)."""
        text = self.title.shape[1] - len(TITLE_BASIS)
        weights = folded(w, text, self.by_context.shape[1] - len(CONTEXT_BASIS))
        return np.asarray(np.einsum("rt,rt->r", self.by_context @ weights, self.title))

    def back(self, u: Floats) -> Floats:
        """Return B' u, shape (q,)."""
        text = self.title.shape[1] - len(TITLE_BASIS)
        members = self.by_context.shape[1] - len(CONTEXT_BASIS)
        return unfolded((self.by_context * u[:, None]).T @ self.title, text, members)

    def explained(self, titles: Floats) -> Floats:
        """Return B' D^-1 B, shape (q, q)."""
        width = product(self.by_context[:0], self.title[:0]).shape[1]
        total = np.zeros((width, width))
        scale = 1.0 / np.sqrt(titles)
        for start in range(0, len(self.title), TITLES_AT_ONCE):
            rows = slice(start, start + TITLES_AT_ONCE)
            part = product(self.by_context[rows] * scale[rows, None], self.title[rows])
            total += part.T @ part
        return total

    def divided(self, titles: Floats) -> Floats:
        """Return D^-1 B, shape (r, q)."""
        width = product(self.by_context[:0], self.title[:0]).shape[1]
        rows = np.empty((len(self.title), width))
        for start in range(0, len(self.title), TITLES_AT_ONCE):
            some = slice(start, start + TITLES_AT_ONCE)
            rows[some] = product(self.by_context[some] / titles[some, None], self.title[some])
        return rows


def without(titles: Floats, values: Floats) -> Floats:
    """Divide by the titles' block: by its factor, or by its diagonal."""
    if titles.ndim == 2:
        return np.asarray(cho_solve((titles, True), values))
    return np.asarray(values / (titles if values.ndim == 1 else titles[:, None]))
