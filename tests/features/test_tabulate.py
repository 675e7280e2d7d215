"""A data set becomes one matrix: codes from 1, genres as columns, the rules where they apply."""

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS, Context
from app.backend.domain.dataset import Coded, Interactions, RawDataset, RawTitleTable
from app.backend.domain.evidence import NO_MOMENT
from app.backend.domain.title import Title, TitleRecord
from app.backend.features.basis import context_basis, rule_matrices, title_basis
from app.backend.features.encode import encode_titles, for_context
from app.backend.features.table import NUMBERS, Table
from app.backend.features.tabulate import tabulate

Row = tuple[str, str, float]

HEAT = TitleRecord("Heat", "movie", 1995, 170, ("Crime", "Thriller"), "line 2", "t1", 8.3)
TWINS = TitleRecord("Twin Peaks", "series", 1990, 47, ("Mystery", "Bergfilm"), "line 3", "t2")


def coded(words: Sequence[str]) -> Coded:
    """Write words down once."""
    distinct = tuple(dict.fromkeys(words))
    return Coded(distinct, np.array([distinct.index(word) for word in words], dtype=np.int64))


def dataset(
    rows: Sequence[Row],
    contexts: Mapping[str, Sequence[str]] | None = None,
    again: Sequence[int] | None = None,
    moment: Sequence[int] | None = None,
    titles: Sequence[TitleRecord] = (HEAT, TWINS),
) -> RawDataset:
    """Return a data set of rows of member, title and rating."""
    count = len(rows)
    interactions = Interactions(
        member=coded([row[0] for row in rows]),
        title=coded([row[1] for row in rows]),
        rating=np.array([row[2] for row in rows], dtype=np.float64),
        again=np.array(again if again is not None else [-1] * count, dtype=np.int8),
        moment=np.array(moment if moment is not None else [NO_MOMENT] * count, dtype=np.int64),
        contexts={name: coded(words) for name, words in (contexts or {}).items()},
        rows_read=count,
        left_out={},
    )
    known = {title.external_id or "": title for title in titles}
    return RawDataset(interactions, RawTitleTable(known, {}))


def column(table: Table, name: str) -> list[float]:
    """Return a column by its name."""
    return [float(value) for value in table.X[:, table.columns.names.index(name)]]


def test_members_titles_and_words_are_numbered_from_1_in_order() -> None:
    """0 is left for nobody and for what was not said."""
    rows = [("zoe", "t2", 5.0), ("ann", "t1", 3.0), ("zoe", "t1", 4.0)]
    table = tabulate(dataset(rows, {"mood": ["wistful", "", "funny"]}))
    assert table.member.tolist() == [2, 1, 2]
    assert table.title.tolist() == [2, 1, 1]
    assert column(table, "mood") == [2.0, 0.0, 1.0]
    assert table.columns.context_names == ("mood",)


def test_positive_is_a_rating_of_4_that_nobody_regrets() -> None:
    """Without an answer the rating decides; with one, both."""
    rows = [("a", "t1", rating) for rating in (4.0, 3.5, 5.0, 5.0, 1.0)]
    assert tabulate(dataset(rows)).y.tolist() == [1, 0, 1, 1, 0]
    assert tabulate(dataset(rows, again=[1, 1, 0, 1, -1])).y.tolist() == [1, 0, 0, 1, 0]


def test_genres_are_canonical_and_unknown_ones_keep_a_column() -> None:
    """A genre that no row needs has none."""
    table = tabulate(dataset([("a", "t1", 4.0), ("a", "t2", 4.0)]))
    names = [table.columns.names[at] for at in table.columns.genres]
    assert names == ["genre_thriller", "genre_crime", "genre_mystery", "genre_bergfilm"]
    assert table.X[:, table.columns.genres].tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]


def test_numbers_are_those_of_the_title_basis() -> None:
    """A title of which nothing is known has zeros throughout."""
    table = tabulate(dataset([("a", "t1", 4.0), ("a", "t2", 4.0), ("a", "unknown", 4.0)]))
    numbers = table.X[:, table.columns.numbers]
    series, rating = NUMBERS.index("series"), NUMBERS.index("rating")
    assert numbers[:, series].tolist() == [0.0, 1.0, 0.0]
    assert numbers[0, rating] == pytest.approx((8.3 - 6.5) / 1.2)
    assert numbers[1, rating] == 0.0
    assert not table.X[2, list(table.columns.genres + table.columns.numbers)].any()
    assert not table.X[2, list(table.columns.rules)].any()


def test_the_rules_say_what_they_say_in_encore() -> None:
    """With Encore's own words the sub-scores are those of its matrices."""
    spoken = [
        (mood, size, length) for mood in MOODS for size in GROUP_SIZES for length in SESSION_LENGTHS
    ]
    contexts = dict(
        zip(("mood", "group_size", "session_length"), zip(*spoken, strict=True), strict=True)
    )
    table = tabulate(dataset([("a", "t1", 4.0)] * len(spoken), contexts))
    title = Title(1, "Heat", "movie", 1995, 170.0, ("crime", "thriller"), 8.3)
    for row, words in enumerate(spoken):
        X = for_context(Context(*words).code, encode_titles([title]))
        scores = np.einsum("nc,kct,nt->nk", context_basis(X), rule_matrices(), title_basis(X))
        assert table.X[row, table.columns.rules] == pytest.approx(scores[0])


def test_rules_are_silent_on_other_words() -> None:
    """An unknown mood leaves the mood's sub-score at 0; the quality of the title still counts."""
    contexts = {"mood": ["wistful"], "group_size": ["couple"], "weather": ["rain"]}
    table = tabulate(dataset([("a", "t1", 4.0)], contexts))
    mood, group, session, quality = table.X[0, table.columns.rules]
    assert (mood, session) == (0.0, 0.0)
    assert group != 0.0
    assert quality == pytest.approx((8.3 - 6.5) / 1.2)


def test_moments_are_known_only_if_all_are() -> None:
    """Where one is missing, the order of the file stands in."""
    rows = [("a", "t1", 4.0), ("b", "t1", 4.0)]
    assert tabulate(dataset(rows, moment=[9, 7])).moment.tolist() == [9, 7]
    partly = tabulate(dataset(rows, moment=[9, NO_MOMENT]))
    assert not partly.has_moments
    assert partly.moment.tolist() == [0, 1]


def test_no_rows_are_a_table_too() -> None:
    """A table without rows has its columns."""
    table = tabulate(dataset([]))
    assert table.X.shape == (0, len(table.columns.names))
    assert not table.has_moments


WORDS = st.sampled_from(["", "funny", "solo", "wistful", "binge"])


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["t1", "t2", "x"]), WORDS, WORDS)),
    st.randoms(use_true_random=False),
)
def test_the_order_of_rows_changes_nothing_but_their_order(
    rows: list[tuple[str, str, str, str]], chance: Random
) -> None:
    """Every row has the same columns wherever it stands."""
    mixed = list(range(len(rows)))
    chance.shuffle(mixed)
    tables = []
    for order in (range(len(rows)), mixed):
        chosen = [rows[at] for at in order]
        contexts = {"mood": [row[2] for row in chosen], "place": [row[3] for row in chosen]}
        tables.append(tabulate(dataset([(row[0], row[1], 4.0) for row in chosen], contexts)))
    assert tables[0].columns == tables[1].columns
    np.testing.assert_allclose(tables[0].X[mixed], tables[1].X)
