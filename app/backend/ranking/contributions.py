"""A candidate's logit taken apart into parts that can be said, beside the average candidate's."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS
from app.backend.features.encode import Codes, Floats
from app.backend.features.interactions import folded
from app.backend.features.posterior import MixedPosterior

ANY: Final = "any"
EVENING: Final = "evening"
TITLE: Final = "title"
TEXT: Final = "text"
LENGTH: Final = "length"
ERA: Final = "era"
RATING: Final = "rating"
# Between a word of the evening and a trait of the title.
MEETS: Final = " x "
_MEMBER: Final = "member_"

_TRAITS: Final = {
    "any": EVENING,
    **dict.fromkeys(("series", "length", "length_squared"), LENGTH),
    **dict.fromkeys(("fit_short", "fit_medium", "fit_binge"), LENGTH),
    **dict.fromkeys(("era", "era_squared"), ERA),
}


@dataclass(frozen=True, slots=True)
class Contribution:
    """A part of a logit.

    Attributes
    ----------
    name : str
        `evening` (what no title changes), `title` (its own effect), `member_7`, a trait (`length`,
        `era`, `rating`, `text`, `genre_comedy`), or a trait that meets a word of the evening
        (`mood x genre_comedy`, `mood x length`).
    share : float
        What the part adds to the candidate's logit.
    gain : float
        That less what it adds to the average candidate's.
    """

    name: str
    share: float
    gain: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A candidate and the average one, as a mixed model sees them.

    Attributes
    ----------
    context : ndarray of float64, shape (C,)
        The context basis, members behind it.
    title, average : ndarray of float64, shape (T,)
        The title basis, text behind it: the candidate's, and the mean over all candidates.
    effect, average_effect : float
        The title's own effect, likewise.
    """

    context: Floats
    title: Floats
    average: Floats
    effect: float
    average_effect: float


def contributions(
    predictor: MixedPosterior, X: Floats, row: int, present: tuple[int, ...] = ()
) -> list[Contribution]:
    """Take one candidate's logit apart.

    Parameters
    ----------
    predictor : MixedPosterior
    X : ndarray of float64, shape (n, FEATURE_COUNT)
        All candidates, in one context.
    row : int
        The candidate in question.
    present : tuple of int
        Ids of the members who watch.
    """
    context, title = predictor.bases(X, present)
    effects = predictor.title_effect_of(X)
    means = title.mean(axis=0), float(effects.mean())
    seen = Seen(context[row], title[row], means[0], float(effects[row]), means[1])
    return taken_apart(predictor, seen)


def taken_apart(predictor: MixedPosterior, seen: Seen) -> list[Contribution]:
    """Take a candidate's logit apart.

    Returns
    -------
    list of Contribution
        The shares add up to the logit, the gains to the logit less the average candidate's.
    """
    weights = folded(predictor.coefficients, *predictor.side.extras)
    names, part = _parts(predictor.side.extras[0], tuple(predictor.side.member_ids.tolist()))
    own, average = (
        np.bincount(part, (weights * np.outer(seen.context, title)).ravel(), len(names))
        for title in (seen.title, seen.average)
    )
    found = [
        Contribution(name, float(share), float(share - usual))
        for name, share, usual in zip(names, own, average, strict=True)
    ]
    return [Contribution(TITLE, seen.effect, seen.effect - seen.average_effect), *found]


def member_of(name: str) -> int | None:
    """Return whose part it is; `None` where it is the household's."""
    return int(name.removeprefix(_MEMBER)) if name.startswith(_MEMBER) else None


@cache
def _parts(text: int, members: tuple[int, ...]) -> tuple[tuple[str, ...], Codes]:
    """Return the names of all parts, and which one each product of the two bases belongs to."""
    words = [name.partition("_")[0] for name in CONTEXT_BASIS]
    traits = [_TRAITS.get(name, name) for name in TITLE_BASIS] + [TEXT] * text
    named = [[_part(word, trait) for trait in traits] for word in words]
    named += [[f"{_MEMBER}{member}"] * len(traits) for member in members]
    flat = [name for line in named for name in line]
    names = tuple(dict.fromkeys(flat))
    at = {name: number for number, name in enumerate(names)}
    return names, np.array([at[name] for name in flat], dtype=np.int64)


def _part(word: str, trait: str) -> str:
    """Name the part of a word of the evening and a trait; what one sentence says is one part."""
    if word == ANY or trait in {EVENING, ERA, RATING}:
        return trait
    if trait in {LENGTH, TEXT} and word != "mood":
        return trait
    return f"{word}{MEETS}{trait}"
