"""The default family: a Bayesian mixed logistic model with the rules as its prior mean.

`logit p = trust . rules(context, title) + (context x title) . w + effect(title)`, each coefficient
normal around the prior, one variance a group. Newton to the mode, Laplace around it, variances by
EM against a prior that keeps small groups where they were. What was passed over counts too: which
title of a slate was taken is a conditional logit of the same logits, at an estimated strength. So
do ratings from elsewhere, at a part of a verdict's weight, in every context a little.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.linalg import cho_solve, solve_triangular

from app.backend.domain.errors import InvalidInput
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats
from app.backend.features.household import Evidence
from app.backend.features.interactions import GROUPS, TITLE_DEVIATION, bases, layout
from app.backend.features.posterior import MixedPosterior
from app.backend.features.rules import SUBSCORES
from app.backend.features.side import Side
from app.backend.learning.cells import (
    NO_RATINGS,
    Cells,
    Shown,
    Weighed,
    nothing_shown,
    of_matrix,
    of_training,
)
from app.backend.learning.choice import strength_of_choices
from app.backend.learning.curvature import Problem, surprise
from app.backend.learning.newton import Limits, Mode, Prior, climb, settled
from app.backend.learning.offsets import marginal, offsets

# Each member with effects of their own adds a context basis of their own to every title's.
MOST_MEMBERS: Final = 12
TITLE: Final = "title"
TRUST: Final = "trust"
LEAVABLE: Final = (*(name for name, *_ in GROUPS), TITLE, TRUST)
# What a variance is multiplied by so that nothing is learnt. Much less, and rounding in what is
# left of a slope would keep the climb from its end.
_NEXT_TO_NOTHING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class GlmixConfig:
    """Hyperparameters of the mixed model.

    Attributes
    ----------
    evidence_rounds : int
        Rounds of EM on the variances; 0 keeps the prior deviations.
    evidence_strength : float
        How many imagined coefficients hold each group's variance where the prior put it.
    newton_steps : int
        The most steps to the mode.
    tolerance : float
        The largest gradient, in logits, that counts as the mode.
    most_choice_strength : float
        What choices may weigh at most, beside verdicts; 0 learns from verdicts alone.
    selection : float
        How much of what makes a pick surprising its verdict keeps; a title that is picked although
        little spoke for it has an appeal that no column shows.
    least_member_rows : int
        From how many verdicts of their own members get effects of their own.
    recalled_weight : float
        How much a rating from elsewhere counts beside a verdict; 0 leaves them out.
    without : str
        Groups whose weights stay at the rules: names of `GROUPS`, "title" or "trust", with commas
        between. It is there to measure what each of them brings.
    """

    evidence_rounds: int = 3
    evidence_strength: float = 5.0
    newton_steps: int = 50
    tolerance: float = 1e-8
    most_choice_strength: float = 1.0
    least_member_rows: int = 50
    recalled_weight: float = 0.25
    selection: float = 0.25
    without: str = ""

    def __post_init__(self) -> None:
        """Refuse a configuration that cannot be fitted."""
        if self.evidence_rounds < 0 or self.newton_steps < 1 or self.least_member_rows < 1:
            raise InvalidInput(
                "evidence_rounds is at least 0; newton_steps and least_member_rows at least 1."
            )
        numbers = (self.evidence_strength, self.tolerance)
        if not all(math.isfinite(number) and number > 0 for number in numbers):
            raise InvalidInput("evidence_strength and tolerance are positive numbers.")
        shares = (self.most_choice_strength, self.recalled_weight, 0.5 * self.selection)
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise InvalidInput(
                "most_choice_strength and recalled_weight are between 0 and 1, selection between "
                "0 and 2."
            )
        unknown = self.left_out - set(LEAVABLE)
        if unknown:
            raise InvalidInput(f"There is no group {', '.join(sorted(unknown))} to leave out.")

    @property
    def left_out(self) -> frozenset[str]:
        """The names that `without` holds."""
        return frozenset(self.without.split(",")) if self.without else frozenset()


def fit(X: Floats, y: Codes, config: GlmixConfig, weight: Floats | None = None) -> MixedPosterior:
    """Fit the mixed model to verdicts alone; any number of rows and balance of classes will do.

    Parameters
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    y : ndarray of int, shape (n,)
        0 and 1.
    config : GlmixConfig
    weight : ndarray of float64, shape (n,), optional
        How often each row counts.
    """
    return fit_cells(of_matrix(X, y, weight, None), nothing_shown(), Side(), config)


def fit_evidence(evidence: Evidence, config: GlmixConfig) -> MixedPosterior:
    """Fit the mixed model to verdicts, choices, ratings from elsewhere, and titles' words."""
    training, recalled = evidence.training, evidence.recalled
    vocal = _vocal(training.member, config.least_member_rows)
    member: Codes = np.broadcast_to(np.int64(0), training.member.shape)
    if len(vocal):
        member = np.where(np.isin(training.member, vocal), training.member, 0)
    side = Side(evidence.texts.ids, evidence.texts.vectors, vocal)
    weighed = NO_RATINGS
    if config.recalled_weight > 0.0 and len(recalled.y):
        theirs = np.where(np.isin(recalled.member, vocal), recalled.member, 0)
        weighed = Weighed(replace(recalled, member=theirs), config.recalled_weight)
    cells, shown = of_training(training, evidence.choices, member, weighed)
    return fit_cells(cells, shown, side, config)


