"""The benchmark of serving beside training speaks with a real server, and trains meanwhile."""

from benchmarks import serving_while_training


def test_requests_are_timed_with_and_without_training() -> None:
    """Every request of both ways is told of, and at least one training ran."""
    record = serving_while_training.measure(60, 24, 1, 1.0)
    assert {way: told["requests"] for way, told in record["ways"].items()} == {
        "idle": 10,
        "training": 10,
    }
    assert record["trainings"] >= 1
    assert record["p99_ratio"] > 0
    assert "p99 while training" in serving_while_training.table(record)
