"""One NFO file as XML, whatever encoding it is in and whatever follows it; knows no titles."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from app.backend.sources.fields import FieldError, shown

LARGEST_FILE: Final = 2 * 1024 * 1024
TITLE_ROOTS: Final = ("movie", "tvshow")
EPISODE: Final = "episodedetails"
LINKED_FOLDER: Final = "linked folder"
UNCLEAR: Final = ""

_OTHER_ROOTS: Final = frozenset({EPISODE, "season", "artist", "album", "musicvideo", "set"})
_BYTES_TO_ROOT: Final = 8 * 1024
_ROOT: Final = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<([A-Za-z_][\w.:-]*)", re.DOTALL)
_DECLARED: Final = re.compile(rb"\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_BOMS: Final = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Codecs that only map bytes to letters; Python has others, which do more than that.
_ENCODINGS: Final = re.compile(
    r"utf-?8|(us-)?ascii|iso-?8859-?\d{1,2}|latin-?1|(windows-?|cp)125[0-8]"
    r"|gbk|gb2312|gb18030|big5|shift_jis|euc-(jp|kr)|koi8-[ru]",
    re.IGNORECASE,
)


def sort_of(path: Path, tree: Path) -> str:
    """Return what a path below the folder `tree` is: the name of its root element, or the like.

    `text` has no XML in it, `other` has a root that nobody asks for, and `UNCLEAR` is what only
    reading the whole of it, or failing to, can tell.
    """
    try:
        if path.is_dir():
            return LINKED_FOLDER if path.is_symlink() else UNCLEAR
        start = _decoded(_bytes_of(path, tree, _BYTES_TO_ROOT), errors="replace")
    except (OSError, FieldError):
        return UNCLEAR
    if found := _ROOT.match(start):
        root = found[1]
        return root if root in TITLE_ROOTS or root in _OTHER_ROOTS else "other"
    # Release notes and bare links are called .nfo too; they never meant to be read by a program.
    is_like_xml = start.lstrip().startswith("<") or any(f"<{root}" in start for root in TITLE_ROOTS)
    return UNCLEAR if is_like_xml or not start.strip() else "text"


def document(path: Path, tree: Path) -> Element:
    """Return the file's root element; `FieldError` says why there is none."""
    text = _text_of(path, tree)
    if not text:
        raise FieldError("is empty; delete it or let the media server write it again")
    try:
        return _parsed(text)
    except FieldError:
        # A link may follow the element that closes the document; some programs write one.
        end = max(_end_of(text, f"</{root}>") for root in TITLE_ROOTS)
        if end in (0, len(text)):
            raise
        return _parsed(text[:end])


def episodes(path: Path, tree: Path) -> Iterator[Element]:
    """Yield the episodes of a file, which may hold several; broken ones are left out."""
    closing = f"</{EPISODE}>"
    try:
        pieces = _text_of(path, tree).split(closing)[:-1]
    except FieldError:
        return
    for piece in pieces:
        try:
            yield _parsed(piece.lstrip() + closing)
        except FieldError:
            continue


def _end_of(text: str, closing: str) -> int:
    before, found, _ = text.rpartition(closing)
    return len(before) + len(found)


def _text_of(path: Path, tree: Path) -> str:
    data = _bytes_of(path, tree, LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise FieldError(f"is larger than {LARGEST_FILE // 1024**2} MB, which no NFO file is")
    return _decoded(data).lstrip()


def _bytes_of(path: Path, tree: Path, most: int) -> bytes:
    try:
        if not S_ISREG(path.stat().st_mode):
            raise FieldError(
                "is not a file, or a folder that may not be opened; check who may read it"
            )
        if path.is_symlink() and not path.resolve().is_relative_to(tree.resolve()):
            raise FieldError("is a link that leads out of the folder; put the file itself there")
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise FieldError(f"cannot be read ({error.strerror}); check who may read it") from error


def _decoded(data: bytes, errors: str = "strict") -> str:
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, errors)
    declared = _DECLARED.match(data)
    if declared is None:
        try:
            return data.decode("utf-8", errors)
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")
    encoding = declared[1].decode("ascii", "replace").lower()
    if encoding.startswith("utf-16"):
        # The declaration was just read byte by byte, so it is not true of its own file.
        encoding = "utf-8"
    if not _ENCODINGS.fullmatch(encoding):
        raise FieldError(f"is in the encoding {shown(encoding)}; save it as UTF-8")
    return _strictly(data, encoding, errors)


def _strictly(data: bytes, encoding: str, errors: str) -> str:
    try:
        return data.decode(encoding, errors)
    except (UnicodeDecodeError, LookupError) as error:
        message = f"is not in the encoding {encoding}, as it says it is; save it as UTF-8"
        raise FieldError(message) from error


def _parsed(text: str) -> Element:
    try:
        return fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FieldError(
            "declares a document type or entities, which no NFO file needs and which can do harm; "
            "delete the part that begins with <!DOCTYPE"
        ) from error
    except ParseError as error:
        line = error.position[0]
        message = f"is broken XML near line {line}; mend it or let the media server write it again"
        raise FieldError(message) from error
