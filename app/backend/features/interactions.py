"""Which products of context and title basis a mixed model may use, and how far each may wander."""

from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.features.basis import (
    CONTEXT_BASIS,
    TITLE_BASIS,
    context_basis,
    rule_matrices,
    title_basis,
)
from app.backend.features.encode import Floats
from app.backend.features.genres import CANON
from app.backend.features.rules import SUBSCORES, default_rules

Positions: TypeAlias = NDArray[np.int64]

_ANY = ("any",)
_MOODS = tuple(f"mood_{word}" for word in MOODS)
_GROUPS = tuple(f"group_{word}" for word in GROUP_SIZES)
_SESSIONS = tuple(f"session_{word}" for word in SESSION_LENGTHS)
_GENRES = tuple(f"genre_{genre}" for genre in CANON)
# Stand for as many columns as there are text dimensions, and members with effects of their own.
_TEXT = ("text",)
_MEMBERS = ("member",)

# A group's deviation is how far one of its coefficients is expected to lie from the rules, in
# logits, before any feedback.
GROUPS: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...], float], ...]] = (
    ("intercept", _ANY, _ANY, 2.0),
    ("mood", _MOODS, _ANY, 0.32),
    ("company", _GROUPS, _ANY, 0.2),
    ("session", _SESSIONS, _ANY, 0.2),
    ("genre", _ANY, _GENRES, 0.8),
    ("mood_genre", _MOODS, _GENRES, 0.5),
    ("company_genre", _GROUPS, _GENRES, 0.35),
    ("length", _ANY, ("length", "length_squared", "series"), 0.15),
    ("session_length", _SESSIONS, ("length", "length_squared", "series"), 0.15),
    ("era", _ANY, ("era", "era_squared"), 0.15),
    ("mood_other", _MOODS, ("length", "era", "rating", "series"), 0.1),
    ("text", _ANY, _TEXT, 0.3),
    ("mood_text", _MOODS, _TEXT, 0.15),
    ("member", _MEMBERS, _ANY, 0.2),
    ("member_genre", _MEMBERS, _GENRES, 0.24),
    ("member_other", _MEMBERS, ("length", "era", "rating", "series"), 0.15),
    ("member_text", _MEMBERS, _TEXT, 0.15),
)
TRUST_DEVIATIONS: Final = (0.6, 0.6, 0.4, 0.5)
TITLE_DEVIATION: Final = 0.75


@dataclass(frozen=True, slots=True)
class Layout:
    """The coefficients of a mixed model, trust first: shape (q,) each.

    `shape` is that of the two bases; `context_at` and `title_at` are positions in them, for the
    crosses, after the trust coefficients; `group` numbers the group of each cross; `prior_mean` and
    `deviation` cover all.
    """

    names: tuple[str, ...]
    shape: tuple[int, int]
    context_at: Positions
    title_at: Positions
    group: Positions
    prior_mean: Floats
    deviation: Floats


@cache
def layout(text: int = 0, members: int = 0) -> Layout:
    """Return the layout that follows from `GROUPS` and the rules.

    Parameters
    ----------
    text : int
        How many columns of text follow the title basis.
    members : int
        How many members follow the context basis.
    """
    contexts = CONTEXT_BASIS + _several("member", members)
    titles = TITLE_BASIS + _several("text", text)
    crosses = [
        (number, context, title, deviation)
        for number, (_, words, traits, deviation) in enumerate(GROUPS)
        for context in (_several("member", members) if words == _MEMBERS else words)
        for title in (_several("text", text) if traits == _TEXT else traits)
    ]
    return Layout(
        names=(
            *(f"trust in the rules: {name}" for name in SUBSCORES),
            *(f"{context} x {title}" for _, context, title, _ in crosses),
        ),
        shape=(len(contexts), len(titles)),
        context_at=np.array([contexts.index(cross[1]) for cross in crosses]),
        title_at=np.array([titles.index(cross[2]) for cross in crosses]),
        group=np.array([cross[0] for cross in crosses]),
        prior_mean=np.concatenate([default_rules().trust, np.zeros(len(crosses))]),
        deviation=np.array([*TRUST_DEVIATIONS, *(cross[3] for cross in crosses)]),
    )


def design(X: Floats, text: Floats | None = None, presence: Floats | None = None) -> Floats:
    """Return the regressors of a mixed model for each row of X, shape (n, q).

    Parameters
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    text : ndarray of float64, shape (n, d), optional
        What each row's title is about.
    presence : ndarray of float64, shape (n, members), optional
        Each member's share in a row.
    """
    return product(*bases(X, text, presence))


def bases(
    X: Floats, text: Floats | None = None, presence: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return the context basis with members behind it, and the title basis with text behind it."""
    context, title = context_basis(X), title_basis(X)
    return (
        context if presence is None else np.hstack([context, presence]),
        title if text is None else np.hstack([title, text]),
    )


def product(context: Floats, title: Floats) -> Floats:
    """Return the regressors of rows from their two bases, shape (n, q)."""
    shape, known = layout_of(context, title), len(SUBSCORES)
    regressors = np.empty((len(context), len(shape.names)))
    regressors[:, :known] = trusted(context, title)
    crosses = regressors[:, known:]
    np.take(context, shape.context_at, axis=1, out=crosses, mode="clip")
    crosses *= title[:, shape.title_at]
    return regressors


def trusted(context: Floats, title: Floats) -> Floats:
    """Return the rules' sub-scores of rows, shape (n, len(SUBSCORES))."""
    said, known = context[:, : len(CONTEXT_BASIS)], title[:, : len(TITLE_BASIS)]
    side_by_side = rule_matrices().transpose(1, 0, 2).reshape(len(CONTEXT_BASIS), -1)
    wanted = (said @ side_by_side).reshape(len(said), len(SUBSCORES), len(TITLE_BASIS))
    return np.asarray(np.matmul(wanted, known[:, :, None])[:, :, 0])


def layout_of(context: Floats, title: Floats) -> Layout:
    """Return the layout over two bases."""
    return layout(title.shape[1] - len(TITLE_BASIS), context.shape[1] - len(CONTEXT_BASIS))


def folded(coefficients: Floats, text: int = 0, members: int = 0) -> Floats:
    """Return coefficients as one matrix over the two bases, rules included.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (q,)
    text, members : int
        Of the layout.

    Returns
    -------
    ndarray of float64, shape (len(CONTEXT_BASIS) + members, len(TITLE_BASIS) + text)
        `logit = c @ W @ t`.
    """
    shape, trust_count = layout(text, members), len(SUBSCORES)
    weights = np.zeros(shape.shape)
    rules = np.einsum("s,sij->ij", coefficients[:trust_count], rule_matrices())
    weights[: rules.shape[0], : rules.shape[1]] = rules
    weights[shape.context_at, shape.title_at] += coefficients[trust_count:]
    return weights


def unfolded(gradient: Floats, text: int = 0, members: int = 0) -> Floats:
    """Return the slope along the coefficients from that along the folded matrix, shape (q,)."""
    shape = layout(text, members)
    said, known = gradient[: len(CONTEXT_BASIS), : len(TITLE_BASIS)], len(SUBSCORES)
    slope = np.empty(len(shape.names))
    slope[:known] = np.einsum("sij,ij->s", rule_matrices(), said)
    slope[known:] = gradient[shape.context_at, shape.title_at]
    return slope


def _several(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name}_{number}" for number in range(1, count + 1))
