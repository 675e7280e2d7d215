"""What kind of file system a folder is on, as far as Linux tells."""

import re
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/mounts")

_SHARED: Final = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|9p|fuse(\..*)?|afs|ceph|glusterfs|virtiofs")
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def shared_system(folder: Path, mounts: Path = MOUNTS) -> str | None:
    """Return the kind of a file system that is not a disk of this machine; else `None`.

    Parameters
    ----------
    folder : Path
    mounts : Path, optional
        The list of what is mounted where; without one, nothing is known.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place, deepest, found = folder.resolve(), 0, ""
    for line in lines:
        _, point, kind, *_ = *line.split(" "), "", "", ""
        mounted = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), point))
        # Of several on one place, the last one hides the others.
        if place.is_relative_to(mounted) and len(mounted.parts) >= deepest:
            deepest, found = len(mounted.parts), kind
    return found if _SHARED.fullmatch(found) else None
