"""Objects of a JSON array, or of JSON lines, one at a time; knows no meaning of any field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from app.backend.domain.errors import SourceMalformed
from app.backend.sources.tally import Tally
from app.backend.sources.text_table import LONGEST_LINE, opened

_CHUNK: Final = 1 << 20
_LONGEST_PAGE: Final = 1 << 28
_BETWEEN: Final = " \t\r\n,"


def records(path: Path, tally: Tally, page_of: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every object with the line it stands in (its number, in an array on one line).

    An object whose field `page_of` is an array is a page as an API answers it: its array is read.
    What is no object is counted.

    Raises
    ------
    SourceUnreadable
        Where there is no such file.
    SourceMalformed
        Where it is no JSON.
    """
    with opened(path) as stream:
        start = _first_character(stream, path)
        if start == "[":
            values = _array(stream, path)
        elif start == "{":
            values = _lines_or_page(stream, path, tally, page_of)
        else:
            raise SourceMalformed(f"{path} is neither a JSON array nor lines of JSON objects.")
        for line, value in values:
            if isinstance(value, dict):
                yield line, value
            else:
                tally.add("no_object", line)


def first_object(text: str) -> dict[str, Any]:
    """Return the first object of a text that begins as JSON; empty where there is none."""
    try:
        value, _ = json.JSONDecoder().raw_decode(text.lstrip("\ufeff [\t\r\n"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _first_character(stream: TextIO, path: Path) -> str:
    while text := stream.read(_CHUNK):
        found = text.strip()
        if found:
            stream.seek(0)
            return found[0]
    raise SourceMalformed(f"{path} is empty; it must hold a JSON array or lines of JSON objects.")


def _array(stream: TextIO, path: Path) -> Iterator[tuple[int, Any]]:
    decoder = json.JSONDecoder()
    text, at, number, is_over = stream.read(_CHUNK), 0, 0, False
    at = text.index("[") + 1
    while True:
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
        if text[at : at + 1] == "]":
            return
        try:
            value, end = decoder.raw_decode(text, at)
            # A number or word that ends with the text may go on in the next part.
            is_whole = end < len(text) or is_over
        except ValueError:
            is_whole, value, end = False, None, at
        except RecursionError as error:
            raise SourceMalformed(f"{path} is nested too deeply to be read.") from error
        if is_whole:
            number += 1
            yield number, value
            at = end
            continue
        if is_over or len(text) - at > LONGEST_LINE + _CHUNK:
            raise SourceMalformed(
                f"{path} is not JSON after its first {number} objects; the array breaks off there."
            )
        more = stream.read(_CHUNK)
        is_over = not more
        text, at = text[at:] + more, 0


def _lines_or_page(
    stream: TextIO, path: Path, tally: Tally, page_of: str
) -> Iterator[tuple[int, Any]]:
    first = first_object(stream.readline(LONGEST_LINE + 1))
    stream.seek(0)
    if first and not isinstance(first.get(page_of), list):
        yield from _lines(stream, tally)
        return
    text = stream.read(_LONGEST_PAGE)
    try:
        page = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceMalformed(f"{path} is not JSON; its first line is no whole object.") from error
    found = page.get(page_of, [page]) if isinstance(page, dict) else [page]
    yield from enumerate(found if isinstance(found, list) else [found], start=1)


def _lines(stream: TextIO, tally: Tally) -> Iterator[tuple[int, Any]]:
    number = 0
    while text := stream.readline(LONGEST_LINE + 1):
        number += 1
        is_cut = len(text) > LONGEST_LINE
        while is_cut and text and not text.endswith("\n"):
            text = stream.readline(LONGEST_LINE)
        if not text.strip() and not is_cut:
            continue
        try:
            if is_cut:
                raise ValueError
            yield number, json.loads(text)
        except (ValueError, RecursionError):
            tally.add("not_json", number)
