"""A version in the format that other programs read, once it is proven to answer the same."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from app.backend.domain.errors import InvalidInput, StorageFull
from app.backend.domain.runs import Version
from app.backend.learning.classifier import ContextClassifier
from app.backend.ml_model import save_model
from app.backend.registry.artefact import ARRAYS_FILE, MANIFEST_FILE, read
from app.backend.registry.files import bytes_below
from app.backend.registry.mlflow_model import write_folder
from app.backend.registry.versions import version_folder
from app.backend.store.session import ReadSession
from app.backend.workflows import browse
from app.backend.workflows.serving import Shelf

MLFLOW: Final = "mlflow"
ZIP: Final = "zip"
ESTIMATORS: Final = ("skops", "pkl", "joblib")
# What can be handed to strangers: opening it runs nothing.
SafeForm: TypeAlias = Literal["safetensors", "onnx", "skops", "mlflow", "zip"]
SAFE_FORMS: Final[tuple[str, ...]] = get_args(SafeForm)
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
        _write_zip(destination, folder, version)
    else:
        _write_file(destination, folder, version, form)
    return Exported(version.version, form, str(destination), bytes_below(destination))


@contextmanager
def exported_file(session: ReadSession, shelf: Shelf, name: str, form: str) -> Iterator[Path]:
    """Export to a file that lasts as long as the block; an MLflow model is packed into one.

    Raises
    ------
    EncoreError
        As `export_version`.
    """
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / f"model.{form}"
        export_version(session, shelf, name, form, target)
        if form == MLFLOW:
            packed = shutil.make_archive(str(Path(place) / "packed"), "zip", target)
            yield Path(packed)
        else:
            yield target


def _write_file(destination: Path, folder: Path, version: Version, form: str) -> None:
    """Write arrays, a graph or an estimator, with a manifest beside it, through its parity gate."""
    if destination.suffix != f".{form}":
        raise InvalidInput(
            f"{destination.name} does not end in .{form}, as that format's files do."
        )
    model = read(folder / ARRAYS_FILE, version.digest).classifier
    chosen = ContextClassifier.of(model) if form in ESTIMATORS else model
    save_model(chosen, destination, facts=dict(version.manifest))


def _write_zip(destination: Path, folder: Path, version: Version) -> None:
    """Pack what a version consists of; entries carry no time, so that the bytes are the same."""
    read(folder / ARRAYS_FILE, version.digest)
    names = [MANIFEST_FILE, ARRAYS_FILE, *sorted(version.files or {})]
    with tempfile.TemporaryDirectory(dir=_parent(destination)) as place:
        staged = Path(place) / "model.zip"
        with zipfile.ZipFile(staged, "w") as packed:
            for name in names:
                entry = zipfile.ZipInfo(f"{version.version}/{name}")
                packed.writestr(entry, (folder / name).read_bytes(), zipfile.ZIP_DEFLATED)
        staged.replace(destination)


def _parent(destination: Path) -> Path:
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFull(f"{destination} cannot be written: {error.strerror}.") from error
    return destination.parent
