"""Why a title is shown: its true largest contributions, compared with the other candidates."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from app.backend.domain.context import Context
from app.backend.domain.model import Predictor
from app.backend.domain.title import Title
from app.backend.features.encode import Floats
from app.backend.features.genres import display_name
from app.backend.features.posterior import MixedPosterior
from app.backend.ranking.contributions import (
    ANY,
    ERA,
    LENGTH,
    MEETS,
    RATING,
    TEXT,
    TITLE,
    Contribution,
    contributions,
    member_of,
)
from app.backend.ranking.words import COMPANY_WORDS, MOOD_WORDS

MOST: Final = 2
LEAST_LOGITS: Final = 0.05
_ROUNDING: Final = 1e-9
NOBODY: Final[Mapping[int, str]] = MappingProxyType({})


def reasons(
    predictor: Predictor,
    X: Floats,
    titles: Sequence[Title],
    context: Context,
    row: int,
    present: Mapping[int, str] = NOBODY,
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
    present : mapping of int to str
        The members who watch: ids and names.

    Returns
    -------
    tuple of str
        At most two sentences, the greater contribution first; at least one.
    """
    title = titles[row]
    if not isinstance(predictor, MixedPosterior):
        return (fallback(title),)
    parts = contributions(predictor, X, row, tuple(present))
    return sentences(parts, title, context, present)


def sentences(
    parts: Sequence[Contribution],
    title: Title,
    context: Context,
    present: Mapping[int, str] = NOBODY,
) -> tuple[str, ...]:
    """Say in sentences what the parts of a logit say for a title; at least one."""
    said = [_sentence(part.name, title, context, present) for part in spoken_for(parts)]
    return tuple(sentence for sentence in said if sentence) or (fallback(title),)


def spoken_for(parts: Sequence[Contribution]) -> list[Contribution]:
    """Return the greatest parts that speak for a candidate, the greater first, at most two."""
    # What speaks against a title, only less than against others, would make a false sentence.
    true = [part for part in parts if part.share > 0 and part.gain > LEAST_LOGITS + _ROUNDING]
    return sorted(true, key=lambda part: -part.gain)[:MOST]


def _sentence(name: str, title: Title, context: Context, present: Mapping[int, str]) -> str | None:
    """Say one part in words; `None` where the title has nothing of it."""
    member = member_of(name)
    if member is not None:
        return f"It suits {present.get(member) or 'one of you'}."
    if name == TITLE:
        return "You liked it before."
    word, _, trait = name.rpartition(MEETS)
    if trait.startswith("genre_"):
        return _genre_sentence(word or ANY, trait.removeprefix("genre_"), context)
    if trait == LENGTH:
        return _length_sentence(word, title, context)
    return _other_sentence(word, trait, title, context)


def _genre_sentence(word: str, genre: str, context: Context) -> str:
    name = display_name(genre)
    if word == "mood":
        return f"{name} suits {_mood(context)}."
    if word == "group":
        return f"{name} works well for {COMPANY_WORDS[context.group_size or 'solo']}."
    return f"You tend to enjoy {name}." if word == ANY else f"{name} suits {_session(context)}."


def _length_sentence(word: str, title: Title, context: Context) -> str:
    evening = _mood(context) if word == "mood" else _session(context)
    if title.minutes is None:
        return f"A series suits {evening}."
    length = f"{round(title.minutes)} minutes" + (" an episode" if title.kind == "series" else "")
    return f"{length} suits {evening}." if word else f"Its length, {length}, suits {evening}."


def _other_sentence(word: str, trait: str, title: Title, context: Context) -> str | None:
    if trait == TEXT:
        if word == "mood":
            return f"It is about things that suit {_mood(context)}."
        return "It is about things you tend to enjoy."
    if trait == RATING and title.community_rating is not None:
        return f"It is well rated: {title.community_rating:.1f} of 10."
    if trait == ERA and title.year is not None:
        return f"You tend to enjoy titles from around the {title.year // 10 * 10}s."
    return None


def _mood(context: Context) -> str:
    return MOOD_WORDS.get(context.mood or "", "this mood")


def _session(context: Context) -> str:
    return f"a {context.session_length} session" if context.session_length else "the evening"


def fallback(title: Title) -> str:
    """Say something true of a title where its model gives no reason."""
    names = " and ".join(display_name(genre) for genre in title.genres[:2])
    return f"A different choice: {names}." if names else "A different choice from your library."
