"""What a mood, company or session means to a household, read from the model as tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.title import Title
from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON, display_name
from app.backend.features.interactions import product
from app.backend.features.posterior import MixedPosterior
from app.backend.ranking.words import MOOD_WORDS

Numbers: TypeAlias = tuple[tuple[float, ...], ...]

EVERY_TITLE: Final = "any title"
FILM_MINUTES: Final = (60, 80, 100, 120, 150, 180)
EPISODE_MINUTES: Final = (22, 30, 45, 60)
# A genre is named in a sentence where its mean is at least so many logits, and beyond one
# standard deviation: the sign is right with about five chances in six.
LEAST_LOGITS: Final = 0.15
MOST_LIKED: Final = 3
MOST_AVOIDED: Final = 2


@dataclass(frozen=True, slots=True)
class TasteTable:
    """What words of an evening add to traits of titles, relative to the average over the words.

    Attributes
    ----------
    words : tuple of str
        A row for each.
    traits : tuple of str
        A column for each. `any title` is what a word adds to every title alike; a genre or a
        length has what the word adds to it beyond that.
    mean, deviation : tuple of tuple of float
        The posterior mean, in logits, and its standard deviation.
    """

    words: tuple[str, ...]
    traits: tuple[str, ...]
    mean: Numbers
    deviation: Numbers


def mood_table(predictor: MixedPosterior) -> TasteTable:
    """Return mood x genre."""
    return _genre_table(predictor, "mood", MOODS)


def company_table(predictor: MixedPosterior) -> TasteTable:
    """Return company x genre."""
    return _genre_table(predictor, "group", GROUP_SIZES)


def session_table(predictor: MixedPosterior) -> TasteTable:
    """Return session x minutes: a few lengths of films and of episodes."""
    lengths = [("movie", minutes) for minutes in FILM_MINUTES]
    lengths += [("series", minutes) for minutes in EPISODE_MINUTES]
    titles = [Title(0, "", kind=kind, minutes=minutes) for kind, minutes in lengths]
    traits = predictor.bases(for_context(0, encode_titles(titles)))[1]
    traits[:, 0] = 0.0
    names = [f"{'film' if kind == 'movie' else 'episode'} of {m} min" for kind, m in lengths]
    return _table(
        predictor,
        [f"session_{word}" for word in SESSION_LENGTHS],
        [EVERY_TITLE, *names],
        np.vstack([_units(traits.shape[1], ["any"]), traits]),
    )


def mood_sentences(table: TasteTable, *, learnt: bool) -> tuple[str, ...]:
    """Say for each mood which genres it calls for, and which it does not.

    Parameters
    ----------
    table : TasteTable
        Of moods and genres.
    learnt : bool
        Whether the household said so; the rules only expect it of any household.
    """
    return tuple(
        _sentence(table, row, MOOD_WORDS[mood], learnt=learnt)
        for row, mood in enumerate(table.words)
    )


def _genre_table(predictor: MixedPosterior, part: str, words: Sequence[str]) -> TasteTable:
    width = len(TITLE_BASIS) + predictor.side.extras[0]
    traits = _units(width, ["any", *(f"genre_{genre}" for genre in CANON)])
    return _table(predictor, [f"{part}_{word}" for word in words], [EVERY_TITLE, *CANON], traits)


def _table(
    predictor: MixedPosterior, words: Sequence[str], traits: Sequence[str], title: Floats
) -> TasteTable:
    """Return mean and deviation of `c @ W @ t`, which is linear in the coefficients."""
    said = np.zeros((len(words), len(CONTEXT_BASIS) + predictor.side.extras[1]))
    said[np.arange(len(words)), [CONTEXT_BASIS.index(word) for word in words]] = 1.0
    said -= said.mean(axis=0)
    shape = len(words), len(traits)
    regressors = product(np.repeat(said, len(traits), axis=0), np.tile(title, (len(words), 1)))
    mean = (regressors @ predictor.coefficients).reshape(shape)
    deviation = np.linalg.norm(regressors @ predictor.root, axis=1).reshape(shape)
    return TasteTable(
        words=tuple(word.partition("_")[2] for word in words),
        traits=tuple(traits),
        mean=tuple(map(tuple, mean.tolist())),
        deviation=tuple(map(tuple, deviation.tolist())),
    )


def _units(width: int, names: Sequence[str]) -> Floats:
    units = np.zeros((len(names), width))
    units[np.arange(len(names)), [TITLE_BASIS.index(name) for name in names]] = 1.0
    return units


def _sentence(table: TasteTable, row: int, mood: str, *, learnt: bool) -> str:
    clear = [
        (mean, display_name(genre))
        for genre, mean, deviation in zip(
            table.traits[1:], table.mean[row][1:], table.deviation[row][1:], strict=True
        )
        if abs(mean) >= max(LEAST_LOGITS, deviation)
    ]
    order = sorted(clear, key=lambda found: -abs(found[0]))
    liked = [name for mean, name in order if mean > 0][:MOST_LIKED]
    avoided = [name for mean, name in order if mean < 0][:MOST_AVOIDED]
    who = "this house likes" if learnt else "the rules call for"
    against = "avoids" if learnt else "advise against"
    if not liked and not avoided:
        return f"In {mood} no genre stands out yet."
    if not liked:
        subject = "this house" if learnt else "the rules"
        return f"In {mood} {subject} {against} {_and(avoided)}."
    tail = f", and {against} {_and(avoided)}" if avoided else ""
    return f"In {mood} {who} {_and(liked)}{tail}."


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
