"""Logistic regression with a normal prior on sparse rows: Newton's steps by conjugate gradients."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp

from app.backend.features.encode import Floats

NEWTON_STEPS: Final = 30
GRADIENT_STEPS: Final = 80
DECREMENT: Final = 1e-4
INNER_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Mode:
    """The mode of a penalised logistic regression.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (q,)
        Less their prior mean.
    curvature : ndarray of float64, shape (n,)
        p (1 - p) of each row, times its weight.
    precision : ndarray of float64, shape (q,)
        The diagonal of the posterior precision.
    """

    coefficients: Floats
    curvature: Floats
    precision: Floats


@dataclass(frozen=True, slots=True)
class Regression:
    """Rows to fit: what does not change with the penalty.

    `offset` is each row's logit before anything is learnt.
    """

    design: sp.csr_matrix
    transposed: sp.csr_matrix
    squares: sp.csr_matrix
    y: Floats
    weight: Floats
    offset: Floats

    @classmethod
    def of(cls, design: sp.csr_matrix, y: Floats, weight: Floats, offset: Floats) -> "Regression":
        """Keep rows in the orders that the steps need."""
        transposed = design.T.tocsr()
        return cls(design, transposed, transposed.power(2), y, weight, offset)

    def mode(self, precision: Floats, start: Floats | None = None) -> Mode:
        """Climb to the mode under a prior precision of each coefficient, shape (q,)."""
        w = np.zeros(self.design.shape[1]) if start is None else start
        best = self._depth(w, precision)
        for _ in range(NEWTON_STEPS):
            p, curvature = self._curvature(w)
            slope = self.transposed @ (self.weight * (self.y - p)) - precision * w
            step = self._step(slope, curvature, precision)
            if step @ slope < DECREMENT:
                break
            w, best = self._walk(w, step, precision, best)
        _, curvature = self._curvature(w)
        return Mode(w, curvature, self.squares @ curvature + precision)

    def _walk(
        self, w: Floats, step: Floats, precision: Floats, best: float
    ) -> tuple[Floats, float]:
        size = 1.0
        while (depth := self._depth(w + size * step, precision)) > best and size > 1e-4:
            size *= 0.5
        return w + size * step, depth

    def _depth(self, w: Floats, precision: Floats) -> float:
        logit = self.offset + self.design @ w
        loss = self.weight @ (np.logaddexp(0.0, logit) - self.y * logit)
        return float(loss + 0.5 * precision @ (w * w))

    def _curvature(self, w: Floats) -> tuple[Floats, Floats]:
        p = 0.5 * (1.0 + np.tanh(0.5 * (self.offset + self.design @ w)))
        return p, self.weight * p * (1.0 - p)

    def _step(self, slope: Floats, curvature: Floats, precision: Floats) -> Floats:
        """Solve for Newton's step by conjugate gradients, scaled by the diagonal."""
        scale = 1.0 / (self.squares @ curvature + precision)
        step, residual = np.zeros_like(slope), slope.copy()
        direction = scale * residual
        fall = residual @ direction
        enough = INNER_TOLERANCE**2 * fall
        for _ in range(GRADIENT_STEPS):
            if fall <= enough:
                break
            image = self.transposed @ (curvature * (self.design @ direction))
            image += precision * direction
            size = fall / (direction @ image)
            step += size * direction
            residual -= size * image
            scaled = scale * residual
            fall, before = residual @ scaled, fall
            direction = scaled + (fall / before) * direction
        return step
