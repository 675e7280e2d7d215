"""The format that serves: plain arrays in safetensors, and a manifest that says what they are.

Raising `FORMAT_NUMBER`: say in `upgraded` how arrays of the old number become those of the new
one; add golden files of the old number to `tests/golden/`; say in the changelog what changed.

1: the first. 2: `bounds`, what a model clips its rows to. 3: what titles are about, effects of
members, and the strength of choices, in the mixed model.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactForeign,
    ArtefactMissing,
    ArtefactTooNew,
)
from app.backend.domain.model import Arrays, Classifier
from app.backend.features.bounds import unbounded
from app.backend.features.predictors import build
from app.backend.features.schema import (
    FEATURE_COUNT,
    FEATURE_NAMES,
    SCHEMA_NUMBER,
    schema_fingerprint,
)
from app.backend.features.serving import ServingClassifier, moments_for
from app.backend.registry.files import write_pair

FORMAT_NUMBER: Final = 3
ARRAYS_FILE: Final = "model.safetensors"
MANIFEST_FILE: Final = "manifest.json"
LARGEST_ARRAYS_BYTES: Final = 512 * 2**20
LARGEST_MANIFEST_BYTES: Final = 2**20
LIBRARIES: Final = ("encore-tonight", "numpy", "scipy", "scikit-learn", "safetensors")


@dataclass(frozen=True, slots=True, eq=False)
class Artefact:
    """An opened artefact: a classifier over arrays, the manifest, and the manifest's digest."""

    classifier: ServingClassifier
    manifest: Mapping[str, Any]
    digest: str


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a model file lies: beside it."""
    if path.name == ARRAYS_FILE:
        return path.with_name(MANIFEST_FILE)
    return path.with_name(f"{path.name}.manifest.json")


def write(path: Path, model: Classifier, facts: Mapping[str, object]) -> str:
    """Write arrays and manifest; return the digest of the manifest, which covers both.

    Parameters
    ----------
    path : Path
        Where the arrays go.
    model : Classifier
    facts : mapping
        What the writer knows of the model's origin (data, seed, metrics, parent): JSON values.

    Raises
    ------
    StorageFull
        Where there is no room, or no right, to write.
    """
    arrays = {name: np.ascontiguousarray(a) for name, a in model.predictor_.to_arrays().items()}
    content = save_arrays(arrays)
    manifest = manifest_bytes(model, content, facts)
    write_pair(path, content, manifest_path(path), manifest)
    return hashlib.sha256(manifest).hexdigest()


def manifest_bytes(model: Classifier, content: bytes, facts: Mapping[str, object]) -> bytes:
    """Return the manifest of a model file, the same bytes for the same model and facts."""
    manifest = {
        **facts,
        "format": FORMAT_NUMBER,
        "family": model.predictor_.family,
        "config": dict(model.config_record()),
        "features": {
            "number": SCHEMA_NUMBER,
            "fingerprint": schema_fingerprint(),
            "names": list(FEATURE_NAMES),
        },
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "libraries": installed_libraries(),
    }
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def read(path: Path, digest: str | None = None) -> Artefact:
    """Open arrays and manifest; nothing is built before it has been judged.

    Parameters
    ----------
    path : Path
        Where the arrays are.
    digest : str, optional
        What the manifest must hash to; whoever recorded it when writing should ask for it.

    Raises
    ------
    ArtefactMissing
        Where a file is not there or cannot be read.
    ArtefactDamaged
        Where a file is too large, or not what was written.
    ArtefactForeign
        Where the files are not of this format, or the columns are not those of this Encore.
    ArtefactTooNew
        Where a newer Encore wrote them.
    """
    manifest, arrays, found = read_pair(path, digest, parse_manifest)
    return Artefact(_built(path, manifest, arrays), manifest, found)


def read_pair(
    path: Path, digest: str | None, judge: Callable[[Path, bytes], Mapping[str, Any]]
) -> tuple[Mapping[str, Any], Arrays, str]:
    """Return manifest, arrays and the manifest's digest, once file and manifest agree.

    Parameters
    ----------
    path : Path
    digest : str or None
        What the manifest must hash to, where somebody recorded it.
    judge : callable
        Reads a manifest, or refuses it.

    Raises
    ------
    ArtefactMissing, ArtefactDamaged
        Where a file is not there, or not what was written.
    """
    told = bounded(manifest_path(path), LARGEST_MANIFEST_BYTES)
    found = hashlib.sha256(told).hexdigest()
    if digest is not None and found != digest:
        raise damaged(path, "its manifest is not the one that was recorded")
    manifest = judge(path, told)
    content = bounded(path, LARGEST_ARRAYS_BYTES)
    if hashlib.sha256(content).hexdigest() != manifest.get("content_sha256"):
        raise damaged(path, "its bytes are not those that the manifest names")
    try:
        return manifest, load_arrays(content), found
    except (SafetensorError, ValueError, KeyError) as error:
        raise damaged(path, "its arrays cannot be read") from error


def parse_manifest(path: Path, told: bytes) -> Mapping[str, Any]:
    """Read a manifest and judge whether this Encore may go on with its model file."""
    try:
        manifest = json.loads(told)
    except (ValueError, RecursionError) as error:
        raise damaged(path, "its manifest is not JSON") from error
    number = manifest.get("format") if isinstance(manifest, dict) else None
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ArtefactForeign(f"The manifest beside {path} is not one of Encore's.")
    if number > FORMAT_NUMBER:
        raise ArtefactTooNew(
            f"{path} has format {number}, and this Encore reads up to {FORMAT_NUMBER}; use the "
            "newer Encore that wrote it."
        )
    features = manifest.get("features")
    if not isinstance(features, dict) or features.get("fingerprint") != schema_fingerprint():
        raise ArtefactForeign(
            f"{path} was trained on other columns than this Encore has; train again with: "
            "encore train"
        )
    return MappingProxyType(manifest)


def damaged(path: Path, what: str) -> ArtefactDamaged:
    """Return the error for a file that is not what was written."""
    return ArtefactDamaged(
        f"{path} is refused: {what}. Restore it from a backup, or train again with: encore train"
    )


def missing(path: Path, error: OSError) -> ArtefactMissing:
    """Return the error for a file that is not there, or that cannot be read now."""
    return ArtefactMissing(
        f"{path} cannot be read ({error.strerror}). Bring the store back or restore the file from "
        "a backup, or train again with: encore train"
    )


def bounded(path: Path, most: int) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    ArtefactMissing
        Where it is not there or cannot be read.
    ArtefactDamaged
        Where it is no file, empty, or larger than `most` bytes.
    """
    try:
        # Opening a pipe would wait for a writer, and a device may never end.
        if path.exists() and not path.is_file():
            raise damaged(path, "it is not a file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise missing(path, error) from error
    if not 0 < len(content) <= most:
        raise damaged(path, f"it is empty, or larger than {most} bytes")
    return content


def upgraded(arrays: Arrays, number: int) -> Arrays:
    """Return arrays of a format's number as those of today's."""
    if number == 1:
        arrays = {"bounds": unbounded(), **arrays}
    if number <= 2 and "title_ids" in arrays:
        nobody = np.zeros(0, dtype=np.int64)
        beside = {"text_ids": nobody, "text_vectors": np.zeros((0, 0)), "member_ids": nobody}
        arrays = {**beside, "choice_strength": np.zeros(1), **arrays}
    return arrays


def _built(path: Path, manifest: Mapping[str, Any], arrays: Arrays) -> ServingClassifier:
    config = manifest.get("config")
    if not isinstance(config, dict):
        raise damaged(path, "its manifest has no config")
    predictor = build(str(manifest.get("family")), upgraded(arrays, manifest["format"]))
    # What cannot answer for a title that nobody knows cannot answer.
    moments_for(predictor, np.zeros((1, FEATURE_COUNT)))
    return ServingClassifier(predictor, MappingProxyType(config))


def installed_libraries() -> dict[str, str]:
    """Return the version of each library that a model depends on, where it is installed."""
    return {name: found for name in LIBRARIES if (found := _installed(name))}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