def _vocal(member: Codes, least_rows: int) -> Codes:
    """Return the members who said enough for effects of their own, ascending."""
    member_ids, rows = np.unique(member[member > 0], return_counts=True)
    enough = rows >= least_rows
    most = np.argsort(-rows[enough], kind="stable")[:MOST_MEMBERS]
    return np.sort(member_ids[enough][most])


def fit_cells(cells: Cells, shown: Shown, side: Side, config: GlmixConfig) -> MixedPosterior:
    """Fit the mixed model to counts.

    Parameters
    ----------
    cells : Cells
    shown : Shown
        Impressions of slates with a choice, by positions among the cells.
    side : Side
        What is known beside X: what titles are about, and whose effects are learnt.
    config : GlmixConfig
    """
    everything = _problem(cells, shown, side)
    has_ratings = bool((cells.group >= 0).any())
    problem = _heard_here(everything, cells.group) if has_ratings else everything
    prior = _prior(problem, *_variances(problem, config))
    limits = Limits(config.newton_steps, config.tolerance)
    mode = climb(problem, prior, 0.0, limits)
    gamma = strength_of_choices(problem, mode.logit, config.most_choice_strength)
    if gamma > 0.0:
        expected = config.selection * gamma
        problem = replace(problem, selection=expected * surprise(problem, mode.logit, gamma))
        mode = climb(problem, prior, gamma, limits, mode)
    # In a large problem the data hold the coefficients, and a round costs as much as a climb.
    rounds = min(config.evidence_rounds, 1) if problem.is_large else config.evidence_rounds
    for _ in range(rounds):
        prior = _evidence(problem, mode, config)
        mode = climb(problem, prior, gamma, limits, mode)
    if has_ratings:
        # How far taste varies is learnt from evenings alone: ratings leave too much unsaid.
        placed = problem.selection + offsets(everything, mode.logit, cells.group)
        problem = replace(everything, selection=placed)
        mode = climb(problem, prior, gamma, limits, mode)
    mode = settled(problem, prior, gamma, mode)
    if has_ratings:
        mode = marginal(problem, mode, cells.group)
    return _posterior(problem, mode, prior, cells, side, gamma)


