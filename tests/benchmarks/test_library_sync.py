"""The benchmark of syncs: in its short form, and what it prints."""

import pytest

from app.backend.sources.media_server import PAGE
from benchmarks.library_sync import measure, table

WAY = {
    "database": "SQLite",
    "seconds_per_100": 0.073,
    "undecoded": 36.5,
    "decoded": 37.0,
    "seconds": 41.0,
    "speed": 0.9,
    "cpu_seconds": 5.4,
    "most_mb": 120.0,
    "second": {"seconds": 0.25, "cpu_seconds": 0.2, "requests": 4.0, "bytes": 1_234.0},
}


def test_syncs_are_measured_beside_bare_reads() -> None:
    """Of each database at each speed: what it took, and that a second sync reads only changes."""
    record = measure(2 * PAGE, {0.01: 1})
    assert [way["database"] for way in record["ways"]] == ["SQLite", "PostgreSQL"]
    for way in record["ways"]:
        assert way["seconds_per_100"] == 0.01
        assert way["speed"] == pytest.approx(way["decoded"] / way["seconds"])
        assert way["undecoded"] > 0
        assert way["most_mb"] > 10
        assert way["second"]["requests"] == 4
        assert way["second"]["bytes"] < 5_000
    assert "| 0.01 s per 100, into PostgreSQL |" in table(record)


def test_a_bar_that_is_missed_is_said() -> None:
    """The speed is that against a server as real ones have been measured."""
    fast = {**WAY, "seconds_per_100": 0.0, "speed": 0.07}
    told = table({"titles": 50_000, "page": 200, "ways": [fast, WAY]})
    assert "50 000 titles, 200 a page:" in told
    assert "| 0.073 s per 100, into SQLite | 36.5 s | 37.0 s | 41.0 s | 90% |" in told
    assert "0.25 s, 4 answers of 1.2 kB" in told
    assert "kept with 90%" in told
    assert "it is 7%" in told
    assert "kept with 120 MB" in told
    slow = {**WAY, "speed": 0.79, "most_mb": 301.0}
    told = table({"titles": 50_000, "page": 200, "ways": [fast, slow]})
    assert "missed with 79%" in told
    assert "missed with 301 MB" in told
