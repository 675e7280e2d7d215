"""Synthetic households with a known truth: what every learner can be judged by.

A household's logit for a title in a context is a population taste (which the rules describe
roughly), its own deviations, an appeal of the title itself, and a hidden taste that no column
shows. None of Encore's models contains the truth.
"""

from dataclasses import dataclass

import numpy as np

from app.backend.domain.context import Context, every_context
from app.backend.domain.model import Predictor
from app.backend.domain.title import Title
from app.backend.features.basis import (
    CONTEXT_BASIS,
    GENRES,
    TITLE_BASIS,
    context_basis,
    rule_matrices,
    title_basis,
)
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, encode_titles, for_context, gather
from app.backend.features.genres import CANON

SHOWN = 3


@dataclass(frozen=True, slots=True)
class World:
    """One household: its titles, and P(positive) of each in each context.

    Attributes
    ----------
    titles : tuple of Title
    encoded : ndarray of float64, shape (titles, title columns)
    truth : ndarray of float64, shape (36, titles)
        The true probability that a title in a context would be rated 4 or more and watched again.
    appeal : ndarray of float64, shape (36, titles)
        What the household goes by when it picks from a slate.
    unseen : ndarray of int64
        Titles that are never shown to a learner.
    """

    titles: tuple[Title, ...]
    encoded: Floats
    truth: Floats
    appeal: Floats
    unseen: Codes


@dataclass(frozen=True, slots=True)
class Evenings:
    """Feedback of some evenings in time order; `context` numbers `every_context()`."""

    context: Codes
    title: Codes
    y: Codes


