"""Programs of MLflow as real processes, for tests and benchmarks that speak with them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import httpx2

from app.backend.registry.mlflow_model import quietly

PATIENCE_SECONDS: Final = 120


def mlflow_module(name: str) -> Any:  # noqa: ANN401  # MLflow's
    """Import a module of MLflow, whose code warns where it is imported."""
    with quietly():
        return import_module(name)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def mlflow_process(folder: Path, words: tuple[str, ...], ready: str) -> Iterator[str]:
    """Run `mlflow` with some words and a port; yield its address once `ready` answers."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    here = os.fspath(Path(sys.executable).parent)
    env = {
        **os.environ,
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    with (folder / "mlflow.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", *words, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(process, f"{address}{ready}", folder / "mlflow.log")
            yield address
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx2.HTTPError):
            if httpx2.get(url, timeout=5).is_success:
                return
        time.sleep(0.2)
    raise AssertionError(f"MLflow did not start: {log.read_text()[-2_000:]}")
