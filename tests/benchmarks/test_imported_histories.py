"""The benchmark of imported histories: what it measures, and how it tells it."""

import json

import numpy as np
import pytest

from benchmarks import imported_histories as benchmark
from benchmarks.imported_histories import KINDS, Job, Plan, household, measure, ratings, served
from tests.worlds import make_world

SMALL = Plan(2, (0, 20), (40,), (benchmark.SHIPPED,), ("right", "others"), 7_390)


@pytest.fixture(scope="module")
def values() -> benchmark.Values:
    """What is measured of two small households of two kinds."""
    return measure(SMALL, workers=1)


def test_each_household_is_measured_with_and_without(values: benchmark.Values) -> None:
    """Every cell has a figure of every household."""
    for kind in SMALL.kinds:
        for name in benchmark.MEASURES:
            for own in SMALL.own:
                assert len(values[kind, name, 0, 0.0, own]) == 2
                assert len(values[kind, name, 40, benchmark.SHIPPED, own]) == 2


def test_where_it_does_not_serve_it_brings_nothing(values: benchmark.Values) -> None:
    """The gain of the gate counts promoted models alone."""
    share, gain = served(values, "others", 40)
    assert 0.0 <= share <= 1.0
    assert share > 0.0 or gain.mean == 0.0


def test_ratings_follow_taste_or_nothing() -> None:
    """What is rated was shown; tastes are liked more often than noise; the same seed, the same."""
    world = make_world(7_390)
    found = ratings(world, KINDS["right"], 200, 1)
    noise = ratings(world, KINDS["others"], 200, 1)
    again = ratings(world, KINDS["right"], 200, 1)
    assert found.y.tolist() == again.y.tolist()
    assert not np.isin(found.title, world.unseen).any()
    truth = world.truth.max(axis=0)[found.title]
    liked, not_liked = truth[found.y == 1].mean(), truth[found.y == 0].mean()
    assert liked - not_liked > 0.1
    truth = world.truth.max(axis=0)[noise.title]
    assert abs(truth[noise.y == 1].mean() - truth[noise.y == 0].mean()) < 0.1
    generous = ratings(world, KINDS["generous"], 200, 1)
    assert generous.y.mean() > found.y.mean()


def test_a_household_is_measured_alike_twice() -> None:
    """Nothing hangs on chance but what the seed says."""
    job = Job(7_391, "right", Plan(1, (0,), (40,), (benchmark.SHIPPED,), ("right",)))
    assert household(job) == household(job)


def test_figures_are_told(
    values: benchmark.Values, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Markdown and as JSON."""
    monkeypatch.setattr(benchmark, "measure", lambda _plan: values)
    monkeypatch.setattr(benchmark, "Plan", lambda *_: SMALL)
    assert benchmark.main(["--short", "--worlds", "2"]) == 0
    told = capsys.readouterr().out
    assert "### Rules that fit the population" in told
    assert "40 ratings: NDCG@5, never shown" in told
    assert benchmark.main(["--short", "--json", "--worlds", "2"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert {one["kind"] for one in record["served"]} == set(SMALL.kinds)
