"""What every format of `save_model` and `load_model` keeps, whatever its bytes are.

A suite: `tests/registry` inherits it once for each suffix. Each test runs for both families.
"""

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from app.backend.domain.errors import StorageFull
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import FEATURE_COUNT, PROMISED_COUNT
from app.backend.features.serving import ServingClassifier
from app.backend.learning.classifier import ContextClassifier
from app.backend.ml_model import load_model, save_model
from app.backend.registry.artefact import FORMAT_NUMBER, manifest_path
from tests.contracts.model_files import evening_rows, file_size_limit, sha256
from tests.contracts.refusals import RefusalContract


class ArtefactContract(RefusalContract):
    """Inherit, and say the suffix and how far a probability may be off by the format."""

    tolerance: ClassVar[float]
    same_bytes: ClassVar[bool] = True

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
        """Format, family, config, columns, the content's digest, and the writer's facts."""
        save_model(model, path, facts={"rows": 120})
        manifest = json.loads(manifest_path(path).read_text("utf-8"))
        assert manifest["format"] == FORMAT_NUMBER
        assert manifest["family"] == model.predictor_.family
        assert manifest["config"] == dict(model.config_record())
        assert len(manifest["features"]["names"]) == FEATURE_COUNT
        assert manifest["content_sha256"] == sha256(path.read_bytes())
        assert manifest["rows"] == 120

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
