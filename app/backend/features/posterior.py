"""The mixed model as arrays: a normal belief about its coefficients and about each rated title."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from app.backend.domain.model import Arrays, Moments
from app.backend.features import schema
from app.backend.features.bounds import clip, unbounded
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import TITLE_DEVIATION, bases, folded, layout, product
from app.backend.features.posterior_arrays import check_arrays, shapes_of
from app.backend.features.side import Side, places

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
    side : Side
        What is known beside X.
    choice_strength : float
        What the choice from a slate was estimated to say, beside verdicts; 0 to 1.
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
    side: Side = field(default_factory=Side)
    choice_strength: float = 0.0

    def moments(self, X: Floats, present: tuple[int, ...] = ()) -> Moments:
        """Return the belief about each row's logit.

        Parameters
        ----------
        X : ndarray of float64, shape (n, FEATURE_COUNT)
        present : tuple of int
            Ids of the members who watch; their effects are averaged. Empty: the household.
        """
        context, title = self.bases(X, present)
        weights = folded(self.coefficients, *self.side.extras)
        mean = np.einsum("ni,ij,nj->n", context, weights, title, optimize=True)
        regressors = product(context, title)
        rows, known = self.rated(X[:, schema.MEDIA_ID])
        mean[rows] += self.title_effects[known]
        regressors[rows] -= self.title_couplings[known]
        variance = np.square(regressors @ self.root).sum(axis=1)
        unrated = np.ones(len(X), dtype=bool)
        unrated[rows] = False
        variance[rows] += 1.0 / self.title_precisions[known]
        variance[unrated] += self.title_variance
        return Moments(mean, variance)

    def bases(self, X: Floats, present: tuple[int, ...] = ()) -> tuple[Floats, Floats]:
        """Return the two bases of rows, with everything this model knows behind them."""
        X = clip(X, self.bounds)
        members = np.array([present], dtype=np.int64).reshape(1, -1)
        presence = np.repeat(self.side.presence(members), len(X), axis=0)
        return bases(X, self.side.text_of(X[:, schema.MEDIA_ID].astype(np.int64)), presence)

    def title_effect_of(self, X: Floats) -> Floats:
        """Return the mean effect of each row's title, shape (n,); 0 where it was never rated."""
        effects = np.zeros(len(X))
        rows, known = self.rated(X[:, schema.MEDIA_ID])
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
            "text_ids": self.side.text_ids,
            "text_vectors": self.side.text_vectors,
            "member_ids": self.side.member_ids,
            "choice_strength": np.array([self.choice_strength]),
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> "MixedPosterior":
        """Build a posterior from what `to_arrays` returned.

        Raises
        ------
        ArtefactDamaged
            Where an array is missing, has another shape or type, or holds impossible values.
        """
        check_arrays(arrays, shapes_of(arrays))
        values: dict[str, Any] = dict(arrays)
        side = Side(*(values.pop(name) for name in ("text_ids", "text_vectors", "member_ids")))
        for name in ("title_variance", "choice_strength"):
            values[name] = float(values[name][0])
        return cls(side=side, **values)

    def rated(self, media_ids: Floats) -> tuple[Codes, Codes]:
        """Return the rows whose title was rated, and each one's position among the titles."""
        return places(self.title_ids, media_ids.astype(np.int64))


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
