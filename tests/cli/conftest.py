"""Verbs of the command line, run in this process against a household of the test's own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.backend.__main__ import FACES
from app.backend.cli import make_cli

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run verbs against a household of the test's own."""
    monkeypatch.setenv("ENCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("ENCORE_DATABASE_URL", raising=False)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(make_cli(FACES), list(words))

    return invoke


def read(result: Result, exit_code: int = 0) -> Any:  # noqa: ANN401  # JSON
    """Return the JSON that is alone on stdout."""
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)
