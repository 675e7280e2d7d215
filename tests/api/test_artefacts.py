"""A version can be taken away over HTTP, in every format that runs nothing where it is opened."""

import io
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.features.schema import FEATURE_COUNT
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with
from tests.api.test_versions import BASE, code_of
from tests.workflows.evenings import spoil


@pytest.fixture
def home(trained_demo: Household) -> TestClient:
    """Speak with an application over the trained demo."""
    return speaking_with(create_app(trained_demo))


def path(version: str, form: str) -> str:
    """Return where a version lies in a format."""
    return f"{BASE}/models/{version}/artefact?format={form}"


def test_arrays_are_the_very_bytes_of_the_version(
    home: TestClient, trained_demo: Household
) -> None:
    """Without a format they are what is handed out, under the version's name."""
    with trained_demo.database.reading() as session:
        name = trained_demo.shelf.serving(session).version
    assert name is not None
    answer = home.get(f"{BASE}/models/champion/artefact")
    assert answer.content == (trained_demo.shelf.folder / name / "model.safetensors").read_bytes()
    assert f'filename="{name}.safetensors"' in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_the_graph_runs_where_it_arrives(home: TestClient) -> None:
    """ONNX Runtime opens the bytes of the answer."""
    answer = home.get(path("champion", "onnx"))
    session = onnxruntime.InferenceSession(answer.content)
    (told,) = session.run(["probabilities"], {"X": np.zeros((1, FEATURE_COUNT))})
    assert told.shape == (1, 2)


@pytest.mark.parametrize(
    ("form", "name"), [("zip", "card.html"), ("mlflow", "MLmodel"), ("skops", "schema.json")]
)
def test_packed_formats_can_be_unpacked(home: TestClient, form: str, name: str) -> None:
    """Each is an archive of which every member is whole."""
    answer = home.get(path("champion", form))
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        assert name in {Path(one).name for one in packed.namelist()}


@pytest.mark.parametrize("form", ["pkl", "joblib", "h5", ""])
def test_pickles_and_unknown_formats_are_not_handed_out(home: TestClient, form: str) -> None:
    """What would run code where it is opened is written by the command line alone."""
    assert home.get(path("champion", form)).status_code == 422


def test_what_is_not_there_or_not_whole_is_a_named_error(
    home: TestClient, trained_demo: Household
) -> None:
    """An unknown version, and one whose bytes are not those on record."""
    unknown = home.get(path("20200101T000000-000000000000", "zip"))
    assert code_of(unknown) == (404, "not_found")
    assert spoil(trained_demo.shelf.folder) == 1
    damaged = home.get(path("champion", "zip"))
    assert code_of(damaged) == (500, "artefact_damaged")
