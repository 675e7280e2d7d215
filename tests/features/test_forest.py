"""Trees as arrays answer as they were grown, and no arrays make a walk that does not end."""

from typing import Any

import lightgbm
import numpy as np
import pytest

from app.backend.features.forest import Forest
from app.backend.learning.trees import Ground, flattened, grow

# Two trees: `x0 <= 1 ? (x1 <= 5 ? 1 : 2) : 3`, and one that always answers 10.
TWO: dict[str, Any] = {
    "root": [0, 5, 6],
    "feature": [0, 1, -1, -1, -1, -1],
    "threshold": [1.0, 5.0, 0.0, 0.0, 0.0, 0.0],
    "left": [1, 2, 0, 0, 0, 0],
    "right": [4, 3, 0, 0, 0, 0],
    "value": [0.0, 0.0, 1.0, 2.0, 3.0, 10.0],
}


def forest(**changes: Any) -> Forest:  # noqa: ANN401  # whatever an array may hold
    """Return the two trees, with some arrays changed."""
    told = TWO | changes
    kinds = {"threshold": np.float64, "value": np.float64}
    arrays: Any = {name: np.array(told[name], kinds.get(name, np.int64)) for name in told}
    return Forest(**arrays)


def test_rows_walk_to_their_leaves() -> None:
    """Up to the threshold a row goes left; the trees' answers are added up."""
    rows = np.array([[1.0, 5.0], [1.0, 5.1], [1.1, 0.0], [-9.0, -9.0]])
    np.testing.assert_array_equal(forest().score(rows), [11.0, 12.0, 13.0, 11.0])
    assert forest().width == 2


def test_no_rows_and_no_trees_are_fine() -> None:
    """Nothing is asked, or nobody answers."""
    assert forest().score(np.zeros((0, 2))).shape == (0,)
    nobody = Forest(np.zeros(1, np.int64), *(np.zeros(0, k) for k in (int, float, int, int, float)))
    np.testing.assert_array_equal(nobody.score(np.zeros((3, 1))), np.zeros(3))


def test_more_places_than_are_walked_at_once() -> None:
    """Many rows are answered in parts, each as it would be alone."""
    rows = np.random.default_rng(0).uniform(0, 6, size=(600_000, 2))
    score = forest().score(rows)
    assert len(score) == len(rows)
    np.testing.assert_array_equal(score[-50:], forest().score(rows[-50:]))


@pytest.mark.parametrize(
    "changes",
    [
        {"left": [0, 2, 0, 0, 0, 0]},
        {"right": [4, 1, 0, 0, 0, 0]},
        {"right": [5, 3, 0, 0, 0, 0]},
        {"left": [-1, 2, 0, 0, 0, 0]},
        {"root": [0, 5]},
        {"root": [1, 5, 6]},
        {"root": [0, 6, 6]},
        {"root": [0, 7, 6]},
        {"feature": [0, -2, -1, -1, -1, -1]},
        {"value": [0.0]},
        {"root": []},
    ],
    ids=str,
)
def test_what_would_not_end_is_refused(changes: dict[str, list[int]]) -> None:
    """A branch that leads up, to itself or into another tree, and trees without nodes."""
    with pytest.raises(ValueError, match=r"."):
        forest(**changes)


@pytest.mark.parametrize("seed", range(5))
def test_a_booster_and_its_arrays_answer_the_same(seed: int) -> None:
    """To the last bit, at the very thresholds and far outside of what was seen."""
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(400, 5)), 1)
    y = (X[:, 0] * X[:, 1] + rng.normal(size=400) > 0).astype(np.float64)
    rows = Ground(X, y, np.ones(400), np.zeros(400))
    parameters = {"num_leaves": 31, "min_data_in_leaf": 3, "learning_rate": 0.1}
    booster: lightgbm.Booster = grow(rows, parameters, 60, seed)
    asked = np.vstack([X, 1e6 * rng.normal(size=(50, 5)), np.zeros((1, 5))])
    np.testing.assert_array_equal(
        flattened(booster).score(asked), booster.predict(asked, raw_score=True)
    )
