"""Columns read in parts become one table in time order; titles and contexts are kept once."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.backend.domain.evidence import NO_MOMENT, NO_TITLE, FeedbackRows, RawContext, RawTitles
from app.backend.store.columns import (
    LARGEST_TABLE,
    TYPES,
    Columns,
    Contexts,
    TitlePositions,
    put_together,
)
from app.backend.store.values import LARGEST_KEY

SMALL: Final = st.integers(0, 30)
ANY_KEY: Final = st.integers(-LARGEST_KEY, LARGEST_KEY) | st.integers(-3, 30)
EXTREMES: Final = [-(2**63), -1, 0, LARGEST_TABLE - 1, LARGEST_TABLE, 2**63 - 1]
NO_TITLES: Final = RawTitles(
    np.zeros(0, np.int64), (), (), (), (), (), (), (), (), np.zeros(0, np.bool_)
)
# Few moments, so that many rows share one.
STAMPS: Final = st.lists(st.tuples(st.integers(-2, 2) | st.just(NO_MOMENT), st.integers(-5, 99)))


def ids_of(ids: Sequence[int]) -> NDArray[np.int64]:
    """Return ids as a column."""
    return np.array(ids, dtype=np.int64)


def expected_positions(library: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Return the positions that a dictionary finds; of equal ids it keeps the last."""
    position = {one: at for at, one in enumerate(library)}
    return [position.get(one, NO_TITLE) for one in wanted]


def part_of(stamps: Sequence[tuple[int, int]], first: int = 0) -> dict[str, NDArray[Any]]:
    """Return columns of rows with these moments and ids, each row with a number of its own."""
    numbers = np.arange(first, first + len(stamps))
    part: dict[str, NDArray[Any]] = {name: numbers.astype(kind) for name, kind in TYPES.items()}
    part["moment"] = ids_of([moment for moment, _ in stamps])
    part["feedback_id"] = ids_of([number for _, number in stamps])
    return part


def together(*parts: Columns) -> FeedbackRows:
    """Put parts together that name no titles."""
    return put_together(parts, Contexts(), NO_TITLES)


def stamps_of(rows: FeedbackRows) -> list[tuple[int, int]]:
    """Return each row's moment and id."""
    return list(zip(rows.moment.tolist(), rows.feedback_id.tolist(), strict=True))


def test_a_context_keeps_the_position_that_it_was_first_given() -> None:
    """Each context is listed once, in the order in which it was met."""
    contexts = Contexts()
    said = [RawContext(7), RawContext(None, "funny", "solo"), RawContext(None), RawContext(0)]
    assert [contexts.position(one) for one in said] == [0, 1, 2, 3]
    assert [contexts.position(one) for one in reversed(said)] == [3, 2, 1, 0]
    assert contexts.position(RawContext(None, "funny", "solo", None)) == 1
    assert contexts.met() == said


def test_nothing_met_is_no_context() -> None:
    """Before the first one the list is empty."""
    assert Contexts().met() == []


@settings(deadline=None)
@given(st.lists(SMALL, max_size=40), st.lists(st.integers(-5, 40) | st.sampled_from(EXTREMES)))
def test_titles_with_small_ids_are_found(library: list[int], wanted: list[int]) -> None:
    """By a table: known and unknown ids, repeated ones, and ids that no table holds."""
    found = TitlePositions(ids_of(library)).of(ids_of(wanted))
    assert found.dtype == np.int32
    assert found.tolist() == expected_positions(library, wanted)


@settings(deadline=None)
@given(st.lists(ANY_KEY, max_size=40), st.data())
def test_titles_with_any_ids_are_found(library: list[int], data: st.DataObject) -> None:
    """By searching: negative ids and ids as large as keys become, in any order."""
    far_away = [*library, -LARGEST_KEY + 1]
    wanted = data.draw(
        st.lists(st.sampled_from(far_away) | ANY_KEY | st.sampled_from(EXTREMES), max_size=40)
    )
    found = TitlePositions(ids_of(far_away)).of(ids_of(wanted))
    assert found.dtype == np.int32
    assert found.tolist() == expected_positions(far_away, wanted)


@pytest.mark.parametrize("largest", [LARGEST_TABLE - 1, LARGEST_TABLE, LARGEST_TABLE + 1])
def test_the_largest_table_and_the_first_search_agree(largest: int) -> None:
    """On both sides of the limit the same titles are found."""
    library = [3, largest, 0, 3]
    wanted = [0, 1, 2, 3, largest - 1, largest, largest + 1, -1, *EXTREMES]
    found = TitlePositions(ids_of(library)).of(ids_of(wanted))
    assert found.tolist() == expected_positions(library, wanted)


@pytest.mark.parametrize("library", [[5, 5, 7, 5], [-5, -5, 7, -5]], ids=["table", "search"])
def test_of_two_titles_with_one_id_the_later_counts(library: list[int]) -> None:
    """However far apart they stand."""
    assert TitlePositions(ids_of(library)).of(ids_of([library[0], 7])).tolist() == [3, 2]


@pytest.mark.parametrize("wanted", [[], [0, -1, 7]], ids=["nothing", "three"])
def test_an_empty_library_has_no_title(wanted: list[int]) -> None:
    """Whatever is asked for."""
    found = TitlePositions(ids_of([])).of(ids_of(wanted))
    assert found.dtype == np.int32
    assert found.tolist() == [NO_TITLE] * len(wanted)


@settings(deadline=None)
@given(st.lists(STAMPS, max_size=4))
def test_parts_are_put_in_the_order_of_moments_then_ids(
    parts: list[list[tuple[int, int]]],
) -> None:
    """Rows without a moment stand at the end, and each row keeps its values together."""
    everything = [stamp for part in parts for stamp in part]
    firsts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    made = (part_of(part, first) for part, first in zip(parts, firsts, strict=False))
    rows = together(*made)
    assert stamps_of(rows) == sorted(everything)
    numbers = rows.slate_id.tolist()
    assert [everything[number] for number in numbers] == stamps_of(rows)
    assert rows.rating.tolist() == numbers
    assert sorted(numbers) == list(range(len(everything)))


@settings(deadline=None)
@given(STAMPS, st.integers(0, 20))
def test_rows_that_stand_in_order_stay_as_they_are(stamps: list[tuple[int, int]], cut: int) -> None:
    """Also those that share a moment and an id: the one that was read first stays first."""
    ordered = sorted(stamps)
    rows = together(part_of(ordered[:cut]), part_of(ordered[cut:], len(ordered[:cut])))
    assert rows.slate_id.tolist() == list(range(len(ordered)))
    assert stamps_of(rows) == ordered


@pytest.mark.parametrize("parts", [[], [part_of([])], [part_of([]), part_of([])]], ids=len)
def test_no_rows_are_a_table_too(parts: list[Columns]) -> None:
    """Every column is there, empty and of its type."""
    rows = together(*parts)
    for name, kind in TYPES.items():
        column = getattr(rows, name)
        assert (column.shape, column.dtype) == ((0,), np.dtype(kind))


def test_contexts_and_titles_are_handed_on() -> None:
    """They are those that positions speak of, also where the last part is the first to say so."""
    contexts = Contexts()

    def parts() -> Iterator[Columns]:
        for code in (7, 3):
            yield {
                **part_of([(0, code)]),
                "context": np.array([contexts.position(RawContext(code))]),
            }

    rows = put_together(parts(), contexts, NO_TITLES)
    said = [rows.contexts[at].code for at in rows.context]
    assert said == rows.feedback_id.tolist() == [3, 7]
    assert rows.titles is NO_TITLES
