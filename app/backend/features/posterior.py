"""The mixed model as arrays: a normal belief about its coefficients and about each rated title."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays, Moments
from app.backend.features import schema
from app.backend.features.basis import context_basis, title_basis
from app.backend.features.bounds import BOUNDED, clip, unbounded
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import TITLE_DEVIATION, design, folded, layout

FAMILY = "glmix"


@dataclass(frozen=True, slots=True, eq=False)
class MixedPosterior:
    """A Laplace posterior of a mixed logistic model.

    With regressors x of a row and its title j the logit is `x @ coefficients + effect[j]`. The
    precision of (coefficients, effects) has the blocks A, B, diag(d); `root` holds the covariance
    of the coefficients, `(A - B diag(1/d) B')^-1 = root @ root.T`.

    Attributes
    ----------
    coefficients : ndarray of float64, shape (q,)
    root : ndarray of float64, shape (q, q)
    title_ids : ndarray of int64, shape (r,), ascending
        The titles that feedback has spoken of.
    title_effects, title_precisions : ndarray of float64, shape (r,)
        Mean effect and d.
    title_couplings : ndarray of float64, shape (r, q)
        `B[:, j] / d[j]`.
    title_variance : float
        Prior variance of the effect of a title that was never rated.
    bounds : ndarray of float64, shape (len(BOUNDED), 2)
        What rows are clipped to.
    """

    family: ClassVar[str] = FAMILY

    coefficients: Floats
    root: Floats
    title_ids: Codes
    title_effects: Floats
    title_precisions: Floats
    title_couplings: Floats
    title_variance: float
    bounds: Floats = field(default_factory=unbounded)

    def moments(self, X: Floats) -> Moments:
        """Return the belief about each row's logit."""
        X = clip(X, self.bounds)
        context, title = context_basis(X), title_basis(X)
        mean = np.einsum("ni,ij,nj->n", context, folded(self.coefficients), title, optimize=True)
        regressors = design(X)
        rows, known = self._rated(X[:, schema.MEDIA_ID])
        mean[rows] += self.title_effects[known]
        regressors[rows] -= self.title_couplings[known]
        variance = np.square(regressors @ self.root).sum(axis=1)
        unrated = np.ones(len(X), dtype=bool)
        unrated[rows] = False
        variance[rows] += 1.0 / self.title_precisions[known]
        variance[unrated] += self.title_variance
        return Moments(mean, variance)

    def title_effect_of(self, X: Floats) -> Floats:
        """Return the mean effect of each row's title, shape (n,); 0 where it was never rated."""
        effects = np.zeros(len(X))
        rows, known = self._rated(X[:, schema.MEDIA_ID])
        effects[rows] = self.title_effects[known]
        return effects

    def to_arrays(self) -> Arrays:
        """Return everything that was learnt, under the names of the attributes."""
        return {
            "coefficients": self.coefficients,
            "root": self.root,
            "title_ids": self.title_ids,
            "title_effects": self.title_effects,
            "title_precisions": self.title_precisions,
            "title_couplings": self.title_couplings,
            "title_variance": np.array([self.title_variance]),
            "bounds": self.bounds,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "MixedPosterior":
        """Build a posterior from what `to_arrays` returned.

        Raises
        ------
        ArtefactDamaged
            Where an array is missing, has another shape or type, or holds impossible values.
        """
        q, r = len(layout().names), np.size(arrays.get("title_ids", ()))
        shapes = {
            "coefficients": (q,),
            "root": (q, q),
            "title_ids": (r,),
            "title_effects": (r,),
            "title_precisions": (r,),
            "title_couplings": (r, q),
            "title_variance": (1,),
            "bounds": (len(BOUNDED), 2),
        }
        for name, shape in shapes.items():
            expected = np.dtype(np.int64 if name == "title_ids" else np.float64)
            array = arrays.get(name)
            if array is None or array.shape != shape or array.dtype != expected:
                raise _damaged(f"{name} is missing or has another shape or type")
            if not np.isfinite(array).all():
                raise _damaged(f"{name} holds values that are not finite")
        if set(arrays) != set(shapes):
            raise _damaged(
                f"it holds arrays that do not belong: {sorted(set(arrays) - set(shapes))}"
            )
        if np.any(np.diff(arrays["title_ids"]) <= 0):
            raise _damaged("its titles are not in order")
        if np.any(arrays["title_precisions"] <= 0) or arrays["title_variance"][0] < 0:
            raise _damaged("a precision or variance is not positive")
        if np.any(arrays["bounds"][:, 0] > arrays["bounds"][:, 1]):
            raise _damaged("a lower bound lies above its upper bound")
        values = dict(arrays)
        return cls(title_variance=float(values.pop("title_variance")[0]), **values)

    def _rated(self, media_ids: Floats) -> tuple[Codes, Codes]:
        """Return the rows whose title was rated, and each one's position among the titles."""
        wanted = media_ids.astype(np.int64)
        at = np.searchsorted(self.title_ids, wanted)
        inside = at < len(self.title_ids)
        hit = np.zeros(len(wanted), dtype=bool)
        hit[inside] = self.title_ids[at[inside]] == wanted[inside]
        rows = np.flatnonzero(hit)
        return rows, at[rows]


def rules_posterior() -> MixedPosterior:
    """Return what is believed before any feedback: the rules, with their uncertainty."""
    shape = layout()
    q = len(shape.names)
    return MixedPosterior(
        coefficients=shape.prior_mean.copy(),
        root=np.diag(shape.deviation),
        title_ids=np.zeros(0, dtype=np.int64),
        title_effects=np.zeros(0),
        title_precisions=np.zeros(0),
        title_couplings=np.zeros((0, q)),
        title_variance=TITLE_DEVIATION**2,
    )


def _damaged(what: str) -> ArtefactDamaged:
    return ArtefactDamaged(
        f"The model cannot be used: {what}. Restore the file, or train again with: encore train"
    )
