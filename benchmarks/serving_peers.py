"""Who serves, and how each is started.

Peers serve Encore's champion, over wrappers as thin as each allows. Access logs are off, and none
has more than one worker.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.backend.registry.mlflow_model import QUIET, quietly
from benchmarks import serving_apps
from benchmarks.peer_models.ranker import FILE, FOLDER_VARIABLE, save
from benchmarks.serving_household import Made, export
from benchmarks.serving_jobs import (
    HAS_MLFLOW,
    Job,
    of_bentoml,
    of_empty_route,
    of_encore,
    of_mlflow_export,
    of_mlflow_ranker,
    of_mlserver,
)
from benchmarks.serving_processes import HOST, free_port

BENTOML_VARIABLE: Final = "ENCORE_BENCH_BENTOML_PYTHON"
MLSERVER_VARIABLE: Final = "ENCORE_BENCH_MLSERVER_PYTHON"
ENCORE: Final = "Encore"
MLFLOW_ROWS: Final = "MLflow, exported version"
MLFLOW_RANKER: Final = "MLflow, ranker"
BENTOML: Final = "BentoML"
MLSERVER: Final = "MLServer"
PEERS: Final = (MLFLOW_ROWS, MLFLOW_RANKER, BENTOML, MLSERVER)
EMPTY: Final = {
    serving_apps.BARE: "bare ASGI",
    serving_apps.FRAMEWORK: "FastAPI, empty route",
    serving_apps.OWN: "Encore's application, empty route",
}


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that may be started.

    Attributes
    ----------
    name : str
    command : callable
        From a port to what is run.
    jobs : tuple of Job
        The first one's answer ends the start.
    environment : mapping of str to str
    missing : str
        Why it cannot be started; empty where it can.
    """

    name: str
    command: Callable[[int], list[str]]
    jobs: tuple[Job, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""


def contenders(made: Made, folder: Path) -> list[Contender]:
    """Return all, those too whose packages are not there.

    Parameters
    ----------
    made : Made
        The household.
    folder : Path
        Where peers find what they serve; it is written here.
    """
    save(folder, made.predictor, made.ids, made.encoded)
    return [
        encore(made),
        *(doing_nothing(name) for name in EMPTY),
        *_mlflow(made, folder),
        _bentoml(made, folder),
        _mlserver(made, folder),
    ]


def encore(made: Made) -> Contender:
    """Return Encore over the household, as the real program."""

    def command(port: int) -> list[str]:
        return ["env", f"ENCORE_PORT={port}", sys.executable, "-m", "app.backend", "serve"]

    environment = {
        "ENCORE_DATA_DIR": str(made.folder),
        "ENCORE_TRAIN_AFTER_FEEDBACKS": "0",
        "ENCORE_TRAIN_NIGHTLY_AT": "",
        "ENCORE_KEEP_VERSIONS": "0",
    }
    return Contender(ENCORE, command, of_encore(made), environment)


def doing_nothing(name: str) -> Contender:
    """Return one of the applications that do nothing."""

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.serving_apps", name, str(port)]

    return Contender(EMPTY[name], command, of_empty_route())


def _mlflow(made: Made, folder: Path) -> list[Contender]:
    if not HAS_MLFLOW:
        told = "mlflow is not installed"
        return [Contender(name, lambda _: [], (), missing=told) for name in PEERS[:2]]
    exported, ranker = folder / "exported", folder / "ranker"
    export(made, exported)
    _save_ranker(ranker, folder / FILE)
    return [
        _mlflow_over(MLFLOW_ROWS, exported, of_mlflow_export(made)),
        _mlflow_over(MLFLOW_RANKER, ranker, of_mlflow_ranker()),
    ]


def _mlflow_over(name: str, model: Path, jobs: tuple[Job, ...]) -> Contender:
    def command(port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "mlflow", "models", "serve", "-m", str(model)),
            *("-h", HOST, "-p", str(port), "--env-manager", "local", "--workers", "1"),
        ]

    # It starts uvicorn by that name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return Contender(name, command, jobs, {**QUIET, "PATH": path})


def _save_ranker(target: Path, served: Path) -> None:
    with quietly():
        import mlflow.pyfunc  # noqa: PLC0415  # it takes seconds

        mlflow.pyfunc.save_model(
            path=str(target),
            loader_module="benchmarks.peer_models.mlflow_ranker",
            data_path=str(served),
            pip_requirements=[],
        )


def _bentoml(made: Made, folder: Path) -> Contender:
    python = os.environ.get(BENTOML_VARIABLE, "")
    service = "benchmarks.peer_models.bento_service:Ranked"

    def command(port: int) -> list[str]:
        return [python, "-m", "bentoml", "serve", service, "--host", HOST, "--port", str(port)]

    environment = {
        FOLDER_VARIABLE: str(folder),
        "BENTOML_HOME": str(folder / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
    }
    return Contender(BENTOML, command, of_bentoml(made), environment, _missing(BENTOML_VARIABLE))


def _mlserver(made: Made, folder: Path) -> Contender:
    repository = folder / "mlserver"
    repository.mkdir()
    runtime = "benchmarks.peer_models.mlserver_runtime.Ranked"
    settings = json.dumps({"name": "encore", "implementation": runtime})
    (repository / "model-settings.json").write_text(settings, "utf-8")
    python = os.environ.get(MLSERVER_VARIABLE, "")
    start = "from mlserver.cli import main; main()"

    def command(port: int) -> list[str]:
        ports = {"HTTP": port, "GRPC": free_port(), "METRICS": free_port()}
        said = [f"MLSERVER_{name}_PORT={number}" for name, number in ports.items()]
        return ["env", *said, python, "-c", start, "start", str(repository)]

    environment = {
        FOLDER_VARIABLE: str(folder),
        "MLSERVER_HOST": HOST,
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_DEBUG": "false",
    }
    return Contender(MLSERVER, command, of_mlserver(made), environment, _missing(MLSERVER_VARIABLE))


def _missing(variable: str) -> str:
    python = os.environ.get(variable, "")
    if not python:
        return f"{variable} does not name a Python that has it"
    return "" if Path(python).is_file() else f"{variable} names no file"
