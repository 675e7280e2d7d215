"""What answers otherwise than the model is not written: neither off by a little, nor in order."""

import numpy as np
import pytest

from app.backend.domain.errors import ExportUnfaithful
from app.backend.features.encode import Floats
from app.backend.features.posterior import rules_posterior
from app.backend.features.serving import ServingClassifier
from app.backend.registry.parity import ROWS, generated_rows, insist_on_parity

MODEL = ServingClassifier(rules_posterior(), {})


def test_a_faithful_answer_passes() -> None:
    """The model itself, and one that is off by less than is allowed."""
    insist_on_parity("itself", MODEL.predict_proba, MODEL, 0.0)
    insist_on_parity("rounded", lambda X: MODEL.predict_proba(X).round(10), MODEL, 1e-9)


def test_single_precision_is_too_coarse_for_arrays_and_fine_for_onnx() -> None:
    """A bound of 1e-9 tells them apart, one of 1e-5 does not."""

    def single(X: Floats) -> Floats:
        return MODEL.predict_proba(X).astype(np.float32).astype(np.float64)

    with pytest.raises(ExportUnfaithful, match="would be off by up to"):
        insist_on_parity("single", single, MODEL, 1e-9)
    insist_on_parity("single", single, MODEL, 1e-5)


def test_one_row_in_a_thousand_is_enough_to_refuse() -> None:
    """However right the others are; an answer that is no number too."""
    for wrong in (0.5, np.nan):

        def answer(X: Floats, wrong: float = wrong) -> Floats:
            told = MODEL.predict_proba(X)
            told[len(X) // 2] = wrong
            return told

        with pytest.raises(ExportUnfaithful):
            insist_on_parity("wrong", answer, MODEL, 1e-5)


def test_another_order_at_the_top_is_refused() -> None:
    """Probabilities that are near enough may still rank other titles highest."""

    def swapped(X: Floats) -> Floats:
        told = MODEL.predict_proba(X)
        best, second = np.argsort(-told[:, 1], kind="stable")[[0, 5]]
        if len(X) < ROWS:
            told[[best, second]] = told[[second, best]]
        return told

    with pytest.raises(ExportUnfaithful, match="rank other titles"):
        insist_on_parity("swapped", swapped, MODEL, 1e-5)


def test_generated_rows_are_the_same_every_time() -> None:
    """They vary in every column that a model reads."""
    rows = generated_rows(MODEL, ROWS)
    assert np.array_equal(rows, generated_rows(MODEL, ROWS))
    assert (rows.std(axis=0) > 0).all()
