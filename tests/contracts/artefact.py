"""What every format of `save_model` and `load_model` keeps, whatever its bytes are.

A suite: `tests/registry` inherits it once for each suffix. Each test runs for both families.
"""

import hashlib
import json
import os
import pickle
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactForeign,
    ArtefactTooNew,
    ModelError,
    StorageFull,
)
from app.backend.features.encode import Codes, Floats
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import FEATURE_COUNT, MEDIA_ID, PROMISED_COUNT
from app.backend.features.serving import ServingClassifier
from app.backend.learning.classifier import BASELINE, DEFAULT, ContextClassifier
from app.backend.ml_model import load_model, save_model
from app.backend.registry.artefact import FORMAT_NUMBER, manifest_path
from tests.worlds import live, make_world, training_rows

MUTANTS = 250
CONFIGS = {"glmix": DEFAULT, "additive": BASELINE}


class ArtefactContract:
    """Inherit, and say the suffix and how far a probability may be off by the format."""

    suffix: ClassVar[str]
    tolerance: ClassVar[float]
    same_bytes: ClassVar[bool] = True

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

    def test_a_model_comes_back_with_the_same_probabilities(
        self, model: ContextClassifier, path: Path
    ) -> None:
        """Saved and loaded, a model answers as before, for known and for new titles."""
        save_model(model, path)
        loaded: Any = load_model(path)
        X = evening_rows()
        assert np.ptp(model.predict_proba(X)[:, 1]) > 0.2
        for rows in (X, X[:1], X[:0], X[:, :PROMISED_COUNT]):
            found = loaded.predict_proba(rows)
            assert found.dtype == np.float64
            np.testing.assert_allclose(
                found, model.predict_proba(rows), rtol=0, atol=self.tolerance
            )
        np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
        np.testing.assert_array_equal(loaded.classes_, [0, 1])
        assert dict(loaded.config_record()) == dict(model.config_record())

    def test_what_was_learnt_comes_back_exactly(self, model: ContextClassifier, path: Path) -> None:
        """Every array of the predictor is the same, to the last bit."""
        save_model(model, path)
        loaded = load_model(path)
        assert loaded is not None
        expected, found = model.predictor_.to_arrays(), loaded.predictor_.to_arrays()
        assert set(found) == set(expected)
        for name, array in expected.items():
            np.testing.assert_array_equal(found[name], array)

    def test_a_loaded_model_can_be_saved_again(self, model: ContextClassifier, path: Path) -> None:
        """What `load_model` returns is as good for `save_model` as what was trained."""
        save_model(model, path)
        loaded = load_model(path)
        assert loaded is not None
        save_model(loaded, path)
        again = load_model(path)
        assert again is not None
        X = evening_rows()
        np.testing.assert_allclose(
            again.predict_proba(X), model.predict_proba(X), rtol=0, atol=self.tolerance
        )

    def test_a_model_that_serves_can_be_saved(self, path: Path) -> None:
        """The rules before any feedback, with no titles, fit into the format too."""
        rules = ServingClassifier(rules_posterior(), {"origin": "rules"})
        save_model(rules, path)
        loaded = load_model(path)
        assert loaded is not None
        assert dict(loaded.config_record()) == {"origin": "rules"}
        X = evening_rows()
        np.testing.assert_allclose(
            loaded.predict_proba(X), rules.predict_proba(X), rtol=0, atol=self.tolerance
        )

    def test_the_same_model_gives_the_same_bytes(
        self, model: ContextClassifier, tmp_path: Path
    ) -> None:
        """Two files of one model are equal, where the format allows; so are their manifests."""
        pairs = []
        for name in ("one", "two"):
            path = tmp_path / f"{name}{self.suffix}"
            digest = save_model(model, path, facts={"seed": 3})
            assert digest == sha256(manifest_path(path).read_bytes())
            pairs.append((path.read_bytes(), manifest_path(path).read_bytes()))
        assert not self.same_bytes or pairs[0] == pairs[1]

    def test_the_manifest_tells_what_it_was_told(
        self, model: ContextClassifier, path: Path
    ) -> None:
        """Format, family, config, columns, the content's digest and the writer's facts are in it."""
        save_model(model, path, facts={"rows": 120})
        manifest = json.loads(manifest_path(path).read_text("utf-8"))
        assert manifest["format"] == FORMAT_NUMBER
        assert manifest["family"] == model.predictor_.family
        assert manifest["config"] == dict(model.config_record())
        assert len(manifest["features"]["names"]) == FEATURE_COUNT
        assert manifest["content_sha256"] == sha256(path.read_bytes())
        assert manifest["rows"] == 120

    def test_only_a_missing_file_is_no_model(self, path: Path) -> None:
        """Where there is no file there is no model; a folder in its place is an error."""
        assert load_model(path) is None
        path.mkdir(parents=True)
        with pytest.raises(ArtefactDamaged):
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
        with pytest.raises(ArtefactDamaged):
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
            Payload(eval, f"open({str(marker)!r}, 'w')"),
            Payload(exec, f"open({str(marker)!r}, 'w')"),
        ):
            forge(path, pickle.dumps(hostile, protocol))
            with pytest.raises(ModelError):
                load_model(path)
        assert not marker.exists()

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

    @pytest.mark.parametrize("family", ["unheard of", "glmix", "additive"])
    def test_a_manifest_of_another_family_is_refused(
        self, model: ContextClassifier, path: Path, family: str
    ) -> None:
        """The family that the manifest names must be the content's."""
        save_model(model, path)
        retell(path, family=family)
        if family == model.predictor_.family:
            assert load_model(path) is not None
        else:
            with pytest.raises(ModelError):
                load_model(path)

    def test_a_failed_write_leaves_the_old_model(
        self, model: ContextClassifier, path: Path
    ) -> None:
        """Where there is no room, the error says so, and the old file still opens."""
        before = ServingClassifier(rules_posterior(), {})
        save_model(before, path)
        with file_size_limit(256), pytest.raises(StorageFull):
            save_model(model, path)
        loaded = load_model(path)
        assert loaded is not None
        X = evening_rows()
        np.testing.assert_allclose(
            loaded.predict_proba(X), before.predict_proba(X), rtol=0, atol=self.tolerance
        )
        assert {file.name for file in path.parent.iterdir()} == {
            path.name,
            manifest_path(path).name,
        }


