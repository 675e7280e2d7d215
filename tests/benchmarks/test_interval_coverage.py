"""The benchmark of intervals knows the truth, and counts how often it is held."""

from benchmarks import interval_coverage


def test_shares_are_told_by_rows_and_figure() -> None:
    """Each figure with an interval has a share; most intervals hold the truth."""
    record = interval_coverage.measure(*interval_coverage.SHORT)
    held = record["held"]["60"]
    assert {*interval_coverage.FIGURES, interval_coverage.DIFFERENCE} <= set(held)
    assert held["log_loss"] >= 0.5
    assert "| log loss |" in interval_coverage.table(record)
