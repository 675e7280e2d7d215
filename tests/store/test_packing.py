"""Rows packed by a real database come apart as the same numbers, or not at all."""

from collections.abc import Sequence
from math import prod
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    MetaData,
    Table,
    column,
    func,
    insert,
    select,
    table,
    text,
)
from sqlalchemy.orm import Session

from app.backend.store.packing import (
    MOST,
    Field,
    Pack,
    checked,
    joined,
    one_of,
    packs,
    size_for,
    unpacked,
)
from app.backend.store.values import LARGEST_KEY
from tests.store.test_session import opened

SIZES: Final = st.lists(st.integers(1, 200) | st.integers(1, LARGEST_KEY + 1), min_size=1)
TENS: Final = Pack((Field("a", column("a"), 10), Field("b", column("b"), 10)))
VALUE: Final[ColumnElement[Any]] = column("value")


@st.composite
def sizes_and_rows(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Return the sizes of a few fields, and rows of numbers below them."""
    sizes = draw(st.lists(st.integers(1, 200) | st.integers(1, MOST), min_size=1, max_size=9))
    row = st.tuples(*(st.sampled_from([0, size - 1]) | st.integers(0, size - 1) for size in sizes))
    return sizes, [list(one) for one in draw(st.lists(row, min_size=1, max_size=12))]


def fields_of(sizes: Sequence[int]) -> list[Field]:
    """Return a field of each size, named by its number."""
    return [Field(f"f{n}", column(f"f{n}"), size) for n, size in enumerate(sizes)]


def dialect_of(session: Session) -> str:
    """Return the name of the database's kind."""
    return session.get_bind().dialect.name


def packed_and_read(
    url: str, sizes: Sequence[int], rows: Sequence[Sequence[int]]
) -> list[list[int]]:
    """Write rows, let the database pack them, and return what comes of it."""
    fields = fields_of(sizes)
    with opened(url) as database, database.writing() as session:
        columns = (Column(field.name, BigInteger()) for field in fields)
        made = Table("numbers", MetaData(), *columns)
        made.create(session.connection())
        names = [field.name for field in fields]
        session.execute(insert(made), [dict(zip(names, row, strict=True)) for row in rows])
        read: dict[str, list[int]] = {}
        for pack in packs(fields):
            query = select(func.count(), joined(pack, dialect_of(session))).select_from(made)
            count, told = session.execute(query).one()
            found = unpacked(told, count, pack)
            assert found is not None
            read |= {name: values.tolist() for name, values in found.items()}
    return [list(row) for row in zip(*(read[name] for name in names), strict=True)]


def said_of(session: Session, values: Sequence[object], said: ColumnElement[Any]) -> list[int]:
    """Write values into the table of one column, and return what SQL says of each there."""
    found = table("found", column("id"), column("value"))
    for number, value in enumerate(values):
        session.execute(insert(found).values(id=number, value=value))
    query = select(said).select_from(found).order_by(found.c.id)
    return [int(number) for number in session.scalars(query)]


@settings(deadline=None, max_examples=60)
@given(sizes_and_rows())
def test_what_a_database_packed_comes_apart_as_it_was(
    made: tuple[list[int], list[list[int]]],
) -> None:
    """Every field of every row has its number again, whatever the sizes."""
    sizes, rows = made
    assert packed_and_read("sqlite://", sizes, rows) == rows


def test_the_largest_numbers_fit(empty_database_url: str) -> None:
    """Fields that fill a number to the last place lose nothing, in either database."""
    sizes = [2 * 10**9, 4 * 10**9, MOST, LARGEST_KEY + 1, 80]
    rows = [[0] * len(sizes), [size - 1 for size in sizes], [size // 2 for size in sizes]]
    found = packed_and_read(empty_database_url, sizes, rows)
    assert sorted(found) == sorted(rows)


@settings(deadline=None)
@given(SIZES)
def test_packs_hold_each_field_once_and_in_order(sizes: list[int]) -> None:
    """No number has more values than fit, and none is begun while the last one has room."""
    found = packs(fields_of(sizes))
    assert [field.name for pack in found for field in pack.fields] == [
        f"f{n}" for n in range(len(sizes))
    ]
    counts = [prod(field.size for field in pack.fields) for pack in found]
    assert all(count <= MOST for count in counts)
    following = [pack.fields[0].size for pack in found[1:]]
    assert all(a * b > MOST for a, b in zip(counts, following, strict=False))


def test_nothing_needs_no_number() -> None:
    """Without fields there are no packs."""
    assert packs([]) == ()


@settings(deadline=None)
@given(SIZES)
def test_every_number_of_a_pack_is_equally_wide(sizes: list[int]) -> None:
    """The lead is a power of ten that makes 0 as wide as the largest, within 64 bits."""
    for pack in packs(fields_of(sizes)):
        largest = pack.lead + prod(field.size for field in pack.fields) - 1
        assert str(pack.lead).strip("0") == "1"
        assert len(str(largest)) == len(str(pack.lead))
        assert largest < 2**63


def test_numbers_come_apart_by_their_places() -> None:
    """A text of two numbers gives the two columns."""
    found = unpacked("107,123", 2, TENS)
    assert found is not None
    assert {name: values.tolist() for name, values in found.items()} == {"a": [0, 2], "b": [7, 3]}


@pytest.mark.parametrize(
    "told",
    [
        None,
        "",
        "107",
        "107,123,",
        "107,1230",
        "7,123",
        "-07,123",
        "107,-23",
        "107;123",
        "1071123",
        "1a7,123",
        "107,12e",
        "1.7,123",
        "107,12٣",
        "107,12 ",
        "107,,23",
    ],
)
def test_a_text_of_another_shape_is_refused(told: str | None) -> None:
    """Nothing, another width, a sign, a letter or another separator: no numbers at all."""
    assert unpacked(told, 2, TENS) is None


def test_a_field_has_room_for_its_numbers_and_a_marker() -> None:
    """The marker is one above the largest number, which is the last that fits."""
    field = Field("rating", column("rating"), size_for(5))
    assert (field.size, field.marker) == (7, 6)


def test_only_whole_numbers_in_range_pass(empty_database_url: str) -> None:
    """Nothing, a negative number and one that is too large read as the marker."""
    with opened(empty_database_url) as database, database.writing() as session:
        session.execute(text("CREATE TABLE found (id INTEGER PRIMARY KEY, value BIGINT)"))
        values = (0, 3, 4, 5, -1, 2**62, None)
        found = said_of(session, values, checked(VALUE, size_for(3), dialect_of(session)))
    assert found == [0, 3, 4, 4, 4, 4, 4]


def test_only_whole_numbers_pass_where_a_column_holds_anything() -> None:
    """In SQLite a text, a fraction or a blob reads as the marker, also one that looks right."""
    with opened("sqlite://") as database, database.writing() as session:
        session.execute(text("CREATE TABLE found (id INTEGER PRIMARY KEY, value)"))
        values = (2, "2", "", "two", 2.0, 2.5, b"2", b"\x02", None, True)
        found = said_of(session, values, checked(VALUE, size_for(3), "sqlite"))
    assert found == [2, 4, 4, 4, 4, 4, 4, 4, 4, 1]


def test_a_text_reads_as_its_position(empty_database_url: str) -> None:
    """Nothing may be one of the spellings; what is not in the list reads as the marker."""
    spellings = ["solo", None, "Solo", ""]
    with opened(empty_database_url) as database, database.writing() as session:
        session.execute(text("CREATE TABLE found (id INTEGER PRIMARY KEY, value TEXT)"))
        values = ("", "Solo", None, "solo", "solo ", "SOLO", "duo")
        known = said_of(session, values, one_of(VALUE, spellings, size_for(3)))
        unheard = said_of(session, (), one_of(VALUE, [one for one in spellings if one], 3))
    assert known == [3, 2, 1, 0, 4, 4, 4]
    assert unheard == [2, 1, 2, 0, 2, 2, 2]


def test_what_is_no_text_is_none_of_the_texts() -> None:
    """In SQLite a number or a blob that looks like a spelling reads as the marker."""
    with opened("sqlite://") as database, database.writing() as session:
        session.execute(text("CREATE TABLE found (id INTEGER PRIMARY KEY, value)"))
        found = said_of(session, ("1", 1, 1.0, b"1"), one_of(VALUE, ["1"], size_for(0)))
        none = said_of(session, (), one_of(VALUE, [], size_for(-1)))
    assert found == [0, 1, 1, 1]
    assert none == [0, 0, 0, 0]
