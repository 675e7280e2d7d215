"""A version in the format that other programs read, once it is proven to answer the same."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.backend.domain.errors import InvalidInput
from app.backend.domain.runs import Version
from app.backend.learning.classifier import ContextClassifier
from app.backend.ml_model import save_model
from app.backend.registry.artefact import ARRAYS_FILE, read
from app.backend.registry.files import bytes_below
from app.backend.registry.mlflow_model import write_folder
from app.backend.registry.versions import version_folder
from app.backend.store.session import ReadSession
from app.backend.workflows import browse
from app.backend.workflows.export_file import MLFLOW, SAFE_FORMS, ZIP, write_zip
from app.backend.workflows.serving import Shelf

ESTIMATORS: Final = ("skops", "pkl", "joblib")
FORMS: Final = (*SAFE_FORMS, "pkl", "joblib")


@dataclass(frozen=True, slots=True)
class Exported:
    """Where an export lies, and what it is of."""

    version: str
    form: str
    path: str
    bytes: int


def export_version(
    session: ReadSession, shelf: Shelf, name: str, form: str, destination: Path
) -> Exported:
    """Write a version in another format.

    Parameters
    ----------
    session : ReadSession
    shelf : Shelf
    name : str
        A version, or `champion`.
    form : str
        One of `FORMS`. `mlflow` is a folder; `zip` holds arrays, manifest and cards.
    destination : Path
        The file or folder to make; an existing file is replaced.

    Raises
    ------
    NotFound
        Where there is no such version.
    InvalidInput
        Where nobody knows the format.
    ExportUnfaithful
        Where it would answer otherwise than the version; nothing is written.
    ExtraMissing
        Where the format needs a package that is not installed.
    ModelError
        Where the version's files cannot be trusted or read.
    StorageFull
        Where there is no room, or no right, to write.
    """
    if form not in FORMS:
        raise InvalidInput(f"There is no format {form[:20]!r}; choose {', '.join(FORMS)}.")
    version = browse.version(session, name)
    folder = version_folder(shelf.folder, version.version)
    if form == MLFLOW:
        write_folder(destination, folder, version.digest)
    elif form == ZIP:
        write_zip(destination, folder, version)
    else:
        _write_file(destination, folder, version, form)
    return Exported(version.version, form, str(destination), bytes_below(destination))


def _write_file(destination: Path, folder: Path, version: Version, form: str) -> None:
    """Write arrays, a graph or an estimator, with a manifest beside it, through its parity gate."""
    if destination.suffix != f".{form}":
        raise InvalidInput(
            f"{destination.name} does not end in .{form}, as that format's files do."
        )
    model = read(folder / ARRAYS_FILE, version.digest).classifier
    chosen = ContextClassifier.of(model) if form in ESTIMATORS else model
    save_model(chosen, destination, facts=dict(version.manifest))
