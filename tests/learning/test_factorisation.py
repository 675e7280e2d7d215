"""The factorisation machine keeps the contract of a family over a table, and its formula."""

import numpy as np
import pytest
from scipy.special import expit

from app.backend.features.one_hot import OneHot
from app.backend.learning.factorisation import (
    Adam,
    FactorisationClassifier,
    FactorisationConfig,
    Machine,
)
from app.backend.learning.rows import checked_rows
from tests.contracts.table_family import FamilyCase, TableFamilySuite
from tests.tables import make_table


class TestFactorisation(TableFamilySuite):
    """The contract."""

    case = FamilyCase(
        FactorisationClassifier,
        FactorisationConfig(seeds=1, factors=6),
        (
            lambda: FactorisationConfig(factors=0),
            lambda: FactorisationConfig(seeds=0),
            lambda: FactorisationConfig(seeds=65),
            lambda: FactorisationConfig(spread=-1.0),
            lambda: FactorisationConfig(penalty=float("inf")),
            lambda: FactorisationConfig(factor_penalty=float("nan")),
            lambda: FactorisationConfig(learning_rate=0.0),
            lambda: FactorisationConfig(batch_share=0.0),
            lambda: FactorisationConfig(most_batch=1),
            lambda: FactorisationConfig(most_epochs=0),
            lambda: FactorisationConfig(patience=0),
        ),
    )


def test_the_logit_is_the_sum_over_all_pairs() -> None:
    """The quick formula gives what every pair of columns, one by one, gives."""
    table = make_table(80)
    rows = checked_rows(table.columns, table.X, table.y, None, None)
    machine = Machine(rows, table.columns, FactorisationConfig(factors=3, spread=0.5), 4)
    machine.epoch()
    intercept, values = machine.parameters
    x = OneHot.learn(table.X, table.columns).of(table.X).toarray()
    products = np.triu(values[:, 1:] @ values[:, 1:].T, k=1)
    expected = intercept + x @ values[:, 0] + np.einsum("ni,ij,nj->n", x, products, x)
    np.testing.assert_allclose(machine.logit(table.X), expected, rtol=1e-10)


def test_a_step_follows_the_gradient_of_the_penalised_log_loss() -> None:
    """The gradient of one batch is the slope of its loss, by differences, in every direction."""
    table = make_table(40)
    rows = checked_rows(table.columns, table.X, table.y, np.linspace(0.5, 2.0, 40), None)
    config = FactorisationConfig(factors=2, spread=0.3, penalty=2.0, factor_penalty=3.0)
    machine = Machine(rows, table.columns, config, 1)
    inputs = OneHot.learn(table.X, table.columns).of(table.X)
    share = rows.weight / rows.weight.sum()
    decay = np.array([2.0, 3.0, 3.0]) / rows.weight.sum()

    def loss() -> float:
        logit = machine.logit(table.X)
        values = machine.parameters[1]
        penalty = 0.5 * float((decay * np.square(values)).sum())
        return float(share @ (np.logaddexp(0.0, logit) - rows.y * logit)) + penalty

    gradient, slope = machine.gradient(inputs, rows.y, share)
    _, values = machine.parameters
    for at in ((0, 0), (5, 1), (12, 2), (30, 0), (33, 1)):
        kept = values[at]
        values[at] = kept + 1e-5
        above = loss()
        values[at] = kept - 1e-5
        found = (above - loss()) / 2e-5
        values[at] = kept
        assert gradient[at] == pytest.approx(found, abs=1e-8)
    assert slope == pytest.approx(share @ (expit(machine.logit(table.X)) - rows.y))


def test_adam_finds_the_lowest_point() -> None:
    """On a bowl its steps end at the bottom, whatever the scale of the axes."""
    at = np.array([3.0, -2.0])
    adam = Adam(at, 0.05)
    for _ in range(600):
        adam.step(np.array([1.0, 100.0]) * (at - np.array([1.0, 1.0])))
    np.testing.assert_allclose(at, 1.0, atol=0.01)
