"""How well a recipe orders titles that were rated elsewhere, before there are evenings to ask.

Such ratings know no context and no propensity, so that nothing is said of a model's probabilities:
only whether it ranks titles as whoever rated them did, and more surely so than the rules.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np
from scipy.stats import norm

from app.backend.domain.randomness import generator
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats
from app.backend.features.household import Evidence
from app.backend.features.posterior import rules_posterior
from app.backend.learning.cells import EVERY_CONTEXT
from app.backend.learning.classifier import Config, ContextClassifier

FOLDS: Final = 5
LEAST_RATINGS: Final = 30
# More would cost time, and settle nothing that these do not.
MOST_RATINGS: Final = 5_000


@dataclass(frozen=True, slots=True)
class RecallTrial:
    """How titles that were rated elsewhere are ordered by models that had not seen the ratings.

    Attributes
    ----------
    ratings : int
    pairs : int
        Of a title that was liked and one that was not, by the same member in the same place.
    ours, rules : float
        The share of the pairs that the recipe, and the rules, order rightly; ties count half.
    chance_better : float
        That the recipe orders more of them rightly than the rules, in the long run.
    """

    ratings: int
    pairs: int
    ours: float
    rules: float
    chance_better: float


def hold_recall_trial(evidence: Evidence, config: Config, seed: int) -> RecallTrial | None:
    """Let a recipe and the rules order titles whose ratings they have not seen.

    Titles are dealt into folds; verdicts, choices and the ratings of other titles are learnt from.

    Returns
    -------
    RecallTrial or None
        `None` where there are fewer than `LEAST_RATINGS`, or no two that differ.
    """
    recalled, rng = evidence.recalled, generator(seed)
    if len(recalled.y) < LEAST_RATINGS:
        return None
    tested = np.sort(rng.permutation(len(recalled.y))[:MOST_RATINGS])
    titles, number = np.unique(recalled.title, return_inverse=True)
    fold_of = (rng.permutation(len(titles)) % FOLDS)[number]
    parts = list[_Ordered]()
    for fold in range(FOLDS):
        held = tested[fold_of[tested] == fold]
        known = replace(evidence, recalled=recalled.part(fold_of != fold))
        learnt = ContextClassifier(config).learn(known).predictor_
        X = _rows(evidence.training.encoded_titles[recalled.title[held]])
        ours, rules = (
            predictor.moments(X).probability for predictor in (learnt, rules_posterior())
        )
        parts += _by_group(ours, rules, recalled.y[held], recalled.group[held])
    return _together(parts, len(tested))


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Pairs within one fold and group, and the variance of the difference of the two shares."""

    pairs: int
    ours: float
    rules: float
    variance: float


def _rows(titles: Floats) -> Floats:
    X = np.empty((len(titles), schema.FEATURE_COUNT))
    X[:, : len(EVERY_CONTEXT)] = EVERY_CONTEXT
    X[:, len(EVERY_CONTEXT) :] = titles
    return X


def _by_group(ours: Floats, rules: Floats, y: Codes, group: Codes) -> list[_Ordered]:
    found = []
    for one in np.unique(group):
        rows = group == one
        positive, negative = rows & (y == 1), rows & (y == 0)
        # Of a single one nobody knows how far chance moves it.
        if min(positive.sum(), negative.sum()) > 1:
            right = [_placed(p[positive], p[negative]) for p in (ours, rules)]
            found.append(_ordered(*right))
    return found


def _placed(positive: Floats, negative: Floats) -> Floats:
    """Return for each pair whether it is in order, shape (positives, negatives); ties are half."""
    return np.asarray(0.5 * (np.sign(positive[:, None] - negative[None, :]) + 1.0))


def _ordered(ours: Floats, rules: Floats) -> _Ordered:
    """Return the shares, and the variance of their difference (DeLong et al., Biometrics 1988)."""
    difference = ours - rules
    variance = sum(
        float(np.var(difference.mean(axis=axis), ddof=1)) / difference.shape[1 - axis]
        for axis in (0, 1)
    )
    return _Ordered(difference.size, float(ours.mean()), float(rules.mean()), variance)


def _together(parts: list[_Ordered], ratings: int) -> RecallTrial | None:
    pairs = np.array([part.pairs for part in parts], dtype=np.float64)
    if not len(pairs):
        return None
    share = pairs / pairs.sum()
    ours = float(share @ [part.ours for part in parts])
    rules = float(share @ [part.rules for part in parts])
    error = sqrt(float(share**2 @ [part.variance for part in parts]))
    chance = norm.cdf((ours - rules) / error) if error else 0.5 + 0.5 * np.sign(ours - rules)
    return RecallTrial(ratings, int(pairs.sum()), ours, rules, float(chance))
