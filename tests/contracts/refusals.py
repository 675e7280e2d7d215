"""What every format of `load_model` refuses: by a named error, and without running any of it."""

import os
import pickle
from pathlib import Path
from typing import ClassVar

import pytest

from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactForeign,
    ArtefactMissing,
    ArtefactTooNew,
    ModelError,
)
from app.backend.learning.classifier import ContextClassifier
from app.backend.ml_model import load_model, save_model
from app.backend.registry.artefact import FORMAT_NUMBER, manifest_path
from tests.contracts.model_files import (
    CONFIGS,
    Payload,
    forge,
    model_or_named_error,
    mutants,
    retell,
    trained,
)


class RefusalContract:
    """Half of `ArtefactContract`; inherit that."""

    suffix: ClassVar[str]

    @pytest.fixture(autouse=True)
    def own_ledger(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keep the ledger of the person who runs the tests out of them."""
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    @pytest.fixture(params=list(CONFIGS))
    def model(self, request: pytest.FixtureRequest) -> ContextClassifier:
        """A model of each family."""
        return trained(request.param)

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Where the model goes: a folder that is not there yet."""
        return tmp_path / "models" / f"recommendation_model{self.suffix}"

    def test_only_a_missing_file_is_no_model(self, path: Path) -> None:
        """Where there is no file there is no model; a folder in its place is an error."""
        assert load_model(path) is None
        path.mkdir(parents=True)
        with pytest.raises((ArtefactDamaged, ArtefactMissing)):
            load_model(path)

    def test_a_recorded_digest_must_be_met(self, model: ContextClassifier, path: Path) -> None:
        """With the digest that `save_model` returned the file opens; with another it does not."""
        digest = save_model(model, path)
        assert load_model(path, digest=digest) is not None
        with pytest.raises(ArtefactDamaged):
            load_model(path, digest="0" * 64)

    def test_a_file_without_its_manifest_is_refused(
        self, model: ContextClassifier, path: Path
    ) -> None:
        """The manifest belongs to the file."""
        save_model(model, path)
        manifest_path(path).unlink()
        with pytest.raises(ArtefactMissing):
            load_model(path)

    def test_damaged_bytes_are_refused(self, model: ContextClassifier, path: Path) -> None:
        """Flipped, cut, zeroed, extended or emptied files are named errors, never a model."""
        save_model(model, path)
        for content in mutants(path.read_bytes()):
            path.write_bytes(content)
            with pytest.raises(ModelError):
                load_model(path)

    def test_a_damaged_manifest_is_refused(self, model: ContextClassifier, path: Path) -> None:
        """A manifest that is not the recorded one is a named error; unrecorded, it may say less."""
        digest = save_model(model, path)
        for told in mutants(manifest_path(path).read_bytes()):
            manifest_path(path).write_bytes(told)
            with pytest.raises(ModelError):
                load_model(path, digest=digest)
            model_or_named_error(path)

    def test_damage_that_the_manifest_agrees_with_breaks_nothing(
        self, model: ContextClassifier, path: Path
    ) -> None:
        """Whatever bytes are vouched for by a forged manifest: a model, or a named error."""
        save_model(model, path)
        for content in mutants(path.read_bytes()):
            forge(path, content)
            model_or_named_error(path)

    @pytest.mark.parametrize("protocol", [0, 2, 5])
    def test_a_pickle_from_elsewhere_runs_no_code(
        self, model: ContextClassifier, path: Path, protocol: int
    ) -> None:
        """A hostile pickle with a forged manifest is refused under any suffix; nothing runs."""
        save_model(model, path)
        marker = path.with_name("ran")
        for hostile in (
            Payload(os.system, f"touch {marker}"),
            Payload(eval, f"__import__('os').mkdir({str(marker)!r})"),
            Payload(exec, f"import os; os.mkdir({str(marker)!r})"),
        ):
            forge(path, pickle.dumps(hostile, protocol))
            with pytest.raises(ModelError):
                load_model(path)
        assert not marker.exists()
        pickle.loads(path.read_bytes())  # noqa: S301  # it is as hostile as it should be
        assert marker.exists()

    def test_a_newer_format_is_refused(self, model: ContextClassifier, path: Path) -> None:
        """A file of a newer Encore is called so, before its content is opened."""
        save_model(model, path)
        retell(path, format=FORMAT_NUMBER + 1)
        with pytest.raises(ArtefactTooNew):
            load_model(path)

    @pytest.mark.parametrize(
        "told", [{"format": "one"}, {"format": True}, {"format": None}, {"features": {}}]
    )
    def test_a_foreign_manifest_is_refused(
        self, model: ContextClassifier, path: Path, told: dict[str, object]
    ) -> None:
        """A manifest of another program, or of other columns, is called foreign."""
        save_model(model, path)
        retell(path, **told)
        with pytest.raises(ArtefactForeign):
            load_model(path)

    def test_a_foreign_file_is_refused(self, model: ContextClassifier, path: Path) -> None:
        """What is no model file is a named error, alone and beside a forged manifest."""
        save_model(model, path)
        for content in (b"title,minutes\nAlien,117\n", b"\x00" * 4096, b"PK\x05\x06" + b"\0" * 18):
            forge(path, content)
            with pytest.raises(ModelError):
                load_model(path)

    def test_a_manifest_of_another_family_is_refused(
        self, model: ContextClassifier, path: Path
    ) -> None:
        """The family that the manifest names must be the content's."""
        save_model(model, path)
        for family in {"unheard of", *CONFIGS} - {model.predictor_.family}:
            retell(path, family=family)
            with pytest.raises(ModelError):
                load_model(path)
