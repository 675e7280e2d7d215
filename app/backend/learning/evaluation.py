"""How a recipe would have done: trained on what came before, judged on what came after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from app.backend.domain.model import Predictor
from app.backend.domain.randomness import generator
from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, RULES
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats
from app.backend.features.household import Evidence
from app.backend.features.posterior import rules_posterior
from app.backend.learning.additive import AdditiveConfig
from app.backend.learning.classifier import BASELINE, Config, ContextClassifier
from app.backend.learning.metrics import Metrics, log_losses, measure
from app.backend.learning.recall_trial import RecallTrial, hold_recall_trial
from app.backend.learning.splits import Block, refuse_leakage, rolling_blocks

RESAMPLES: Final = 2_000
LEAST_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class Champion:
    """The model that serves, and the latest feedback it was trained on."""

    predictor: Predictor
    trained_until: int


@dataclass(frozen=True, slots=True)
class Trial:
    """Predictions of several models for the same rows, none of which they had been trained on.

    Attributes
    ----------
    y, slate, request, feedback_id : ndarray of int64, shape (n,)
        Of the tested rows, in time order; rows of one context are one request.
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    p : mapping of str to ndarray of float64, shape (n,)
        P(positive) by model; NaN where the champion had seen the row.
    recall : RecallTrial or None
        How titles that were rated elsewhere are ordered, where there are too few tested rows.
    """

    X: Floats
    y: Codes
    slate: Codes
    request: Codes
    feedback_id: Codes
    p: Mapping[str, Floats]
    recall: RecallTrial | None = None

    @property
    def is_short(self) -> bool:
        """Whether there are too few tested rows to judge a recipe by them."""
        return len(self.y) < LEAST_ROWS

    def metrics(self) -> dict[str, Metrics]:
        """Measure every model on the rows that it answered."""
        measured = {}
        for name, p in self.p.items():
            known = np.isfinite(p)
            if known.any():
                measured[name] = measure(p[known], self.y[known], self.request[known])
        return measured


def hold_trial(
    evidence: Evidence, config: Config, champion: Champion | None, seed: int = 0
) -> Trial:
    """Let a recipe, the rules, the baseline and the champion answer for later rows.

    The recipe and the baseline are trained anew for each block, on the rows before it and the
    choices from their slates. Where there are too few rows, ratings from elsewhere are asked about.

    Parameters
    ----------
    evidence : Evidence
    config : Config
    champion : Champion or None
    seed : int
        Deals those ratings into folds.
    """
    training = evidence.training
    blocks = rolling_blocks(training.slate)
    for block in blocks:
        refuse_leakage(training.slate, (block.train, block.test))
    at = np.concatenate([block.test for block in blocks] or [np.zeros(0, np.int64)])
    tested = training.part(at)
    X = tested.X
    p = {
        CHALLENGER: _rolling(evidence, blocks, config),
        RULES: rules_posterior().moments(X).probability,
        ADDITIVE: _rolling(evidence, blocks, BASELINE),
    }
    if champion is not None:
        answers = champion.predictor.moments(X).probability
        seen = tested.feedback_id <= champion.trained_until
        p[CHAMPION] = np.where(seen, np.nan, answers)
    trial = Trial(
        X=X,
        y=tested.y,
        slate=tested.slate,
        request=requests(X),
        feedback_id=tested.feedback_id,
        p=p,
    )
    if not trial.is_short:
        return trial
    return replace(trial, recall=hold_recall_trial(evidence, config, seed))


def probability_no_worse(trial: Trial, rival: str, margin: float, seed: int) -> float | None:
    """Return the chance that the challenger's log loss is at most the rival's plus a margin.

    A paired bootstrap over slates, on the rows that both answered.

    Returns
    -------
    float or None
        `None` where there is no such row.
    """
    known = np.isfinite(trial.p[rival])
    if not known.any():
        return None
    y = trial.y[known]
    difference = log_losses(trial.p[CHALLENGER][known], y) - log_losses(trial.p[rival][known], y)
    _, number = np.unique(trial.slate[known], return_inverse=True)
    total, rows = np.bincount(number, difference), np.bincount(number)
    rng, slates = generator(seed), len(rows)
    # One resample at a time: all at once would take gigabytes for a host's slates.
    draws = (rng.integers(0, slates, slates) for _ in range(RESAMPLES))
    return float(np.mean([total[draw].sum() / rows[draw].sum() <= margin for draw in draws]))


def requests(X: Floats) -> Codes:
    """Number the contexts of rows of X: rows of one context are ranked against each other."""
    said = X[:, : len(schema.CONTEXT_COLUMNS)]
    return np.asarray(said @ 2.0 ** np.arange(said.shape[1]), dtype=np.int64)


def _rolling(evidence: Evidence, blocks: list[Block], config: Config) -> Floats:
    """Return a recipe's predictions for the tested rows, shape (tested,)."""
    parts = [_answers(evidence, block, config) for block in blocks]
    return np.concatenate(parts or [np.zeros(0)])


def _answers(evidence: Evidence, block: Block, config: Config) -> Floats:
    before, after = evidence.part(block.train), evidence.training.part(block.test)
    y = before.training.y
    if isinstance(config, AdditiveConfig) and len(np.unique(y)) < 2:
        rate = (y.sum() + 1.0) / (len(y) + 2.0)
        return np.full(len(block.test), rate)
    return ContextClassifier(config).learn(before).predict_proba(after.X)[:, 1]
