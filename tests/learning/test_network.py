"""The network keeps the contract of a family over a table."""

import numpy as np

from app.backend.learning.network import NetworkClassifier, NetworkConfig
from tests.contracts.table_family import FamilyCase, TableFamilySuite
from tests.tables import make_table


class TestNetwork(TableFamilySuite):
    """The contract."""

    case = FamilyCase(
        NetworkClassifier,
        NetworkConfig(seeds=1, hidden=(8,)),
        (
            lambda: NetworkConfig(hidden=()),
            lambda: NetworkConfig(hidden=(4, 0)),
            lambda: NetworkConfig(alpha=-1.0),
            lambda: NetworkConfig(alpha=float("nan")),
            lambda: NetworkConfig(learning_rate=0.0),
            lambda: NetworkConfig(batch_share=2.0),
            lambda: NetworkConfig(most_batch=1),
            lambda: NetworkConfig(seeds=0),
            lambda: NetworkConfig(seeds=65),
            lambda: NetworkConfig(least_cross=0),
            lambda: NetworkConfig(most_epochs=0),
            lambda: NetworkConfig(patience=0),
        ),
    )


def test_few_rows_stay_near_the_base_rate() -> None:
    """From a handful of rows that are mostly positive, titles unseen are promised about as much."""
    table = make_table(12, seed=2)
    y = np.ones(12, dtype=np.int64)
    y[:2] = 0
    model = NetworkClassifier(table.columns).fit(table.X, y)
    p = model.predict_proba(make_table(200, seed=9).X)[:, 1]
    assert abs(p.mean() - 11 / 14) < 0.05
    assert model.trained_ is not None
    assert (model.trained_.epochs, model.trained_.temperature) == (10, 0.5)


def test_networks_of_several_seeds_differ() -> None:
    """What is averaged is not one network three times."""
    table = make_table(100)
    trained = NetworkClassifier(table.columns).fit(table.X, table.y).trained_
    assert trained is not None
    one, other, third = (learner.logit(table.X) for learner in trained.learners)
    assert not np.allclose(one, other)
    assert not np.allclose(other, third)
