"""LightGBM as boosted trees need it: from an offset, in one thread, the same bytes every time."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from app.backend.domain.errors import ExtraMissing
from app.backend.features.encode import Floats


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


def raw_score(booster: Any, matrix: Floats) -> Floats:  # noqa: ANN401  # untyped library
    """Return what the trees add to each row's offset, shape (n,); of its best rounds, if it has."""
    if not len(matrix):
        return np.zeros(0)
    return np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))


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
