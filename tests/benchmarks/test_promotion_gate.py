"""The benchmark of the gate: what noise is, and that shares follow from what the gate said."""

import json

import numpy as np

from benchmarks.learners import evidence_of
from benchmarks.promotion_gate import GATED, RULES_ARE, Plan, measure, noise, record, report
from tests.worlds import SHOWN, live, make_world


def test_noise_knows_nothing_but_the_rate() -> None:
    """Its verdicts are the household's in another order, and each slate's pick is drawn."""
    world = make_world(31, titles=60)
    known = evidence_of(world, live(world, 200, 31))
    found = noise(known, 5)
    assert found.training.y.sum() == known.training.y.sum()
    assert not np.array_equal(found.training.y, known.training.y)
    np.testing.assert_array_equal(found.training.title, known.training.title)
    picks = np.bincount(found.choices.slate, found.choices.is_chosen)[1:]
    np.testing.assert_array_equal(picks, np.ones(200))
    agree = (found.choices.is_chosen & known.choices.is_chosen).sum() / 200
    assert abs(agree - 1 / SHOWN) < 0.12
    again = noise(known, 5)
    np.testing.assert_array_equal(again.choices.is_chosen, found.choices.is_chosen)


def test_every_gate_is_asked() -> None:
    """Each cell holds a yes or a no a household; a wider margin is never harder to pass."""
    plan = Plan(worlds=1, sizes=(25, 60), first_seed=9_100)
    values = measure(plan, workers=1)
    assert set(values) == {
        (rules_are, gated, size)
        for rules_are in RULES_ARE
        for gated in GATED
        for size in plan.sizes
    }
    assert {value for found in values.values() for value in found} <= {0.0, 1.0}
    for rules_are in RULES_ARE:
        margins = [values[rules_are, name, 60][0] for name in GATED if name.startswith("margin")]
        assert margins == sorted(margins)
    assert len(json.loads(json.dumps(record(plan, values)))["figures"]) == len(values)
    assert "1 households (seeds 9100 to 9100)" in report(plan, values)
