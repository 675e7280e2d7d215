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

# A group's deviation is how far one of its coefficients is expected to lie from the rules, in
# logits, before any feedback.
GROUPS: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...], float], ...]] = (
    ("intercept", _ANY, _ANY, 1.0),
    ("mood", _MOODS, _ANY, 0.32),
    ("company", _GROUPS, _ANY, 0.2),
    ("session", _SESSIONS, _ANY, 0.2),
    ("genre", _ANY, _GENRES, 0.48),
    ("mood_genre", _MOODS, _GENRES, 0.4),
    ("company_genre", _GROUPS, _GENRES, 0.28),
    ("length", _ANY, ("length", "length_squared", "series"), 0.24),
    ("session_length", _SESSIONS, ("length", "length_squared", "series"), 0.24),
    ("era", _ANY, ("era", "era_squared"), 0.24),
    ("mood_other", _MOODS, ("length", "era", "rating", "series"), 0.16),
)
TRUST_DEVIATIONS: Final = (0.5, 0.5, 0.3, 0.25)
TITLE_DEVIATION: Final = 0.4


@dataclass(frozen=True, slots=True)
class Layout:
    """The coefficients of a mixed model, trust first: shape (q,) each.

    `context_at` and `title_at` are positions in the two bases (for the crosses, after the trust
    coefficients); `group` numbers the group of each cross; `prior_mean` and `deviation` cover all.
    """

    names: tuple[str, ...]
    context_at: Positions
    title_at: Positions
    group: Positions
    prior_mean: Floats
    deviation: Floats


@cache
def layout() -> Layout:
    """Return the layout that follows from `GROUPS` and the rules."""
    crosses = [
        (number, context, title, deviation)
        for number, (_, contexts, titles, deviation) in enumerate(GROUPS)
        for context in contexts
        for title in titles
    ]
    return Layout(
        names=(
            *(f"trust in the rules: {name}" for name in SUBSCORES),
            *(f"{context} x {title}" for _, context, title, _ in crosses),
        ),
        context_at=np.array([CONTEXT_BASIS.index(cross[1]) for cross in crosses]),
        title_at=np.array([TITLE_BASIS.index(cross[2]) for cross in crosses]),
        group=np.array([cross[0] for cross in crosses]),
        prior_mean=np.concatenate([default_rules().trust, np.zeros(len(crosses))]),
        deviation=np.array([*TRUST_DEVIATIONS, *(cross[3] for cross in crosses)]),
    )


def design(X: Floats) -> Floats:
    """Return the regressors of a mixed model for each row of X, shape (n, q)."""
    context, title = context_basis(X), title_basis(X)
    shape = layout()
    trust = np.einsum("ni,sij,nj->ns", context, rule_matrices(), title, optimize=True)
    return np.hstack([trust, context[:, shape.context_at] * title[:, shape.title_at]])


def folded(coefficients: Floats) -> Floats:
    """Return coefficients as one matrix over the two bases, rules included.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (q,)

    Returns
    -------
    ndarray of float64, shape (len(CONTEXT_BASIS), len(TITLE_BASIS))
        `logit = c @ W @ t`.
    """
    shape, trust_count = layout(), len(SUBSCORES)
    weights: Floats = np.einsum("s,sij->ij", coefficients[:trust_count], rule_matrices())
    weights[shape.context_at, shape.title_at] += coefficients[trust_count:]
    return weights
