"""A design's columns are keys times features, and what no coefficient was learnt for is counted."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.features.effects import GROUPS, Layout, features_of
from app.backend.features.encode import Codes, Floats
from app.backend.features.numbering import Numbering
from app.backend.features.table import Columns
from tests.tables import make_table, table_columns

BY_NAME = {group.name: group for group in GROUPS}
# The synthetic tables have no words.
WORDLESS = {group.name for group in GROUPS if group.features != "texts"}
PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), max_size=25)
COLUMNS = Columns(
    member=0,
    title=1,
    contexts=(2, 3),
    genres=(4, 5),
    numbers=(6,),
    rules=(7,),
    names=tuple("abcdefghi"),
    texts=(8,),
)
# Members 1 and 2, titles 5 and 6; the first context says 1, 2 or nothing, the second nothing.
X = np.array(
    [
        [1.0, 5, 1, 0, 1, 1, 0.5, 0.2, 3.0],
        [2.0, 5, 2, 0, 1, 0, -1.0, 0.1, 3.0],
        [1.0, 6, 0, 0, 0, 0, 2.0, 0.0, -2.0],
    ]
)


def pairs(rows: list[tuple[int, int]]) -> Codes:
    """Return pairs of codes as an array."""
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def learnt(*names: str) -> Layout:
    """Return the layout of some groups over the rows by hand."""
    return Layout.learn(X, COLUMNS, tuple(BY_NAME[name] for name in names))


def kept(rows: Floats, columns: Columns) -> set[str]:
    """Return the names of the groups that say something of some rows."""
    return {group.name for group in Layout.learn(rows, columns, GROUPS).groups}


@settings(deadline=None)
@given(PAIRS, PAIRS)
def test_what_was_seen_has_a_number_and_nothing_else(
    seen: list[tuple[int, int]], asked: list[tuple[int, int]]
) -> None:
    """Numbers run from 0, one for each distinct pair, as in a dictionary; others have -1."""
    numbering = Numbering.learn(pairs(seen))
    number = dict(zip(seen, numbering.of(pairs(seen)).tolist(), strict=True))
    assert sorted(number.values()) == list(range(len(number)))
    assert numbering.count == len(number)
    found = numbering.of(pairs(asked)).tolist()
    assert found == [number.get(pair, -1) for pair in asked]


@pytest.mark.parametrize("rows", [0, 1, 4])
def test_without_a_key_all_rows_share_one_number(rows: int) -> None:
    """Every row of a group without keys has number 0, whatever was seen."""
    numbering = Numbering.learn(np.zeros((rows, 0), dtype=np.int64))
    assert numbering.count == 1
    assert numbering.of(np.zeros((3, 0), dtype=np.int64)).tolist() == [0, 0, 0]


def test_features_by_hand() -> None:
    """Genres are spread over the root of their number; words are the codes that were seen."""
    said = (np.array([1, 2]), np.zeros(0, dtype=np.int64))
    half = np.sqrt(0.5)
    expected: dict[str, list[list[float]]] = {
        "one": [[1], [1], [1]],
        "numbers": [[0.5], [-1], [2]],
        "rules": [[0.2], [0.1], [0]],
        "texts": [[3], [3], [-2]],
        "genres": [[half, half], [1, 0], [0, 0]],
        "said": [[1, 0], [0, 1], [0, 0]],
        "said_genres": [[half, half, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]],
    }
    for group in GROUPS:
        found = features_of(X, COLUMNS, said, group.features).toarray()
        np.testing.assert_allclose(found, expected[group.features])


def test_columns_are_keys_times_features() -> None:
    """Each member has a column for each genre and for each word; the intercept has one."""
    layout = learnt("intercept", "member_genre", "member_said")
    half = np.sqrt(0.5)
    by_hand = [
        [1.0, *(half, half, 0, 0), *(1, 0, 0, 0)],
        [1.0, *(0, 0, 1, 0), *(0, 0, 0, 1)],
        [1.0, *(0, 0, 0, 0), *(0, 0, 0, 0)],
    ]
    design = layout.design(X)
    np.testing.assert_allclose(design.matrix.toarray(), by_hand)
    assert layout.group_of.tolist() == [0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert not design.unseen.any()


def test_what_was_never_seen_is_counted() -> None:
    """A stranger's squared values are counted group by group, and their columns are empty."""
    layout = learnt("intercept", "genre", "title", "member", "member_numbers")
    asked = X.copy()
    asked[1, 0], asked[2, 0], asked[0, 1] = 9, 3, 4
    design = layout.design(asked)
    np.testing.assert_allclose(
        design.unseen, [[0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 4]]
    )
    seen = np.square(design.matrix.toarray()).sum(axis=1)
    whole = np.square(layout.design(X).matrix.toarray()).sum(axis=1)
    whole += np.square(asked[:, 6]) - np.square(X[:, 6])
    np.testing.assert_allclose(seen + design.unseen.sum(axis=0), whole)


