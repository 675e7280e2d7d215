"""A version as an MLflow model: a folder of plain arrays that MLflow loads and serves."""

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.model import Classifier
from app.backend.features import schema
from app.backend.features.encode import Codes, Floats, context_table
from app.backend.features.genres import CANON
from app.backend.features.plain_rows import NUMBERS, TEXTS
from app.backend.registry.artefact import ARRAYS_FILE, MANIFEST_FILE, read
from app.backend.registry.extras import imported
from app.backend.registry.files import naming_failure, sync_folder
from app.backend.registry.mlflow_loader import PROBABILITY
from app.backend.registry.parity import insist_on_parity

TOLERANCE: Final = 1e-9
LOADER: Final = "app.backend.registry.mlflow_loader"
EXAMPLE: Final = {
    "mood": ["funny"],
    "group_size": ["couple"],
    "session_length": ["short"],
    "genres": ["Comedy,Romance"],
    "kind": ["movie"],
    "duration": [92.0],
    "year": [2014.0],
    "community_rating": [7.1],
    "media_id": [12.0],
}
# MLflow tells its makers what is used, unless it is told not to.
QUIET: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


def write_folder(target: Path, arrays_folder: Path, digest: str) -> None:
    """Write a version's arrays as an MLflow model.

    Parameters
    ----------
    target : Path
        The folder to make; there must be none.
    arrays_folder : Path
        Where the version's arrays and manifest lie.
    digest : str
        What the manifest must hash to.

    Raises
    ------
    ExportUnfaithful
        Where the folder, loaded by MLflow, answers otherwise; nothing is left of it.
    ExtraMissing
        Where the package mlflow is not installed.
    ModelError
        Where the version cannot be trusted or read.
    StorageFull
        Where there is no room, or no right, to write, or something is there.
    """
    classifier = read(arrays_folder / ARRAYS_FILE, digest).classifier
    staged = target.with_name(f".{target.name}.{os.getpid()}.part")
    with naming_failure(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            raise FileExistsError(17, "there is something in its place")
        shutil.rmtree(staged, ignore_errors=True)
        try:
            _save(staged, arrays_folder)
            _compare(staged, classifier)
            staged.rename(target)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        sync_folder(target.parent)


def as_table(X: Floats) -> Any:  # noqa: ANN401  # a table of pandas
    """Return rows of X as the table in words that says the same."""
    contexts = [Context.from_code(code) for code in _codes(X).tolist()]
    genres = X[:, schema.GENRE_COLUMNS].astype(bool)
    columns: dict[str, list[object]] = {
        "mood": [one.mood for one in contexts],
        "group_size": [one.group_size for one in contexts],
        "session_length": [one.session_length for one in contexts],
        "genres": [",".join(np.array(CANON)[row]) for row in genres],
        "kind": ["series" if one else "movie" for one in X[:, schema.KIND_SERIES]],
        "duration": X[:, schema.DURATION].tolist(),
        "year": X[:, schema.YEAR].tolist(),
        "community_rating": X[:, schema.COMMUNITY_RATING].tolist(),
        "media_id": X[:, schema.MEDIA_ID].tolist(),
    }
    return imported("pandas", "mlflow").DataFrame(columns)


def _codes(X: Floats) -> Codes:
    """Return the code of each row's context."""
    said = {tuple(row): code for code, row in enumerate(context_table().tolist())}
    columns = X[:, : len(schema.CONTEXT_COLUMNS)]
    return np.array([said[tuple(row)] for row in columns.tolist()], dtype=np.int64)


def _save(folder: Path, arrays_folder: Path) -> None:
    with quietly():
        pyfunc = imported("mlflow.pyfunc", "mlflow")
        pandas = imported("pandas", "mlflow")
        beside = folder.with_name(f"{folder.name}.data")
        data = beside / "encore"
        try:
            data.mkdir(parents=True)
            for name in (ARRAYS_FILE, MANIFEST_FILE):
                shutil.copy(arrays_folder / name, data / name)
            pyfunc.save_model(
                path=str(folder),
                loader_module=LOADER,
                data_path=str(data),
                pip_requirements=[f"encore-tonight=={version('encore-tonight')}"],
                signature=_signature(),
                input_example=pandas.DataFrame(EXAMPLE),
            )
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _signature() -> Any:  # noqa: ANN401  # MLflow's
    models = imported("mlflow.models", "mlflow")
    types = imported("mlflow.types", "mlflow")
    texts = [types.ColSpec("string", name, required=False) for name in TEXTS]
    numbers = [types.ColSpec("double", name, required=False) for name in NUMBERS]
    answer = types.Schema([types.ColSpec("double", PROBABILITY)])
    return models.ModelSignature(types.Schema([*texts, *numbers]), answer)


def _compare(folder: Path, classifier: Classifier) -> None:
    with quietly():
        loaded = imported("mlflow.pyfunc", "mlflow").load_model(str(folder))

    def answer(X: Floats) -> Floats:
        with quietly():
            positive = np.asarray(loaded.predict(as_table(X))[PROBABILITY])
        return np.column_stack([1.0 - positive, positive])

    insist_on_parity("an MLflow model", answer, classifier, TOLERANCE)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep MLflow from telling anybody that it is used, and from warning of its own code."""
    before = {name: os.environ.get(name) for name in QUIET}
    os.environ.update(QUIET)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
