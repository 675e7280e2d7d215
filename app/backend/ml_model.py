"""The four functions that integrators know, on the path that Encore itself takes."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.backend.domain.clock import Clock, system_clock
from app.backend.domain.errors import InvalidInput
from app.backend.domain.model import Classifier
from app.backend.features import dataset
from app.backend.features.dataset import Prepared
from app.backend.features.household import Evidence
from app.backend.features.schema import FEATURE_NAMES
from app.backend.learning.classifier import DEFAULT, Config, ContextClassifier
from app.backend.registry import artefact, exports
from app.backend.store.training_rows import read_feedback

__all__ = ["FEATURE_NAMES", "load_model", "prepare_training_data", "save_model", "train_model"]

DEFAULT_FILEPATH: Final = "app/models/recommendation_model.pkl"


def prepare_training_data(
    db_session: Session, *, clock: Clock = system_clock
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join feedback, recommendations and media, and return X and y.

    Returns
    -------
    X : ndarray of float64, shape (n, len(FEATURE_NAMES))
        Rows in time order; duration in minutes; what is missing is 0.
    y : ndarray of int64, shape (n,)
        1 where the rating is at least 4 and the title would be watched again.

    Raises
    ------
    DatabaseUnreachable
        Where a promised table or column is missing.
    """
    training = prepare(db_session, clock=clock).training
    return training.X, training.y


def prepare(db_session: Session, *, clock: Clock = system_clock) -> Prepared:
    """Return X and y with slates and ids, all that was read, and why some of it is not used."""
    return dataset.prepare(read_feedback(db_session), latest_year=clock().year + 2)


def train_model(
    X: NDArray[np.float64] | Evidence,
    y: NDArray[np.int64] | None = None,
    *,
    config: Config = DEFAULT,
    seed: int = 0,
    sample_weight: NDArray[np.float64] | None = None,
) -> ContextClassifier | None:
    """Train a classifier; `None` where y has fewer than two classes.

    The same input and seed give the same model; today's families draw nothing. In the place of X
    and y stands all the evidence of a household, where there is more of it than they tell.

    Raises
    ------
    FeatureMismatch, InvalidInput
        Where X or y is not what a model can read.
    """
    del seed
    if isinstance(X, Evidence):
        return ContextClassifier(config).learn(X) if X.has_both_classes else None
    if y is None:
        raise InvalidInput("train_model takes X and y, or a household's evidence.")
    if len(np.unique(y)) < 2:
        return None
    return ContextClassifier(config).fit(X, y, sample_weight)


def save_model(
    model: Classifier,
    filepath: str | Path = DEFAULT_FILEPATH,
    *,
    facts: Mapping[str, object] | None = None,
) -> str:
    """Write a model and, beside it, its manifest; return the manifest's digest.

    The suffix says the format: `.safetensors` (what Encore serves), `.skops`, `.onnx`, `.pkl` or
    `.joblib`. `facts` are JSON values about the model's origin, for the manifest.

    Raises
    ------
    ArtefactForeign, ExtraMissing
        Where the suffix is none of these, or needs a package that is not installed.
    InvalidInput, StorageFull
        Where it is no model, or where there is no room, or no right, to write.
    """
    if not hasattr(model, "predictor_"):
        raise InvalidInput("That is no fitted model of Encore's; make one with train_model.")
    path = Path(filepath)
    write = artefact.write if path.suffix == ".safetensors" else exports.write
    return write(path, model, facts or {})


def load_model(
    filepath: str | Path = DEFAULT_FILEPATH, *, digest: str | None = None
) -> Classifier | None:
    """Open a model that `save_model` wrote; `None` only where there is no file.

    A pickle is opened only if `save_model` recorded its digest for this user. With `digest`, the
    manifest must hash to it.

    Raises
    ------
    ArtefactDamaged, ArtefactForeign, ArtefactTooNew, ArtefactUntrusted, ExtraMissing
        Where the file is not what it should be, or cannot be read here; no code of it has run.
    """
    path = Path(filepath)
    if not os.path.lexists(path):
        return None
    if path.suffix == ".safetensors":
        return artefact.read(path, digest).classifier
    return exports.read(path, digest)