def test_a_word_that_was_never_said_says_nothing() -> None:
    """It has no column, and no doubt of its own: the row is one in which nothing was said."""
    layout = learnt("said")
    asked = X.copy()
    asked[:, 2] = 7
    design = layout.design(asked)
    assert design.matrix.nnz == 0
    assert not design.unseen.any()


def test_groups_that_add_nothing_are_left_out() -> None:
    """One member, one title, or contexts that never vary say what a simpler group says."""
    table = make_table(60)
    columns = table.columns
    assert kept(table.X, columns) == WORDLESS
    alone = table.X.copy()
    alone[:, columns.member] = 3
    assert {name for name in kept(alone, columns) if name.startswith("member")} == {
        "member_context",
        "member_context_genre",
    }
    silent = table.X.copy()
    silent[:, list(columns.contexts)] = 1
    said = ("said", "context")
    assert kept(silent, columns) == {name for name in WORDLESS if not any(w in name for w in said)}


def test_with_one_thing_said_the_context_is_that_word() -> None:
    """Groups of whole contexts are left out then, but for a member's genres in each."""
    table = make_table(60)
    single = table.X.copy()
    single[:, list(table.columns.contexts[1:])] = 0
    groups = kept(single, table.columns)
    assert {name for name in groups if "context" in name} == {"member_context_genre"}
    assert {"said", "said_genre", "title_said", "member_said"} <= groups


def test_a_table_without_genres_has_no_groups_of_genres() -> None:
    """What has no width has no coefficients."""
    columns = replace(table_columns(), genres=())
    assert not any("genre" in name for name in kept(make_table(60).X, columns))


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_rows_will_do(rows: int) -> None:
    """From 0 rows on there is a layout; what depends on who, what and when is not in it."""
    table = make_table(max(rows, 1), seed=2)
    layout = Layout.learn(table.X[:rows], table.columns, GROUPS)
    assert all(not group.keys for group in layout.groups)
    design = layout.design(make_table(7).X)
    assert design.matrix.shape == (7, len(layout.group_of))
    assert design.unseen.shape == (len(layout.groups), 7)
    assert layout.design(table.X[:0]).matrix.shape == (0, len(layout.group_of))


def test_no_groups_make_an_empty_design() -> None:
    """Without a group there is no column."""
    design = Layout.learn(X, COLUMNS, ()).design(X)
    assert design.matrix.shape == (3, 0)
    assert design.unseen.shape == (0, 3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_every_value_has_a_coefficient_or_is_counted(seed: int, rows: int) -> None:
    """Of each group a row's squares are found in its columns, or among what was never seen."""
    layout = Layout.learn(make_table(rows, seed=seed).X, table_columns(), GROUPS)
    asked = make_table(30, seed=seed + 1).X
    design = layout.design(asked)
    squares = design.matrix.power(2).toarray()
    for number, group in enumerate(layout.groups):
        features = features_of(asked, layout.columns, layout.said, group.features)
        whole = features.power(2).toarray().sum(axis=1)
        found = squares[:, layout.group_of == number].sum(axis=1)
        np.testing.assert_allclose(found + design.unseen[number], whole, atol=1e-12)


def test_names_are_unique() -> None:
    """A group is known by its name; its deviation is positive."""
    assert len(BY_NAME) == len(GROUPS)
    assert all(group.deviation > 0 for group in GROUPS)