class Payload:
    """An object whose pickle calls a function when it is opened."""

    def __init__(self, call: Callable[..., object], argument: str) -> None:
        self._call, self._argument = call, argument

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        """Ask the one who unpickles to call it."""
        return self._call, (self._argument,)


@cache
def trained(family: str) -> ContextClassifier:
    """Return a fitted model of a family."""
    return ContextClassifier(CONFIGS[family]).fit(*_evenings())


def evening_rows() -> Floats:
    """Return rows of X: of titles that were rated, of titles that were not, of titles unknown."""
    X = np.array(_evenings()[0])
    X[::3, MEDIA_ID] = 0
    X[1::3, MEDIA_ID] += 1_000
    return X


def mutants(content: bytes) -> Iterator[bytes]:
    """Damage bytes in every way that disks and hands do; each result differs from the original."""
    chance = np.random.default_rng(len(content))
    yield b""
    yield content + b"\0"
    for number in range(MUTANTS):
        changed = bytearray(content)
        at = int(chance.integers(len(content)))
        if number % 3 == 0:
            del changed[at:]
        elif number % 3 == 1:
            end = at + int(chance.integers(1, 64))
            changed[at:end] = bytes(len(changed[at:end]))
        else:
            for _ in range(int(chance.integers(1, 5))):
                changed[int(chance.integers(len(content)))] ^= 1 << int(chance.integers(8))
        if changed != content:
            yield bytes(changed)


def forge(path: Path, content: bytes) -> None:
    """Put bytes in the place of a model, and make its manifest agree with them."""
    path.write_bytes(content)
    retell(path, content_sha256=sha256(content))


def retell(path: Path, **told: object) -> None:
    """Change what a manifest says."""
    manifest = json.loads(manifest_path(path).read_text("utf-8"))
    manifest_path(path).write_text(json.dumps(manifest | told), "utf-8")


def model_or_named_error(path: Path) -> None:
    """Load and predict; only a named error may come of it."""
    try:
        loaded = load_model(path)
    except ModelError:
        return
    assert loaded is not None
    with np.errstate(all="ignore"):  # what was forged need not be sensible
        assert loaded.predict_proba(evening_rows()).shape == (len(evening_rows()), 2)


def sha256(content: bytes) -> str:
    """Return the digest that manifests keep."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def file_size_limit(most: int) -> Iterator[None]:
    """Let the system refuse to write any file beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@cache
def _evenings() -> tuple[Floats, Codes]:
    world = make_world(7, titles=60)
    return training_rows(world, live(world, 150, 7))
