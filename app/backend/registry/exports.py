"""The formats that Encore does not serve from: pickle, joblib, skops and ONNX.

A file is written only once its own bytes, read back, predict what the model predicts. It is opened
only once it was judged: by its manifest, and a pickle first of all by the ledger in `trust`.
"""

import hashlib
import io
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactForeign,
    ArtefactUntrusted,
    ExportUnfaithful,
    InvalidInput,
    ModelError,
)
from app.backend.domain.model import Classifier
from app.backend.features.encode import Floats
from app.backend.features.predictors import build
from app.backend.features.serving import ServingClassifier
from app.backend.registry import onnx_file, onnx_graph, skops_file, trust
from app.backend.registry.artefact import (
    LARGEST_ARRAYS_BYTES,
    LARGEST_MANIFEST_BYTES,
    bounded,
    damaged,
    manifest_bytes,
    manifest_path,
    parse_manifest,
)
from app.backend.registry.files import write_pair
from app.backend.registry.parity import generated_rows, insist_on_parity

ROWS_COMPARED_WHEN_READ: Final = 64


@dataclass(frozen=True, slots=True)
class _Format:
    """How a model becomes bytes and back, and how far its probabilities may be off by that."""

    to_bytes: Callable[[Classifier], bytes]
    from_bytes: Callable[[bytes, Mapping[str, Any]], Classifier]
    tolerance: float
    runs_code: bool = False


def write(path: Path, model: Classifier, facts: Mapping[str, object]) -> str:
    """Write a model in the format that the suffix names, and its manifest; return its digest.

    Parameters
    ----------
    path : Path
    model : Classifier
    facts : mapping
        What the writer knows of the model's origin: JSON values.

    Raises
    ------
    InvalidInput
        Where the model is not a fitted model of Encore's.
    ArtefactForeign
        Where the suffix is not one of these formats, or the family has no such format.
    ExportUnfaithful
        Where the bytes, read back, would answer otherwise; nothing is written.
    ExtraMissing
        Where the format needs a package that is not installed.
    ArtefactUntrusted
        Where a pickle cannot be recorded, because others could have written the ledger.
    StorageFull
        Where there is no room, or no right, to write; what was there stays.
    """
    form = _format_of(path)
    if not hasattr(model, "predictor_"):
        raise InvalidInput("That is no fitted model of Encore's; make one with train_model.")
    content = form.to_bytes(model)
    told = {"family": model.predictor_.family, "config": dict(model.config_record())}
    try:
        again = _opened(path, content, told, form)
    except ArtefactDamaged as error:
        raise ExportUnfaithful(
            f"A model as {path.suffix} would not be the same when it is read back; nothing was "
            "written. Choose another format.",
            {"format": path.suffix},
        ) from error
    insist_on_parity(path.suffix, again.predict_proba, model, form.tolerance)
    manifest = manifest_bytes(model, content, facts)
    if form.runs_code:
        trust.record(hashlib.sha256(content).hexdigest())
    write_pair(path, content, manifest_path(path), manifest)
    return hashlib.sha256(manifest).hexdigest()


def read(path: Path, digest: str | None = None) -> Classifier:
    """Open a model file in the format that the suffix names, once it has been judged.

    Parameters
    ----------
    path : Path
    digest : str, optional
        What the manifest must hash to; whoever recorded it when writing should ask for it.

    Raises
    ------
    ArtefactUntrusted
        Where it is a pickle that `save_model` did not record for this user, or holds parts that
        Encore does not write.
    ArtefactForeign
        Where the suffix, the manifest or the content is not of these formats, or the columns are
        not those of this Encore.
    ArtefactTooNew
        Where a newer Encore wrote it.
    ArtefactMissing
        Where a file is not there or cannot be read.
    ArtefactDamaged
        Where a file is empty, too large, or not what was written.
    ExtraMissing
        Where the format needs a package that is not installed.
    """
    form = _format_of(path)
    content = bounded(path, LARGEST_ARRAYS_BYTES)
    found = hashlib.sha256(content).hexdigest()
    if form.runs_code and not trust.is_recorded(found):
        raise ArtefactUntrusted(
            f"{path} is not opened: opening a pickle can run code, and save_model did not write "
            "these bytes for this user on this machine. Save the model again with save_model, or "
            "use .skops or .safetensors."
        )
    told = bounded(manifest_path(path), LARGEST_MANIFEST_BYTES)
    if digest is not None and hashlib.sha256(told).hexdigest() != digest:
        raise damaged(path, "its manifest is not the one that was recorded")
    manifest = parse_manifest(path, told)
    if found != manifest.get("content_sha256"):
        raise damaged(path, "its bytes are not those that the manifest names")
    return _opened(path, content, manifest, form)


