"""Whether a challenger may serve: named questions, each with its answer in a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.context import MOODS, Context
from app.backend.domain.model import Predictor
from app.backend.domain.runs import CHALLENGER, CHAMPION, LEAST_PAIRS, RULES
from app.backend.features.encode import Floats
from app.backend.features.schema import CONTEXT_COLUMNS
from app.backend.features.serving import TOP, top_titles
from app.backend.learning.evaluation import LEAST_ROWS, Trial, probability_no_worse
from app.backend.learning.metrics import log_losses, ordered_pairs
from app.backend.learning.recall_trial import RecallTrial

LEAST_PROBABILITY: Final = 0.9
# Of ratings that are noise some let a recipe look better than rules that do worse than luck.
LEAST_TASTE_PROBABILITY: Final = 0.99
PAIR_MARGIN: Final = 0.1
MOST_CALIBRATION_ERROR: Final = 0.25
LEAST_SLICE_ROWS: Final = 15
SLICE_MARGIN_NATS: Final = 0.3
NO_WORSE: Final = "Is it no worse than"
RECALLS: Final = "Does it order titles that were rated elsewhere better than the rules?"
TASTE: Final = "Do ratings from elsewhere tell of taste?"


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of the gate: whether it is passed, and what was found."""

    question: str
    passed: bool
    finding: str


def judge(trial: Trial, predictor: Predictor, library: Floats, seed: int) -> list[Answer]:
    """Ask every question of a challenger.

    Parameters
    ----------
    trial : Trial
        Predictions for rows that nothing was trained on.
    predictor : Predictor
        The challenger, trained on everything.
    library : ndarray of float64, shape (titles, title columns)
        What it would rank.
    seed : int
        Of the bootstrap.
    """
    if trial.is_short and trial.recall is not None:
        return [_recalls(trial.recall), _tastes(trial.recall), _responds(predictor, library)]
    if trial.is_short:
        finding = (
            f"There are {len(trial.y)} later feedbacks to test it on, and it takes {LEAST_ROWS}."
        )
        return [Answer("Is there enough feedback to judge it?", False, finding)]
    answers = [_no_worse(trial, RULES, "the rules", seed)]
    if CHAMPION in trial.p and np.isfinite(trial.p[CHAMPION]).sum() >= LEAST_ROWS:
        answers.append(_no_worse(trial, CHAMPION, "the serving model", seed))
    answers += [_orders(trial), _calibrated(trial), _whole(trial), _responds(predictor, library)]
    return answers


def margin_nats(rows: int) -> float:
    """Return how much worse a log loss may be, in nats, and still count as no worse.

    Few rows cannot settle a small difference, and the challenger started from the rules
    (docs/decisions/0006-gate-margin.md).
    """
    return 0.05 if rows < 200 else 0.02


def verdict(answers: Sequence[Answer]) -> tuple[bool, str]:
    """Return whether all questions are passed, and the reason in one sentence or two."""
    failed = [answer for answer in answers if not answer.passed]
    told = failed or [one for one in answers if one.question.startswith((NO_WORSE, RECALLS))]
    return not failed, " ".join(answer.finding for answer in told)


def _no_worse(trial: Trial, rival: str, name: str, seed: int) -> Answer:
    known = np.isfinite(trial.p[rival])
    y = trial.y[known]
    ours = log_losses(trial.p[CHALLENGER][known], y).mean()
    theirs = log_losses(trial.p[rival][known], y).mean()
    chance = probability_no_worse(trial, rival, margin_nats(len(y)), seed) or 0.0
    passed = chance >= LEAST_PROBABILITY
    verb = "did better than" if ours < theirs else "did no better than"
    finding = (
        f"On {len(y)} later feedbacks it {verb} {name} (log loss {ours:.3f} against "
        f"{theirs:.3f}); the chance that it is no worse is {chance:.0%}"
        + ("." if passed else f", and it takes {LEAST_PROBABILITY:.0%}.")
    )
    return Answer(f"{NO_WORSE} {name}?", passed, finding)


