"""Files of models over any data set: plain arrays in safetensors, and a manifest beside them.

Raising `TABLE_FORMAT`: say in `upgraded` how a record of the old number becomes one of the new;
add golden files of the old number to `tests/golden/`; say in the changelog what changed.

1: the first.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from app.backend.domain.errors import ArtefactForeign, ArtefactTooNew, ExportUnfaithful
from app.backend.features.encode import Floats
from app.backend.features.table_model import TableModel
from app.backend.registry.artefact import (
    damaged,
    installed_libraries,
    manifest_path,
    read_pair,
)
from app.backend.registry.files import write_pair
from app.backend.registry.record import recorded, restored

TABLE_FORMAT: Final = 1
KIND: Final = "table"
# A file that answers for these rows, and stays finite, can answer.
_PROBES: Final = 3
TOLERANCE: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class TableArtefact:
    """An opened file: the model, the manifest, and the manifest's digest."""

    model: TableModel
    manifest: Mapping[str, Any]
    digest: str


def write_table(path: Path, model: TableModel, facts: Mapping[str, object]) -> str:
    """Write a model's arrays and manifest; return the digest of the manifest, which covers both.

    Parameters
    ----------
    path : Path
        Where the arrays go.
    model : TableModel
    facts : mapping
        What the writer knows of its origin (family, config, data, seed, metrics): JSON values.

    Raises
    ------
    StorageFull
        Where there is no room, or no right, to write.
    """
    said, arrays = recorded(model)
    content = save_arrays({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    manifest = {
        **facts,
        "kind": KIND,
        "format": TABLE_FORMAT,
        "model": said,
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "libraries": installed_libraries(),
    }
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    told = (text + "\n").encode()
    write_pair(path, content, manifest_path(path), told)
    return hashlib.sha256(told).hexdigest()


def insist_on_parity(model: TableModel, X: Floats) -> None:
    """Ask a model, and what would be read from its file, about the same rows.

    Raises
    ------
    ExportUnfaithful
        Where a probability is another.
    """
    said, arrays = recorded(model)
    content = save_arrays({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    again = restored(TableModel, json.loads(json.dumps(said)), load_arrays(content))
    away = np.abs(again.probability(X) - model.probability(X)).max(initial=0.0)
    if not away <= TOLERANCE:
        raise ExportUnfaithful(
            f"As a file the model would be off by up to {away:.1e}; nothing was written."
        )


def read_table(path: Path, digest: str | None = None) -> TableArtefact:
    """Open a model over a table; nothing is built before it has been judged.

    Parameters
    ----------
    path : Path
        Where the arrays are.
    digest : str, optional
        What the manifest must hash to.

    Raises
    ------
    ArtefactMissing
        Where a file is not there or cannot be read.
    ArtefactDamaged
        Where a file is too large, or not what was written.
    ArtefactForeign
        Where it is none of these files.
    ArtefactTooNew
        Where a newer Encore wrote it.
    """
    manifest, arrays, found = read_pair(path, digest, _manifest)
    model = restored(TableModel, upgraded(manifest.get("model"), manifest["format"]), arrays)
    model.probability(np.zeros((_PROBES, len(model.predictor.columns.names))))
    return TableArtefact(model, manifest, found)


def upgraded(said: object, number: int) -> object:
    """Return the record of a format's number as one of today's."""
    if number != TABLE_FORMAT:
        raise AssertionError("Every number has its upgrade.")
    return said


def _manifest(path: Path, told: bytes) -> Mapping[str, Any]:
    try:
        manifest = json.loads(told)
    except (ValueError, RecursionError) as error:
        raise damaged(path, "its manifest is not JSON") from error
    number = manifest.get("format") if isinstance(manifest, dict) else None
    is_whole = isinstance(number, int) and not isinstance(number, bool)
    if number is None or not is_whole or number < 1 or manifest.get("kind") != KIND:
        raise ArtefactForeign(
            f"{path} is no model of a data set; encore evaluate --save writes such a file."
        )
    if number > TABLE_FORMAT:
        raise ArtefactTooNew(
            f"{path} has format {number}, and this Encore reads up to {TABLE_FORMAT}; use the "
            "newer Encore that wrote it."
        )
    return MappingProxyType(manifest)
