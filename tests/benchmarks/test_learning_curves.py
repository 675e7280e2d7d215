"""The benchmark of learning curves: its figures, its record, and that bars follow from figures."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t

from app.backend.features.posterior import rules_posterior
from benchmarks import learning_curves, pages
from benchmarks.figures import difference, figure
from benchmarks.learners import CHOICES, LABELS, LEARNERS, RAW, RULES, TEXT, WITH_CHOICES
from benchmarks.learning_bars import BARS, CASES, Bar, Cell, judged
from benchmarks.learning_curves import CAPTIONS, Plan, Values, measure, record, report
from benchmarks.shuffled_columns import COLUMNS, losses, shuffled
from tests.worlds import make_world, ndcg_at_5, probabilities

PLAN = Plan(worlds=2, sizes=(0, 20), cases=("right", "random"), first_seed=9_000)
NDCG_AT_20: Cell = ("right", "ndcg", CHOICES, 20)


@cache
def tiny() -> Values:
    """Measure two households, in this process."""
    return measure(PLAN, workers=1)


def test_every_learner_is_measured_on_every_household() -> None:
    """Each cell has one finite value a household, in the ranges that measures have."""
    values = tiny()
    cells = {
        (case, name, learner, size)
        for case in PLAN.cases
        for name in CAPTIONS
        for learner in (WITH_CHOICES if name == "strength" else LABELS)
        for size in PLAN.sizes
    }
    assert set(values) == cells
    assert set(LEARNERS) == set(LABELS)
    for (_, name, _, _), found in values.items():
        assert len(found) == PLAN.worlds
        low, high = (1.0, 36.0) if name == "top_fives" else (0.0, 1.0)
        assert all(low <= value <= high for value in found)


def test_before_feedback_the_mixed_model_is_the_rules() -> None:
    """Without a verdict it ranks as they do, and with some it does not."""
    values = tiny()
    assert values["right", "ndcg", CHOICES, 0] == values["right", "ndcg", RULES, 0]
    assert values["right", "ndcg", CHOICES, 20] != values["right", "ndcg", RULES, 20]
    assert values["right", "strength", CHOICES, 0] == [0.0, 0.0]
    world = make_world(PLAN.first_seed)
    expected = ndcg_at_5(world, probabilities(world, rules_posterior()), world.unseen)
    assert values["right", "ndcg", RULES, 20][0] == expected


def test_two_processes_find_the_same() -> None:
    """What is measured does not depend on who measures it."""
    plan = replace(PLAN, sizes=(0, 5), cases=("right",))
    assert measure(plan, workers=2) == measure(plan, workers=1)


def test_the_record_holds_figures_and_bars() -> None:
    """It is plain JSON: the plan, a figure a cell, and each bar with what was found."""
    told = json.loads(json.dumps(record(PLAN, tiny())))
    assert (told["worlds"], told["first_seed"], told["sizes"]) == (2, 9_000, [0, 20])
    assert len(told["figures"]) == len(tiny())
    one = told["figures"][0]
    assert set(one) == {
        *("case", "measure", "learner", "feedbacks", "mean", "error", "low", "high")
    }
    assert one["low"] <= one["mean"] <= one["high"]
    assert [bar["bar"] for bar in told["bars"]] == [bar.says for bar in BARS]
    assert {bar["met"] for bar in told["bars"]} >= {None}
    for bar in told["bars"]:
        assert (bar["met"] is None) == (bar["found"] is None)


def test_the_report_tells_seeds_bars_and_cases() -> None:
    """It names the seeds, a line for each bar, and a part for each case that was measured."""
    told = report(PLAN, tiny())
    assert "2 households (seeds 9000 to 9001)" in told
    assert all(f"| {bar.says} |" in told for bar in BARS)
    assert "not measured" in told
    for name, case in CASES.items():
        assert (f"### {case.heading}\n" in told) == (name in PLAN.cases)


@pytest.mark.parametrize(("gain", "met"), [(0.08, True), (0.05, True), (0.049, False)])
def test_a_bar_follows_from_the_figures(gain: float, met: bool) -> None:
    """What is ahead by enough passes; by a thousandth less it is short of the bar."""
    rules = [0.5, 0.75]
    values = {NDCG_AT_20: [0.5 + gain, 0.75 + gain], ("right", "ndcg", RULES, 20): rules}
    bar = next(one for one in BARS if one.cells == (NDCG_AT_20,))
    assert (bar.least, bar.against) == (0.05, RULES)
    (one,) = judged(values, [replace(bar, least=0.05 - 1e-12)])
    assert one.met is met
    assert one.found == difference(values[NDCG_AT_20], rules)


def test_the_worst_size_counts() -> None:
    """A bar over several sizes tells the one that is furthest from it, whichever way it points."""
    cells: tuple[Cell, ...] = (("right", "top_fives", RAW, 0), ("right", "top_fives", RAW, 20))
    values = {cells[0]: [1.0, 1.0], cells[1]: [4.0, 2.0]}
    most, least = judged(values, [Bar("", cells, most=1.0), Bar("", cells, least=1.0)])
    assert most.found == figure([4.0, 2.0])
    assert most.met is False
    assert least.found == figure([1.0, 1.0])
    assert least.met is True


def test_what_was_not_measured_is_not_met() -> None:
    """A bar without figures is neither passed nor missed."""
    assert {one.met for one in judged({})} == {None}


def test_the_bars_are_those_that_were_asked() -> None:
    """By size: what choices must have over the rules, and what calibration may err."""
    asked = {
        (bar.cells[0][0], bar.cells[0][3]): bar.least
        for bar in BARS
        if bar.against == RULES and len(bar.cells) == 1 and bar.cells[0][2] == CHOICES
    }
    assert asked == {
        ("right", 20): 0.05,
        ("right", 50): 0.07,
        ("right", 200): 0.085,
        ("right", 500): 0.11,
        ("wrong", 200): 0.24,
    }
    errors = {bar.cells[0][2:]: bar.most for bar in BARS if bar.cells[0][1] == "calibration"}
    assert errors == {
        (name, n): most for name in (CHOICES, TEXT) for n, most in ((50, 0.09), (200, 0.06))
    }


def test_an_interval_is_students() -> None:
    """Mean, standard error and 90 % interval are those of the textbook."""
    found = figure([0.1, 0.3, 0.8])
    error = np.std([0.1, 0.3, 0.8], ddof=1) / np.sqrt(3)
    low, high = t.interval(0.9, 2, loc=0.4, scale=error)
    assert (found.mean, found.error) == pytest.approx((0.4, error))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert not found.is_clear
    assert figure([0.1, 0.11, 0.12]).is_clear


def test_it_writes_between_its_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed replaces what stood there; the arguments say on how many households."""
    page = tmp_path / "benchmarks.md"
    page.write_text(
        "<!-- begin: learning_curves -->\nold\n<!-- end: learning_curves -->\n", "utf-8"
    )
    monkeypatch.setattr(pages, "PAGE", page)
    monkeypatch.setattr(learning_curves, "SHORT_SIZES", (0, 5))
    assert learning_curves.main(["--short", "--worlds", "1", "--write"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("1 households (seeds 7000 to 7000)")
    marks = [f"<!-- {end}: learning_curves -->" for end in ("begin", "end")]
    assert page.read_text("utf-8") == f"{marks[0]}\n{printed}{marks[1]}\n"


def test_shuffled_columns_are_of_other_titles_or_contexts() -> None:
    """A shuffle moves its own columns together, and nothing else."""
    X = np.random.default_rng(1).random((36, 7, 37))
    for columns in COLUMNS.values():
        found = shuffled(X, columns, lambda count: np.roll(np.arange(count), 1))
        at, others = list(columns.at), [n for n in range(37) if n not in columns.at]
        axis = 0 if columns.of_context else 1
        np.testing.assert_array_equal(found[:, :, at], np.roll(X, 1, axis=axis)[:, :, at])
        np.testing.assert_array_equal(found[:, :, others], X[:, :, others])


def test_rules_lose_by_the_columns_that_they_read() -> None:
    """Shuffled genres and moods cost the rules much; ids, which they do not read, cost nothing."""
    found = losses(make_world(9_000), rules_posterior(), 0)
    assert set(found) == set(COLUMNS)
    assert found["words"] == 0.0
    assert min(found["genres"], found["mood"]) > 0.02
