"""What NFO files say was watched and rated is a history, for whoever says that it is theirs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

import pytest

from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.title import Refusal
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.sources.nfo_history import NfoTitles
from tests.contracts.history_source import (
    LATEST_YEAR,
    HistorySourceSuite,
    all_of,
    entries_of,
    refusals_of,
)


@dataclass(frozen=True, slots=True)
class NfoHistory:
    """What a reading of a folder leaves behind, as a history of its own."""

    folder: NfoFolder
    name: str = "nfo"

    def read(self) -> Iterator[HistoryEntry | Refusal]:
        """Read the titles, and yield what is left."""
        titles = NfoTitles(self.folder)
        assert len(list(titles.read())) == titles.total()
        return titles.history()


# Between the files of a folder, where one stream of bytes has to tell several.
NEXT = b"<?next?>"


def movie(inside: str, title: str = "Heat") -> str:
    """Return a film with more tags."""
    return f"<movie><title>{title}</title><year>1995</year>{inside}</movie>"


def series(inside: str) -> str:
    """Return a series with more tags."""
    return f"<tvshow><title>Twin Peaks</title>{inside}</tvshow>"


def nfo(folder: Path, *files: str | bytes) -> NfoHistory:
    """Write files into a folder, and return what they tell as a history."""
    for number, content in enumerate(files):
        raw = content.encode() if isinstance(content, str) else content
        (folder / f"{number}.nfo").write_bytes(raw)
    return NfoHistory(NfoFolder(folder, latest_year=LATEST_YEAR))


def only(folder: Path, content: str) -> HistoryEntry:
    """Return the one entry of a folder."""
    (entry,) = entries_of(all_of(nfo(folder, content)))
    return entry


class TestNfoHistoryIsAHistorySource(HistorySourceSuite):
    """A folder of NFO files holds what every history does."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def source(self, content: bytes) -> NfoHistory:
        """Return these files in a folder of their own."""
        return nfo(Path(mkdtemp(dir=self.folder)), *content.split(NEXT))

    def good(self) -> bytes:
        """Return four films, of which one was neither watched nor rated."""
        told = ("<userrating>9</userrating>", "<playcount>2</playcount>", "<watched>true</watched>")
        files = [movie(inside, f"Film {number}") for number, inside in enumerate((*told, ""))]
        return NEXT.join(file.encode() for file in files)

    def damaged(self) -> bytes:
        """Return the same between some that are wrong."""
        wrong = (
            movie("<userrating>11</userrating>", "A"),
            movie("<userrating>good</userrating>", "B"),
            movie("<watched>true</watched><lastplayed>2021-13-04</lastplayed>", "C"),
            "<movie><title>Broken",
        )
        return NEXT.join([*(one.encode() for one in wrong), self.good()])


def test_everything_of_a_film_is_read(tmp_path: Path) -> None:
    """Its rating out of ten, when it was played last, and which film it is."""
    heat = only(
        tmp_path,
        movie(
            "<uniqueid type='imdb' default='true'>tt0113277</uniqueid><userrating>9</userrating>"
            "<playcount>3</playcount><lastplayed>2021-03-04 20:15:00</lastplayed>"
        ),
    )
    assert (heat.title, heat.kind, heat.year) == ("Heat", "movie", 1995)
    assert (heat.ids, heat.rating, heat.is_watched) == (("imdb:tt0113277",), 9.0, True)
    assert heat.at == datetime(2021, 3, 4, 20, 15, tzinfo=UTC)
    assert (heat.where, heat.would_watch_again) == ("0.nfo", None)


@pytest.mark.parametrize(
    ("inside", "rating", "is_watched"),
    [
        ("<userrating>7.5</userrating>", 7.5, False),
        ("<userrating>0</userrating><playcount>1</playcount>", None, True),
        ("<userrating/><watched>True</watched>", None, True),
        (f"<playcount>{'9' * 5_000}</playcount>", None, True),
        ("<watched>false</watched><playcount>0</playcount><userrating>1</userrating>", 1.0, False),
    ],
)
def test_nothing_and_zero_are_no_rating(
    tmp_path: Path, inside: str, rating: float | None, is_watched: bool
) -> None:
    """What was rated was not watched for that, nor the other way round."""
    entry = only(tmp_path, movie(inside))
    assert (entry.rating, entry.is_watched) == (rating, is_watched)


@pytest.mark.parametrize(
    "inside",
    ["", "<userrating>0</userrating>", "<playcount>0</playcount>", "<playcount>-1</playcount>",
     "<playcount>some</playcount>", "<watched>no</watched>", "<rating>8</rating>"],
)  # fmt: skip
def test_what_nobody_touched_is_no_entry(tmp_path: Path, inside: str) -> None:
    """The world's rating is nobody's own."""
    assert all_of(nfo(tmp_path, movie(inside))) == []


def test_of_a_series_only_its_own_mark_counts(tmp_path: Path) -> None:
    """How often episodes were played does not say that all of it was watched."""
    files = [series("<playcount>3</playcount>"), "<episodedetails><watched>true</watched>"]
    assert all_of(nfo(tmp_path, *files)) == []
    entry = only(tmp_path, series("<watched>true</watched>"))
    assert (entry.kind, entry.is_watched) == ("series", True)


def test_of_two_copies_the_later_counts(tmp_path: Path) -> None:
    """One title in two folders is one entry."""
    told = "<userrating>{}</userrating><lastplayed>{}</lastplayed>"
    files = [movie(told.format(9, "2022-01-01")), movie(told.format(4, "2021-01-01"))]
    (entry,) = entries_of(all_of(nfo(tmp_path, *files)))
    assert entry.rating == 9.0


def test_a_broken_file_is_told_of_once(tmp_path: Path) -> None:
    """The library refuses it; the history does not say so again, but of its own fields."""
    found = all_of(nfo(tmp_path, "<movie><title>", movie("<userrating>12</userrating>")))
    (refusal,) = refusals_of(found)
    assert refusal.reason.startswith("userrating is '12'")


def test_what_is_no_folder_of_files_is_a_named_error(tmp_path: Path) -> None:
    """As for the library."""
    with pytest.raises(SourceMalformed):
        list(nfo(tmp_path).read())
    with pytest.raises(SourceUnreadable):
        list(nfo(tmp_path / "nowhere").read())
