"""The plain logistic baseline as arrays: the 17 promised columns, each with one weight."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays, Moments
from app.backend.features import schema
from app.backend.features.bounds import BOUNDED, clip, unbounded
from app.backend.features.encode import Floats

FAMILY = "additive"


@dataclass(frozen=True, slots=True, eq=False)
class AdditiveModel:
    """A logistic regression on standardised columns: `logit = ((x - mean) / scale) @ weights + b`.

    Whatever the mood, it ranks a library in the same order: the context is one more summand.

    Attributes
    ----------
    centre, scale, weights : ndarray of float64, shape (17,)
    intercept : float
    bounds : ndarray of float64, shape (len(BOUNDED), 2)
        What rows are clipped to.
    """

    family: ClassVar[str] = FAMILY

    centre: Floats
    scale: Floats
    weights: Floats
    intercept: float
    bounds: Floats = field(default_factory=unbounded)

    def moments(self, X: Floats) -> Moments:
        """Return each row's logit, with no uncertainty."""
        promised = clip(X, self.bounds)[:, : schema.PROMISED_COUNT]
        columns = (promised - self.centre) / self.scale
        mean = columns @ self.weights + self.intercept
        return Moments(mean, np.zeros(len(X)))

    def to_arrays(self) -> Arrays:
        """Return everything that was learnt, under the names of the attributes."""
        return {
            "centre": self.centre,
            "scale": self.scale,
            "weights": self.weights,
            "intercept": np.array([self.intercept]),
            "bounds": self.bounds,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "AdditiveModel":
        """Build a model from what `to_arrays` returned.

        Raises
        ------
        ArtefactDamaged
            Where an array is missing, has another shape or type, or holds impossible values.
        """
        width = (schema.PROMISED_COUNT,)
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("centre", "scale", "weights"), width)
        shapes |= {"intercept": (1,), "bounds": (len(BOUNDED), 2)}
        whole = set(arrays) == set(shapes) and all(
            arrays[name].shape == shape
            and arrays[name].dtype == np.float64
            and np.isfinite(arrays[name]).all()
            for name, shape in shapes.items()
        )
        if not whole or np.any(arrays["scale"] <= 0) or np.any(np.diff(arrays["bounds"]) < 0):
            raise ArtefactDamaged(
                "The baseline model cannot be used: its arrays are incomplete or impossible. "
                "Train again with: encore train"
            )
        values = dict(arrays)
        return cls(intercept=float(values.pop("intercept")[0]), **values)
