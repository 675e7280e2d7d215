"""The benchmark of feature groups: what is left out, and what is said of it."""

import json

import pytest

from app.backend.features.interactions import GROUPS
from benchmarks.feature_groups import (
    MEASURES,
    PARTS,
    WHOLE,
    Plan,
    Values,
    brought,
    idle,
    record,
    report,
)
from benchmarks.feature_groups import measure as measure_groups
from benchmarks.shuffled_columns import COLUMNS

SIZES = (20,)


def figures(gains: dict[str, tuple[float, float]]) -> Values:
    """Return what two households would have shown, if parts had brought them so much."""
    values: Values = {}
    for measured, (_, sign) in MEASURES.items():
        values[measured, WHOLE, 20] = [0.5, 0.7]
        for name in PARTS:
            one, other = gains.get(name, (0.1, -0.1))
            values[measured, name, 20] = [0.5 - sign * one, 0.7 - sign * other]
    return values


def test_every_group_of_a_household_without_members_is_left_out_once() -> None:
    """What has no part of its own is an effect of members, whom these households do not name."""
    left_out = {name for part in PARTS.values() for name in part.config.left_out} | {"text"}
    others = {name for name, *_ in GROUPS} - left_out
    assert others == {"member", "member_genre", "member_other", "member_text"}
    assert left_out >= {"title", "trust"}


def test_a_tiny_run_measures_every_part() -> None:
    """One household with twenty feedbacks has a figure for each part, measure and column."""
    plan = Plan(worlds=1, sizes=SIZES, first_seed=9_200)
    values = measure_groups(plan, workers=1)
    told = json.loads(json.dumps(record(plan, values)))
    assert len(told["parts"]) == len(PARTS) * len(MEASURES)
    assert len(told["shuffled"]) == len(COLUMNS)
    assert any(one["mean"] != 0.0 for one in told["parts"])
    page = report(plan, values)
    assert "1 households (seeds 9200 to 9200)" in page
    assert all(f"| {part.label} |" in page for part in PARTS.values())


def test_a_part_brings_what_the_model_lacks_without_it() -> None:
    """A gain is above 0 whether the measure is a score or a loss."""
    values = figures({"era": (0.02, 0.04)})
    for measured in MEASURES:
        assert brought(values, measured, "era", 20).mean == pytest.approx(0.03)


def test_what_brings_nothing_is_named() -> None:
    """Intervals that all hold 0 are nothing; clear ones below 0 alone are harm."""
    told = idle(figures({"era": (0.02, 0.02001), "length": (-0.02, -0.02001)}), SIZES)
    labels = {name: part.label for name, part in PARTS.items()}
    assert labels["era"] not in told["nothing"] + told["harm"]
    assert told["harm"] == [labels["length"]]
    assert set(told["nothing"]) == set(labels.values()) - {labels["era"], labels["length"]}
