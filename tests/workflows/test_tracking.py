"""Where a tracking server is named, runs and versions land there; it stops nobody."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from app.backend.domain.progress import silent
from app.backend.domain.runs import Order, Run
from app.backend.ml_model import load_model
from app.backend.registry.mlflow_model import as_table, quietly
from app.backend.registry.parity import generated_rows
from app.backend.store import runs
from app.backend.store.session import open_database
from app.backend.workflows.household import Household
from app.backend.workflows.jobs import ask_for_run
from app.backend.workflows.serving import Shelf
from app.backend.workflows.supervisor import Supervisor
from app.backend.workflows.training_options import TrainingOptions
from tests.conftest import PreparedDemo
from tests.registry.mlflow_server import free_port, mlflow_module, mlflow_process
from tests.workflows.evenings import Ticking


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tracking server of MLflow, as a process."""
    folder = tmp_path_factory.mktemp("tracking")
    store = ("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}")
    words = ("server", *store, "--artifacts-destination", str(folder / "artefacts"))
    with mlflow_process(folder, (*words, "--workers", "1"), "/health") as address:
        yield address


@pytest.fixture
def lived(prepared_demo: PreparedDemo, tmp_path: Path) -> Iterator[Household]:
    """A household with evenings and no model."""
    shutil.copytree(prepared_demo.lived, tmp_path / "home", dirs_exist_ok=True)
    with closing(open_database(f"sqlite:///{tmp_path / 'home' / 'encore.db'}")) as database:
        yield Household(database, Shelf(tmp_path / "home" / "models"), Ticking())


def trained(household: Household, uri: str) -> Run:
    """Train in a process of its own, which tells the server."""
    ask_for_run(household.database, Order(), household.clock)
    options = TrainingOptions(mlflow_tracking_uri=uri)
    supervisor = Supervisor(household.database, household.shelf, household.clock, options)
    ended = supervisor.next_run(silent)
    assert ended is not None
    return ended


def tracked(household: Household, run: Run) -> list[Any]:
    """Return what is on record of telling."""
    with household.database.reading() as session:
        events = runs.read_events(session, run.id, 0, 100)
    return [event.data["problem"] for event in events if event.kind == "tracked"]


def test_run_metrics_plots_and_version_land_there(
    lived: Household, server: str, tmp_path: Path
) -> None:
    """All of it is asked of the server itself, and its model answers as the version does."""
    run = trained(lived, server)
    assert run.state == "promoted"
    assert tracked(lived, run) == [None]
    with quietly():
        client = mlflow_module("mlflow").MlflowClient(server, server)
        (found,) = client.search_runs([client.get_experiment_by_name("encore").experiment_id])
        assert (found.info.status, found.data.tags["version"]) == ("FINISHED", run.model_version)
        assert found.data.params["seed"] == str(run.seed)
        assert {"rows_used", "seconds.fit", "challenger.log_loss"} <= set(found.data.metrics)
        names = {one.path for one in client.list_artifacts(found.info.run_id)}
        assert {"card.html", "card.md", "model"} <= names
        (version,) = client.search_model_versions("name = 'encore'")
        assert version.tags["encore_version"] == run.model_version
        folder = client.download_artifacts(found.info.run_id, "model", str(tmp_path))
        model = mlflow_module("mlflow.pyfunc").load_model(folder)
    assert run.model_version is not None
    ours = load_model(lived.shelf.folder / run.model_version / "model.safetensors")
    assert ours is not None
    X = generated_rows(ours, 100)
    with quietly():
        answer = model.predict(as_table(X))["probability"].to_numpy()
    np.testing.assert_allclose(answer, ours.predict_proba(X)[:, 1], rtol=0, atol=1e-9)


def test_a_server_that_is_away_changes_nothing(lived: Household) -> None:
    """The version is promoted, and the problem is on record with the setting to look at."""
    run = trained(lived, f"http://127.0.0.1:{free_port()}")
    assert run.state == "promoted"
    (problem,) = tracked(lived, run)
    assert "ENCORE_MLFLOW_TRACKING_URI" in problem


def test_nobody_who_stops_waits_for_a_server(lived: Household) -> None:
    """A server that takes the call and says nothing: the version serves, and Encore can end."""
    with socket.socket() as silent_server:
        silent_server.bind(("127.0.0.1", 0))
        silent_server.listen()
        uri = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
        ask_for_run(lived.database, Order(), lived.clock)
        options = TrainingOptions(mlflow_tracking_uri=uri)
        supervisor = Supervisor(lived.database, lived.shelf, lived.clock, options)
        working = Thread(target=supervisor.next_run, args=(silent,))
        working.start()
        called, _ = silent_server.accept()
        with called:
            supervisor.is_stopping = True
            working.join()
    with lived.database.reading() as session:
        (run,) = runs.read_runs(session, 10)
    assert run.state == "promoted"
    assert tracked(lived, run) == []
