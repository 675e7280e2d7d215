"""How verbs are told which source is meant, and its key."""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from app.backend.domain.errors import InvalidInput
from app.backend.workflows import connections
from app.backend.workflows.connections import ConnectedSource
from app.backend.workflows.household import Household

KEY_VARIABLE: Final = "ENCORE_SOURCE_KEY"

Which = Annotated[str, typer.Argument(help="The source's name, as `encore sources list` tells.")]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        help=f"The file that holds the key, or - for the input. Else {KEY_VARIABLE} is taken, or "
        "it is asked."
    ),
]


def named_source(opened: Household, name: str) -> ConnectedSource:
    """Return the source of a name.

    Raises
    ------
    InvalidInput
        Where there is none.
    """
    with opened.database.reading() as session:
        found = connections.connected(session)
    for one in found:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in found) or "none yet"
    raise InvalidInput(f"There is no source {name!r}; connected: {known}.")


def read_key(path: Path | None) -> str:
    """Return a key from a file, the environment, or whoever sits there.

    Raises
    ------
    InvalidInput
        Where the file cannot be read, or nobody can be asked.
    """
    if path is None:
        return os.environ.get(KEY_VARIABLE) or _asked()
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read; name the file that holds the key.") from error
    return text.strip()


def _asked() -> str:
    if not sys.stdin.isatty():
        raise InvalidInput(
            f"Nobody can be asked for the key here; give --key-file, or set {KEY_VARIABLE}."
        )
    return getpass.getpass("The key: ")
