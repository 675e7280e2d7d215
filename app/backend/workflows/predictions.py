"""Explicit titles in explicit evenings: how likely each is to please, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.errors import NotFound
from app.backend.domain.model import Moments
from app.backend.domain.title import Title
from app.backend.features.encode import Codes, Floats, encode_titles, for_context
from app.backend.features.genres import normalise
from app.backend.features.posterior import MixedPosterior
from app.backend.features.serving import moments_for
from app.backend.features.side import places
from app.backend.ranking.contributions import Seen, taken_apart
from app.backend.workflows.company import who_is_present
from app.backend.workflows.ranked import RankedCatalogue
from app.backend.workflows.serving import Serving

# Of a normal density, what lies within so many standard deviations: 90 %.
WITHIN: Final = 1.6448536269514722
IN_FULL: Final = 0
MOST_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True)
class AskedTitle:
    """A title to judge: one of the library by its number, or any in full."""

    media_id: int | None = None
    kind: str = "movie"
    year: int | None = None
    minutes: float | None = None
    genres: tuple[str, ...] = ()
    community_rating: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: every title in every context, for those present."""

    titles: tuple[AskedTitle, ...]
    contexts: tuple[Context, ...]
    members: tuple[str, ...] = ()
    wants_contributions: bool = False

    @property
    def is_much(self) -> bool:
        """Whether it takes a while to tell."""
        return self.wants_contributions or len(self.titles) * len(self.contexts) > MOST_AT_ONCE


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a model believes.

    Attributes
    ----------
    serving : Serving
        The model.
    encoded : ndarray of float64, shape (n, len(TITLE_COLUMNS))
    unknown_genres : tuple of tuple of str, length n
        What each title is said to be, and nobody knows.
    moments : tuple of Moments, one for each context
        Each over the titles.
    present : tuple of int
        Ids of the members who watch.
    """

    serving: Serving
    question: Question
    encoded: Floats
    unknown_genres: tuple[tuple[str, ...], ...]
    moments: tuple[Moments, ...]
    present: tuple[int, ...]

    def told(self) -> list[dict[str, Any]]:
        """Return what is told of each title, in the order of the contexts."""
        by_context = [
            _figures(asdict(context), moments, self._parts(context))
            for context, moments in zip(self.question.contexts, self.moments, strict=True)
        ]
        return [
            {
                "media_id": title.media_id,
                "unknown_genres": unknown,
                "predictions": predictions,
            }
            for title, unknown, predictions in zip(
                self.question.titles,
                self.unknown_genres,
                zip(*by_context, strict=True),
                strict=True,
            )
        ]

    def _parts(self, context: Context) -> Sequence[list[dict[str, Any]] | None]:
        """Return what each title's logit is made of; nothing where the family cannot say."""
        model, count = self.serving.predictor, len(self.encoded)
        if not (self.question.wants_contributions and isinstance(model, MixedPosterior)):
            return [None] * count
        X = for_context(context.code, self.encoded)
        said, titles = model.bases(X, self.present)
        effects = model.title_effect_of(X)
        usual, usual_effect = titles.mean(axis=0), float(effects.mean())
        return [
            [
                {"name": part.name, "share": part.share, "gain": part.gain}
                for part in taken_apart(model, Seen(said[0], row, usual, own, usual_effect))
                if part.share or part.gain
            ]
            for row, own in zip(titles, effects.tolist(), strict=True)
        ]


def judge(question: Question, ranked: RankedCatalogue, members: Mapping[int, str]) -> Judged:
    """Judge titles by the model that serves.

    Parameters
    ----------
    question : Question
    ranked : RankedCatalogue
        The library, and the model.
    members : mapping of int to str
        Everybody who is known: ids and names.

    Raises
    ------
    NotFound
        Where a number is no title's of the library; the details name them.
    ArtefactDamaged
        Where the model's numbers give no probability.
    """
    named = _named(question.titles, ranked)
    full = [title for title in question.titles if title.media_id is None]
    unknown, in_full = _understood(full)
    encoded = np.empty((len(question.titles), in_full.shape[1]))
    is_named = np.array([title.media_id is not None for title in question.titles], dtype=bool)
    encoded[is_named], encoded[~is_named] = ranked.catalogue.encoded[named], in_full
    present = tuple(who_is_present(members, question.members))
    moments = []
    for context in question.contexts:
        mean, variance = np.empty(len(encoded)), np.empty(len(encoded))
        if len(named):
            known = ranked.moments(context.code, present, named)
            mean[is_named], variance[is_named] = known.mean, known.variance
        if len(in_full):
            X = for_context(context.code, in_full)
            others = moments_for(ranked.serving.predictor, X, present)
            mean[~is_named], variance[~is_named] = others.mean, others.variance
        moments.append(Moments(mean, variance))
    genres = iter(unknown)
    said = tuple(() if known else next(genres) for known in is_named.tolist())
    return Judged(ranked.serving, question, encoded, said, tuple(moments), present)


def _understood(titles: Sequence[AskedTitle]) -> tuple[list[tuple[str, ...]], Floats]:
    """Return titles that were given in full as rows, and of each the genres that nobody knows."""
    genres = [normalise(title.genres) for title in titles]
    rows = [
        Title(IN_FULL, "", one.kind, one.year, one.minutes, found.known, one.community_rating)
        for one, found in zip(titles, genres, strict=True)
    ]
    return [found.unknown for found in genres], encode_titles(rows)


def _named(titles: Sequence[AskedTitle], ranked: RankedCatalogue) -> Codes:
    """Return where titles that were given by number stand in the catalogue.

    Raises
    ------
    NotFound
        Where a number is no title's; the details name them.
    """
    asked = [title.media_id for title in titles if title.media_id is not None]
    ids = np.array(asked, dtype=np.int64)
    found, at = places(ranked.catalogue.ids, ids)
    if len(found) < len(ids):
        missing = sorted(set(asked) - set(ids[found].tolist()))
        raise NotFound(
            f"{len(missing)} of the titles are not in the library, or may not be shown; the "
            "details name them.",
            {"media_ids": missing},
        )
    return at


def _figures(
    said: dict[str, str | None], moments: Moments, parts: Sequence[list[dict[str, Any]] | None]
) -> list[dict[str, Any]]:
    """Return what is told of each title in a context."""
    deviation = np.sqrt(moments.variance)
    low, high = (
        _logistic(moments.mean + sign * WITHIN * deviation).tolist() for sign in (-1.0, 1.0)
    )
    columns = moments.probability.tolist(), moments.mean.tolist(), deviation.tolist()
    return [
        {
            "context": said,
            "probability": probability,
            "interval": (least, most),
            "logit_mean": mean,
            "logit_standard_deviation": uncertainty,
            "contributions": part,
        }
        for probability, mean, uncertainty, least, most, part in zip(
            *columns, low, high, parts, strict=True
        )
    ]


def _logistic(logit: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logit)))
