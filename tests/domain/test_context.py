"""Contexts and their codes are two ways to say one thing; moods survive whatever a column holds."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.context import (
    ANY_MOOD,
    CODE_COUNT,
    GROUP_SIZES,
    MOODS,
    SESSION_LENGTHS,
    AskedMood,
    Context,
    Mood,
    every_context,
    mood_as_json,
    mood_from_json,
)


def test_the_words_are_these() -> None:
    """Moods, company and session lengths are promised, in this order: codes stand on it."""
    assert MOODS == ("funny", "action", "dramatic", "relaxing")
    assert GROUP_SIZES == ("solo", "couple", "group")
    assert SESSION_LENGTHS == ("short", "medium", "binge")
    assert Context("relaxing", "group", "binge").code == 79 == CODE_COUNT - 1


def test_every_code_is_one_context() -> None:
    """Codes lead to contexts and back, each to its own."""
    contexts = [Context.from_code(code) for code in range(CODE_COUNT)]
    assert [context.code for context in contexts] == list(range(CODE_COUNT))
    assert len(set(contexts)) == CODE_COUNT


def test_a_request_may_ask_for_any_mood() -> None:
    """What may be asked for are the moods and any, which has the code of no mood."""
    assert get_args(AskedMood) == (*get_args(Mood), ANY_MOOD) == (*MOODS, "any")
    assert Context.asked(ANY_MOOD, "solo", "binge") == Context(None, "solo", "binge")
    assert Context.asked("funny", "solo", "binge") == Context("funny", "solo", "binge")
    assert mood_from_json(mood_as_json(ANY_MOOD)) == ANY_MOOD


@pytest.mark.parametrize("code", [-1, CODE_COUNT, 10**9])
def test_other_codes_are_no_contexts(code: int) -> None:
    """A number outside the codes is an error, not some context."""
    with pytest.raises(ValueError, match="no context code"):
        Context.from_code(code)


def test_what_is_not_understood_is_unknown() -> None:
    """A word outside the lists counts as not said."""
    assert Context("happy", "crowd", "long").code == Context(None, None, None).code == 0


def test_a_household_can_say_36_contexts() -> None:
    """They are all different and leave nothing out."""
    contexts = every_context()
    assert len(contexts) == len(set(contexts)) == 36
    assert all(
        context.mood and context.group_size and context.session_length for context in contexts
    )


@pytest.mark.parametrize("mood", [*MOODS, "happy"])
def test_a_mood_survives_its_column(mood: str) -> None:
    """What is written is read again; so is a mood that nobody knows, to be counted."""
    assert json.loads(mood_as_json(mood)) == {"mood": mood}
    assert mood_from_json(mood_as_json(mood)) == mood
    assert mood_from_json(mood_as_json(mood).encode()) == mood
    assert mood_from_json({"mood": f"  {mood.upper()} "}) == mood


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "funny",
        "{",
        "[]",
        "null",
        '"funny"',
        '{"mood": null}',
        '{"mood": ""}',
        '{"mood": "  "}',
        '{"mood": ["funny"]}',
        '{"Mood": "funny"}',
        b"\xff\xfe\x00",
        "[" * 1_000,
        '{"mood": "funny"}' + " " * 1_000,
        7,
    ],
)
def test_what_is_malformed_is_no_mood(text: object) -> None:
    """Text that is no JSON, JSON that is no mood, and text far too long are told by None."""
    assert mood_from_json(text) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("mood"), inner),
)


@given(ANYTHING | ANYTHING.map(lambda value: json.dumps(repr(value))))
def test_reading_a_mood_never_raises(value: object) -> None:
    """Whatever the column holds, the answer is a word or None."""
    mood = mood_from_json(value)
    assert mood is None or (mood.strip() == mood and mood == mood.casefold() and mood)
