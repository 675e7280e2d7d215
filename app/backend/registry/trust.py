"""The ledger of pickles that `save_model` wrote: what vouches for them, away from the models.

A manifest beside a pickle proves nothing: whoever can write one can write the other.
"""

import errno
import os
from pathlib import Path
from typing import Final

from app.backend.domain.errors import ArtefactUntrusted
from app.backend.registry.files import naming_failure, sync_folder

LEDGER: Final = Path("encore", "saved-models")

_WRITABLE_BY_OTHERS: Final = 0o022


def ledger_path() -> Path:
    """Return where this user's ledger lies: in `$XDG_STATE_HOME`, or in `~/.local/state`."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    # The XDG base directory specification has a relative path ignored.
    return (state if state.is_absolute() else Path("~/.local/state").expanduser()) / LEDGER


def record(digest: str) -> None:
    """Vouch for content with this SHA-256, durably; several processes may do so at once.

    Raises
    ------
    ArtefactUntrusted
        Where others could have written the ledger.
    StorageFull
        Where there is no room, or no right, to write.
    """
    if is_recorded(digest):
        return
    path = ledger_path()
    with naming_failure(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            _append_line(descriptor, digest.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)


def is_recorded(digest: str) -> bool:
    """Return whether content with this SHA-256 was vouched for by this user.

    Raises
    ------
    ArtefactUntrusted
        Where others could have written the ledger.
    """
    path = ledger_path()
    try:
        with path.open("rb") as ledger:
            _refuse_shared(path, os.fstat(ledger.fileno()))
            return digest.encode() in ledger.read().split()
    except OSError:
        return False


def _append_line(descriptor: int, line: bytes) -> None:
    """Append in one write, which the system keeps whole among those of other processes."""
    size = os.fstat(descriptor).st_size
    torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
    text = (b"\n" if torn else b"") + line + b"\n"
    if os.write(descriptor, text) != len(text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _refuse_shared(path: Path, found: os.stat_result) -> None:
    if os.name != "posix":
        return
    if found.st_uid != os.geteuid() or found.st_mode & _WRITABLE_BY_OTHERS:
        raise ArtefactUntrusted(
            f"{path} vouches for nothing, because others could have written it; remove it, and "
            "save your models again."
        )
