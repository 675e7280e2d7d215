"""One field of a form that somebody posted; files beside it are let go unread."""

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.backend.domain.errors import SourceMalformed

_FORM = b"multipart/form-data"


@dataclass(slots=True)
class _Collecting:
    """Gathers the first part of a name while the parser goes through a form."""

    name: bytes
    content: bytearray = field(default_factory=bytearray)
    is_found: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _is_wanted: bool = False

    def part_began(self) -> None:
        """Expect headers."""
        self._is_wanted = False

    def header_named(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a header's name."""
        self._header += data[start:end]

    def header_told(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of what a header says."""
        self._value += data[start:end]

    def header_ended(self) -> None:
        """Look whether the header names the part that is wanted."""
        if self._header.lower() == b"content-disposition" and not self.is_found:
            _, options = parse_options_header(bytes(self._value))
            self._is_wanted = self.is_found = options.get(b"name") == self.name
        self._header.clear()
        self._value.clear()

    def data_came(self, data: bytes, start: int, end: int) -> None:
        """Take a piece of a part, or let it go."""
        if self._is_wanted:
            self.content += data[start:end]


def field_of(body: bytes, content_type: str, name: str) -> bytes:
    """Return the field of a form, or the body itself where that is none.

    Raises
    ------
    SourceMalformed
        Where the form cannot be read, or has no such field.
    """
    kind, options = parse_options_header(content_type)
    if kind != _FORM:
        return body
    wanted = _Collecting(name.encode())
    try:
        parser = MultipartParser(
            options.get(b"boundary", b""),
            {
                "on_part_begin": wanted.part_began,
                "on_header_field": wanted.header_named,
                "on_header_value": wanted.header_told,
                "on_header_end": wanted.header_ended,
                "on_part_data": wanted.data_came,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise SourceMalformed(
            "The form that was posted is broken; it may have been cut on its way."
        ) from error
    if not wanted.is_found:
        raise SourceMalformed(f"The form that was posted has no field {name!r}; send one.")
    return bytes(wanted.content)
