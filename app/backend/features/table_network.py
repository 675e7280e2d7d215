"""Small neural networks over a table as they were learnt: layers of plain weights."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.features.encode import Floats, Matrix
from app.backend.features.one_hot import OneHot

# How far a logit may be from 0: its probability is then a billionth of a thousandth from certain.
FARTHEST: Final = 27.6


@dataclass(frozen=True, slots=True)
class Layers:
    """One network: rectified linear units, and one logit at the end.

    Attributes
    ----------
    encoding : OneHot
    weights : tuple of ndarray of float64, shape (inputs, outputs)
    biases : tuple of ndarray of float64, shape (outputs,)
    """

    encoding: OneHot
    weights: tuple[Matrix, ...]
    biases: tuple[Floats, ...]

    def __post_init__(self) -> None:
        """Refuse layers of which one does not fit the next.

        Raises
        ------
        ValueError
            Where shapes do not follow from each other.
        """
        width = self.encoding.width
        if not self.weights or len(self.weights) != len(self.biases):
            raise ValueError("a layer has no weights or no biases")
        for weight, bias in zip(self.weights, self.biases, strict=True):
            if weight.ndim != 2 or weight.shape[0] != width or bias.shape != weight.shape[1:]:
                raise ValueError("a layer does not fit the one before")
            width = weight.shape[1]
        if width != 1:
            raise ValueError("the last layer has more than one logit")

    def logit(self, X: Floats) -> Floats:
        """Return the logit of each row, shape (n,)."""
        inputs = self.encoding.of(X)
        values = np.asarray(inputs @ self.weights[0]) + self.biases[0]
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            values = np.maximum(values, 0.0) @ weight + bias
        return np.asarray(np.clip(values[:, 0], -FARTHEST, FARTHEST))
