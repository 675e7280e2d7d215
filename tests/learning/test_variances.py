"""Variances are those under which rows held out are predicted best, as far as they may move."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit

from app.backend.features.encode import Codes, Floats
from app.backend.learning.folds import hold_out
from app.backend.learning.penalised import Regression
from app.backend.learning.temperature import fit_temperature
from app.backend.learning.variances import (
    LARGEST,
    LEAST_GAIN_NATS,
    SMALLEST,
    Chosen,
    HeldOut,
    choose,
)

ROWS = 600
WIDTH = 12
GROUPS = np.repeat([0, 1], WIDTH)
EACH = np.array([0, 1])
START = np.array([0.09, 0.09])


@cache
def world() -> HeldOut:
    """Return rows of two groups of effects: the first matters much, the second not at all."""
    rng = np.random.default_rng(5)
    Z = np.zeros((ROWS, 2 * WIDTH))
    Z[np.arange(ROWS), rng.integers(0, WIDTH, ROWS)] = 1.0
    Z[np.arange(ROWS), WIDTH + rng.integers(0, WIDTH, ROWS)] = 1.0
    y = rng.random(ROWS) < expit(Z[:, :WIDTH] @ np.tile([-2.0, 2.0], WIDTH // 2))
    fold = hold_out(np.arange(ROWS), 4, 1)
    weight, offset = np.ones(ROWS), np.full(ROWS, 0.1)
    return HeldOut.of(sp.csr_matrix(Z), y.astype(np.float64), weight, offset, fold)


def ignore(_trials: int, _log_loss: float) -> None:
    """Watch nothing."""


def chosen(
    start: Floats = START, together: Codes = EACH, held_out: HeldOut | None = None
) -> Chosen:
    """Search from a start."""
    return choose(held_out or world(), GROUPS, start, together, ignore)


def loss(found: Chosen, held_out: HeldOut) -> float:
    """Return the mean log loss of what was chosen, row by row."""
    rows = held_out.fold >= 0
    y, scaled = held_out.y[rows], found.temperature * found.logit
    return float(np.mean(np.logaddexp(0.0, scaled) - y * scaled))


def test_the_group_that_matters_is_given_room_and_the_other_is_not() -> None:
    """Held out loss falls by what the true effects are worth; the first variance is far larger."""
    found, stay = chosen(), chosen(together=np.array([-1, -1]))
    assert found.log_loss < stay.log_loss - 0.005
    assert found.variance[0] > 3 * START[0]
    assert found.variance[1] < START[1]


def test_what_it_promises_is_what_it_measured() -> None:
    """Logits are those of models that never saw the row; loss and temperature follow from them."""
    found, held_out = chosen(), world()
    precision = (1.0 / found.variance)[GROUPS]
    expected = np.zeros(ROWS)
    for number, (regression, test) in enumerate(
        zip(held_out.regressions, held_out.tests, strict=True)
    ):
        mode = regression.mode(precision)
        expected[held_out.fold == number] = 0.1 + test @ mode.coefficients
    np.testing.assert_allclose(found.logit, expected, atol=0.02)
    assert found.temperature == fit_temperature(found.logit, held_out.y)
    assert found.log_loss == pytest.approx(loss(found, held_out))


def test_the_order_of_groups_hardly_matters() -> None:
    """Whichever group is asked first, the loss is as low and the variances rank alike."""
    one, other = chosen(), chosen(together=np.array([1, 0]))
    assert one.log_loss == pytest.approx(other.log_loss, abs=2e-3)
    assert other.variance[0] > 10 * other.variance[1]


def test_groups_that_move_together_keep_their_ratio() -> None:
    """With one number for both there is one factor; -1 stays where it is."""
    both = chosen(np.array([0.09, 0.03]), np.array([0, 0]))
    assert both.variance[0] / both.variance[1] == pytest.approx(3.0)
    assert both.variance[0] != pytest.approx(0.09)
    one = chosen(together=np.array([-1, 0]))
    assert one.variance[0] == pytest.approx(START[0])
    assert one.variance[1] < START[1]


def test_where_nothing_may_move_there_is_one_trial() -> None:
    """The start is measured all the same."""
    found = chosen(together=np.array([-1, -1]))
    assert found.trials == 1
    np.testing.assert_allclose(found.variance, START)
    assert found.log_loss == pytest.approx(loss(found, world()))


def test_every_trial_is_told_and_counted() -> None:
    """The watch hears 1, 2, 3 and so on; what is chosen is the best of it, or near it."""
    told: list[tuple[int, float]] = []
    found = choose(world(), GROUPS, START, EACH, lambda trials, loss: told.append((trials, loss)))
    assert [trials for trials, _ in told] == list(range(1, found.trials + 1))
    assert found.log_loss <= told[0][1]
    price = LEAST_GAIN_NATS / len(found.logit)
    assert found.log_loss <= min(loss for _, loss in told) + price


@pytest.mark.parametrize("start", [2 * SMALLEST, LARGEST / 2])
def test_variances_stay_within_bounds(start: float) -> None:
    """From the edge of what is allowed no step leads beyond it."""
    found = chosen(np.full(2, start))
    assert (found.variance >= SMALLEST * (1 - 1e-9)).all()
    assert (found.variance <= LARGEST * (1 + 1e-9)).all()


def test_rows_that_no_fold_holds_out_are_learnt_from_alone() -> None:
    """They are in every fit, and there is no promise for them."""
    fold = np.where(world().fold == 0, 0, -1)
    full = Regression.of(sp.csr_matrix((ROWS, 0)), world().y, np.ones(ROWS), np.zeros(ROWS))
    design = sp.csr_matrix(np.random.default_rng(1).normal(size=(ROWS, 2 * WIDTH)))
    held_out = HeldOut.of(design, full.y, full.weight, full.offset, fold)
    found = chosen(held_out=held_out, together=np.array([0, 0]))
    assert len(held_out.regressions) == 1
    assert len(held_out.regressions[0].y) == (fold < 0).sum()
    assert found.logit.shape == ((fold == 0).sum(),)


def test_a_held_out_row_without_weight_does_not_count() -> None:
    """Its label may be anything."""
    weight = np.ones(ROWS)
    weight[::5] = 0.0
    design = sp.csr_matrix(np.random.default_rng(2).normal(size=(ROWS, 2 * WIDTH)))
    flipped = np.where(weight > 0, world().y, 1.0 - world().y)
    losses = [
        chosen(held_out=HeldOut.of(design, y, weight, np.zeros(ROWS), world().fold)).log_loss
        for y in (world().y, flipped)
    ]
    assert losses[0] == losses[1]


def test_searching_twice_gives_the_same() -> None:
    """There is no chance in it."""
    one, other = chosen(), chosen()
    assert one.variance.tobytes() == other.variance.tobytes()
    assert one.logit.tobytes() == other.logit.tobytes()
    assert replace(one, variance=START, logit=START) == replace(other, variance=START, logit=START)
