"""Pictures are known by how they begin."""

import pytest

from app.backend.sources.pictures import media_type_of
from tests.media_servers.server import JPEG

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
NO_PICTURES = {
    "a page": b"<!doctype html><title>Sign in</title>",
    "a drawing that may hold scripts": b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
    "the same, declared": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "nothing": b"",
    "a sound": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "a page that mentions a picture": b"<html>\x89PNG\r\n\x1a\n",
    "a cut beginning": b"\x89PNG",
}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF87a\x01\x00", "image/gif"),
        (b"GIF89a\x01\x00", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_four_kinds_of_pictures_are_known(content: bytes, kind: str) -> None:
    """By their bytes alone."""
    assert media_type_of(content) == kind


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES.keys())
def test_everything_else_is_none(content: bytes) -> None:
    """Whatever a server calls it."""
    assert media_type_of(content) is None
