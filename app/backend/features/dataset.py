"""Raw feedback becomes a training set: codes and labels, and an account of every row.

`X` is a gather: contexts and titles are encoded once, and each row names one of each.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.evidence import (
    DAY_MS,
    NO_ANSWER,
    NO_CONTEXT,
    NO_MOMENT,
    NO_TITLE,
    FeedbackRows,
)
from app.backend.features.checks import (
    Check,
    Contexts,
    answered,
    last_of_each,
    understand_contexts,
)
from app.backend.features.encode import Codes, Floats, gather
from app.backend.features.questions import (
    LEFT_OUT,
    OF_CONTEXTS,
    OF_TITLES,
    REPEATED,
    SUPERSEDED,
    Question,
)
from app.backend.features.schema import schema_fingerprint
from app.backend.features.titles import Titles, understand

POSITIVE_RATING: Final = 4

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Everything that training reads, in time order.

    Attributes
    ----------
    context_code : ndarray of int64, shape (n,)
    title : ndarray of int64, shape (n,)
        Row in `encoded_titles`.
    encoded_titles : ndarray of float64, shape (titles, len(TITLE_COLUMNS))
    y : ndarray of int64, shape (n,)
        1 where the rating is at least 4 and the title would be watched again.
    slate, member, feedback_id : ndarray of int64, shape (n,)
        Rows of one slate belong together in every split; member 0 is nobody named.
    rows_read : int
    checks : tuple of Check
        Rows that were left out have exactly one of the checks whose action is "left out".
    """

    context_code: Codes
    title: Codes
    encoded_titles: Floats
    y: Codes
    slate: Codes
    member: Codes
    feedback_id: Codes
    rows_read: int
    checks: tuple[Check, ...]

    @property
    def X(self) -> Floats:  # noqa: N802  # as everywhere
        """The dense matrix, float64 of shape (n, FEATURE_COUNT), made anew at each asking."""
        return gather(self.context_code, self.title, self.encoded_titles)

    def batches(self, rows: int) -> Iterator[tuple[Floats, Codes]]:
        """Return X and y in parts of so many rows, for what does not fit as a whole."""
        for start in range(0, len(self.y), rows):
            part = self.part(np.arange(start, min(start + rows, len(self.y))))
            yield part.X, part.y

    def fingerprint(self) -> str:
        """Return a digest of all that a model could learn from, and of the columns' meaning.

        A title that nobody has rated does not change it, nor does the order of the library.
        """
        used, number = np.unique(self.title, return_inverse=True)
        digest = hashlib.sha256(schema_fingerprint().encode())
        titles = self.encoded_titles[used]
        order = np.argsort(titles[:, -1], kind="stable")
        rank = np.argsort(order).astype(np.int32)
        arrays = (
            titles[order],
            self.context_code.astype(np.int8),
            rank[number],
            self.y.astype(np.int8),
            self.slate,
            self.member,
        )
        for array in arrays:
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def part(self, rows: Flags | Codes) -> "TrainingSet":
        """Return some of the rows, with the report of the whole."""
        return TrainingSet(
            self.context_code[rows],
            self.title[rows],
            self.encoded_titles,
            self.y[rows],
            self.slate[rows],
            self.member[rows],
            self.feedback_id[rows],
            self.rows_read,
            self.checks,
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A training set with what it was made of, for whoever reports on it.

    `is_used` marks the rows that training reads.
    """

    rows: FeedbackRows
    titles: Titles
    contexts: Contexts
    is_used: Flags
    training: TrainingSet


def build(rows: FeedbackRows, latest_year: int) -> TrainingSet:
    """Check every row and encode those that can be used.

    Parameters
    ----------
    rows : FeedbackRows
        In time order.
    latest_year : int
        A title from a later year is not believed.
    """
    return prepare(rows, latest_year).training


def prepare(rows: FeedbackRows, latest_year: int) -> Prepared:
    """Check every row, encode those that can be used, and keep what was made of the others."""
    contexts = understand_contexts(rows.contexts)
    titles = understand(rows.titles, latest_year)
    is_used, left_out = _chosen(rows, titles)
    kept = _kept(rows, is_used, contexts, titles)
    everything = bool(is_used.all())
    at = slice(None) if everything else np.flatnonzero(is_used)
    positive = (rows.rating[at] >= POSITIVE_RATING) & (rows.again[at] == 1)
    training = TrainingSet(
        context_code=contexts.code[rows.context[at]],
        title=rows.title[at].astype(np.int64),
        encoded_titles=titles.encoded(),
        y=positive.astype(np.int64),
        slate=rows.slate_id[at],
        member=rows.member_id[at],
        feedback_id=rows.feedback_id[at],
        rows_read=len(is_used),
        checks=(*left_out, *kept),
    )
    return Prepared(rows, titles, contexts, is_used, training)


def _chosen(rows: FeedbackRows, titles: Titles) -> tuple[Flags, list[Check]]:
    """Mark the rows that can be used, and say why the others cannot: one reason each."""
    is_used = np.ones(len(rows.feedback_id), dtype=bool)
    checks = []
    for question, hit in zip(LEFT_OUT, _hits(rows, titles), strict=True):
        checks.append(answered(question, hit & is_used, rows.feedback_id))
        is_used &= ~hit
    for question, keys, eligible in _repeats(rows):
        at = np.flatnonzero(is_used & eligible)
        repeat = np.zeros(len(is_used), dtype=bool)
        repeat[at] = ~last_of_each(*(key[at] for key in keys))
        checks.append(answered(question, repeat, rows.feedback_id))
        is_used &= ~repeat
    return is_used, checks


def _hits(rows: FeedbackRows, titles: Titles) -> list[Flags]:
    """Return, question by question of `LEFT_OUT`, the rows that it hits."""
    unclear = (rows.again == NO_ANSWER) & (rows.rating >= POSITIVE_RATING)
    return [
        rows.context == NO_CONTEXT,
        rows.title == NO_TITLE,
        ~((rows.rating >= 1) & (rows.rating <= 5)),
        unclear,
        _flag_of(titles.odd["duration_unit_unclear"], rows.title),
        rows.is_demo & _flag_of(rows.titles.is_set_aside, rows.title),
    ]


def _repeats(rows: FeedbackRows) -> list[tuple[Question, tuple[NDArray[Any], ...], Flags]]:
    """Return the ways to repeat oneself: the keys of which the last row counts, and for whom."""
    anyone = np.ones(len(rows.moment), dtype=bool)
    day = rows.moment // DAY_MS
    same_evening = (rows.member_id, rows.title, rows.context, day)
    return [
        (SUPERSEDED, (rows.slate_id, rows.title, rows.member_id), anyone),
        (REPEATED, same_evening, rows.moment != NO_MOMENT),
    ]


def _kept(rows: FeedbackRows, is_used: Flags, contexts: Contexts, titles: Titles) -> list[Check]:
    """Answer for oddities of rows that are used all the same."""
    return [
        answered(question, _flag_of(odd[question.id], at) & is_used, rows.feedback_id)
        for questions, odd, at in (
            (OF_CONTEXTS, contexts.odd, rows.context),
            (OF_TITLES, titles.odd, rows.title),
        )
        for question in questions
    ]


def _flag_of(flags: Flags, at: NDArray[np.int32]) -> Flags:
    """Return each row's flag; False where the row has no title (or no context)."""
    if not flags.any():
        return np.zeros(len(at), dtype=bool)
    # One more entry stands for position -1.
    return np.append(flags, False)[at]
