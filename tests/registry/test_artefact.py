"""The format that serves keeps the contract, and opens without what trained it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.backend.domain.errors import ArtefactDamaged, ArtefactForeign
from app.backend.registry import artefact
from app.backend.registry.artefact import LARGEST_MANIFEST_BYTES, manifest_path
from tests.contracts.artefact import ArtefactContract
from tests.contracts.model_files import evening_rows, trained

OPENS_AND_PREDICTS = """
import sys
from pathlib import Path
import numpy as np
from app.backend.registry.artefact import read
print(repr(float(read(Path(sys.argv[1])).classifier.predict_proba(np.zeros((1, 17)))[0, 1])))
print({"sklearn", "joblib", "skops", "onnx", "onnxruntime"} & set(sys.modules) or "none")
"""


class TestSafetensors(ArtefactContract):
    """Arrays in safetensors."""

    suffix = ".safetensors"
    tolerance = 1e-12


def test_serving_needs_no_trainer(tmp_path: Path) -> None:
    """A model opens and predicts in a process that imports neither scikit-learn nor an export."""
    path = tmp_path / "model.safetensors"
    model = trained("glmix")
    artefact.write(path, model, {})
    ran = subprocess.run(
        [sys.executable, "-c", OPENS_AND_PREDICTS, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    probability, loaded = ran.stdout.splitlines()
    expected = model.predict_proba(np.zeros((1, 17)))[0, 1]
    assert float(probability) == pytest.approx(expected, abs=1e-12)
    assert loaded == "none"


def test_a_version_keeps_its_manifest_under_a_short_name() -> None:
    """In a version's folder the manifest is `manifest.json`; elsewhere it has the file's name."""
    assert manifest_path(Path("v1/model.safetensors")) == Path("v1/manifest.json")
    assert manifest_path(Path("mine.pkl")) == Path("mine.pkl.manifest.json")


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (b"", ArtefactDamaged),
        (b"{", ArtefactDamaged),
        (b"\xff\xfe", ArtefactDamaged),
        (b"[" * 100_000, ArtefactDamaged),
        (b"[]", ArtefactForeign),
        (b"null", ArtefactForeign),
        (b'{"format": 0}', ArtefactForeign),
        (b'{"format": 1.0}', ArtefactForeign),
        (b'{"format": 1}', ArtefactForeign),
        (b" " * (LARGEST_MANIFEST_BYTES + 1), ArtefactDamaged),
    ],
)
def test_a_manifest_that_is_none_is_refused(
    tmp_path: Path, told: bytes, error: type[Exception]
) -> None:
    """Garbage, endless nesting and other programs' JSON get a name, and no array is read."""
    path = tmp_path / "model.safetensors"
    artefact.write(path, trained("additive"), {})
    manifest_path(path).write_bytes(told)
    path.unlink()
    with pytest.raises(error):
        artefact.read(path)


def test_an_opened_artefact_tells_where_it_came_from(tmp_path: Path) -> None:
    """The manifest and its digest come with the classifier."""
    path = tmp_path / "model.safetensors"
    digest = artefact.write(path, trained("additive"), {"parent": "none"})
    opened = artefact.read(path, digest)
    assert opened.digest == digest
    assert opened.manifest["parent"] == "none"
    np.testing.assert_allclose(
        opened.classifier.predict_proba(evening_rows()),
        trained("additive").predict_proba(evening_rows()),
        rtol=0,
        atol=1e-12,
    )
