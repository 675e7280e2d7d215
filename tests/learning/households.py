"""Small households as problems of the mixed model, and the same written down without any trick."""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from app.backend.features import schema
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import bases, layout, product
from app.backend.features.side import Side
from app.backend.learning.cells import of_training
from app.backend.learning.curvature import Problem
from app.backend.learning.newton import Prior
from tests.worlds import World, choices, live, make_world, training_set

TITLES = 16
MEMBERS = np.array([2, 5])


@dataclass(frozen=True)
class Make:
    """What a small household is like.

    `text` is how many columns say what titles are about; `shared` whether two rows of the library
    are of one title; `picks` how many titles are taken from every slate.
    """

    evenings: int = 30
    seed: int = 1
    text: int = 2
    members: bool = True
    choosing: float = 1.0
    picks: int = 1
    shared: bool = False


@cache
def world() -> World:
    """Return the household that all problems are of."""
    return make_world(41, titles=TITLES)


@cache
def problem(make: Make = Make()) -> Problem:  # frozen
    """Return a problem with choices, text, members and a selection that is not zero."""
    rng = np.random.default_rng(make.seed)
    evenings = live(world(), make.evenings, make.seed, make.choosing)
    known = world().encoded.copy()
    if make.shared:
        known[evenings.title[0], -1] = known[np.setdiff1d(evenings.title, evenings.title[0])[0], -1]
    training = replace(training_set(world(), evenings), encoded_titles=known)
    vocal = MEMBERS if make.members else MEMBERS[:0]
    member = rng.choice(np.append(vocal, 0), make.evenings)
    made = choices(evenings)
    if make.picks > 1:
        also = np.arange(len(made.slate)) % 3 < make.picks - 1
        made = replace(made, is_chosen=made.is_chosen | also)
    cells, shown = of_training(training, made, member)
    side = Side(np.unique(known[:, -1]).astype(np.int64), np.zeros((0, 0)), vocal)
    side = replace(side, text_vectors=rng.normal(size=(len(side.text_ids), make.text)))
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
        selection=rng.uniform(0.0, 0.6, cells.count.shape),
    )


def without_choices(household: Problem) -> Problem:
    """Return a problem in which nothing was shown."""
    none: Codes = np.zeros(0, dtype=np.int64)
    shown = replace(household.shown, context=none, title=none, slate=none, is_chosen=np.zeros(0))
    return replace(household, shown=shown)


def prior_of(household: Problem, title_variance: float = 0.5) -> Prior:
    """Return the prior that the layout names."""
    shape = layout(*household.extras)
    return Prior(shape.prior_mean, shape.deviation**-2.0, 1.0 / title_variance)


@dataclass(frozen=True)
class Dense:
    """The textbook form: one row of regressors a cell, titles as columns, slate by slate."""

    household: Problem
    gamma: float
    prior: Prior

    @cached_property
    def design(self) -> Floats:
        """Return the regressors of every cell, context by context: shape (cells, q + r)."""
        household = self.household
        contexts, titles = household.count.shape
        context = np.repeat(household.context, titles, axis=0)
        title = np.tile(household.title, (contexts, 1))
        own = np.eye(len(household.title_ids))[household.effect_of]
        return np.hstack([product(context, title), np.tile(own, (contexts, 1))])

    @property
    def precision(self) -> Floats:
        """Return the prior precision of everything, shape (q + r,)."""
        r = len(self.household.title_ids)
        return np.append(self.prior.precision, np.full(r, self.prior.title_precision))

    @property
    def centre(self) -> Floats:
        """Return the prior mean of everything, shape (q + r,)."""
        return np.append(self.prior.mean, np.zeros(len(self.household.title_ids)))

    @cached_property
    def slates(self) -> list[tuple[Codes, Codes]]:
        """Each slate's cells, and those that were taken from it."""
        shown = self.household.shown
        cell = shown.context * self.household.count.shape[1] + shown.title
        parts = [shown.slate == number for number in np.unique(shown.slate)]
        return [(cell[rows], cell[rows & (shown.is_chosen > 0)]) for rows in parts]

    def likelihood(self, at: Floats) -> float:
        """Return the log-likelihood, verdict by verdict and pick by pick."""
        household, logit = self.household, self.design @ at
        judged = logit + household.selection.ravel()
        total = household.positives.ravel() @ judged
        total -= household.count.ravel() @ np.logaddexp(0.0, judged)
        for slate, taken in self.slates:
            among = np.logaddexp.reduce(self.gamma * logit[slate])
            total += (self.gamma * logit[taken] - among).sum() if self.gamma else 0.0
        return float(total)

    def derivatives(self, at: Floats) -> tuple[Floats, Floats]:
        """Return the log posterior's gradient and its negative second derivatives."""
        household, Z = self.household, self.design
        logit = Z @ at
        p = 1.0 / (1.0 + np.exp(-logit - household.selection.ravel()))
        count = household.count.ravel()
        gradient = Z.T @ (household.positives.ravel() - count * p)
        hessian = (Z.T * (count * p * (1.0 - p))) @ Z
        for slate, taken in self.slates:
            share = np.exp(self.gamma * logit[slate])
            share /= share.sum()
            mean = share @ Z[slate]
            gradient += self.gamma * (Z[taken] - mean).sum(axis=0)
            away = Z[slate] - mean
            hessian += self.gamma**2 * len(taken) * (away.T * share) @ away
        gradient -= self.precision * (at - self.centre)
        return gradient, hessian + np.diag(self.precision)

    def height(self, at: Floats) -> float:
        """Return the log posterior, up to a constant."""
        away = self.precision @ np.square(at - self.centre)
        return self.likelihood(at) - 0.5 * float(away)
