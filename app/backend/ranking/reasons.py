"""Why a title is shown: its true largest contributions, compared with the other candidates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.model import Predictor
from app.backend.domain.title import Title
from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS, context_basis, title_basis
from app.backend.features.encode import Floats
from app.backend.features.genres import CANON, display_name
from app.backend.features.interactions import folded
from app.backend.features.posterior import MixedPosterior

MOST: Final = 2
LEAST_LOGITS: Final = 0.05

_MOOD: Final = {
    "funny": "a funny mood",
    "action": "a mood for action",
    "dramatic": "a dramatic mood",
    "relaxing": "a relaxing mood",
}
_COMPANY: Final = {"solo": "an evening alone", "couple": "an evening for two", "group": "a group"}
_LENGTHS: Final = ("series", "length", "length_squared", "fit_short", "fit_medium", "fit_binge")
_ERAS: Final = ("era", "era_squared")


@dataclass(frozen=True, slots=True)
class _Part:
    """A share of the logit: which context words and title traits it sums over."""

    word: str
    trait: str
    contexts: tuple[int, ...]
    titles: tuple[int, ...]


def reasons(
    predictor: Predictor, X: Floats, titles: Sequence[Title], context: Context, row: int
) -> tuple[str, ...]:
    """Say in sentences what speaks for one candidate, and more than for the average one.

    Parameters
    ----------
    predictor : Predictor
    X : ndarray of float64, shape (n, FEATURE_COUNT)
        All candidates in one context.
    titles : sequence of Title, length n
    context : Context
    row : int
        The candidate in question.

    Returns
    -------
    tuple of str
        At most two sentences, the greater contribution first; at least one.
    """
    title = titles[row]
    if not isinstance(predictor, MixedPosterior):
        return (_fallback(title),)
    shares, effects = _shares(predictor, X, row), predictor.title_effect_of(X)
    spoken = {"You liked it before.": np.array([effects[row], effects[row] - effects.mean()])}
    for part in _parts():
        sentence = _sentence(part, title, context)
        if sentence:
            share = shares[:, list(part.contexts)][:, :, list(part.titles)].sum(axis=(1, 2))
            spoken[sentence] = spoken.get(sentence, 0.0) + share
    # What speaks against a title, only less than against others, would make a false sentence.
    true = [said for said, (own, gain) in spoken.items() if own > 0 and gain > LEAST_LOGITS]
    best = sorted(true, key=lambda said: -spoken[said][1])[:MOST]
    return tuple(best) or (_fallback(title),)


def _shares(predictor: MixedPosterior, X: Floats, row: int) -> Floats:
    """Return each product's share of the logit, and that less its mean over all rows of X."""
    weights, title = folded(predictor.coefficients), title_basis(X)
    weighted = context_basis(X[:1])[0][:, None] * weights
    return np.stack([weighted * title[row], weighted * (title[row] - title.mean(axis=0))])


def _parts() -> list[_Part]:
    contexts: dict[str, tuple[int, ...]] = {
        "any": (0,),
        **{
            part: tuple(i for i, name in enumerate(CONTEXT_BASIS) if name.startswith(f"{part}_"))
            for part in ("mood", "group", "session")
        },
    }
    traits: dict[str, tuple[int, ...]] = {
        f"genre_{genre}": (TITLE_BASIS.index(f"genre_{genre}"),) for genre in CANON
    }
    traits["length"] = tuple(TITLE_BASIS.index(name) for name in _LENGTHS)
    traits["era"] = tuple(TITLE_BASIS.index(name) for name in _ERAS)
    traits["rating"] = (TITLE_BASIS.index("rating"),)
    return [
        _Part(word, trait, rows, columns)
        for word, rows in contexts.items()
        for trait, columns in traits.items()
    ]


def _sentence(part: _Part, title: Title, context: Context) -> str | None:
    """Say one part in words; `None` where the title has nothing of it."""
    if part.trait.startswith("genre_"):
        genre = part.trait.removeprefix("genre_")
        return _genre_sentence(part.word, genre, context) if genre in title.genres else None
    if part.trait == "length" and title.minutes is not None:
        return _length_sentence(part.word, title, context)
    if part.trait == "rating" and title.community_rating is not None:
        return f"It is well rated: {title.community_rating:.1f} of 10."
    if part.trait == "era" and title.year is not None:
        decade = title.year // 10 * 10
        return f"You tend to enjoy titles from around the {decade}s."
    return None


def _genre_sentence(word: str, genre: str, context: Context) -> str | None:
    name = display_name(genre)
    if word == "mood":
        return f"{name} suits {_mood(context)}."
    if word == "group":
        return f"{name} works well for {_COMPANY[context.group_size or 'solo']}."
    return f"You tend to enjoy {name}." if word == "any" else None


def _length_sentence(word: str, title: Title, context: Context) -> str:
    minutes = round(title.minutes or 0)
    length = f"{minutes} minutes" + (" an episode" if title.kind == "series" else "")
    if word == "mood":
        return f"{length} suits {_mood(context)}."
    session = f"a {context.session_length} session" if context.session_length else "the evening"
    return f"Its length, {length}, suits {session}."


def _mood(context: Context) -> str:
    return _MOOD.get(context.mood or "", "this mood")


def _fallback(title: Title) -> str:
    names = " and ".join(display_name(genre) for genre in title.genres[:2])
    return f"A different choice: {names}." if names else "A different choice from your library."
