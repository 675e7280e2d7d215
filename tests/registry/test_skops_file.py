"""A skops archive is opened only if it holds nothing but one of Encore's models."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from app.backend.domain.errors import ArtefactDamaged, ArtefactForeign, ArtefactUntrusted
from app.backend.features.posterior import rules_posterior
from app.backend.features.serving import ServingClassifier
from app.backend.registry import skops_file
from tests.contracts.model_files import evening_rows, trained

Schema = dict[str, Any]


@pytest.mark.parametrize("family", ["glmix", "additive"])
def test_an_estimator_comes_back_as_what_it_was(family: str) -> None:
    """The archive holds the estimator itself, with its config, not a stand-in."""
    model = trained(family)
    loaded = skops_file.from_bytes(skops_file.to_bytes(model))
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    np.testing.assert_allclose(
        loaded.predict_proba(evening_rows()),
        model.predict_proba(evening_rows()),
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize(
    "thing",
    [
        LogisticRegression(),
        {"a": io.StringIO},
        [np.random.default_rng(0)],
        np.float64(1.0).dtype,
        np.add,
        slice(1, 2),
        {1, 2},
    ],
)
def test_other_types_are_untrusted(thing: object) -> None:
    """What skops itself may trust, Encore does not: only its own models are let in."""
    with pytest.raises(ArtefactUntrusted):
        skops_file.from_bytes(skops.io.dumps(thing))


@pytest.mark.parametrize(
    ("node", "module", "name"),
    [
        ("ObjectNode", "os", "system"),
        ("FunctionNode", "os", "system"),
        ("FunctionNode", "builtins", "eval"),
        ("TypeNode", "subprocess", "Popen"),
        ("MethodNode", "app.backend.features.serving", "ServingClassifier"),
        ("OperatorFuncNode", "operator", "methodcaller"),
        ("PartialNode", "functools", "partial"),
        ("CachedNode", "builtins", "str"),
        ("ObjectNode", "builtins", "list"),
        ("ListNode", "app.backend.features.serving", "ServingClassifier"),
    ],
)
def test_other_kinds_of_nodes_are_untrusted(node: str, module: str, name: str) -> None:
    """A node that calls, fetches or pretends is refused wherever it stands in the tree."""

    def change(schema: Schema) -> None:
        hidden = {"__loader__": node, "__module__": module, "__class__": name, "content": {}}
        schema["content"]["content"]["hidden"] = hidden

    with pytest.raises(ArtefactUntrusted, match="refused"):
        skops_file.from_bytes(rewritten(change))


def test_a_dense_archive_is_refused_before_it_is_unpacked() -> None:
    """A bomb is told by the sizes in its directory."""
    bomb = archive({"schema.json": b"{}", "zeros.npy": bytes(30_000_000)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    with pytest.raises(ArtefactDamaged, match="densely"):
        skops_file.from_bytes(bomb)


@pytest.mark.parametrize(
    "members",
    [
        {"schema.json": b"{}"} | {f"{n}.npy": b"" for n in range(skops_file.MOST_MEMBERS)},
        {"schema.json": b" " * (skops_file.LARGEST_SCHEMA_BYTES + 1)},
    ],
)
def test_a_large_archive_is_refused(members: dict[str, bytes]) -> None:
    """Members have a limit in number, and the schema one in size."""
    with pytest.raises(ArtefactDamaged):
        skops_file.from_bytes(archive(members))


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x05.", b"not an archive" * 100])
def test_what_is_no_archive_is_foreign(content: bytes) -> None:
    """Skops files are zip archives; there is no other way in."""
    with pytest.raises(ArtefactForeign):
        skops_file.from_bytes(content)


def test_the_list_of_types_is_the_codes() -> None:
    """What an archive says that it needs does not widen what is let in."""
    served = ServingClassifier(rules_posterior(), {"origin": "rules"})
    needed = skops.io.get_untrusted_types(data=skops_file.to_bytes(served))
    assert set(needed) <= set(skops_file.TRUSTED)
    assert all(name.startswith("app.backend.") for name in skops_file.TRUSTED)


def archive(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def rewritten(change: Callable[[Schema], None]) -> bytes:
    """Return a model's archive whose schema was changed."""
    with zipfile.ZipFile(io.BytesIO(skops_file.to_bytes(trained("additive")))) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    schema = json.loads(members["schema.json"])
    change(schema)
    return archive(members | {"schema.json": json.dumps(schema).encode()})
