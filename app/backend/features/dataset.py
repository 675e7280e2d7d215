"""Raw feedback becomes a training set: X, y, and a report in which every row is accounted for."""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.evidence import NO_ANSWER, NO_TITLE, FeedbackRows
from app.backend.features.checks import (
    Check,
    ReadContext,
    ReadTitle,
    answered,
    read_context,
    read_title,
)
from app.backend.features.encode import Codes, Floats, encode_titles, gather
from app.backend.features.schema import schema_fingerprint

POSITIVE_RATING: Final = 4

LEFT_OUT: Final = {
    "orphan_recommendation": "Does the feedback belong to a recommendation that exists?",
    "orphan_title": "Does the recommendation name a title that exists?",
    "rating_out_of_range": "Is the rating a number from 1 to 5?",
    "would_watch_again_missing": "Is it said whether a well-rated title would be watched again?",
    "simulated": "Does the feedback come from this household, not from a demo that has ended?",
}
SUPERSEDED: Final = ("superseded", "Is it the member's last verdict on this recommendation?")
OF_CONTEXTS: Final = {
    "mood_malformed": "Is the mood readable JSON?",
    "mood_unknown": "Is the mood one of the four?",
    "company_unknown": "Is the company one of the three?",
    "session_unknown": "Is the session length one of the three?",
}
OF_TITLES: Final = {
    "genres_missing": "Does the title have genres?",
    "genres_unknown": "Are all of the title's genres known by name?",
    "duration_missing": "Does the title have a duration?",
    "duration_impossible": "Is the duration a positive number of minutes, at most a day?",
    "year_missing": "Does the title have a year?",
    "year_impossible": "Can the title be from that year?",
}


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Everything that training reads, in time order.

    Attributes
    ----------
    X : ndarray of float64, shape (n, FEATURE_COUNT)
    y : ndarray of int64, shape (n,)
        1 where the rating is at least 4 and the title would be watched again.
    slate : ndarray of int64, shape (n,)
        Rows of one slate belong together in every split.
    feedback_id : ndarray of int64, shape (n,)
    rows_read : int
    checks : tuple of Check
        Rows that were left out have exactly one of the checks whose action is "left out".
    """

    X: Floats
    y: Codes
    slate: Codes
    feedback_id: Codes
    rows_read: int
    checks: tuple[Check, ...]

    def fingerprint(self) -> str:
        """Return a digest of all that a model could learn from, and of the columns' meaning."""
        digest = hashlib.sha256(schema_fingerprint().encode())
        for array in (self.X, self.y, self.slate):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def part(self, rows: NDArray[np.bool_] | Codes) -> "TrainingSet":
        """Return some of the rows, with the report of the whole."""
        return TrainingSet(
            self.X[rows],
            self.y[rows],
            self.slate[rows],
            self.feedback_id[rows],
            self.rows_read,
            self.checks,
        )


def build(rows: FeedbackRows, latest_year: int) -> TrainingSet:
    """Check every row and encode those that can be used.

    Parameters
    ----------
    rows : FeedbackRows
        In time order.
    latest_year : int
        A title from a later year is not believed.
    """
    contexts = [read_context(raw) for raw in rows.contexts]
    titles = [read_title(raw, latest_year) for raw in rows.titles]
    used = np.ones(len(rows.feedback_id), dtype=bool)
    checks = []
    for question, hit in _left_out(rows):
        checks.append(answered(question, "left out", hit & used, rows.feedback_id))
        used &= ~hit
    superseded = _superseded(rows, used)
    checks.append(answered(SUPERSEDED, "left out", superseded, rows.feedback_id))
    used &= ~superseded
    checks.extend(_kept(rows, used, contexts, titles))
    codes = np.array([read.context.code for read in contexts], dtype=np.int64)
    encoded = encode_titles([read.title for read in titles])
    positive = (rows.rating >= POSITIVE_RATING) & (rows.again == 1)
    return TrainingSet(
        X=gather(codes[rows.context[used]], rows.title[used], encoded),
        y=positive[used].astype(np.int64),
        slate=rows.slate_id[used],
        feedback_id=rows.feedback_id[used],
        rows_read=len(used),
        checks=tuple(checks),
    )


def _left_out(rows: FeedbackRows) -> list[tuple[tuple[str, str], NDArray[np.bool_]]]:
    """Reasons for which a row cannot be learnt from, the first that holds being counted."""
    # One more entry stands for position -1, the row that has no title.
    set_aside = np.array([*(title.set_aside for title in rows.titles), False], dtype=bool)
    unclear = (rows.again == NO_ANSWER) & (rows.rating >= POSITIVE_RATING)
    hits = {
        "orphan_recommendation": rows.context == NO_TITLE,
        "orphan_title": rows.title == NO_TITLE,
        "rating_out_of_range": ~((rows.rating >= 1) & (rows.rating <= 5)),
        "would_watch_again_missing": unclear,
        "simulated": rows.is_demo & set_aside[rows.title],
    }
    return [((name, LEFT_OUT[name]), hit) for name, hit in hits.items()]


def _superseded(rows: FeedbackRows, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark usable verdicts that the same member gave again, later, on the same recommendation."""
    marked = np.zeros(len(used), dtype=bool)
    at = np.flatnonzero(used)[::-1]
    if len(at):
        pairs = np.column_stack([rows.recommendation_id[at], rows.member_id[at]])
        _, last = np.unique(pairs, axis=0, return_index=True)
        marked[at] = True
        marked[at[last]] = False
    return marked


def _kept(
    rows: FeedbackRows,
    used: NDArray[np.bool_],
    contexts: list[ReadContext],
    titles: list[ReadTitle],
) -> list[Check]:
    """Oddities of rows that are used all the same, the odd value being taken as unknown."""
    answers = []
    for questions, table, at in (
        (OF_CONTEXTS, contexts, rows.context),
        (OF_TITLES, titles, rows.title),
    ):
        for question in questions.items():
            odd = np.array([*(getattr(read, question[0]) for read in table), False], dtype=bool)
            answers.append(answered(question, "kept", odd[at] & used, rows.feedback_id))
    return answers
