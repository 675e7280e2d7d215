"""Single values of any type are understood as far as they can be, and none of them raises."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from math import isnan, nan
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.evidence import NO_ANSWER, NO_MOMENT
from app.backend.domain.randomness import derived_seed
from app.backend.store import values

SOME_UUID: Final = UUID("6f1c1b1e-0000-4000-8000-000000000000")
NEW_YEAR: Final = 1_767_225_600_000
SECOND: Final = 1_000
HOUR: Final = 3_600 * SECOND
EARLIEST: Final = datetime(1, 1, 2)  # noqa: DTZ001  # hypothesis adds the zone
LATEST: Final = datetime(9999, 12, 30)  # noqa: DTZ001  # likewise

OFFSETS: Final = st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(timedelta(minutes=offset // timedelta(minutes=1)))
)
MOMENTS: Final = st.datetimes(EARLIEST, LATEST, timezones=OFFSETS)
SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64)
    | st.floats()
    # No database has a signalling NaN.
    | st.decimals().filter(lambda number: not number.is_snan())
    | st.text()
    | st.binary()
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.datetimes()
    | MOMENTS
    | st.uuids()
    | st.sampled_from(["9" * 5_000, "1e999", "-0", "nan", "0x5", "1_000", "٣", " 7\n", "\x00"])
)
ANYTHING: Final = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(deadline=None, max_examples=400)
@given(ANYTHING)
def test_no_value_is_too_odd(value: object) -> None:
    """Whatever a column holds becomes a number in range, or something that can be a key."""
    assert -values.LARGEST_KEY < values.key(value) < values.LARGEST_KEY
    assert isinstance(values.rating(value), float)
    assert values.answer(value) in (0, 1, NO_ANSWER)
    assert -(2**63) <= values.moment(value) <= NO_MOMENT
    assert isinstance(hash(values.frozen(value)), int)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (0, 0),
        (-7, -7),
        (True, 1),
        (None, 0),
        ("12", 12),
        (" 12\n", 12),
        ("-3", -3),
        ("007", 7),
        (3.0, 3),
        (Decimal("12.0"), 12),
        (2**53 - 1, 2**53 - 1),
        (1 - 2**53, 1 - 2**53),
        (str(2**53 - 1), 2**53 - 1),
    ],
)
def test_an_id_that_reads_as_a_whole_number_is_it(value: object, expected: int) -> None:
    """A number keeps its value, and a missing id is 0."""
    assert values.key(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "f-1",
        "12.0",
        "0x5",
        "1e3",
        "nan",
        SOME_UUID,
        str(SOME_UUID),
        b"7",
        2**53,
        -(2**53),
        2**63,
        str(2**53),
        1e300,
        nan,
        float("inf"),
        Decimal("NaN"),
        Decimal("-Infinity"),
        2.5,
        -0.5,
        Decimal("12.5"),
        date(2026, 1, 1),
        "9" * 5_000,
    ],
    ids=lambda value: repr(value)[:20],
)
def test_any_other_id_has_a_number_that_stands_for_it(value: object) -> None:
    """The same one in every process, and the same for a value and its text."""
    assert values.key(value) == derived_seed(str(value))
    assert values.key(value) == values.key(str(value))


def test_ids_that_a_float_would_confuse_stay_apart() -> None:
    """Neighbours beyond 2**53 are different ids."""
    neighbours = [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, -(2**53), 2**63 - 1]
    assert len({values.key(one) for one in neighbours}) == len(neighbours)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5.0),
        (4.5, 4.5),
        (-1, -1.0),
        (True, 1.0),
        ("5", 5.0),
        (" 4.0\n", 4.0),
        ("1e2", 100.0),
        (Decimal("3.5"), 3.5),
        (float("inf"), float("inf")),
        ("1e999", float("inf")),
        (2**62, 2.0**62),
    ],
)
def test_a_rating_is_the_number_that_it_reads_as(value: object, expected: float) -> None:
    """Numbers and texts of numbers count, in range or not."""
    assert values.rating(value) == expected


@pytest.mark.parametrize(
    "value",
    [None, "", "five", "0x5", "5 stars", b"5", [5], {"rating": 5}, SOME_UUID, nan, "nan", 10**400],
    ids=repr,
)
def test_any_other_rating_is_no_number(value: object) -> None:
    """It is NaN, never an error."""
    assert isnan(values.rating(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1),
        (False, 0),
        (1, 1),
        (0, 0),
        (1.0, 1),
        (-0.0, 0),
        (Decimal(1), 1),
        ("yes", 1),
        (" TRUE ", 1),
        ("T", 1),
        ("y", 1),
        ("1", 1),
        ("no", 0),
        ("False", 0),
        ("f", 0),
        ("N", 0),
        ("0", 0),
    ],
)
def test_yes_and_no_have_many_spellings(value: object, expected: int) -> None:
    """Numbers, truth values and words, in any case."""
    assert values.answer(value) == expected


@pytest.mark.parametrize(
    "value",
    [None, "", "perhaps", "1.0", "2", 2, -1, 0.5, nan, Decimal("NaN"), b"1", [1], {}, 2**63],
    ids=repr,
)
def test_what_is_neither_yes_nor_no_is_no_answer(value: object) -> None:
    """Nothing is guessed."""
    assert values.answer(value) == NO_ANSWER


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01", NEW_YEAR),
        (" 2026-01-01\n", NEW_YEAR),
        ("20260101", NEW_YEAR),
        ("2026-W01-4", NEW_YEAR),
        ("2026-01-01 01:00", NEW_YEAR + HOUR),
        ("2026-01-01T00:00:01Z", NEW_YEAR + SECOND),
        ("2026-01-01T01:00:00+01:00", NEW_YEAR),
        ("2025-12-31T19:00:00-05:00", NEW_YEAR),
        ("2026-01-01 00:00:00.123456", NEW_YEAR + 123),
        ("1969-12-31 23:59:59", -SECOND),
        (date(2026, 1, 1), NEW_YEAR),
        (datetime(2026, 1, 1, tzinfo=UTC), NEW_YEAR),
        (datetime(2026, 1, 1), NEW_YEAR),  # noqa: DTZ001  # as some databases tell it
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2))), NEW_YEAR - 2 * HOUR),
        (NEW_YEAR // SECOND, NEW_YEAR),
        (NEW_YEAR, NEW_YEAR),
        (NEW_YEAR / SECOND + 0.25, NEW_YEAR + 250),
        (Decimal(NEW_YEAR), NEW_YEAR),
        (0, 0),
        (-0.0, 0),
        (9_999_999_999, 9_999_999_999 * SECOND),
        (10_000_000_000, 10_000_000_000),
        (9_999_999_999_999, 9_999_999_999_999),
    ],
    ids=repr,
)
def test_a_moment_may_be_told_in_many_ways(value: object, expected: int) -> None:
    """Texts, dates, seconds and milliseconds; what has no zone is UTC."""
    assert values.moment(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "now",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "2026-01-01 25:00",
        "1767225600",
        "0000-00-00 00:00:00",
        True,
        -1,
        -0.5,
        10**13,
        2**63,
        1e300,
        nan,
        float("inf"),
        Decimal("NaN"),
        b"2026-01-01",
        time(12),
        timedelta(days=1),
        [2026, 1, 1],
    ],
    ids=repr,
)
def test_what_is_no_moment_is_told_apart(value: object) -> None:
    """It stands behind every moment."""
    assert values.moment(value) == NO_MOMENT


@settings(deadline=None)
@given(MOMENTS)
def test_a_moment_is_the_same_in_every_zone_and_as_a_text(told: datetime) -> None:
    """Its milliseconds are those since 1970 in UTC, a part of one left out."""
    expected = (told - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    in_utc = told.astimezone(UTC)
    for one in (told, in_utc, told.isoformat(), told.isoformat(" "), in_utc.replace(tzinfo=None)):
        assert values.moment(one) == expected


@settings(deadline=None)
@given(st.integers(10**10, 10**13 - 1))
def test_seconds_and_milliseconds_mean_the_same_moment(milliseconds: int) -> None:
    """Also as fractions and decimals."""
    seconds = Decimal(milliseconds) / SECOND
    for one in (milliseconds, float(milliseconds), seconds, float(seconds)):
        assert values.moment(one) == milliseconds


@pytest.mark.parametrize("value", [None, 7, 7.5, True, "funny", b"x", SOME_UUID], ids=repr)
def test_what_can_be_a_key_stays_as_it_is(value: object) -> None:
    """Only a value that was parsed is written out again."""
    assert values.frozen(value) is value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"mood": "funny"}, '{"mood": "funny"}'),
        (["funny", None, 7], '["funny", null, 7]'),
        ({}, "{}"),
        ({"at": [date(2026, 1, 1)]}, '{"at": ["2026-01-01"]}'),
    ],
)
def test_parsed_json_becomes_a_text_again(value: object, expected: str) -> None:
    """As the promised column would hold it."""
    assert values.frozen(value) == expected