def _format_of(path: Path) -> _Format:
    if path.suffix not in _FORMATS:
        raise ArtefactForeign(
            f"{path} has no suffix of a model file; use .safetensors, {', '.join(_FORMATS)}."
        )
    return _FORMATS[path.suffix]


def _opened(path: Path, content: bytes, manifest: Mapping[str, Any], form: _Format) -> Classifier:
    """Build the model, and see that it predicts what its own arrays predict."""
    with _failing_as_damage(path):
        model = form.from_bytes(content, manifest)
        arrays = build(str(manifest.get("family")), model.predictor_.to_arrays())
        plain = ServingClassifier(arrays, {})
        rows = generated_rows(plain, ROWS_COMPARED_WHEN_READ)
        _refuse_unlike(path, model.predict_proba(rows), plain.predict_proba(rows), form.tolerance)
    return model


@contextmanager
def _failing_as_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except ModelError:
        raise
    except Exception as error:  # each format's library raises classes of its own
        what = f"its content cannot be read by the libraries installed ({type(error).__name__})"
        raise damaged(path, what) from error


def _refuse_unlike(path: Path, found: Floats, expected: Floats, tolerance: float) -> None:
    same = found.shape == expected.shape and bool(np.all(np.abs(found - expected) <= tolerance))
    if not same:
        raise damaged(path, "its bytes do not predict what the model in them predicts")


def _plain(model: Classifier) -> Classifier:
    """Return a model that other packages can write: Encore's own wrappers hold what they cannot."""
    if isinstance(model, ServingClassifier | onnx_file.OnnxClassifier):
        return ServingClassifier(model.predictor_, dict(model.config_record()))
    return model


def _to_pickle(model: Classifier) -> bytes:
    return pickle.dumps(_plain(model), protocol=5)


def _from_pickle(content: bytes, _: Mapping[str, Any]) -> Classifier:
    model: Classifier = pickle.loads(content)  # noqa: S301  # the ledger vouches for these bytes
    return model


def _to_joblib(model: Classifier) -> bytes:
    import joblib  # noqa: PLC0415  # heavy, and only this format needs it

    buffer = io.BytesIO()
    joblib.dump(_plain(model), buffer)
    return buffer.getvalue()


def _from_joblib(content: bytes, _: Mapping[str, Any]) -> Classifier:
    import joblib  # noqa: PLC0415  # heavy, and only this format needs it

    model: Classifier = joblib.load(io.BytesIO(content))
    return model


def _to_skops(model: Classifier) -> bytes:
    return skops_file.to_bytes(_plain(model))


def _from_skops(content: bytes, _: Mapping[str, Any]) -> Classifier:
    return skops_file.from_bytes(content)


def _to_onnx(model: Classifier) -> bytes:
    return onnx_graph.graph_bytes(model.predictor_)


def _from_onnx(content: bytes, manifest: Mapping[str, Any]) -> Classifier:
    return onnx_file.from_bytes(content, str(manifest["family"]), manifest["config"])


_FORMATS: Final[Mapping[str, _Format]] = MappingProxyType(
    {
        ".pkl": _Format(_to_pickle, _from_pickle, 1e-12, runs_code=True),
        ".joblib": _Format(_to_joblib, _from_joblib, 1e-12, runs_code=True),
        ".skops": _Format(_to_skops, _from_skops, 1e-12),
        ".onnx": _Format(_to_onnx, _from_onnx, 1e-9),
    }
)
