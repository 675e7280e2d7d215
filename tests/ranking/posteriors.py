"""Mixed models drawn at random, with words of titles and members: what could be learnt of them."""

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.title import Title
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior
from app.backend.features.side import Side


def drawn_posterior(
    seed: int, titles: int = 12, text: int = 3, members: tuple[int, ...] = (4, 9)
) -> MixedPosterior:
    """Return a posterior of titles 1, 2, ...: every other one was rated, one has no words."""
    rng = np.random.default_rng(seed)
    shape = layout(text, len(members))
    count = len(shape.names)
    rated = np.arange(1, titles + 1, 2)
    return MixedPosterior(
        coefficients=shape.prior_mean + rng.normal(0, 1.5, count) * shape.deviation,
        root=np.diag(shape.deviation) * 0.5,
        title_ids=rated,
        title_effects=rng.normal(0, 0.5, len(rated)),
        title_precisions=np.full(len(rated), 9.0),
        title_couplings=rng.normal(0, 0.01, (len(rated), count)),
        title_variance=0.3,
        side=Side(
            text_ids=np.arange(1, titles),
            text_vectors=rng.normal(0, 1, (titles - 1, text)),
            member_ids=np.array(members, dtype=np.int64),
        ),
    )


def drawn_titles(seed: int, count: int = 12) -> tuple[Title, ...]:
    """Return titles of which one thing or another is sometimes missing."""
    rng = np.random.default_rng(seed + 1_000)
    return tuple(
        Title(
            id=number,
            title=f"Title {number}",
            kind="series" if rng.random() < 0.3 else "movie",
            year=None if rng.random() < 0.2 else int(rng.integers(1930, 2026)),
            minutes=None if rng.random() < 0.2 else float(rng.integers(20, 200)),
            genres=tuple(rng.choice(CANON, int(rng.integers(0, 4)), replace=False).tolist()),
            community_rating=None if rng.random() < 0.2 else round(float(rng.uniform(3, 9)), 1),
        )
        for number in range(1, count + 1)
    )


def rows(titles: tuple[Title, ...], context: Context) -> Floats:
    """Return titles in one context."""
    return for_context(context.code, encode_titles(titles))
