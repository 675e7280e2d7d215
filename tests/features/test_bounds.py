"""Outliers are clipped to bounds that are learnt from training rows, and from them alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.backend.features import bounds, schema
from app.backend.features.encode import Floats
from app.backend.learning.classifier import ContextClassifier

NUMBERS = st.lists(st.floats(0, 2_000), min_size=1, max_size=60)


def rows(durations: list[float]) -> Floats:
    """Return rows of X that differ in nothing but their duration."""
    X = np.zeros((len(durations), schema.FEATURE_COUNT))
    X[:, schema.DURATION] = durations
    return X


def usual(count: int = 40) -> list[float]:
    """Return durations as films have them."""
    return [80.0 + number for number in range(count)]


def test_a_far_value_is_clipped_and_counted() -> None:
    """Three interquartile ranges beyond the quartiles is the end; missing stays missing."""
    learnt = bounds.learn(rows(usual()))
    X = rows([100.0, 1_400.0, 1.0, 0.0])
    assert learnt[0].tolist() == [29.0, 169.0]
    assert bounds.clip(X, learnt)[:, schema.DURATION].tolist() == [100.0, 169.0, 29.0, 0.0]
    assert bounds.outliers(X, learnt)[:, 0].tolist() == [False, True, True, False]


def test_what_is_usual_is_left_alone() -> None:
    """Where nothing lies outside, the very matrix comes back."""
    X = rows(usual())
    assert bounds.clip(X, bounds.learn(X)) is X


def test_too_little_is_no_ground_for_bounds() -> None:
    """Few values, or values half of which are equal, bound nothing."""
    for durations in ([], usual(bounds.FEWEST - 1), [90.0] * 50 + [200.0]):
        assert bounds.learn(rows(durations)).tolist() == bounds.unbounded().tolist()


@given(NUMBERS, st.data())
def test_a_weight_counts_like_repetition(durations: list[float], data: st.DataObject) -> None:
    """Rows with whole weights give the bounds of the rows written out; weight 0 is no row."""
    weight = data.draw(
        st.lists(st.integers(0, 4), min_size=len(durations), max_size=len(durations))
    )
    X = rows(durations)
    written_out = bounds.learn(np.repeat(X, weight, axis=0))
    assert bounds.learn(X, np.array(weight, dtype=np.float64)).tolist() == written_out.tolist()


@given(NUMBERS)
def test_clipping_twice_changes_nothing_more(durations: list[float]) -> None:
    """Clipped values lie within the bounds."""
    learnt = bounds.learn(rows(usual()))
    once = bounds.clip(rows(durations), learnt)
    assert bounds.clip(once, learnt) is once


def test_a_model_clips_to_the_bounds_of_its_training_rows() -> None:
    """Beyond a bound a longer title changes no probability, and what is predicted no bound."""
    X = rows(usual())
    y = np.arange(len(X)) % 2
    model = ContextClassifier().fit(X, y)
    assert model.predictor_.to_arrays()["bounds"].tolist() == bounds.learn(X).tolist()
    high = model.predict_proba(rows([169.0, 400.0, 1_400.0]))
    assert (high == high[0]).all()
