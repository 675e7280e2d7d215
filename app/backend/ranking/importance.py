"""What a model goes by: each group of weights' share of the variance of its logits."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.context import every_context
from app.backend.features.encode import Floats, for_context, gather
from app.backend.features.interactions import GROUPS, folded, layout
from app.backend.features.posterior import MixedPosterior
from app.backend.features.rules import SUBSCORES

TRUST: Final = "trust"
TITLE: Final = "title"
NEGLIGIBLE: Final = 0.005


@dataclass(frozen=True, slots=True)
class Importance:
    """A group's covariance with the logits over their variance; all groups add up to 1.

    Attributes
    ----------
    group : str
        `trust` (the rules as far as they are trusted), `title` (effects of titles), or one of
        `interactions.GROUPS`.
    within : float
        Over titles within a context: what can change an order. Below 0, it works against the rest.
    overall : float
        Over titles and contexts together.
    is_negligible : bool
        Whether it brings less than half a percent of either variance, and varies by no more.
    """

    group: str
    within: float
    overall: float
    is_negligible: bool


def importance(predictor: MixedPosterior, encoded_titles: Floats) -> tuple[Importance, ...]:
    """Measure every group over titles and the 36 contexts, the greatest within a context first.

    Where members have effects of their own, each of them is asked alone; otherwise the household.

    Parameters
    ----------
    predictor : MixedPosterior
    encoded_titles : ndarray of float64, shape (titles, len(TITLE_COLUMNS))
    """
    if not len(encoded_titles):
        return ()
    parts = dict(_parts(predictor, encoded_titles))
    total = np.sum(list(parts.values()), axis=0)
    found = [_measured(group, part, total) for group, part in parts.items()]
    return tuple(sorted(found, key=lambda one: (-one.within, -one.overall)))


def _parts(predictor: MixedPosterior, encoded_titles: Floats) -> Iterator[tuple[str, Floats]]:
    """Yield what each group adds to the logits, shape (contexts x who, titles)."""
    context, title = _said(predictor, encoded_titles), _known(predictor, encoded_titles)
    extras, coefficients = predictor.side.extras, predictor.coefficients
    group = np.concatenate([np.full(len(SUBSCORES), -1), layout(*extras).group])
    for number, name in enumerate((TRUST, *(one[0] for one in GROUPS)), start=-1):
        weights = folded(np.where(group == number, coefficients, 0.0), *extras)
        yield name, context @ weights @ title.T
    effects = predictor.title_effect_of(for_context(0, encoded_titles))
    yield TITLE, np.tile(effects, (len(context), 1))


def _said(predictor: MixedPosterior, encoded_titles: Floats) -> Floats:
    codes = np.array([context.code for context in every_context()])
    X = gather(codes, np.zeros_like(codes), encoded_titles)
    alone: list[tuple[int, ...]] = [(member,) for member in predictor.side.member_ids.tolist()]
    return np.vstack([predictor.bases(X, who)[0] for who in alone or [()]])


def _known(predictor: MixedPosterior, encoded_titles: Floats) -> Floats:
    return predictor.bases(for_context(0, encoded_titles))[1]


def _measured(group: str, part: Floats, total: Floats) -> Importance:
    within = _share(_centred(part, 1), _centred(total, 1))
    overall = _share(_centred(part, None), _centred(total, None))
    most = max(*map(abs, within), *map(abs, overall))
    return Importance(group, within[0], overall[0], is_negligible=most < NEGLIGIBLE)


def _centred(values: Floats, axis: int | None) -> Floats:
    return np.asarray(values - values.mean(axis=axis, keepdims=True))


def _share(part: Floats, total: Floats) -> tuple[float, float]:
    """Return covariance and own variance over the variance of the whole; 0 where that is 0."""
    variance = float(np.square(total).mean())
    if variance <= 0.0:
        return 0.0, 0.0
    shared, own = float((part * total).mean()), float(np.square(part).mean())
    # What is 0 but for rounding is 0, without a sign.
    return round(shared / variance, 12) + 0.0, own / variance
