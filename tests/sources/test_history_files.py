"""Which program wrote a file of somebody's history shows in what it holds."""

from contextlib import suppress
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.errors import SourceError, SourceMalformed
from app.backend.domain.ratings import SCALES
from app.backend.sources.history_files import history_source
from app.backend.store.imported_entries import FROM_FILES
from tests.contracts.history_source import LATEST_YEAR, all_of

LETTERBOXD = b"Date,Name,Year,Letterboxd URI,Rating\n2021-03-04,Heat,1995,https://boxd.it/2aHi,4\n"
IMDB = b"Const,Your Rating,Title,Year\ntt0113277,9,Heat,1995\n"
TRAKT = (
    b'[{"rated_at": "2021-03-04T20:15:00.000Z", "rating": 9, "type": "movie", '
    b'"movie": {"title": "Heat", "year": 1995, "ids": {"trakt": 792, "slug": "heat-1995"}}}]'
)


def zipped(name: str, content: bytes) -> bytes:
    """Return a zip of one file."""
    stream = BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "program"),
    [
        (LETTERBOXD, "letterboxd"),
        (zipped("ratings.csv", LETTERBOXD), "letterboxd"),
        (zipped("letterboxd-anna/diary.csv", LETTERBOXD), "letterboxd"),
        (b"\xef\xbb\xbf" + LETTERBOXD, "letterboxd"),
        (IMDB, "imdb"),
        (IMDB.replace(b",", b";"), "imdb"),
        (TRAKT, "trakt"),
        (b"\xef\xbb\xbf" + TRAKT, "trakt"),
        (zipped("ratings-movies.json", TRAKT), "trakt"),
    ],
)
def test_a_file_says_itself_who_wrote_it(content: bytes, program: str) -> None:
    """Whatever it is called, and whichever of its files it is; then it is read."""
    source = history_source(content, "upload", latest_year=LATEST_YEAR)
    assert source.name == program
    assert [entry.where for entry in all_of(source)]


@pytest.mark.parametrize(
    "content",
    [
        b"", b" \r\n ", b"title,year\nHeat,1995\n", b"\x00\x01\x02", b"%PDF-1.7", b"PK\x03\x04",
        zipped("notes.txt", b"Heat"), zipped("ratings.xlsx", IMDB), IMDB.decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_what_nobody_wrote_is_refused_and_it_is_said_what_is_read(content: bytes) -> None:
    """The sentence names the file as it is called."""
    with pytest.raises(SourceMalformed) as caught:
        history_source(content, "my\x1b[31m films", latest_year=LATEST_YEAR)
    assert caught.value.message.isprintable()
    assert "films" in caught.value.message


def test_everything_that_is_read_has_a_scale_and_can_be_assigned() -> None:
    """Of each source it is known what its ratings mean, and its entries are anybody's to assign."""
    assert set(FROM_FILES) <= set(SCALES)
    for content in (LETTERBOXD, IMDB, TRAKT):
        assert history_source(content, "upload", latest_year=LATEST_YEAR).name in FROM_FILES


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_named_errors(content: bytes) -> None:
    """Whatever bytes: one of the sources, which reads them or says why not."""
    with suppress(SourceError):
        all_of(history_source(content, "upload", latest_year=LATEST_YEAR))
