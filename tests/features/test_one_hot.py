"""Codes become columns of their own, as far as training saw them often enough."""

import numpy as np

from app.backend.features.one_hot import OneHot
from tests.tables import make_table


def test_each_row_has_one_column_of_each_key() -> None:
    """Member, title, each word and the whole context: six ones, beside what is no code."""
    table = make_table(200)
    columns = table.columns
    encoded = OneHot.learn(table.X, columns).of(table.X).toarray()
    dense = len(columns.genres) + len(columns.numbers) + len(columns.rules)
    codes = encoded[:, dense:]
    assert set(np.unique(codes)) == {0.0, 1.0}
    np.testing.assert_array_equal(codes.sum(axis=1), 6)
    assert (codes.sum(axis=0) > 0).all()


def test_the_genres_of_a_title_weigh_one_together() -> None:
    """However many genres a title has, the squares of their columns add up to 1."""
    table = make_table(200)
    count = len(table.columns.genres)
    genres = OneHot.learn(table.X, table.columns).of(table.X).toarray()[:, :count]
    has_any = table.X[:, list(table.columns.genres)].any(axis=1)
    np.testing.assert_allclose(np.square(genres).sum(axis=1), has_any)


def test_rare_crosses_have_no_column() -> None:
    """A member or title in a context has a column where that occurred often enough."""
    table = make_table(400)
    alone = OneHot.learn(table.X, table.columns)
    widths = [OneHot.learn(table.X, table.columns, least).width for least in (1, 3, 401)]
    assert widths[0] > widths[1] > widths[2] == alone.width
    crossed = OneHot.learn(table.X, table.columns, 3).of(table.X)
    assert (np.asarray(crossed[:, alone.width :].sum(axis=0)) >= 3).all()


def test_unseen_codes_have_no_column() -> None:
    """A row of which nothing was seen before has only its genres, numbers and rules."""
    table = make_table(200)
    columns = table.columns
    strange = table.X[:5].copy()
    strange[:, [columns.member, columns.title, *columns.contexts]] = 900.0
    encoding = OneHot.learn(table.X, columns, 3)
    dense = len(columns.genres) + len(columns.numbers) + len(columns.rules)
    assert encoding.of(strange).shape == (5, encoding.width)
    assert encoding.of(strange)[:, dense:].nnz == 0


def test_no_rows_teach_no_codes() -> None:
    """Learning from nothing is no error."""
    table = make_table(5)
    encoding = OneHot.learn(table.X[:0], table.columns, 3)
    assert encoding.of(table.X).shape == (5, encoding.width)