def make_world(
    seed: int, *, deviation: float = 0.5, rules_right: bool = True, titles: int = 400
) -> World:
    """Draw a household.

    Parameters
    ----------
    seed : int
    deviation : float
        How far the household's tastes lie from the population's, in logits.
    rules_right : bool
        Where false, moods and genres of the truth are permuted: the rules mislead.
    titles : int
        How many titles; 150 of 400 are never shown, and in that proportion otherwise.
    """
    rng = np.random.default_rng(seed)
    catalogue = _titles(rng, titles)
    encoded = encode_titles(catalogue)
    taste = _taste(rng, deviation, rules_right=rules_right)
    features = for_context(0, encoded)
    title = title_basis(features)
    own = rng.normal(0, 0.5, titles)
    hidden = rng.normal(0, 1, (titles, 4)) / 2
    by_mood = rng.normal(0, 0.5, (len(every_context()), 4))
    rows = np.stack([context_basis(_one(context))[0] for context in every_context()])
    logit = rows @ taste @ title.T + own + by_mood @ hidden.T - 1.6
    picked_by = logit + rng.normal(0, 0.5, logit.shape)
    unseen = rng.permutation(titles)[: titles * 3 // 8]
    return World(catalogue, encoded, 1 / (1 + np.exp(-logit)), picked_by, np.sort(unseen))


def live(world: World, evenings: int, seed: int) -> Evenings:
    """Let a household watch: slates of three by rules and chance, its own pick, its verdict."""
    rng = np.random.default_rng(seed)
    shown_to_all = np.setdiff1d(np.arange(len(world.titles)), world.unseen)
    weights = np.tensordot([1.0, 1.0, 0.6, 0.4], rule_matrices(), 1)
    title = title_basis(for_context(0, world.encoded))
    contexts = rng.integers(0, len(every_context()), evenings)
    picked = np.empty(evenings, dtype=np.int64)
    for evening, context in enumerate(contexts):
        rules = context_basis(_one(every_context()[context]))[0] @ weights @ title[shown_to_all].T
        chance = 0.6 * _softmax(rules / 0.5) + 0.4 / len(shown_to_all)
        slate = rng.choice(shown_to_all, SHOWN, replace=False, p=chance)
        picked[evening] = slate[np.argmax(world.appeal[context, slate])]
    y = (rng.random(evenings) < world.truth[contexts, picked]).astype(np.int64)
    return Evenings(contexts, picked, y)


def training_rows(world: World, evenings: Evenings) -> tuple[Floats, Codes]:
    """Return the X and y that the evenings leave behind."""
    codes = np.array([context.code for context in every_context()])
    return gather(codes[evenings.context], evenings.title, world.encoded), evenings.y


def training_set(world: World, evenings: Evenings) -> TrainingSet:
    """Return the evenings as what training reads: each one is a slate of its own."""
    codes = np.array([context.code for context in every_context()])
    number = np.arange(1, len(evenings.y) + 1)
    return TrainingSet(
        context_code=codes[evenings.context],
        title=evenings.title,
        encoded_titles=world.encoded,
        y=evenings.y,
        slate=number,
        member=np.zeros_like(number),
        feedback_id=number,
        rows_read=len(number),
        checks=(),
    )


def probabilities(world: World, predictor: Predictor) -> Floats:
    """Return what a predictor promises of each title in each context, shape (36, titles)."""
    return np.stack(
        [
            predictor.moments(for_context(context.code, world.encoded)).probability
            for context in every_context()
        ]
    )


def ndcg_at_5(world: World, scores: Floats, titles: Codes) -> float:
    """Mean over contexts of NDCG@5 with the true probability as gain.

    Parameters
    ----------
    scores : ndarray of float64, shape (36, titles)
    titles : ndarray of int64
        The titles that are ranked.
    """
    discount = 1 / np.log2(np.arange(2, 7))
    gains, true = scores[:, titles], world.truth[:, titles]
    top = np.argsort(-gains, axis=1, kind="stable")[:, :5]
    reached = np.take_along_axis(true, top, axis=1) @ discount
    best = -np.sort(-true, axis=1)[:, :5] @ discount
    return float(np.mean(reached / best))


def _titles(rng: np.random.Generator, count: int) -> tuple[Title, ...]:
    likely = 1 / (1 + np.arange(len(CANON)) / 4)
    made = []
    for number in range(count):
        size = int(rng.integers(1, 4))
        genres = rng.choice(len(CANON), size, replace=False, p=likely / likely.sum())
        series = bool(rng.random() < 0.25)
        film = float(np.clip(rng.normal(108, 20), 70, 200))
        minutes = rng.choice([22, 30, 45, 55]) if series else film
        made.append(
            Title(
                id=number + 1,
                title=f"Title {number + 1}",
                kind="series" if series else "movie",
                year=int(2024 - min(rng.exponential(18), 80.0)),
                minutes=float(round(float(minutes))),
                genres=tuple(CANON[genre] for genre in sorted(genres)),
                community_rating=round(float(np.clip(rng.normal(6.7, 0.9), 2, 9.5)), 1),
            )
        )
    return tuple(made)


def _taste(rng: np.random.Generator, deviation: float, *, rules_right: bool) -> Floats:
    """Return the household's taste as a matrix over the two bases."""
    rules = np.array(rule_matrices())
    if not rules_right:
        moods, genres = slice(1, 5), np.arange(GENRES.start, GENRES.stop)
        rules[0, moods] = rules[0, moods][rng.permutation(4)]
        rules[0][:, genres] = rules[0][:, rng.permutation(genres)]
    taste = np.tensordot([1.5, 1.2, 0.9, 0.5], rules, 1)
    said = np.abs(rules[:2].sum(axis=0)) > 0
    taste += said * rng.normal(0, 0.6, taste.shape)
    taste[0, GENRES] += rng.normal(0, deviation, GENRES.stop - GENRES.start)
    taste[1:8, GENRES] += rng.normal(0, deviation, (7, GENRES.stop - GENRES.start))
    taste[0, TITLE_BASIS.index("era")] += rng.normal(0, deviation / 2)
    taste[1 : len(CONTEXT_BASIS), 0] += rng.normal(0, 0.3, len(CONTEXT_BASIS) - 1)
    return np.asarray(taste)


def _one(context: Context) -> Floats:
    return for_context(context.code, np.zeros((1, len(encode_titles([Title(1, "")])[0]))))


def _softmax(values: Floats) -> Floats:
    weights = np.exp(values - values.max())
    return np.asarray(weights / weights.sum())
