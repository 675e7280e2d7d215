"""Files of models over any data set: the same answers, no trainer, nothing that is not whole."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as save_arrays

from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactForeign,
    ArtefactMissing,
    ArtefactTooNew,
    ExportUnfaithful,
    ModelError,
)
from app.backend.domain.model import Arrays
from app.backend.features.table_mixed import TableMixed
from app.backend.learning.families import FAMILIES
from app.backend.registry import artefact, table_artefact
from app.backend.registry.artefact import manifest_path
from app.backend.registry.record import recorded, restored
from app.backend.registry.table_artefact import (
    TABLE_FORMAT,
    insist_on_parity,
    read_table,
    write_table,
)
from tests.contracts.model_files import trained
from tests.registry.table_models import GOLDEN, asked_rows, table_model

OPENS_AND_PREDICTS = """
import sys
from pathlib import Path
import numpy as np
from app.backend.registry.table_artefact import read_table
model = read_table(Path(sys.argv[1])).model
X = np.zeros((1, len(model.predictor.columns.names)))
print(repr(float(model.probability(X)[0])))
print({"sklearn", "joblib", "lightgbm", "optuna"} & set(sys.modules) or "none")
"""
Manifest = dict[str, Any]


def kept(tmp_path: Path, family: str = "glmix") -> Path:
    """Return where a family's file lies."""
    path = tmp_path / f"{family}.safetensors"
    write_table(path, table_model(family), {"family": family})
    return path


@pytest.mark.parametrize("family", FAMILIES)
def test_a_file_answers_as_what_was_learnt(tmp_path: Path, family: str) -> None:
    """Every family is arrays: the same bytes each time, and the same answers to the last bit."""
    path = kept(tmp_path, family)
    before = path.read_bytes(), manifest_path(path).read_bytes()
    digest = write_table(path, table_model(family), {"family": family})
    assert (path.read_bytes(), manifest_path(path).read_bytes()) == before
    opened = read_table(path, digest)
    X = asked_rows(opened.model)
    np.testing.assert_array_equal(opened.model.probability(X), table_model(family).probability(X))
    assert opened.manifest["family"] == family


@pytest.mark.parametrize("family", FAMILIES)
def test_answering_needs_no_trainer(tmp_path: Path, family: str) -> None:
    """A process that opens and asks imports neither scikit-learn nor LightGBM."""
    path = kept(tmp_path, family)
    ran = subprocess.run(
        [sys.executable, "-c", OPENS_AND_PREDICTS, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    probability, loaded = ran.stdout.splitlines()
    model = table_model(family)
    expected = model.probability(np.zeros((1, len(model.predictor.columns.names))))[0]
    assert float(probability) == expected
    assert loaded == "none"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.safetensors")), ids=lambda path: path.stem)
def test_an_old_file_answers_what_it_did(path: Path) -> None:
    """Rows of X and the probabilities of their day lie beside each file."""
    told = np.loadtxt(path.with_suffix(".csv"), delimiter=",")
    found = read_table(path).model.probability(told[:, :-1])
    assert np.abs(found - told[:, -1]).max() < 1e-12


def test_every_format_has_its_golden_files() -> None:
    """Each number up to today's has one of each family."""
    expected = {
        f"format{number}_{family}" for number in range(1, TABLE_FORMAT + 1) for family in FAMILIES
    }
    assert {path.stem for path in GOLDEN.glob("*.safetensors")} == expected


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda told: told | {"format": TABLE_FORMAT + 1}, ArtefactTooNew),
        (lambda told: told | {"format": True}, ArtefactForeign),
        (lambda told: told | {"format": 0}, ArtefactForeign),
        (lambda told: told | {"kind": "household"}, ArtefactForeign),
        (lambda told: [told], ArtefactForeign),
        (lambda told: told | {"model": None}, ArtefactDamaged),
        (lambda told: told | {"content_sha256": "0" * 64}, ArtefactDamaged),
        (lambda told: {key: one for key, one in told.items() if key != "model"}, ArtefactDamaged),
    ],
)
def test_a_manifest_that_is_none_is_refused(
    tmp_path: Path, change: Callable[[Manifest], object], error: type[ModelError]
) -> None:
    """Newer, foreign and damaged manifests are told apart."""
    path = kept(tmp_path)
    told = json.loads(manifest_path(path).read_text())
    manifest_path(path).write_text(json.dumps(change(told)))
    with pytest.raises(error):
        read_table(path)


def test_what_is_not_what_was_written_is_refused(tmp_path: Path) -> None:
    """Another digest, other bytes, a cut file, a missing one."""
    path = kept(tmp_path)
    content = path.read_bytes()
    with pytest.raises(ArtefactDamaged, match="recorded"):
        read_table(path, "0" * 64)
    for bad in (content[:-1], content[:-1] + b"\x7f", b"", content * 2):
        path.write_bytes(bad)
        with pytest.raises(ArtefactDamaged):
            read_table(path)
    path.unlink()
    with pytest.raises(ArtefactMissing):
        read_table(path)


def test_numbers_that_give_no_probability_are_refused(tmp_path: Path) -> None:
    """Arrays that are each in order, but overflow where they are multiplied, do not answer."""
    model = table_model("network")
    said, arrays = recorded(model)
    large = {
        name: np.full_like(array, 1e300) if ".weights." in name or ".biases." in name else array
        for name, array in arrays.items()
    }
    wild = restored(type(model), said, large)
    rows = asked_rows(model)
    # A network's logit is cut off, whatever its weights.
    answer = wild.probability(rows)
    assert ((answer >= 0) & (answer <= 1)).all()
    mixed = table_model("glmix").predictor
    assert isinstance(mixed, TableMixed)
    said, arrays = recorded(table_model("glmix"))
    arrays["predictor.coefficients"] = np.full(len(mixed.coefficients), 1e308)
    with pytest.raises(ArtefactDamaged, match="no probability"):
        restored(type(model), said, arrays).probability(rows)


def test_a_model_that_a_file_would_change_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be read is compared before anything is written."""
    model = table_model("glmix")
    insist_on_parity(model, asked_rows(model))

    def halved(arrays: Arrays) -> bytes:
        half = {n: 0.5 * a if n.endswith("coefficients") else a for n, a in arrays.items()}
        return save_arrays(half)

    monkeypatch.setattr(table_artefact, "save_arrays", halved)
    with pytest.raises(ExportUnfaithful):
        insist_on_parity(model, asked_rows(model))


def test_the_two_kinds_of_files_are_told_apart(tmp_path: Path) -> None:
    """A household's model is no model of a data set, and the other way round."""
    path = tmp_path / "household.safetensors"
    artefact.write(path, trained("glmix"), {})
    with pytest.raises(ArtefactForeign, match="data set"):
        read_table(path)
    with pytest.raises(ArtefactForeign):
        artefact.read(kept(tmp_path))


def test_only_today_s_records_need_no_upgrade() -> None:
    """A number without an upgrade is a mistake of whoever raised it."""
    assert table_artefact.upgraded({"a": 1}, TABLE_FORMAT) == {"a": 1}
    with pytest.raises(AssertionError):
        table_artefact.upgraded({}, TABLE_FORMAT + 1)


def test_the_digest_covers_manifest_and_arrays(tmp_path: Path) -> None:
    """It is the manifest's, which names the arrays'."""
    path = tmp_path / "model.safetensors"
    digest = write_table(path, table_model("base_rate"), {})
    assert digest == hashlib.sha256(manifest_path(path).read_bytes()).hexdigest()
    told = json.loads(manifest_path(path).read_text())
    assert told["content_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
