"""Artefacts of every format number load for ever, and predict what they did."""

from pathlib import Path

import numpy as np
import pytest

from app.backend.ml_model import load_model
from app.backend.registry.artefact import FORMAT_NUMBER

GOLDEN = Path(__file__).parents[1] / "golden"
ARTEFACTS = sorted(GOLDEN.glob("*.safetensors"))


@pytest.mark.parametrize("path", ARTEFACTS, ids=lambda path: path.stem)
def test_an_old_artefact_predicts_what_it_did(path: Path) -> None:
    """Rows of X and the probabilities of their day lie beside each artefact."""
    model = load_model(path)
    assert model is not None
    told = np.loadtxt(path.with_suffix(".csv"), delimiter=",")
    assert np.abs(model.predict_proba(told[:, :-1])[:, 1] - told[:, -1]).max() < 1e-12


def test_every_format_has_its_golden_artefacts() -> None:
    """Each number up to today's has one of each family."""
    expected = {
        f"format{number}_{family}"
        for number in range(1, FORMAT_NUMBER + 1)
        for family in ("additive", "glmix")
    }
    assert {path.stem for path in ARTEFACTS} == expected
