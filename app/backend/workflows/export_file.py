"""A version as one file to take away; what needs the learner's libraries is made by a process.

`python -m app.backend.workflows.export_process` is that process.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from app.backend.domain.errors import EncoreError, StorageFull
from app.backend.domain.runs import Version
from app.backend.domain.told_error import error_of
from app.backend.registry.artefact import ARRAYS_FILE, MANIFEST_FILE, read
from app.backend.registry.versions import version_folder
from app.backend.store.session import Database
from app.backend.workflows.serving import Shelf

MLFLOW: Final = "mlflow"
ZIP: Final = "zip"
ARRAYS: Final = "safetensors"
# What can be handed to strangers: opening it runs nothing.
SafeForm: TypeAlias = Literal["safetensors", "onnx", "skops", "mlflow", "zip"]
SAFE_FORMS: Final[tuple[str, ...]] = get_args(SafeForm)
MODULE: Final = "app.backend.workflows.export_process"


@contextmanager
def exported_file(
    database: Database, shelf: Shelf, version: Version, form: SafeForm
) -> Iterator[Path]:
    """Export to a file that lasts as long as the block; an MLflow model is packed into one.

    Raises
    ------
    EncoreError
        As `export_version`.
    """
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / f"model.{form}"
        folder = version_folder(shelf.folder, version.version)
        if form == ARRAYS:
            read(folder / ARRAYS_FILE, version.digest)
            shutil.copyfile(folder / ARRAYS_FILE, target)
        elif form == ZIP:
            write_zip(target, folder, version)
        else:
            _by_a_process(database, shelf, version.version, target)
        if form == MLFLOW:
            target = Path(shutil.make_archive(str(Path(place) / "packed"), "zip", target))
        yield target


def write_zip(destination: Path, folder: Path, version: Version) -> None:
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


def _by_a_process(database: Database, shelf: Shelf, name: str, target: Path) -> None:
    order = {
        "database_url": database.url,
        "models_dir": str(shelf.folder.absolute()),
        "version": name,
        "target": str(target),
    }
    done = subprocess.run(  # noqa: S603  # this very program
        [sys.executable, "-m", MODULE],
        input=json.dumps(order).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise EncoreError(f"The process that exports ended with {done.returncode}.")
    told = json.loads(done.stdout)
    if told is not None:
        raise error_of(told)


def _parent(destination: Path) -> Path:
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageFull(f"{destination} cannot be written: {error.strerror}.") from error
    return destination.parent
