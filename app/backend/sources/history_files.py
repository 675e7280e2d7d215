"""Which program wrote a file of somebody's history."""

from app.backend.domain.errors import SourceMalformed
from app.backend.sources.archive_file import is_archive, opened
from app.backend.sources.fields import shown
from app.backend.sources.history_source import HistorySource
from app.backend.sources.history_table import read_history_table
from app.backend.sources.imdb import ImdbRatings, places_of
from app.backend.sources.letterboxd import LetterboxdExport, is_letterboxd, tables_in
from app.backend.sources.trakt import TraktExport, documents_in

_KNOWN = (
    "Encore reads the zip that Letterboxd exports, the ratings.csv of IMDb, and the JSON of Trakt"
)


def history_source(content: bytes, called: str, *, latest_year: int) -> HistorySource:
    """Return the source that reads a file, by what is in it; `called` is its name, for messages.

    Raises
    ------
    SourceMalformed
        Where none of them does.
    """
    if not content.strip():
        raise SourceMalformed(f"{shown(called)} is empty; export it once more.")
    if is_archive(content):
        return _of_archive(content, called, latest_year)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"[", b"{"}:
        return TraktExport(content, called, latest_year=latest_year)
    table = read_history_table(content, called)
    if places_of(table) is not None:
        return ImdbRatings(content, called, latest_year=latest_year)
    if is_letterboxd(table):
        return LetterboxdExport(content, called, latest_year=latest_year)
    raise SourceMalformed(f"{shown(called)} is no history that Encore knows. {_KNOWN}.")


def _of_archive(content: bytes, called: str, latest_year: int) -> HistorySource:
    with opened(content, called) as archive:
        names = archive.names
    if tables_in(names):
        return LetterboxdExport(content, called, latest_year=latest_year)
    if documents_in(names):
        return TraktExport(content, called, latest_year=latest_year)
    raise SourceMalformed(f"{shown(called)} holds no history that Encore knows. {_KNOWN}.")
