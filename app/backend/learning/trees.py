"""LightGBM as boosted trees need it: from an offset, in one thread, the same bytes every time."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from app.backend.domain.errors import ExtraMissing
from app.backend.features.encode import Floats
from app.backend.features.forest import Forest


@dataclass(frozen=True, slots=True)
class Ground:
    """What trees are grown from or stopped by.

    Attributes
    ----------
    matrix : ndarray of float64, shape (n, columns)
    y, weight, offset : ndarray of float64, shape (n,)
        The offset is the logit that the trees add to.
    """

    matrix: Floats
    y: Floats
    weight: Floats
    offset: Floats


def grow(rows: Ground, parameters: Mapping[str, object], rounds: int, seed: int) -> Any:  # noqa: ANN401  # untyped library
    """Return a booster of so many trees.

    Raises
    ------
    ExtraMissing
        Where LightGBM or the library of its threads is not installed.
    """
    lightgbm = _lightgbm()
    return lightgbm.train(_whole(parameters, seed), _data(lightgbm, rows), rounds)


def grow_until(
    rows: Ground,
    watched: Ground,
    parameters: Mapping[str, object],
    most_rounds: int,
    patience: int,
    seed: int,
) -> Any:  # noqa: ANN401  # untyped library
    """Return a booster of as many trees as rows held out gain from, and at least one.

    Raises
    ------
    ExtraMissing
        Where LightGBM or the library of its threads is not installed.
    """
    lightgbm = _lightgbm()
    data = _data(lightgbm, rows)
    return lightgbm.train(
        _whole(parameters, seed),
        data,
        most_rounds,
        valid_sets=[_data(lightgbm, watched, data)],
        callbacks=[lightgbm.early_stopping(patience, verbose=False)],
    )


def flattened(booster: Any) -> Forest:  # noqa: ANN401  # untyped library
    """Return the trees of a booster as arrays; of its best rounds, where rows held out told."""
    told = booster.dump_model(num_iteration=booster.best_iteration)["tree_info"]
    nodes: list[tuple[int, float, int, int, float]] = []
    root = [0]
    for tree in told:
        _add(nodes, tree["tree_structure"])
        root.append(len(nodes))
    feature, threshold, left, right, value = zip(*nodes, strict=True) if nodes else ((),) * 5
    return Forest(
        np.array(root, dtype=np.int64),
        np.array(feature, dtype=np.int64),
        np.array(threshold, dtype=np.float64),
        np.array(left, dtype=np.int64),
        np.array(right, dtype=np.int64),
        np.array(value, dtype=np.float64),
    )


def _add(nodes: list[tuple[int, float, int, int, float]], tree: Mapping[str, Any]) -> int:
    """Put a tree's nodes behind the others, parents before children; return where it begins."""
    at = len(nodes)
    if "split_feature" not in tree:
        nodes.append((-1, 0.0, 0, 0, float(tree["leaf_value"])))
        return at
    if tree["decision_type"] != "<=" or tree["missing_type"] != "None":
        raise RuntimeError("A tree decides in a way that its arrays cannot say.")
    nodes.append((0, 0.0, 0, 0, 0.0))
    left = _add(nodes, tree["left_child"])
    right = _add(nodes, tree["right_child"])
    nodes[at] = (int(tree["split_feature"]), float(tree["threshold"]), left, right, 0.0)
    return at


def _whole(parameters: Mapping[str, object], seed: int) -> dict[str, object]:
    return {
        **parameters,
        "objective": "binary",
        "metric": "binary_logloss",
        "boost_from_average": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed % 2**31,
        "verbosity": -1,
    }


def _data(lightgbm: Any, rows: Ground, reference: object = None) -> Any:  # noqa: ANN401  # untyped library
    return lightgbm.Dataset(
        rows.matrix,
        rows.y,
        weight=rows.weight,
        init_score=rows.offset,
        reference=reference,
        params={"verbosity": -1, "num_threads": 1},
    )


def _lightgbm() -> Any:  # noqa: ANN401  # untyped library
    try:
        return import_module("lightgbm")
    except (ImportError, OSError) as error:
        # The package may be there without the library of its threads: Debian calls it libgomp1.
        raise ExtraMissing(
            "Boosted trees need the package lightgbm and the system library libgomp, and one of "
            "them is missing; install them, or choose another family."
        ) from error
