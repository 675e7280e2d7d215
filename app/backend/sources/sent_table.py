"""A table as it is sent: kept in a file only while it is read."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import ClassVar

from app.backend.domain.errors import SourceError
from app.backend.sources.csv_file import CsvFile
from app.backend.sources.library_source import Entry


@dataclass(frozen=True, slots=True)
class SentTable:
    """The titles of a CSV table that was sent; `called` is its name in messages."""

    name: ClassVar[str] = "csv"

    content: bytes
    called: str
    _: KW_ONLY
    latest_year: int

    def total(self) -> int:
        """Return how many lines hold something."""
        with self._file() as file:
            return file.total()

    def read(self) -> Iterator[Entry]:
        """Yield what every line after the first says."""
        with self._file() as file:
            yield from file.read()

    @contextmanager
    def _file(self) -> Iterator[CsvFile]:
        handle, name = tempfile.mkstemp(suffix=".csv")
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.content)
            yield CsvFile(path, latest_year=self.latest_year)
        except SourceError as error:
            # Where it lay meanwhile is nobody's business.
            message = error.message.replace(name, self.called)
            raise type(error)(message, error.details) from error
        finally:
            path.unlink(missing_ok=True)