def _problem(cells: Cells, shown: Shown, side: Side) -> Problem:
    X = np.zeros((len(cells.titles), schema.FEATURE_COUNT))
    X[:, len(schema.CONTEXT_COLUMNS) :] = cells.titles
    said = np.zeros((len(cells.said), schema.FEATURE_COUNT))
    said[:, : len(schema.CONTEXT_COLUMNS)] = cells.said
    ids = X[:, schema.MEDIA_ID].astype(np.int64)
    title_ids, effect_of = np.unique(ids, return_inverse=True)
    return Problem(
        context=bases(said, None, side.presence(cells.member[:, None]))[0],
        title=bases(X, side.text_of(ids), None)[1],
        count=cells.count,
        positives=cells.positives,
        title_ids=title_ids,
        effect_of=effect_of,
        shown=shown,
        selection=np.broadcast_to(0.0, cells.count.shape),
    )


def _heard_here(problem: Problem, group: Codes) -> Problem:
    """Return a problem without ratings from elsewhere."""
    here = (group < 0)[:, None]
    return replace(problem, count=problem.count * here, positives=problem.positives * here)


def _variances(problem: Problem, config: GlmixConfig) -> tuple[Floats, float]:
    """Return the prior variance of each coefficient, and of a title's effect."""
    shape = layout(*problem.extras)
    left_out = np.array([name in config.left_out for name, *_ in GROUPS])
    kept_still = np.concatenate(
        [np.full(len(SUBSCORES), TRUST in config.left_out), left_out[shape.group]]
    )
    of_title = TITLE_DEVIATION**2 * (_NEXT_TO_NOTHING if TITLE in config.left_out else 1.0)
    return shape.deviation**2 * np.where(kept_still, _NEXT_TO_NOTHING, 1.0), of_title


def _prior(problem: Problem, variance: Floats, title_variance: float) -> Prior:
    return Prior(layout(*problem.extras).prior_mean, 1.0 / variance, 1.0 / title_variance)


def _posterior(
    problem: Problem, mode: Mode, prior: Prior, cells: Cells, side: Side, gamma: float
) -> MixedPosterior:
    identity = np.eye(len(mode.w))
    return MixedPosterior(
        coefficients=mode.w,
        root=solve_triangular(mode.solver.factor, identity, lower=True, trans="T"),
        title_ids=problem.title_ids,
        title_effects=mode.u,
        title_precisions=mode.solver.title_precision,
        title_couplings=mode.solver.coupling.divided(mode.solver.titles),
        title_variance=1.0 / prior.title_precision,
        bounds=cells.bounds,
        side=side,
        choice_strength=gamma,
    )


def _evidence(problem: Problem, mode: Mode, config: GlmixConfig) -> Prior:
    """One round of EM: each group's variance from its coefficients' expected squares.

    The M-step of a scaled-inverse-chi-square prior with `evidence_strength` degrees of freedom
    at the group's prior deviation (Gelman et al., Bayesian Data Analysis, section 2.6 and 15.5).
    """
    shape, trust_count, strength = layout(*problem.extras), len(SUBSCORES), config.evidence_strength
    covariance = cho_solve((mode.solver.factor, True), np.eye(len(mode.w)))
    square = (mode.w - shape.prior_mean) ** 2 + np.diag(covariance)
    variance, of_title = _variances(problem, config)
    for number in range(len(GROUPS)):
        members = trust_count + np.flatnonzero(shape.group == number)
        if len(members):
            total = float(square[members].sum())
            variance[members] = _updated(total, len(members), variance[members[0]], strength)
    # Where rows are many, coefficients are known too well for their doubt to widen an effect.
    spread = 0.0 if problem.is_large else float(np.vdot(covariance, mode.solver.spread()))
    total = float((mode.u**2 + 1.0 / mode.solver.title_precision).sum()) + spread
    return _prior(problem, variance, _updated(total, len(mode.u), of_title, strength))


def _updated(squares: float, count: int, prior_variance: float, strength: float) -> float:
    return (strength * prior_variance + squares) / (strength + count)