def _recalls(recall: RecallTrial) -> Answer:
    """Ask, before there are evenings enough, about ratings from elsewhere that were held back."""
    passed = recall.chance_better >= LEAST_PROBABILITY
    finding = (
        f"There are too few evenings to judge it by. Of {recall.pairs} pairs of titles rated "
        f"elsewhere it orders {recall.ours:.0%} rightly, the rules {recall.rules:.0%}; the chance "
        f"that it does better is {_at_least(recall.chance_better)}"
        + ("." if passed else f", and it takes {LEAST_PROBABILITY:.0%}.")
    )
    return Answer(RECALLS, passed, finding)


def _tastes(recall: RecallTrial) -> Answer:
    """Ask whether anything can be foretold of such ratings; of noise nothing can."""
    passed = recall.chance_taste >= LEAST_TASTE_PROBABILITY
    finding = (
        "The chance that it orders titles rated elsewhere better than luck would is "
        f"{_at_least(recall.chance_taste)}"
        + ("." if passed else f", and it takes {LEAST_TASTE_PROBABILITY:.0%}.")
    )
    return Answer(TASTE, passed, finding)


def _at_least(chance: float) -> str:
    """Write a chance, never rounded up: what falls short of a limit reads so."""
    return f"{int(100 * chance)}%"


def _orders(trial: Trial) -> Answer:
    """Ask whether titles of one context stand in the right order as often as by the rules."""
    question = "Does it order titles within a context as well as the rules?"
    ours, pairs = ordered_pairs(trial.p[CHALLENGER], trial.y, trial.request)
    theirs, _ = ordered_pairs(trial.p[RULES], trial.y, trial.request)
    if pairs < LEAST_PAIRS:
        return Answer(question, True, f"Only {pairs} pairs of titles share a context: too few.")
    finding = (
        f"It orders {ours / pairs:.0%} of {pairs} pairs rightly, the rules {theirs / pairs:.0%}."
    )
    return Answer(question, ours >= theirs - PAIR_MARGIN * pairs, finding)


def _calibrated(trial: Trial) -> Answer:
    """Ask whether its promises hold, allowing for what chance does to few rows."""
    error = trial.metrics()[CHALLENGER].calibration_error
    allowed = MOST_CALIBRATION_ERROR + 0.5 / np.sqrt(len(trial.y))
    finding = f"Its promises are off by {error:.2f} on average; {allowed:.2f} is allowed."
    return Answer("Do its probabilities hold?", bool(error <= allowed), finding)


def _whole(trial: Trial) -> Answer:
    """Ask whether any mood or company is served much worse than by the rules."""
    losses = log_losses(trial.p[CHALLENGER], trial.y) - log_losses(trial.p[RULES], trial.y)
    for name, column in _slices():
        rows = trial.X[:, column] == 1.0
        if rows.sum() >= LEAST_SLICE_ROWS and losses[rows].mean() > SLICE_MARGIN_NATS:
            finding = f"It is worse than the rules by {losses[rows].mean():.2f} nats for {name}."
            return Answer("Does it hold for every mood and company?", False, finding)
    return Answer("Does it hold for every mood and company?", True, "No mood or company collapses.")


def _slices() -> list[tuple[str, int]]:
    named = [(name.replace("_", " "), at) for at, name in enumerate(CONTEXT_COLUMNS)]
    return [(name, at) for name, at in named if not name.startswith("session")]


def _responds(predictor: Predictor, library: Floats) -> Answer:
    question = "Does the mood change its top ten?"
    if len(library) <= TOP:
        return Answer(question, True, "The library is too small for the mood to matter.")
    tops = [
        frozenset(top_titles(predictor, library, Context(mood, "couple", "medium")))
        for mood in MOODS
    ]
    different = len(set(tops))
    finding = f"The four moods have {different} different top tens."
    return Answer(question, different == len(MOODS), finding)
