"""Keys of media servers: a file each, beside the database and never in it.

A copy of the database, a backup or an export holds no key that opens somebody's media server.
"""

import hmac
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.backend.domain.errors import ServerRefuses, StorageFull

_PREFIX: Final = "source-"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens one source.

    Attributes
    ----------
    token : str
        The server's key; empty where the source needs none.
    webhook_secret : str
        What the server calls us with, as a part of the address.
    people : mapping of str to str
        Keys of accounts that have their own, by the account's id.
    """

    token: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)
    people: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of all sources, in a folder that only its owner may open."""

    folder: Path

    def read(self, source_id: int, otherwise: Credentials | None = None) -> Credentials:
        """Return the credentials of a source, or others where there are none that can be read.

        Raises
        ------
        ServerRefuses
            Where they are not here, as after a backup was restored on another machine, and there
            are no others.
        """
        try:
            told = json.loads(self._path(source_id).read_text(encoding="utf-8"))
            people = {str(user): str(token) for user, token in told["people"].items()}
            return Credentials(str(told["token"]), str(told["webhook_secret"]), people)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            if otherwise is not None:
                return otherwise
            raise ServerRefuses(
                "The key of this source is not on this machine; write it again in its settings."
            ) from error

    def write(self, source_id: int, credentials: Credentials) -> None:
        """Keep the credentials of a source, in place of those before.

        Raises
        ------
        StorageFull
            Where there is no room, or no right, to write.
        """
        told = {
            "token": credentials.token,
            "webhook_secret": credentials.webhook_secret,
            "people": dict(credentials.people),
        }
        path = self._path(source_id)
        staged = path.with_suffix(".new")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(told, file)
                file.flush()
                os.fsync(file.fileno())
            staged.replace(path)
        except OSError as error:
            raise StorageFull(
                f"The key cannot be kept in {self.folder} ({error.strerror}); make room, or grant "
                "the right to write there."
            ) from error

    def forget(self, source_id: int) -> None:
        """Forget the credentials of a source."""
        with suppress(OSError):
            self._path(source_id).unlink(missing_ok=True)

    def source_of(self, webhook_secret: str) -> int | None:
        """Return which source has a secret; as slow whichever it is."""
        found, given = None, webhook_secret.encode(errors="surrogatepass")
        for path in sorted(self.folder.glob(f"{_PREFIX}*.json")):
            number = path.stem.removeprefix(_PREFIX)
            with suppress(ServerRefuses, ValueError):
                secret = self.read(int(number)).webhook_secret
                if secret and hmac.compare_digest(secret.encode(), given):
                    found = int(number)
        return found

    def _path(self, source_id: int) -> Path:
        return self.folder / f"{_PREFIX}{source_id}.json"
