"""Synthetic households with a known truth: what every learner can be judged by.

A household's logit for a title in a context is a population's taste (which the rules describe
roughly), its own deviations, an appeal of the title itself, tastes that only keywords show (also by
mood), what a mood means in one company only, and a curve over eras. None of Encore's models
contains the truth. About a third of the logit's variance is of title and context together.
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
from app.backend.features.choices import Choices
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, encode_titles, for_context, gather
from app.backend.features.genres import CANON

SHOWN = 3
TOPICS = 8
KEYWORDS = 240
MEAN_LOGIT = -1.45
# About how many in a hundred films carry a genre; what is not named here, one.
_SHARE_OF_TITLES = {
    "drama": 45, "comedy": 35, "thriller": 27, "action": 25, "romance": 20, "adventure": 18,
    "crime": 16, "scifi": 12, "horror": 12, "family": 12, "fantasy": 10, "mystery": 8,
    "animation": 7, "history": 5, "music": 4, "war": 4, "documentary": 3, "western": 2,
}  # fmt: skip


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
    keywords : tuple of tuple of str
        What each title's keywords are.
    """

    titles: tuple[Title, ...]
    encoded: Floats
    truth: Floats
    appeal: Floats
    unseen: Codes
    keywords: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Evenings:
    """Feedback of some evenings in time order; `context` numbers `every_context()`.

    `slates` holds the titles that were shown, int64 of shape (n, SHOWN); `title` is the one of
    them that was watched.
    """

    context: Codes
    title: Codes
    y: Codes
    slates: Codes


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
    title = title_basis(for_context(0, encoded))
    topics, keywords = _keywords(rng, title)
    said = np.stack([context_basis(_one(context))[0] for context in every_context()])
    logit = said @ taste @ title.T
    logit += _hidden(rng, said, topics, deviation)
    logit += _triples(rng, said, title, deviation)
    logit += 0.25 * rng.normal() * np.cos(title[:, TITLE_BASIS.index("era")] * 1.5 + rng.normal())
    logit += rng.normal(0, 0.45, titles)
    logit += MEAN_LOGIT - logit.mean()
    picked_by = logit + rng.normal(0, 0.5, logit.shape)
    unseen = rng.permutation(titles)[: titles * 3 // 8]
    truth = 1 / (1 + np.exp(-logit))
    return World(catalogue, encoded, truth, picked_by, np.sort(unseen), keywords)


def live(world: World, evenings: int, seed: int, choosing: float = 1.0) -> Evenings:
    """Let a household watch: slates of three by rules and chance, its own pick, its verdict.

    `choosing` is the share of evenings on which the pick follows taste; on others it is chance.
    """
    rng = np.random.default_rng(seed)
    shown_to_all = np.setdiff1d(np.arange(len(world.titles)), world.unseen)
    weights = np.tensordot([1.0, 1.0, 0.6, 0.4], rule_matrices(), 1)
    title = title_basis(for_context(0, world.encoded))
    contexts = rng.integers(0, len(every_context()), evenings)
    slates = np.empty((evenings, SHOWN), dtype=np.int64)
    picked = np.empty(evenings, dtype=np.int64)
    for evening, context in enumerate(contexts):
        rules = context_basis(_one(every_context()[context]))[0] @ weights @ title[shown_to_all].T
        chance = 0.6 * _softmax(rules / 0.5) + 0.4 / len(shown_to_all)
        slate = rng.choice(shown_to_all, SHOWN, replace=False, p=chance)
        follows = rng.random() < choosing
        best = slate[np.argmax(world.appeal[context, slate])]
        picked[evening] = best if follows else rng.choice(slate)
        slates[evening] = slate
    y = (rng.random(evenings) < world.truth[contexts, picked]).astype(np.int64)
    return Evenings(contexts, picked, y, slates)


def training_rows(world: World, evenings: Evenings) -> tuple[Floats, Codes]:
    """Return the X and y that the evenings leave behind."""
    codes = np.array([context.code for context in every_context()])
    return gather(codes[evenings.context], evenings.title, world.encoded), evenings.y


def training_set(world: World, evenings: Evenings) -> TrainingSet:
    """Return the evenings as what training reads."""
    codes = np.array([context.code for context in every_context()])
    return each_a_slate(codes[evenings.context], evenings.title, world.encoded, evenings.y)


def each_a_slate(context_code: Codes, title: Codes, encoded: Floats, y: Codes) -> TrainingSet:
    """Return verdicts of a household as what training reads: each is on a slate of its own."""
    number = np.arange(1, len(y) + 1)
    return TrainingSet(
        context_code=context_code,
        title=title,
        encoded_titles=encoded,
        y=y,
        slate=number,
        member=np.zeros_like(number),
        feedback_id=number,
        rows_read=len(number),
        checks=(),
    )


def choices(evenings: Evenings) -> Choices:
    """Return what was shown and what of it was picked, by the slates of `training_set`."""
    count = len(evenings.y)
    codes = np.array([context.code for context in every_context()])[evenings.context]
    return Choices(
        slate=np.repeat(np.arange(1, count + 1), SHOWN),
        context_code=np.repeat(codes, SHOWN),
        title=evenings.slates.ravel(),
        is_chosen=(evenings.slates == evenings.title[:, None]).ravel(),
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
    likely = np.array([_SHARE_OF_TITLES.get(genre, 1) for genre in CANON], dtype=np.float64)
    made = []
    for number in range(count):
        size = int(rng.integers(1, 5))
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
        shuffled = rng.permutation(4), rng.permutation(np.arange(GENRES.start, GENRES.stop))
        rules[0, 1:5] = rules[0, 1:5][shuffled[0]]
        rules[:2, :, GENRES] = rules[:2][:, :, shuffled[1]]
    taste = np.tensordot([1.1, 0.85, 0.7, 0.8], rules, 1)
    moods, companies, genres = slice(1, 5), slice(5, 8), slice(GENRES.start, GENRES.stop)
    count = GENRES.stop - GENRES.start
    # The rules correlate by about 0.77 with what the population likes.
    for words, spread, own in ((moods, 0.36, 0.8), (companies, 0.2, 0.5)):
        size = (words.stop - words.start, count)
        taste[words, genres] += rng.normal(0, spread, size)
        taste[words, genres] += rng.normal(0, 0.8 * own * deviation, size)
    taste[0, genres] += rng.normal(0, 0.15 + 0.7 * deviation, count)
    taste[0, TITLE_BASIS.index("era")] += rng.normal(0, deviation / 2)
    taste[8:11, TITLE_BASIS.index("length")] += rng.normal(0, deviation / 3, 3)
    taste[1 : len(CONTEXT_BASIS), 0] += rng.normal(0, 0.3, len(CONTEXT_BASIS) - 1)
    return np.asarray(taste)


def _keywords(
    rng: np.random.Generator, title: Floats
) -> tuple[Floats, tuple[tuple[str, ...], ...]]:
    """Draw what titles are about: shape (titles, TOPICS), and keywords that show it."""
    by_genre = rng.normal(0, 0.7, (GENRES.stop - GENRES.start, TOPICS))
    about = title[:, GENRES] @ by_genre + rng.normal(0, 1, (len(title), TOPICS))
    about /= np.linalg.norm(about, axis=1, keepdims=True) / np.sqrt(TOPICS)
    words = rng.normal(0, 1, (KEYWORDS, TOPICS))
    fit = np.exp(about @ words.T / np.sqrt(TOPICS) * 1.6)
    drawn = [
        rng.choice(KEYWORDS, int(rng.integers(5, 13)), replace=False, p=row / row.sum())
        for row in fit
    ]
    return about, tuple(tuple(f"keyword {word}" for word in sorted(row)) for row in drawn)


def _hidden(rng: np.random.Generator, said: Floats, topics: Floats, deviation: float) -> Floats:
    """Return tastes that only keywords show, some of them by mood: shape (36, titles)."""
    always = rng.normal(0, 0.5 * deviation / np.sqrt(TOPICS / 2), TOPICS)
    by_mood = rng.normal(0, 0.3 * deviation / np.sqrt(TOPICS / 2), (4, TOPICS))
    return np.asarray(2.0 * (always + said[:, 1:5] @ by_mood) @ topics.T)


def _triples(rng: np.random.Generator, said: Floats, title: Floats, deviation: float) -> Floats:
    """Return what a mood means in one company only: shape (36, titles)."""
    both = (said[:, 1:5, None] * said[:, None, 5:8]).reshape(len(said), -1)
    size = (both.shape[1], GENRES.stop - GENRES.start)
    return np.asarray(both @ rng.normal(0, 0.3 * deviation, size) @ title[:, GENRES].T)


def _one(context: Context) -> Floats:
    return for_context(context.code, np.zeros((1, len(encode_titles([Title(1, "")])[0]))))


def _softmax(values: Floats) -> Floats:
    weights = np.exp(values - values.max())
    return np.asarray(weights / weights.sum())
