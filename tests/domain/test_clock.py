"""Moments are UTC, whatever zone they come with or without."""

from datetime import UTC, datetime, timedelta, timezone

from app.backend.domain.clock import as_utc, system_clock


def test_a_moment_without_a_zone_is_utc() -> None:
    """What a database gave back without its zone keeps its hands and gains the zone."""
    assert as_utc(datetime(2026, 1, 2, 3, 4)) == datetime(2026, 1, 2, 3, 4, tzinfo=UTC)  # noqa: DTZ001


def test_a_moment_of_another_zone_is_converted() -> None:
    """Evening in one place is the same moment in UTC."""
    there = datetime(2026, 7, 1, 20, 30, tzinfo=timezone(timedelta(hours=2)))
    found = as_utc(there)
    assert (found.hour, found.tzinfo) == (18, UTC)
    assert found == there


def test_the_clock_of_the_edges_is_utc() -> None:
    """The system's clock gives moments with their zone, and does not go back."""
    one, other = system_clock(), system_clock()
    assert one.tzinfo is UTC
    assert one <= other
