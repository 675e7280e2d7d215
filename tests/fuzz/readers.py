"""How files are opened and asked; the process that does so needs nothing of what wrote them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from app.backend.features.encode import Floats
from app.backend.registry import artefact, exports
from app.backend.registry.artefact import manifest_path
from app.backend.registry.table_artefact import read_table
from tests.fuzz import fragile

Reader = Callable[[Path, str | None, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Specimen:
    """A healthy file: where it lies, what its manifest hashes to, and who reads it."""

    name: str
    path: str
    digest: str
    reader: str

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        return Path(self.path).read_bytes()

    @property
    def manifest(self) -> bytes:
        """The bytes beside it."""
        return manifest_path(Path(self.path)).read_bytes()

    @property
    def rows(self) -> Floats:
        """What it is asked about."""
        rows: Floats = np.load(f"{self.path}.npy")
        return rows

    def told(self) -> dict[str, str]:
        """Return it as JSON values."""
        return asdict(self)


def household(path: Path, digest: str | None, rows: Floats) -> Floats:
    """Open what serves a household."""
    return artefact.read(path, digest).classifier.predict_proba(rows)[:, 1]


def table(path: Path, digest: str | None, rows: Floats) -> Floats:
    """Open the model of a data set."""
    return read_table(path, digest).model.probability(rows)


def export(path: Path, digest: str | None, rows: Floats) -> Floats:
    """Open an export of Encore's own."""
    return np.asarray(exports.read(path, digest).predict_proba(rows)[:, 1], dtype=np.float64)


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {"household": household, "table": table, "export": export, **fragile.READERS}
)
