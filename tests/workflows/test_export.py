"""A version leaves in the format that another program reads, and answers there as it does here."""

import json
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from app.backend.domain.errors import ArtefactDamaged, ExportUnfaithful, InvalidInput, StorageFull
from app.backend.domain.model import Classifier
from app.backend.features.posterior import rules_posterior
from app.backend.features.serving import ServingClassifier
from app.backend.ml_model import load_model
from app.backend.registry import exports
from app.backend.registry.parity import generated_rows
from app.backend.workflows import browse, export
from app.backend.workflows.export import FORMS, Exported
from app.backend.workflows.export_file import MLFLOW, SAFE_FORMS, SafeForm, exported_file
from app.backend.workflows.household import Household
from tests.workflows.evenings import spoil

FILES = tuple(form for form in FORMS if form not in (MLFLOW, "zip"))


@pytest.fixture(autouse=True)
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the ledger of the person who runs the tests out of them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def exported(household: Household, form: str, target: Path) -> Exported:
    """Export the champion."""
    with household.database.reading() as session:
        return export.export_version(session, household.shelf, "champion", form, target)


def champion(household: Household) -> Classifier:
    """Return what serves."""
    with household.database.reading() as session:
        found = household.shelf.serving(session).version
    assert found is not None
    model = load_model(household.shelf.folder / found / "model.safetensors")
    assert model is not None
    return model


@pytest.mark.parametrize("form", FILES)
def test_every_file_answers_as_the_version(
    trained_demo: Household, tmp_path: Path, form: str
) -> None:
    """Opened by its own reader, on rows that no test chose; ONNX computes within a billionth."""
    done = exported(trained_demo, form, tmp_path / f"out.{form}")
    assert done.bytes == (tmp_path / f"out.{form}").stat().st_size
    opened = load_model(tmp_path / f"out.{form}")
    assert opened is not None
    X = generated_rows(champion(trained_demo), 1_500)
    ours = champion(trained_demo).predict_proba(X)
    assert np.abs(opened.predict_proba(X) - ours).max() < 1e-9


def test_onnx_needs_nothing_of_encore(trained_demo: Household, tmp_path: Path) -> None:
    """The bytes alone, in ONNX Runtime alone, give the version's probabilities and its top 20."""
    exported(trained_demo, "onnx", tmp_path / "out.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "out.onnx"))
    X = generated_rows(champion(trained_demo), 1_500)
    (told,) = session.run(["probabilities"], {"X": X})
    ours = champion(trained_demo).predict_proba(X)[:, 1]
    assert np.abs(told[:, 1] - ours).max() < 1e-5
    np.testing.assert_array_equal(
        np.argsort(-told[:, 1], kind="stable")[:20], np.argsort(-ours, kind="stable")[:20]
    )


def test_a_zip_holds_the_whole_version(trained_demo: Household, tmp_path: Path) -> None:
    """Arrays, manifest and cards below the version's name, the same bytes each time."""
    done = exported(trained_demo, "zip", tmp_path / "out.zip")
    first = (tmp_path / "out.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        names = {name.removeprefix(f"{done.version}/") for name in packed.namelist()}
        packed.extractall(tmp_path / "unpacked")
    assert {"model.safetensors", "manifest.json", "card.md", "card.html"} == names
    opened = load_model(tmp_path / "unpacked" / done.version / "model.safetensors")
    assert opened is not None
    exported(trained_demo, "zip", tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes() == first


@pytest.mark.parametrize("form", [form for form in SAFE_FORMS if form != MLFLOW])
def test_an_exported_file_lasts_as_long_as_it_is_read(
    trained_demo: Household, form: SafeForm
) -> None:
    """Then nothing of it is left."""
    with trained_demo.database.reading() as session:
        version = browse.version(session, "champion")
    with exported_file(trained_demo.database, trained_demo.shelf, version, form) as path:
        assert path.stat().st_size > 1_000
    assert not path.exists()


def test_a_format_that_nobody_knows_is_refused(trained_demo: Household, tmp_path: Path) -> None:
    """So is a file whose name says another format; nothing is written."""
    for form, name in (("pmml", "out.pmml"), ("onnx", "out.bin")):
        with pytest.raises(InvalidInput):
            exported(trained_demo, form, tmp_path / name)
        assert not (tmp_path / name).exists()


def test_damage_is_not_exported(trained_demo: Household, tmp_path: Path) -> None:
    """A version whose bytes are not those on record leaves in no format."""
    with trained_demo.database.reading() as session:
        name = trained_demo.shelf.serving(session).version
    assert name is not None
    assert spoil(trained_demo.shelf.folder / name) == 1
    for form in FORMS:
        with pytest.raises(ArtefactDamaged):
            exported(trained_demo, form, tmp_path / f"out.{form}")
        assert not (tmp_path / f"out.{form}").exists()


def test_what_answers_otherwise_is_not_exported(
    trained_demo: Household, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parity gate stands between every format and the disk."""

    def liar(*_: object) -> Classifier:
        return ServingClassifier(rules_posterior(), {})

    monkeypatch.setattr(exports, "_opened", liar)
    for form in ("onnx", "skops", "pkl", "joblib"):
        with pytest.raises(ExportUnfaithful):
            exported(trained_demo, form, tmp_path / f"out.{form}")
        assert not (tmp_path / f"out.{form}").exists()


def test_a_place_that_cannot_be_written_is_told(trained_demo: Household, tmp_path: Path) -> None:
    """A file in the place of a folder."""
    (tmp_path / "file").write_text("")
    for form in ("onnx", "zip", MLFLOW):
        with pytest.raises(StorageFull):
            exported(trained_demo, form, tmp_path / "file" / f"out.{form}")


def test_the_manifest_goes_along(trained_demo: Household, tmp_path: Path) -> None:
    """Where a version came from is told beside every file."""
    done = exported(trained_demo, "onnx", tmp_path / "out.onnx")
    told = json.loads((tmp_path / "out.onnx.manifest.json").read_text())
    assert {"seed", "data", "family", "features"} <= set(told)
    with trained_demo.database.reading() as session:
        assert told["seed"] == browse.version(session, done.version).manifest["seed"]
