"""A predictor in the manner of a scikit-learn classifier, without scikit-learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Moments, Predictor
from app.backend.features.basis import checked
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.posterior import MixedPosterior

TOP: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class ServingClassifier:
    """What serves: arrays that were opened from an artefact, and the config they came from."""

    predictor_: Predictor
    config: Mapping[str, object]

    @property
    def classes_(self) -> Codes:
        """The two classes, in the order of the columns of `predict_proba`."""
        return np.array([0, 1])

    def predict_proba(self, X: Floats) -> Floats:
        """Return P(negative), P(positive) for each row: float64 of shape (n, 2)."""
        return class_probabilities(self.predictor_, X)

    def predict(self, X: Floats) -> Codes:
        """Return the likelier class of each row."""
        return likelier_class(self.predict_proba(X))

    def config_record(self) -> Mapping[str, object]:
        """Return the hyperparameters as plain values, for the manifest."""
        return self.config


def moments_for(predictor: Predictor, X: Floats, present: tuple[int, ...] = ()) -> Moments:
    """Return the belief about each row of X for those present; only the mixed model knows members.

    Parameters
    ----------
    predictor : Predictor
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    present : tuple of int
        Ids of the members who watch. Empty: the household.

    Raises
    ------
    ArtefactDamaged
        Where the model's numbers give no probability.
    """
    # Numbers that were tampered with may overflow; what comes of it is judged below.
    with np.errstate(all="ignore"):
        if isinstance(predictor, MixedPosterior):
            found = predictor.moments(X, present)
        else:
            found = predictor.moments(X)
    return finite(found)


def finite(found: Moments) -> Moments:
    """Return a belief that gives probabilities, or refuse it.

    Raises
    ------
    ArtefactDamaged
        Where it has numbers that are none.
    """
    if not (np.isfinite(found.mean).all() and np.isfinite(found.variance).all()):
        raise ArtefactDamaged(
            "The model's numbers give no probability; go back to another version with: encore "
            "models rollback"
        )
    return found


def top_titles(
    predictor: Predictor, library: Floats, context: Context, most: int = TOP
) -> list[int]:
    """Return the rows of the library that a model ranks highest in a context, best first."""
    utility = predictor.moments(for_context(context.code, library)).utility
    return [int(row) for row in np.argsort(-utility, kind="stable")[:most]]


def class_probabilities(predictor: Predictor, X: Floats) -> Floats:
    """Return P(negative), P(positive) for each row of X: float64 of shape (n, 2).

    Raises
    ------
    ArtefactDamaged
        Where the model's numbers give no probability.
    """
    positive = moments_for(predictor, checked(X)).probability
    return np.column_stack([1.0 - positive, positive])


def likelier_class(probabilities: Floats) -> Codes:
    """Return the likelier of the two classes, for rows of P(negative), P(positive)."""
    return (probabilities[:, 1] >= 0.5).astype(np.int64)
