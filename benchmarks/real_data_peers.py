"""The libraries that a user would pick instead: each trained on some rows, and asked about others.

They are not Encore's; `peers-requirements.txt` names them. One that is not installed is left out.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np

from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Table

Peer: TypeAlias = Callable[[Table, Table], Floats]

SEED: Final = 0
FLAML_SECONDS: Final = 20
PASSES: Final = 20
EPOCHS: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """P(positive) of the tested rows and the CPU seconds it took, or why there is none."""

    p: Floats | None
    cpu_seconds: float = 0.0
    reason: str = ""


def ask(peer: Peer, train: Table, test: Table) -> Asked:
    """Train a peer and ask it; a missing package is no error."""
    began = time.process_time()
    try:
        p = peer(train, test)
    except ImportError as error:
        return Asked(None, reason=f"{error.name} is not installed")
    return Asked(np.clip(p, 1e-6, 1 - 1e-6), time.process_time() - began)


def _words(table: Table) -> list[list[str]]:
    """Return member, title and context of each row as words."""
    columns = table.columns
    at = [columns.member, columns.title, *columns.contexts]
    return [
        [f"{column}={int(value)}" for column, value in enumerate(row)] for row in table.X[:, at]
    ]


def _frame(train: Table, test: Table) -> tuple[Any, Any, list[str]]:
    """Return both parts as data frames with categories, and what else is known as numbers."""
    import pandas as pd  # noqa: PLC0415  # a peer's

    columns = train.columns
    words = [columns.names[at] for at in (columns.member, columns.title, *columns.contexts)]
    both = pd.DataFrame(np.vstack([train.X, test.X]), columns=list(columns.names))
    for name in words:
        both[name] = both[name].astype(int).astype(str).astype("category")
    return both[: len(train.y)], both[len(train.y) :], words


def _catboost(train: Table, test: Table) -> Floats:
    from catboost import CatBoostClassifier  # noqa: PLC0415

    past, future, words = _frame(train, test)
    model = CatBoostClassifier(
        verbose=0, thread_count=1, random_seed=SEED, cat_features=words, allow_writing_files=False
    )
    return np.asarray(model.fit(past, train.y).predict_proba(future)[:, 1])


def _lightgbm(train: Table, test: Table) -> Floats:
    from lightgbm import LGBMClassifier  # noqa: PLC0415

    past, future, _ = _frame(train, test)
    model = LGBMClassifier(n_jobs=1, random_state=SEED, verbose=-1)
    return np.asarray(model.fit(past, train.y).predict_proba(future)[:, 1])


def _vowpal_wabbit(train: Table, test: Table) -> Floats:
    from vowpalwabbit import Workspace  # noqa: PLC0415

    machine = Workspace("--quiet --loss_function logistic -q :: --l2 1e-5 --link logistic")
    spaces = "abcdefghijklmnop"

    def line(words: list[str], label: int | None) -> str:
        said = " ".join(f"|{space} {word}" for space, word in zip(spaces, words, strict=False))
        return said if label is None else f"{1 if label else -1} {said}"

    order = np.random.default_rng(SEED)
    past = [line(words, int(y)) for words, y in zip(_words(train), train.y, strict=True)]
    for _ in range(PASSES if len(past) < 50_000 else 3):
        for at in order.permutation(len(past)):
            machine.learn(past[at])
    p = np.array([machine.predict(line(words, None)) for words in _words(test)])
    machine.finish()
    return p


def _river(train: Table, test: Table) -> Floats:
    from river import facto, optim  # noqa: PLC0415

    model = facto.FMClassifier(
        n_factors=8,
        weight_optimizer=optim.SGD(0.025),
        latent_optimizer=optim.SGD(0.025),
        seed=SEED,
    )
    past = [dict.fromkeys(words, 1) for words in _words(train)]
    order = np.random.default_rng(SEED)
    for _ in range(EPOCHS if len(past) < 50_000 else 1):
        for at in order.permutation(len(past)):
            model.learn_one(past[at], bool(train.y[at]))
    asked = [dict.fromkeys(words, 1) for words in _words(test)]
    return np.array([model.predict_proba_one(one).get(True, 0.5) for one in asked])


def _flaml(train: Table, test: Table) -> Floats:
    from flaml import AutoML  # noqa: PLC0415

    past, future, _ = _frame(train, test)
    automl = AutoML()
    automl.fit(
        past,
        train.y,
        task="classification",
        metric="log_loss",
        time_budget=FLAML_SECONDS,
        n_jobs=1,
        seed=SEED,
        verbose=0,
        split_type="group",
        groups=train.pair,
        estimator_list=["lgbm", "rf", "extra_tree"],
    )
    return np.asarray(automl.predict_proba(future)[:, 1])


def _implicit(train: Table, test: Table) -> Floats:
    import scipy.sparse as sp  # noqa: PLC0415
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    shape = [int(max(a.max(), b.max())) + 1 for a, b in _codes(train, test)]
    liked = sp.csr_matrix((train.y.astype(np.float32), (train.member, train.title)), shape=shape)
    model = AlternatingLeastSquares(factors=16, num_threads=1, random_state=SEED)
    model.fit(liked, show_progress=False)

    def score(table: Table) -> Floats:
        of = (
            np.asarray(model.user_factors)[table.member]
            * np.asarray(model.item_factors)[table.title]
        )
        return np.asarray(of.sum(axis=1, keepdims=True), dtype=np.float64)

    # Scores of a ranking are no probabilities: one dimension of a logistic curve makes them so.
    curve = LogisticRegression().fit(score(train), train.y)
    return np.asarray(curve.predict_proba(score(test))[:, 1])


def _codes(train: Table, test: Table) -> tuple[tuple[Codes, Codes], tuple[Codes, Codes]]:
    return (train.member, test.member), (train.title, test.title)


PEERS: Final[Mapping[str, Peer]] = MappingProxyType(
    {
        "CatBoost": _catboost,
        "LightGBM, defaults": _lightgbm,
        "Vowpal Wabbit, -q ::": _vowpal_wabbit,
        "river, factorisation machine": _river,
        f"FLAML, {FLAML_SECONDS} s": _flaml,
        "implicit, ALS": _implicit,
    }
)
