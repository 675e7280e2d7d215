"""The benchmark of the pages: in its short form, and what it prints."""

import json

import pytest

from benchmarks.page_times import API, ASKING, PAGES, main, table


def test_every_page_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the API call alone, as a ratio to it."""
    assert main(["--short", "--json"]) == 0
    (pages,) = json.loads(capsys.readouterr().out).values()
    assert list(pages) == [API, ASKING, *PAGES]
    for page, row in pages.items():
        assert 0 < row["median"] <= row["worst"], page
        assert row["kilobytes"] > 0
    assert pages[API]["ratio"] == 1


def test_a_bar_that_is_missed_is_said() -> None:
    """By the worst answer, and by name."""
    row = {"first": 9.0, "median": 10.0, "worst": 20.0, "ratio": 1.0, "kilobytes": 3.0}
    told = table({"2000": {"/": row, "/model": {**row, "worst": 201.0}}})
    assert "2 000 titles:" in told
    assert "| `/` | 9 ms | 10 ms | 20 ms | 1.0 | 3 |" in told
    assert "missed by /model" in told
    assert "every page keeps it" in table({"2000": {"/": row}})
