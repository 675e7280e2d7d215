"""How good the data are: what came in, what is used, what it covers, and where it contradicts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import CODE_COUNT, every_context
from app.backend.features import bounds
from app.backend.features.checks import Check, answered, as_one_key
from app.backend.features.dataset import Prepared, TrainingSet
from app.backend.features.drift import said_counts
from app.backend.features.encode import Codes, gather
from app.backend.features.genres import CANON
from app.backend.features.questions import OF_THE_WHOLE

_CONTRADICTORY, _OUTLIER, _COPY_DIFFERS = OF_THE_WHOLE


@dataclass(frozen=True, slots=True)
class Balance:
    """How many of some rows are positive; the share is `None` where there are no rows."""

    rows: int
    positives: int
    share: float | None


@dataclass(frozen=True, slots=True)
class ContextCell:
    """One of the 36 contexts, and the rows of it."""

    mood: str
    group_size: str
    session_length: str
    balance: Balance


@dataclass(frozen=True, slots=True)
class GenreCoverage:
    """How many titles of the shelf have a genre, and how many rows are about such titles."""

    genre: str
    titles: int
    balance: Balance


@dataclass(frozen=True, slots=True)
class MemberCoverage:
    """The rows of one member; 0 is nobody named."""

    member_id: int
    balance: Balance


@dataclass(frozen=True, slots=True)
class TitleCoverage:
    """How much of the shelf has been rated. `rated` counts titles that have left it, too."""

    on_the_shelf: int
    rated_on_the_shelf: int
    rated: int
    most_rows_of_one: int


@dataclass(frozen=True, slots=True)
class Missing:
    """How often a value is missing: among the titles of the shelf, and among the rows used."""

    column: str
    titles: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class LabelNoise:
    """Verdicts of one member on one title in one context, given more than once.

    `rows_against` counts those that contradict the majority of their group: whoever knew
    everything about title, context and member would still be wrong about so many.
    """

    repeated: int
    contradictory: int
    rows: int
    rows_against: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the used rows speak of."""

    contexts: tuple[ContextCell, ...]
    titles: TitleCoverage
    genres: tuple[GenreCoverage, ...]
    members: tuple[MemberCoverage, ...]
    missing: tuple[Missing, ...]
    noise: LabelNoise


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows of one member, title and context are a group: arrays by group, and each row's group."""

    group: Codes
    rows: Codes
    against: Codes

    def noise(self) -> LabelNoise:
        """Return the label noise of the groups with more than one row."""
        repeated = self.rows > 1
        return LabelNoise(
            repeated=int(repeated.sum()),
            contradictory=int((self.against > 0).sum()),
            rows=int(self.rows[repeated].sum()),
            rows_against=int(self.against.sum()),
        )

    def is_contradictory(self) -> NDArray[np.bool_]:
        """Mark the rows whose group contradicts itself, shape (n,)."""
        return np.asarray((self.against > 0)[self.group], dtype=bool)


def repeats_of(training: TrainingSet) -> Repeats:
    """Group rows by member, title and context, and count those against their group's majority."""
    key = as_one_key(training.member, training.title, training.context_code)
    _, group = np.unique(key, return_inverse=True)
    rows = np.bincount(group)
    positives = np.bincount(group, training.y).astype(np.int64)
    return Repeats(group, rows, np.minimum(positives, rows - positives))


def coverage(prepared: Prepared, repeats: Repeats) -> Coverage:
    """Measure what the used rows speak of."""
    training = prepared.training
    return Coverage(
        contexts=_contexts(training),
        titles=_titles(prepared),
        genres=_genres(prepared),
        members=_members(training),
        missing=_missing(prepared),
        noise=repeats.noise(),
    )


