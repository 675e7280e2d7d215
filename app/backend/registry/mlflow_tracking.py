"""Tells a tracking server of MLflow about a run; a server that is away delays nobody for long."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.backend.domain.errors import ExtraMissing
from app.backend.registry.extras import imported
from app.backend.registry.mlflow_model import quietly, write_folder

EXPERIMENT: Final = "encore"
REGISTERED: Final = "encore"
PATIENCE: Final = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}


@dataclass(frozen=True, slots=True)
class Account:
    """What is told of a run: plain names and values.

    Attributes
    ----------
    name : str
    started_at, ended_at : datetime
    succeeded : bool
    parameters, tags : mapping of str to str
    metrics : mapping of str to float
    texts : mapping of str to str
        Files, by name.
    artefacts_folder : Path
        Where files go that the store keeps no place for: a server has one of its own, a database
        has not.
    arrays_folder : Path or None
        Where the version's arrays lie, if there is a version.
    digest : str
        What its manifest must hash to.
    """

    name: str
    started_at: datetime
    ended_at: datetime
    succeeded: bool
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    texts: Mapping[str, str]
    artefacts_folder: Path
    arrays_folder: Path | None = None
    digest: str = ""


def tell(uri: str, account: Account) -> str | None:
    """Tell a tracking server of a run, and register its version; return what went wrong, if so.

    Parameters
    ----------
    uri : str
        `http://...`, `sqlite:///...` or a folder: whatever MLflow takes.
    account : Account
    """
    try:
        with quietly(), _patiently():
            client = imported("mlflow", "mlflow").MlflowClient(uri, uri)
            is_server = uri.startswith(("http://", "https://"))
            _tell(client, account, None if is_server else account.artefacts_folder.as_uri())
    except ExtraMissing as error:
        return error.message
    except Exception as error:  # noqa: BLE001  # whatever a server or its client does
        said = " ".join(str(error).split())[:300]
        return f"The tracking server at ENCORE_MLFLOW_TRACKING_URI was not told: {said}"
    return None


def _tell(client: Any, account: Account, place: str | None) -> None:  # noqa: ANN401  # MLflow's
    entities = imported("mlflow.entities", "mlflow")
    experiment = client.get_experiment_by_name(EXPERIMENT)
    number = (
        client.create_experiment(EXPERIMENT, place)
        if experiment is None
        else experiment.experiment_id
    )
    began, ended = _milliseconds(account.started_at), _milliseconds(account.ended_at)
    run_id = client.create_run(number, began, dict(account.tags), account.name).info.run_id
    try:
        metrics = [
            entities.Metric(name, value, ended, 0) for name, value in account.metrics.items()
        ]
        parameters = [entities.Param(*pair) for pair in account.parameters.items()]
        for part in _parts(metrics, 500):
            client.log_batch(run_id, metrics=part)
        for part in _parts(parameters, 100):
            client.log_batch(run_id, params=part)
        for name, text in account.texts.items():
            client.log_text(run_id, text, name)
        if account.arrays_folder is not None:
            _register(client, run_id, account)
    finally:
        client.set_terminated(run_id, "FINISHED" if account.succeeded else "FAILED", ended)


def _register(client: Any, run_id: str, account: Account) -> None:  # noqa: ANN401  # MLflow's
    """Log the version as an MLflow model, and register it."""
    if account.arrays_folder is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        write_folder(model, account.arrays_folder, account.digest)
        client.log_artifacts(run_id, str(model), "model")
    if not client.search_registered_models(f"name = '{REGISTERED}'"):
        client.create_registered_model(REGISTERED)
    source = f"{client.get_run(run_id).info.artifact_uri}/model"
    client.create_model_version(
        REGISTERED, source, run_id, tags={"encore_version": account.tags.get("version", "")}
    )


def _parts(values: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), most):
        yield values[start : start + most]


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e3)


@contextmanager
def _patiently() -> Iterator[None]:
    """Let MLflow wait for a server for seconds, not for minutes."""
    before = {name: os.environ.get(name) for name in PATIENCE}
    os.environ.update({name: value for name, value in PATIENCE.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
