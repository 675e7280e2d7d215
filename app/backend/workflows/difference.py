"""What sets two versions apart: how they were made, how they did, and what they would pick."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from app.backend.domain.clock import Clock
from app.backend.domain.context import MOODS, Context, every_context
from app.backend.domain.model import Predictor
from app.backend.domain.runs import CHALLENGER, Version
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.serving import TOP, top_titles
from app.backend.features.titles import understand
from app.backend.store import library_rows
from app.backend.store.session import ReadSession
from app.backend.workflows import browse
from app.backend.workflows.serving import Shelf
from app.backend.workflows.taste import CHAMPION, RULES

# Titles taken evenly from a library tell as much of it as all of them.
MOST_TITLES: Final = 500
MOST_EFFECTS: Final = 10
METRICS: Final = ("log_loss", "brier", "calibration_error", "roc_auc", "pair_accuracy")


@dataclass(frozen=True, slots=True)
class Effect:
    """A coefficient in both versions, in logits."""

    name: str
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many of the top ten a mood has in common, for a couple with a medium session."""

    mood: str
    shared: int
    of: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What sets two versions apart.

    Attributes
    ----------
    first, second : str
    origin : mapping of str to list
        Facts of how they were made that differ, as [first, second].
    metrics : mapping of str to list
        Of each one's own trial, as [first, second]: they were tested on different evenings.
    effects : tuple of Effect
        The coefficients that moved furthest; empty where the families differ.
    overlaps : tuple of Overlap
    titles : int
        How many titles of the library they were asked about.
    mean_shift : float or None
        Mean absolute difference of P(positive) over those titles and all contexts.
    """

    first: str
    second: str
    origin: Mapping[str, list[Any]]
    metrics: Mapping[str, list[Any]]
    effects: tuple[Effect, ...]
    overlaps: tuple[Overlap, ...]
    titles: int
    mean_shift: float | None


def difference(
    session: ReadSession, shelf: Shelf, first: str, second: str, clock: Clock
) -> Difference:
    """Compare two versions; each may be `champion` or `rules`.

    Raises
    ------
    NotFound
        Where there is no such version.
    ModelError
        Where its files cannot be trusted or read.
    """
    one, other = (_side(session, shelf, name) for name in (first, second))
    titles = understand(library_rows.read_titles(session), clock().year + 2).on_the_shelf()
    library = encode_titles(titles[:: -(-len(titles) // MOST_TITLES) or 1])
    return Difference(
        first=one.name,
        second=other.name,
        origin=_differing(_origin(one.version), _origin(other.version)),
        metrics=_differing(_metrics(one.version), _metrics(other.version)),
        effects=_effects(one.predictor, other.predictor),
        overlaps=_overlaps(one.predictor, other.predictor, library),
        titles=len(library),
        mean_shift=_mean_shift(one.predictor, other.predictor, library),
    )


@dataclass(frozen=True, slots=True)
class _Side:
    name: str
    version: Version | None
    predictor: Predictor


def _side(session: ReadSession, shelf: Shelf, name: str) -> _Side:
    if name == CHAMPION:
        name = shelf.serving(session).version or RULES
    if name == RULES:
        return _Side(RULES, None, rules_posterior())
    version = browse.version(session, name)
    return _Side(name, version, shelf.opened(version).predictor)


def _origin(version: Version | None) -> dict[str, Any]:
    if version is None:
        return {}
    manifest = version.manifest
    return {
        "family": version.family,
        "created_at": version.created_at.isoformat(),
        "parent": version.parent,
        "seed": manifest.get("seed"),
        "rows": manifest.get("data", {}).get("rows"),
        "data_fingerprint": manifest.get("data", {}).get("fingerprint"),
        "split_fingerprint": manifest.get("split", {}).get("fingerprint"),
    }


def _metrics(version: Version | None) -> dict[str, Any]:
    if version is None:
        return {}
    found = version.metrics.get("models", {}).get(CHALLENGER, {})
    tested = {"tested_rows": version.metrics.get("tested_rows")}
    return tested | {name: found.get(name) for name in METRICS}


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = dict.fromkeys([*first, *second])
    pairs = {name: [first.get(name), second.get(name)] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _effects(first: Predictor, second: Predictor) -> tuple[Effect, ...]:
    if not isinstance(first, MixedPosterior) or not isinstance(second, MixedPosterior):
        return ()
    one, other = _named(first), _named(second)
    both = [Effect(name, one[name], other[name]) for name in one if name in other]
    moved = sorted(both, key=lambda effect: -abs(effect.second - effect.first))
    return tuple(effect for effect in moved[:MOST_EFFECTS] if effect.first != effect.second)


def _named(model: MixedPosterior) -> dict[str, float]:
    """Return coefficients by name; directions of text mean something else in every model."""
    names = layout(*model.side.extras).names
    pairs = zip(names, model.coefficients.tolist(), strict=True)
    return {name: value for name, value in pairs if "text" not in name}


def _overlaps(first: Predictor, second: Predictor, library: Floats) -> tuple[Overlap, ...]:
    found = []
    for mood in MOODS:
        context = Context(mood, "couple", "medium")
        one, other = (set(top_titles(model, library, context)) for model in (first, second))
        found.append(Overlap(mood, len(one & other), min(TOP, len(library))))
    return tuple(found)


def _mean_shift(first: Predictor, second: Predictor, library: Floats) -> float | None:
    if not len(library):
        return None
    shifts = [
        np.abs(first.moments(X).probability - second.moments(X).probability).mean()
        for X in (for_context(context.code, library) for context in every_context())
    ]
    return float(np.mean(shifts))
