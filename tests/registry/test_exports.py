"""Formats that Encore does not serve from: faithful when written, judged before they are opened."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactForeign,
    ArtefactUntrusted,
    ExportUnfaithful,
    ExtraMissing,
    InvalidInput,
    StorageFull,
)
from app.backend.domain.model import Predictor
from app.backend.features.encode import Floats
from app.backend.features.posterior import rules_posterior
from app.backend.features.serving import ServingClassifier
from app.backend.registry import exports
from app.backend.registry.artefact import manifest_path
from app.backend.registry.trust import ledger_path
from tests.contracts.artefact import ArtefactContract
from tests.contracts.model_files import evening_rows, file_size_limit, trained

SUFFIXES = (".pkl", ".joblib", ".skops", ".onnx")
PICKLES = (".pkl", ".joblib")


class TestPickle(ArtefactContract):
    """Pickle."""

    suffix = ".pkl"
    tolerance = 1e-12


class TestJoblib(ArtefactContract):
    """Pickle, by joblib."""

    suffix = ".joblib"
    tolerance = 1e-12


class TestSkops(ArtefactContract):
    """skops, whose archives hold the time and addresses in memory."""

    suffix = ".skops"
    tolerance = 1e-12
    same_bytes = False


class TestOnnx(ArtefactContract):
    """ONNX, computed by ONNX Runtime."""

    suffix = ".onnx"
    tolerance = 1e-9


@pytest.fixture(autouse=True)
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the ledger of the person who runs the tests out of them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("name", ["model", "model.h5", "model.PKL", "model.pkl.gz", ".pkl"])
def test_another_suffix_is_foreign(tmp_path: Path, name: str) -> None:
    """A suffix that is none of the formats is refused, and the sentence names those that are."""
    path = tmp_path / name
    path.write_bytes(b"anything")
    for attempt in (
        lambda: exports.write(path, trained("additive"), {}),
        lambda: exports.read(path),
    ):
        with pytest.raises(ArtefactForeign) as refused:
            attempt()
        assert all(suffix in refused.value.message for suffix in (*SUFFIXES, ".safetensors"))


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("thing", [None, object(), "model"])
def test_what_is_no_model_is_not_saved(tmp_path: Path, suffix: str, thing: object) -> None:
    """Where training gave no model there is none to save, and nothing is written."""
    with pytest.raises(InvalidInput):
        exports.write(tmp_path / f"model{suffix}", thing, {})  # type: ignore[arg-type]  # mistaken
    assert list(tmp_path.iterdir()) == []


class Liar:
    """A classifier whose probabilities are not those of its predictor."""

    predictor_: Predictor = rules_posterior()

    def predict_proba(self, X: Floats) -> Floats:
        """Be sure of everything but the last row."""
        sure = np.tile([0.0, 1.0], (len(X), 1))
        sure[-1:] = ServingClassifier(self.predictor_, {}).predict_proba(X[-1:])
        return sure

    def config_record(self) -> dict[str, object]:
        """Return no hyperparameters."""
        return {}


@pytest.mark.parametrize("suffix", [".pkl", ".joblib", ".onnx"])
def test_an_unfaithful_file_is_not_written(tmp_path: Path, suffix: str) -> None:
    """Where the bytes would predict something else than the model, there is no file."""
    with pytest.raises(ExportUnfaithful, match=f"as {suffix} would"):
        exports.write(tmp_path / f"model{suffix}", Liar(), {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", PICKLES)
def test_a_pickle_of_another_user_is_untrusted(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pickle opens only where this user's ledger names its bytes; a manifest is no proof."""
    path = tmp_path / f"model{suffix}"
    exports.write(path, trained("additive"), {})
    exports.read(path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of another user"))
    with pytest.raises(ArtefactUntrusted) as refused:
        exports.read(path)
    assert ".safetensors" in refused.value.message


@pytest.mark.parametrize("suffix", PICKLES)
def test_the_ledger_is_asked_before_the_manifest(tmp_path: Path, suffix: str) -> None:
    """A pickle that nobody recorded is untrusted, whether or not a manifest lies beside it."""
    path = tmp_path / f"model{suffix}"
    exports.write(path, trained("additive"), {})
    path.write_bytes(path.read_bytes() + b".")
    with pytest.raises(ArtefactUntrusted):
        exports.read(path)
    manifest_path(path).unlink()
    with pytest.raises(ArtefactUntrusted):
        exports.read(path)


@pytest.mark.parametrize("suffix", [".skops", ".onnx"])
def test_other_formats_need_no_ledger(tmp_path: Path, suffix: str) -> None:
    """What cannot run code opens on any machine."""
    path = tmp_path / f"model{suffix}"
    exports.write(path, trained("additive"), {})
    assert not ledger_path().exists()
    np.testing.assert_allclose(
        exports.read(path).predict_proba(evening_rows()),
        trained("additive").predict_proba(evening_rows()),
        rtol=0,
        atol=1e-9,
    )


@pytest.mark.parametrize(
    ("suffix", "package", "extra"),
    [(".skops", "skops.io", "skops"), (".onnx", "onnx", "onnx"), (".onnx", "onnxruntime", "onnx")],
)
def test_a_missing_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, package: str, extra: str
) -> None:
    """Without the package of a format, the error says how to install it, on both ways."""
    path = tmp_path / f"model{suffix}"
    exports.write(path, trained("additive"), {})
    before = path.read_bytes()
    monkeypatch.setitem(sys.modules, package, None)
    for attempt in (
        lambda: exports.write(path, trained("glmix"), {}),
        lambda: exports.read(path),
    ):
        with pytest.raises(ExtraMissing, match=rf"encore-tonight\[{extra}\]"):
            attempt()
    assert path.read_bytes() == before


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("old", "new"), [("glmix", "additive"), ("additive", "glmix")])
def test_a_pair_is_replaced_as_one(tmp_path: Path, suffix: str, old: str, new: str) -> None:
    """Whichever of file and manifest finds no room, the old two stay, and no third."""
    path = tmp_path / f"model{suffix}"
    exports.write(path, trained(old), {})
    # There is room for the small family's file but not for its manifest, and for the manifest of
    # the large family but not for its file.
    note = "n" * 20_000 if new == "additive" else ""
    with file_size_limit(10_000), pytest.raises(StorageFull):
        exports.write(path, trained(new), {"note": note})
    assert exports.read(path).predictor_.family == old
    kept = {path.name, manifest_path(path).name}
    assert {entry.name for entry in tmp_path.iterdir()} - {"state"} == kept


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_pipe_is_not_waited_for(tmp_path: Path, suffix: str) -> None:
    """What is no regular file is refused without being opened."""
    path = tmp_path / f"model{suffix}"
    os.mkfifo(path)
    with pytest.raises(ArtefactDamaged):
        exports.read(path)
