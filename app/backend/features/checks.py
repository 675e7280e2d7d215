"""Answers to named questions: how many rows each one hits, which, and what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import (
    ANY_MOOD,
    CODE_COUNT,
    GROUP_SIZES,
    MOODS,
    SESSION_LENGTHS,
    Context,
    mood_from_json,
)
from app.backend.domain.evidence import RawContext
from app.backend.features.encode import Codes
from app.backend.features.questions import OF_CONTEXTS, Action, Question, Severity

EXAMPLES: Final = 5
# Up to so many bytes a row, marking which keys occur is cheaper than sorting them.
LARGEST_MARKS: Final = 16
# A code without a mood does not tell whether any was asked for, so that nothing is in doubt.
_OF_CODES: Final = tuple(
    question
    for question in OF_CONTEXTS
    if question.id in {"mood_any", "company_unknown", "session_unknown"}
)


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the rows of feedback, and its answer.

    `examples` are ids of feedback rows, at most `EXAMPLES`.
    """

    id: str
    severity: Severity
    question: str
    action: Action
    done: str
    count: int
    examples: tuple[int, ...]


def answered(question: Question, hit: NDArray[np.bool_], ids: NDArray[np.int64]) -> Check:
    """Answer a question from the rows it hits."""
    found = ids[hit]
    return Check(
        question.id,
        question.severity,
        question.question,
        question.action,
        question.done,
        count=len(found),
        examples=tuple(found[:EXAMPLES].tolist()),
    )


@dataclass(frozen=True, slots=True)
class Contexts:
    """Contexts as understood.

    Attributes
    ----------
    code : ndarray of int64, shape (n,)
    odd : mapping of str to ndarray of bool, shape (n,)
        By the id of a question, the contexts that it hits.
    """

    code: Codes
    odd: Mapping[str, NDArray[np.bool_]]


def understand_contexts(raws: Sequence[RawContext]) -> Contexts:
    """Understand what impressions say of their contexts; never raises."""
    read = [_understood(raw) for raw in raws]
    return Contexts(
        code=np.array([context.code for context, _ in read], dtype=np.int64),
        odd={
            question.id: np.array([question.id in odd for _, odd in read], dtype=bool)
            for question in OF_CONTEXTS
        },
    )


def last_of_each(*keys: NDArray[Any]) -> NDArray[np.bool_]:
    """Mark, among rows that are in time order, the last one of each combination of keys.

    Parameters
    ----------
    *keys : ndarray of int64, shape (n,)

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> last_of_each(np.array([7, 8, 7]), np.array([1, 1, 1])).tolist()
    [False, True, True]
    """
    key = as_one_key(*keys)
    # Most data repeat nothing, and looking is several times cheaper than knowing where each went.
    if _all_differ(key):
        return np.ones(len(key), dtype=bool)
    order = np.argsort(key, kind="stable")
    is_last = np.ones(len(key), dtype=bool)
    is_last[order[:-1]] = key[order[1:]] != key[order[:-1]]
    return is_last


def as_one_key(*keys: NDArray[Any]) -> Codes:
    """Return one number for each combination of keys, shape (n,)."""
    whole = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        if not len(key):
            break
        low, high = int(key.min()), int(key.max())
        width = high - low + 1
        if int(whole.max()) >= (2**62) // width:
            whole = np.unique(whole, return_inverse=True)[1].astype(np.int64)
            key, width = _ranked(key)  # noqa: PLW2901  # the same key on fewer numbers
            low = 0
        whole = whole * width + (key - low)
    return whole


def _all_differ(key: Codes) -> bool:
    if (key[1:] > key[:-1]).all():
        return True
    if int(key.max()) < LARGEST_MARKS * len(key):
        marks = np.zeros(int(key.max()) + 1, dtype=bool)
        marks[key] = True
        return int(np.count_nonzero(marks)) == len(key)
    in_order = np.sort(key)
    return bool((in_order[1:] != in_order[:-1]).all())


def _ranked(key: NDArray[Any]) -> tuple[Codes, int]:
    distinct, rank = np.unique(key, return_inverse=True)
    return rank.astype(np.int64), len(distinct)


def _understood(raw: RawContext) -> tuple[Context, frozenset[str]]:
    """Return a context, and the ids of the questions that it fails."""
    if raw.code is not None and 0 <= raw.code < CODE_COUNT:
        coded = Context.from_code(raw.code)
        said = (coded.mood, coded.group_size, coded.session_length)
        hits = [question.id for question, part in zip(_OF_CODES, said, strict=True) if part is None]
        return coded, frozenset(hits)
    mood = mood_from_json(raw.mood)
    group, session = _word(raw.group_size), _word(raw.session_length)
    failed = {
        "mood_malformed": mood is None,
        "mood_unknown": mood is not None and mood not in (*MOODS, ANY_MOOD),
        "mood_any": mood == ANY_MOOD,
        "company_unknown": group not in GROUP_SIZES,
        "session_unknown": session not in SESSION_LENGTHS,
    }
    known = Context(
        mood if mood in MOODS else None,
        group if group in GROUP_SIZES else None,
        session if session in SESSION_LENGTHS else None,
    )
    return known, frozenset(name for name, is_so in failed.items() if is_so)


def _word(value: object) -> str | None:
    return value.strip().casefold() if isinstance(value, str) else None
