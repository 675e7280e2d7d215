"""The benchmark of training runs both ways, and judges what it found."""

from pathlib import Path

from benchmarks import training_cost
from benchmarks.preparation_database import make_database


def test_both_ways_fit_the_same_rows(tmp_path: Path) -> None:
    """Each reads a database, fits, and tells seconds and memory; fitting again changes nothing."""
    url = make_database(tmp_path, "own", 300)
    for way in training_cost.WAYS:
        taken = training_cost.measure(way, url)
        assert taken["same_bytes"]
        assert 0 < taken["cells"] <= 300
        assert taken["fit_cpu_seconds"] > 0
        assert taken["peak_mb"] >= taken["read_mb"]


def test_bars_are_judged_from_figures() -> None:
    """Fitting that takes three times as long as reading does not meet its bar."""
    rows = training_cost.ROWS
    ours = {"rows": rows, "way": "encore", "read_cpu_seconds": 1.0, "fit_cpu_seconds": 3.0}
    theirs = {"rows": rows, "way": "scikit-learn", "fit_cpu_seconds": 90.0}
    judged = training_cost.bars([{**ours, "peak_mb": 200.0}, theirs])
    assert [bar["met"] for bar in judged] == [False, True, True]