def further_checks(
    prepared: Prepared, repeats: Repeats, train: Codes, copies: NDArray[np.int64]
) -> tuple[Check, ...]:
    """Answer the questions about the whole data set.

    Parameters
    ----------
    prepared : Prepared
    repeats : Repeats
    train : ndarray of int64
        Positions of the rows of the training part, from which bounds are learnt.
    copies : ndarray of int64
        Ids of feedback whose copy of its recommendation differs from it.
    """
    training = prepared.training
    everything = np.ones(len(copies), dtype=bool)
    return (
        answered(_CONTRADICTORY, repeats.is_contradictory(), training.feedback_id),
        answered(_OUTLIER, _is_outlier(training, train), training.feedback_id),
        answered(_COPY_DIFFERS, everything, copies),
    )


def balance(rows: float, positives: float) -> Balance:
    """Return a balance of so many rows.

    Examples
    --------
    >>> balance(4, 1), balance(0, 0)
    (Balance(rows=4, positives=1, share=0.25), Balance(rows=0, positives=0, share=None))
    """
    return Balance(int(rows), int(positives), float(positives / rows) if rows else None)


def _contexts(training: TrainingSet) -> tuple[ContextCell, ...]:
    rows = np.bincount(training.context_code, minlength=CODE_COUNT)
    positives = np.bincount(training.context_code, training.y, CODE_COUNT)
    return tuple(
        ContextCell(
            str(context.mood),
            str(context.group_size),
            str(context.session_length),
            balance(rows[context.code], positives[context.code]),
        )
        for context in every_context()
    )


def _titles(prepared: Prepared) -> TitleCoverage:
    shelf = ~prepared.titles.raw.is_set_aside
    rows = np.bincount(prepared.training.title, minlength=len(shelf))
    return TitleCoverage(
        on_the_shelf=int(shelf.sum()),
        rated_on_the_shelf=int((shelf & (rows > 0)).sum()),
        rated=int((rows > 0).sum()),
        most_rows_of_one=int(rows.max(initial=0)),
    )


def _genres(prepared: Prepared) -> tuple[GenreCoverage, ...]:
    training, titles = prepared.training, prepared.titles
    rows = np.bincount(training.title, minlength=len(titles.genres)) @ titles.genres
    weights = np.bincount(training.title, training.y, len(titles.genres))
    positives = weights @ titles.genres
    on_the_shelf = titles.genres[~titles.raw.is_set_aside].sum(axis=0)
    return tuple(
        GenreCoverage(genre, int(shelf), balance(row, positive))
        for genre, shelf, row, positive in zip(CANON, on_the_shelf, rows, positives, strict=True)
    )


def _members(training: TrainingSet) -> tuple[MemberCoverage, ...]:
    members, number = np.unique(training.member, return_inverse=True)
    rows = np.bincount(number, minlength=len(members))
    positives = np.bincount(number, training.y, len(members))
    return tuple(
        MemberCoverage(int(member), balance(row, positive))
        for member, row, positive in zip(members, rows, positives, strict=True)
    )


def _missing(prepared: Prepared) -> tuple[Missing, ...]:
    titles, training = prepared.titles, prepared.training
    shelf = ~titles.raw.is_set_aside
    of_titles: dict[str, NDArray[np.bool_]] = {
        "genres": titles.genres.sum(axis=1) == 0,
        "duration": np.isnan(titles.minutes),
        "year": np.isnan(titles.year),
        "community_rating": np.isnan(titles.community_rating),
    }
    said = said_counts(training)
    of_rows = {part: len(training.y) - sum(counts.values()) for part, counts in said.items()}
    of_rows["member"] = int((training.member == 0).sum())
    return (
        *(
            Missing(n, int((m & shelf).sum()), int(m[training.title].sum()))
            for n, m in of_titles.items()
        ),
        *(Missing(name, None, count) for name, count in of_rows.items()),
    )


def _is_outlier(training: TrainingSet, train: Codes) -> NDArray[np.bool_]:
    """Mark rows whose title has a value outside what the training part shows."""
    count = len(training.encoded_titles)
    every_title = gather(np.zeros(count, dtype=np.int64), np.arange(count), training.encoded_titles)
    seen = np.bincount(training.title[train], minlength=count).astype(np.float64)
    learnt = bounds.learn(every_title, seen)
    is_outlier = bounds.outliers(every_title, learnt).sum(axis=1) > 0
    return np.asarray(is_outlier[training.title], dtype=bool)
