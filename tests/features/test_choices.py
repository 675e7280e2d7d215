"""Of what was shown together, only slates that still hold a choice are learnt from."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.evidence import ChoiceRows
from app.backend.features.choices import ChoiceCounts, Choices, no_choices, understand_choices

Row: TypeAlias = tuple[int, int, int, bool]

SLATES: Final = st.integers(-3, 6) | st.just(2**62)
TITLES: Final = st.integers(-2, 8) | st.just(2**53 - 1)
ROWS: Final = st.lists(st.tuples(SLATES, TITLES, st.integers(0, 79), st.booleans()), max_size=40)
LIBRARIES: Final = st.lists(TITLES, unique=True, max_size=10)


def rows_of(rows: Sequence[Row]) -> ChoiceRows:
    """Return rows of slate, title, context and choice as the store hands them on."""
    slate, title, context = (
        np.array([row[place] for row in rows], dtype=np.int64) for place in range(3)
    )
    return ChoiceRows(slate, title, context, np.array([row[3] for row in rows], dtype=bool))


def understood(rows: Sequence[Row], library: Sequence[int]) -> Choices:
    """Understand rows of a library of these ids."""
    return understand_choices(rows_of(rows), np.array(library, dtype=np.int64))


def as_they_are(rows: Sequence[Row]) -> Choices:
    """Return rows as choices, their titles as positions."""
    found = rows_of(rows)
    return Choices(found.slate_id, found.context_code, found.media_id, found.is_chosen)


def told(choices: Choices, library: Sequence[int]) -> list[Row]:
    """Return choices as rows, their titles by id."""
    titles = [library[at] for at in choices.title.tolist()]
    columns = (choices.slate.tolist(), titles, choices.context_code.tolist())
    return list(zip(*columns, choices.is_chosen.tolist(), strict=True))


def assert_typed(choices: Choices) -> None:
    """Insist on the types and the one length of the columns."""
    for column in (choices.slate, choices.context_code, choices.title):
        assert column.dtype == np.int64
        assert column.shape == choices.is_chosen.shape
    assert choices.is_chosen.dtype == np.bool_


@settings(deadline=None)
@given(ROWS, LIBRARIES)
def test_only_slates_with_both_are_kept_and_nothing_is_made_up(
    rows: list[Row], library: list[int]
) -> None:
    """What is kept are rows that were there, in their order: all of a slate that are known."""
    choices = understood(rows, library)
    by_slate: dict[int, set[bool]] = defaultdict(set)
    known = [row for row in rows if row[1] in library]
    for row in known:
        by_slate[row[0]].add(row[3])
    assert told(choices, library) == [row for row in known if len(by_slate[row[0]]) == 2]
    assert_typed(choices)


@settings(deadline=None)
@given(ROWS, LIBRARIES)
def test_every_row_and_slate_is_accounted_for(rows: list[Row], library: list[int]) -> None:
    """What was read is what is used plus what was left out, each for one reason."""
    choices = understood(rows, library)
    counts = choices.counts
    assert counts.impressions_read == len(rows)
    assert counts.slates_read == len({row[0] for row in rows})
    assert counts.impressions_used == len(choices.slate)
    assert counts.slates_used == len(set(choices.slate.tolist()))
    assert counts.unknown_titles == sum(row[1] not in library for row in rows)
    assert counts.one_sided_impressions >= 0


@settings(deadline=None)
@given(ROWS, LIBRARIES, st.lists(SLATES))
def test_some_slates_are_whole_slates(
    rows: list[Row], library: list[int], slates: list[int]
) -> None:
    """The named slates and the others are everything, and the counts stay those of the whole."""
    choices = understood(rows, library)
    named = choices.of_slates(np.array(slates, dtype=np.int64))
    rest = choices.of_slates(np.setdiff1d(choices.slate, slates))
    both = told(named, library) + told(rest, library)
    assert sorted(both) == sorted(told(choices, library))
    assert set(named.slate.tolist()) == set(slates) & set(choices.slate.tolist())
    assert named.counts == rest.counts == choices.counts
    assert_typed(named)


def test_a_title_is_the_row_of_the_library_that_has_its_id() -> None:
    """However the library is ordered; of two rows with one id the later one counts."""
    rows = [(1, 30, 21, True), (1, 10, 21, False), (1, 20, 21, False)]
    assert understood(rows, [20, 30, 10]).title.tolist() == [1, 2, 0]
    assert understood(rows, [20, 30, 10, 30]).title.tolist() == [3, 2, 0]


def test_a_slate_that_loses_its_choice_is_left_out() -> None:
    """Without its chosen title, or with that one alone, it tells nothing; the reason counts."""
    rows = [
        (1, 10, 21, True), (1, 99, 21, False),
        (2, 99, 0, True), (2, 10, 0, False), (2, 20, 0, False),
        (3, 20, 5, False), (3, 10, 5, True), (3, 99, 5, False),
        (4, 99, 7, True), (4, 98, 7, False),
    ]  # fmt: skip
    choices = understood(rows, [10, 20])
    assert told(choices, [10, 20]) == [(3, 20, 5, False), (3, 10, 5, True)]
    assert choices.counts == ChoiceCounts(
        slates_read=4,
        impressions_read=10,
        unknown_titles=5,
        one_sided_slates=3,
        one_sided_impressions=3,
    )
    assert (choices.counts.slates_used, choices.counts.impressions_used) == (1, 2)


def test_nothing_shown_is_no_choice() -> None:
    """Nothing read, nothing in the library, and nobody asked come to the same."""
    for choices in (understood([], [1]), understood([(1, 1, 0, True)], []), no_choices()):
        assert_typed(choices)
        assert len(choices.slate) == 0
        assert choices.fingerprint() == no_choices().fingerprint()
    assert no_choices().counts == ChoiceCounts()


@settings(deadline=None)
@given(ROWS, st.integers(0, 3), st.data())
def test_the_fingerprint_changes_with_any_value(
    rows: list[Row], place: int, data: st.DataObject
) -> None:
    """Equal choices have equal fingerprints; another slate, context, title or choice has not."""
    rows = [(1, 10, 21, True), (1, 20, 21, False), (2, 10, 3, True), (2, 20, 3, False), *rows]
    columns, again = as_they_are(rows), as_they_are(rows)
    assert columns.fingerprint() == again.fingerprint()
    column = (again.slate, again.title, again.context_code, again.is_chosen)[place]
    at = data.draw(st.integers(0, len(rows) - 1))
    column[at] = not column[at] if place == 3 else column[at] + 1
    assert columns.fingerprint() != again.fingerprint()


def test_a_counted_reason_does_not_change_the_fingerprint() -> None:
    """Slates that are not learnt from leave it as it is."""
    rows = [(1, 10, 21, True), (1, 20, 21, False)]
    more = [*rows, (2, 99, 0, True), (2, 10, 0, False)]
    assert understood(rows, [10, 20]).fingerprint() == understood(more, [10, 20]).fingerprint()
