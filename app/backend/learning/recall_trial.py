"""How well a recipe orders titles that were rated elsewhere, before there are evenings to ask.

Such ratings know no context and no propensity, so that nothing is said of a model's probabilities:
only whether it ranks titles as whoever rated them did, better than the rules and better than luck.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Final

import numpy as np
from scipy.stats import norm

from app.backend.domain.randomness import generator
from app.backend.domain.runs import LEAST_PAIRS
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
    chance_taste : float
        That it orders more than half of them rightly.
    """

    ratings: int
    pairs: int
    ours: float
    rules: float
    chance_better: float
    chance_taste: float


def hold_recall_trial(evidence: Evidence, config: Config, seed: int) -> RecallTrial | None:
    """Let a recipe and the rules order titles whose ratings they have not seen.

    Titles are dealt into folds; verdicts, choices and the ratings of other titles are learnt from.

    Returns
    -------
    RecallTrial or None
        `None` where there are fewer than `LEAST_RATINGS`, or pairs of two that differ are too few.
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
    """Pairs within one fold and group, and the variances of our share and of the difference."""

    pairs: int
    ours: float
    rules: float
    variance: float
    variance_of_difference: float


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
    variances = (_variance(ours), _variance(ours - rules))
    return _Ordered(ours.size, float(ours.mean()), float(rules.mean()), *variances)


def _variance(placed: Floats) -> float:
    """Return the variance of a mean over pairs (DeLong et al., Biometrics 1988)."""
    positive = float(np.var(placed.mean(axis=1), ddof=1)) / len(placed)
    return positive + float(np.var(placed.mean(axis=0), ddof=1)) / len(placed.T)


def _together(parts: list[_Ordered], ratings: int) -> RecallTrial | None:
    pairs = np.array([part.pairs for part in parts], dtype=np.float64)
    if pairs.sum() < LEAST_PAIRS:
        return None
    share = pairs / pairs.sum()
    ours = float(share @ [part.ours for part in parts])
    rules = float(share @ [part.rules for part in parts])
    variance = float(share**2 @ [part.variance for part in parts])
    of_difference = float(share**2 @ [part.variance_of_difference for part in parts])
    return RecallTrial(
        ratings=ratings,
        pairs=int(pairs.sum()),
        ours=ours,
        rules=rules,
        chance_better=_chance(ours - rules, of_difference),
        chance_taste=_chance(ours - 0.5, variance),
    )


def _chance(above: float, variance: float) -> float:
    """Return the chance that what was measured to be so far above 0 is above it."""
    return float(norm.cdf(above / sqrt(variance)) if variance else 0.5 + 0.5 * np.sign(above))
