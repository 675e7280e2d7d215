"""What forms send of files and folders: a file's name and content, a folder's path."""

from pathlib import Path
from typing import Final

from fastapi import UploadFile

from app.backend.domain.errors import BodyTooLarge, InvalidInput, SourceUnreadable

LONGEST_FILE_NAME: Final = 200


def sent_file(
    file: UploadFile | str | None, most_bytes: int, missing: str, usual_name: str
) -> tuple[str, bytes]:
    """Return the name and the content of a file that was sent.

    Parameters
    ----------
    file : UploadFile or str or None
        As a form has it; text where a browser sends a field without a file.
    most_bytes : int
    missing : str
        What is said where there is none.
    usual_name : str
        What it is called where it has no name.

    Raises
    ------
    InvalidInput, BodyTooLarge
        Where there is none, or it is too large.
    """
    if file is None or isinstance(file, str) or not file.filename:
        raise InvalidInput(missing)
    content = file.file.read(most_bytes + 1)
    if len(content) > most_bytes:
        megabytes = most_bytes // 2**20
        raise BodyTooLarge(f"The file is larger than {megabytes} MB; split it, or use the shell.")
    name = "".join(sign for sign in file.filename if sign.isprintable())
    return name.replace("\\", "/").rpartition("/")[2][-LONGEST_FILE_NAME:] or usual_name, content


def folder_path(text: str) -> Path:
    """Return the folder that a path names on the server's machine.

    Raises
    ------
    InvalidInput, SourceUnreadable
        Where it is no whole path, or no folder that can be read.
    """
    if not text or not text.isprintable():
        raise InvalidInput("Write the path of a folder, as the server sees it.")
    path = Path(text)
    if not path.is_absolute():
        raise InvalidInput("Write the whole path of the folder, beginning with /.")
    try:
        is_there, is_folder = path.exists(), path.is_dir()
    except OSError as error:
        message = f"{path} cannot be read ({error.strerror}); check the path and who may read it."
        raise SourceUnreadable(message) from error
    if not is_there:
        raise SourceUnreadable(f"There is no folder {path}; check the path.")
    if not is_folder:
        raise SourceUnreadable(f"{path} is a file; name the folder that holds it.")
    return path
