"""A version as an MLflow model: arrays that MLflow loads and serves, and no code of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pandas as pd
import pytest

from app.backend.domain.errors import ArtefactDamaged, ExportUnfaithful, InvalidInput, StorageFull
from app.backend.features.plain_rows import plain_rows
from app.backend.registry import artefact, mlflow_loader
from app.backend.registry.mlflow_model import EXAMPLE, as_table, quietly, write_folder
from app.backend.registry.parity import generated_rows
from tests.contracts.model_files import trained
from tests.registry.mlflow_server import mlflow_module, mlflow_process


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with arrays and manifest, and the manifest's digest."""
    folder = tmp_path_factory.mktemp("version")
    return folder, artefact.write(folder / "model.safetensors", trained("glmix"), {"seed": 1})


@pytest.fixture(scope="module")
def folder(version: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as an MLflow model."""
    target = tmp_path_factory.mktemp("mlflow") / "model"
    write_folder(target, *version)
    return target


def loaded(folder: Path) -> Any:  # noqa: ANN401  # MLflow's
    """Return the model as MLflow loads it."""
    with quietly():
        return mlflow_module("mlflow.pyfunc").load_model(str(folder))


def test_the_folder_is_arrays_and_descriptions(folder: Path) -> None:
    """There is neither a pickle nor a line of Python in it; Encore itself is what it requires."""
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"MLmodel", "data/encore/model.safetensors", "data/encore/manifest.json"} <= files
    assert not [name for name in files if Path(name).suffix in {".py", ".pkl", ".pyc"}]
    assert "encore-tonight==" in (folder / "requirements.txt").read_text()


def test_mlflow_loads_it_and_answers_the_same(folder: Path) -> None:
    """Words in, probabilities out, within a billionth of the version on rows that nobody chose."""
    X = generated_rows(trained("glmix"), 1_200)
    with quietly():
        told = loaded(folder).predict(as_table(X))["probability"].to_numpy()
    assert np.abs(told - trained("glmix").predict_proba(X)[:, 1]).max() < 1e-9


def test_words_and_columns_say_the_same() -> None:
    """A table made of rows of X is read as those very rows."""
    X = generated_rows(trained("glmix"), 300)
    columns = {name: list(values) for name, values in as_table(X).items()}
    np.testing.assert_array_equal(plain_rows(columns), X)


def test_what_is_not_said_may_be_left_out(folder: Path) -> None:
    """Each column is optional; words that mean nothing are an error."""
    model = loaded(folder)
    with quietly():
        answer = model.predict(pd.DataFrame({"mood": ["funny", "relaxing"]}))
        assert answer.shape == (2, 1)
        with pytest.raises(InvalidInput, match="mood"):
            model.predict(pd.DataFrame({"mood": ["angry"]}))


def test_what_is_there_is_not_overwritten(folder: Path, version: tuple[Path, str]) -> None:
    """A second export into the same place is refused, and the first is untouched."""
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(StorageFull):
        write_folder(folder, *version)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_unfaithful_folder_is_not_written(
    tmp_path: Path, version: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where MLflow would answer otherwise than the version, nothing is left."""

    def lie(_self: object, table: pd.DataFrame, _params: object = None) -> pd.DataFrame:
        return pd.DataFrame({"probability": np.full(len(table), 0.5)})

    monkeypatch.setattr(mlflow_loader.TableModel, "predict", lie)
    with pytest.raises(ExportUnfaithful):
        write_folder(tmp_path / "model", *version)
    assert list(tmp_path.iterdir()) == []


def test_other_bytes_than_those_on_record_are_not_exported(
    tmp_path: Path, version: tuple[Path, str]
) -> None:
    """The digest is asked for first."""
    with pytest.raises(ArtefactDamaged):
        write_folder(tmp_path / "model", version[0], "0" * 64)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where MLflow's own server serves the folder."""
    words = ("models", "serve", "--env-manager", "local", "--model-uri", str(folder))
    with mlflow_process(tmp_path_factory.mktemp("serving"), words, "/ping") as found:
        yield found


def asked(address: str, body: object) -> tuple[int, Any]:
    """Return the status and the JSON of an answer of the server."""
    answer = httpx2.post(f"{address}/invocations", json=body, timeout=60)
    return answer.status_code, answer.json()


def test_mlflows_server_serves_it(address: str) -> None:
    """Its usual payloads are answered with the version's probabilities; nonsense is a 400."""
    rows = pd.DataFrame(EXAMPLE)
    columns = {name: list(values) for name, values in rows.items()}
    expected = trained("glmix").predict_proba(plain_rows(columns))[:, 1]
    for body in (
        {"dataframe_split": rows.to_dict(orient="split")},
        {"dataframe_records": rows.to_dict(orient="records")},
        {"inputs": EXAMPLE},
    ):
        status, told = asked(address, body)
        assert status == 200, told
        found = [one["probability"] for one in told["predictions"]]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    status, _ = asked(address, {"dataframe_records": [{"mood": "angry"}]})
    assert status == 400
