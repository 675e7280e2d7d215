"""What kind of picture some bytes are, whoever says what of them."""

from typing import Final

# No SVG: it is a document, and may hold scripts.
_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def media_type_of(content: bytes) -> str | None:
    r"""Return the media type of a PNG, JPEG, GIF or WebP picture by how it begins, else `None`.

    Examples
    --------
    >>> media_type_of(b"\xff\xd8\xff\xe0..."), media_type_of(b"<svg xmlns=")
    ('image/jpeg', None)
    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _BEGINNINGS if content.startswith(start)), None)
