"""Trials made by hand: promises of several models for evenings that nobody lived."""

from collections.abc import Mapping

import numpy as np

from app.backend.domain.context import CODE_COUNT
from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, RULES
from app.backend.features.encode import Codes, Floats, context_table
from app.backend.features.schema import CONTEXT_COLUMNS, FEATURE_COUNT
from app.backend.learning.evaluation import Trial, requests


def trial_of(y: Codes, codes: Codes, slate: Codes, p: Mapping[str, Floats]) -> Trial:
    """Return a trial; `codes` are the rows' contexts."""
    X = np.zeros((len(y), FEATURE_COUNT))
    X[:, : len(CONTEXT_COLUMNS)] = context_table()[codes]
    number = np.arange(len(y))
    return Trial(X=X, y=y, slate=slate, request=requests(X), feedback_id=number, p=p)


def skilful_trial(rows: int, seed: int, a_slate: int = 2) -> Trial:
    """Return a trial in which the challenger knows more than the rules, and these than chance.

    The champion answers for the later half alone. Some contexts are not understood.
    """
    rng = np.random.default_rng(seed)
    logit = rng.normal(0.0, 1.2, rows)
    y = (rng.random(rows) < _logistic(logit)).astype(np.int64)
    late = np.arange(rows) >= rows // 2
    p = {
        CHALLENGER: _logistic(logit + rng.normal(0.0, 0.3, rows)),
        CHAMPION: np.where(late, _logistic(0.9 * logit + rng.normal(0.0, 0.5, rows)), np.nan),
        RULES: np.round(_logistic(0.5 * logit + rng.normal(0.0, 0.5, rows)), 2),
        ADDITIVE: np.full(rows, 0.5),
    }
    return trial_of(y, rng.integers(0, CODE_COUNT, rows), np.arange(rows) // a_slate + 7, p)


def _logistic(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))
