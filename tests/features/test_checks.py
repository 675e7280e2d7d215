"""Contexts are understood with what is odd about them, repeats are found, answers are counted."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.backend.domain.context import (
    ANY_MOOD,
    CODE_COUNT,
    GROUP_SIZES,
    MOODS,
    SESSION_LENGTHS,
    Context,
    every_context,
    mood_as_json,
)
from app.backend.domain.evidence import RawContext
from app.backend.features.checks import (
    EXAMPLES,
    Contexts,
    answered,
    as_one_key,
    last_of_each,
    understand_contexts,
)
from app.backend.features.questions import LEFT_OUT, OF_CONTEXTS, SUPERSEDED, Question

FUNNY: Final = mood_as_json("funny")
LOWEST, HIGHEST = -(2**63), 2**63 - 1
# Few distinct numbers, so that rows repeat; large ones leave no room for the next key.
NUMBERS: Final = st.one_of(
    st.integers(-2, 2),
    st.sampled_from([LOWEST, LOWEST + 1, -(2**62), 2**31, 2**32, 2**61, 2**62, HIGHEST]),
    st.integers(LOWEST, HIGHEST),
)


@st.composite
def keys(draw: st.DrawFn) -> list[NDArray[np.int64]]:
    """Return one to four columns of equal length."""
    pool = draw(st.lists(NUMBERS, min_size=1, max_size=5))
    width = draw(st.integers(1, 4))
    row = st.tuples(*[st.sampled_from(pool)] * width)
    rows = draw(st.lists(row, max_size=40))
    return columns_of(rows, width)


def columns_of(rows: Sequence[Sequence[int]], width: int) -> list[NDArray[np.int64]]:
    """Return rows of keys as columns."""
    return list(np.array(rows, dtype=np.int64).reshape(-1, width).T)


def rows_of(columns: Sequence[NDArray[Any]]) -> list[tuple[int, ...]]:
    """Return columns of keys as rows."""
    return list(zip(*(column.tolist() for column in columns), strict=True))


def oddities(contexts: Contexts, at: int = 0) -> set[str]:
    """Return the questions that one context is hit by."""
    return {name for name, hit in contexts.odd.items() if hit[at]}


def test_every_code_is_its_context() -> None:
    """A code stays what it is; its unknown parts are odd, but for a mood: it may be any."""
    contexts = understand_contexts([RawContext(code) for code in range(CODE_COUNT)])
    assert contexts.code.tolist() == list(range(CODE_COUNT))
    for code in range(CODE_COUNT):
        said = Context.from_code(code)
        parts = {
            "mood_any": said.mood,
            "company_unknown": said.group_size,
            "session_unknown": said.session_length,
        }
        unknown = {name for name, part in parts.items() if part is None}
        assert oddities(contexts, code) == unknown


@pytest.mark.parametrize("context", every_context(), ids=lambda one: one.code)
def test_texts_say_what_codes_say(context: Context) -> None:
    """A known mood, company and session length give their code, in any case and spacing."""
    mood, group, session = context.mood, context.group_size, context.session_length
    assert mood is not None
    assert group is not None
    assert session is not None
    contexts = understand_contexts(
        [
            RawContext(None, mood_as_json(mood), group, session),
            RawContext(None, {"mood": mood}, group, session),
            RawContext(None, mood_as_json(f" {mood.upper()}"), f"{group.title()} ", f"\t{session}"),
        ]
    )
    assert contexts.code.tolist() == [context.code] * 3
    assert [oddities(contexts, at) for at in range(3)] == [set(), set(), set()]


@pytest.mark.parametrize(
    ("raw", "expected", "questions"),
    [
        (RawContext(None, FUNNY), Context("funny", None, None), {"company", "session"}),
        (RawContext(None, FUNNY, "crowd", "short"), Context("funny", None, "short"), {"company"}),
        (RawContext(None, FUNNY, "solo", "epic"), Context("funny", "solo", None), {"session"}),
        (
            RawContext(None, FUNNY, 3, b"short"),
            Context("funny", None, None),
            {"company", "session"},
        ),
        (RawContext(None, "funny", "solo", "short"), Context(None, "solo", "short"), {"malformed"}),
        (
            RawContext(None, mood_as_json("gloomy"), "solo", "short"),
            Context(None, "solo", "short"),
            {"mood"},
        ),
        (
            RawContext(None, mood_as_json("any"), "solo", "short"),
            Context(None, "solo", "short"),
            {"any"},
        ),
        (RawContext(None), Context(None, None, None), {"malformed", "company", "session"}),
    ],
)
def test_what_texts_do_not_say_is_unknown(
    raw: RawContext, expected: Context, questions: set[str]
) -> None:
    """Each part that cannot be understood is odd in its own way; the other parts count."""
    names = {
        "malformed": "mood_malformed",
        "mood": "mood_unknown",
        "any": "mood_any",
        "company": "company_unknown",
        "session": "session_unknown",
    }
    contexts = understand_contexts([raw])
    assert contexts.code.tolist() == [expected.code]
    assert oddities(contexts) == {names[question] for question in questions}


@pytest.mark.parametrize("code", [-1, CODE_COUNT, 2**62, -(2**62)])
def test_a_code_that_is_none_leaves_the_texts(code: int) -> None:
    """Where the code cannot be, the words count."""
    contexts = understand_contexts([RawContext(code, FUNNY, "solo", "short"), RawContext(code)])
    assert contexts.code.tolist() == [Context("funny", "solo", "short").code, 0]
    assert oddities(contexts) == set()
    assert oddities(contexts, 1) == {"mood_malformed", "company_unknown", "session_unknown"}


ANY_TEXT: Final = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.sampled_from([*MOODS, *GROUP_SIZES, *SESSION_LENGTHS]),
    st.sampled_from([*map(mood_as_json, MOODS), mood_as_json(ANY_MOOD)]),
    st.sampled_from(['{"mood": "funny", "mood": 3}', "[" * 999, '{"mood":' * 100, "9" * 999]),
)


@given(st.lists(st.builds(RawContext, st.none() | st.integers(), ANY_TEXT, ANY_TEXT, ANY_TEXT)))
def test_no_context_is_too_odd(raws: list[RawContext]) -> None:
    """Every context has a code, and a mood that is malformed or unknown but not both."""
    contexts = understand_contexts(raws)
    assert contexts.code.shape == (len(raws),)
    assert contexts.code.dtype == np.int64
    assert ((contexts.code >= 0) & (contexts.code < CODE_COUNT)).all()
    assert set(contexts.odd) == {question.id for question in OF_CONTEXTS}
    assert not (contexts.odd["mood_malformed"] & contexts.odd["mood_unknown"]).any()
    for at, code in enumerate(contexts.code.tolist()):
        said = Context.from_code(code)
        without_mood = oddities(contexts, at) & {"mood_malformed", "mood_unknown", "mood_any"}
        assert (said.mood is None) == bool(without_mood)
        assert (said.group_size is None) == ("company_unknown" in oddities(contexts, at))
        assert (said.session_length is None) == ("session_unknown" in oddities(contexts, at))


@given(keys())
@example(columns_of([(LOWEST, HIGHEST), (HIGHEST, LOWEST), (LOWEST, HIGHEST)], 2))
@example(columns_of([(0, 2**61, -5), (1, 0, 0), (0, 2**61, -5), (1, 0, 1)], 3))
@example(columns_of([(1, 2), (2, 1), (1, 1), (2, 2)], 2))
def test_the_last_of_each_is_the_one_a_dictionary_keeps(columns: list[NDArray[np.int64]]) -> None:
    """Of the rows of one combination of keys, the last is marked and no other."""
    last = {row: at for at, row in enumerate(rows_of(columns))}
    found = last_of_each(*columns)
    assert found.dtype == np.bool_
    assert found.shape == columns[0].shape
    assert np.flatnonzero(found).tolist() == sorted(last.values())


@given(keys())
@example(columns_of([(LOWEST, 0, HIGHEST), (LOWEST, 1, LOWEST), (HIGHEST, 1, HIGHEST)], 3))
@example(columns_of([(2**61, 2**61), (0, 0), (2**61, 0), (0, 2**61)], 2))
def test_one_key_stands_for_one_combination(columns: list[NDArray[np.int64]]) -> None:
    """Rows have the same key exactly where all their keys are the same."""
    one = as_one_key(*columns)
    assert one.shape == columns[0].shape
    assert one.dtype == np.int64
    pairs = set(zip(rows_of(columns), one.tolist(), strict=True))
    assert len(pairs) == len({row for row, _ in pairs}) == len({key for _, key in pairs})


@given(keys())
def test_keys_are_read_and_not_written(columns: list[NDArray[np.int64]]) -> None:
    """The columns stay as they are."""
    before = [column.copy() for column in columns]
    last_of_each(*columns)
    assert rows_of(columns) == rows_of(before)


def test_keys_may_be_narrower_numbers() -> None:
    """Positions of titles and contexts are 32 bits wide, and wide ids stand beside them."""
    title = np.array([0, -1, 2**30, 0, -1], dtype=np.int32)
    member = np.array([2**62, 5, 2**62, 2**62, 5])
    assert last_of_each(title, member).tolist() == [False, False, True, True, True]
    assert last_of_each(member, title).tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("count", [0, 1, EXAMPLES, EXAMPLES + 1, 40])
def test_an_answer_keeps_a_few_examples(count: int) -> None:
    """The count is of all rows, the examples are the first five in time order."""
    ids = np.arange(100, 0, -1)
    hit = np.zeros(100, dtype=bool)
    hit[10 : 10 + count] = True
    check = answered(SUPERSEDED, hit, ids)
    assert check.count == count
    assert check.examples == tuple(range(90, 90 - min(count, EXAMPLES), -1))
    assert all(type(one) is int for one in check.examples)


@pytest.mark.parametrize("question", [*LEFT_OUT, *OF_CONTEXTS], ids=lambda one: one.id)
def test_an_answer_says_what_was_asked(question: Question) -> None:
    """The question's own words, gravity and action are handed on."""
    check = answered(question, np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
    for name in ("id", "severity", "question", "action", "done"):
        assert getattr(check, name) == getattr(question, name)
