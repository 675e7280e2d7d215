"""An export of Letterboxd becomes one entry a film, with what all of its tables say."""

from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import HistoryEntry
from app.backend.sources.history_files import history_source
from app.backend.sources.letterboxd import LetterboxdExport
from tests.contracts.history_source import (
    LATEST_YEAR,
    HistoryFileSuite,
    all_of,
    entries_of,
    refusals_of,
)

WATCHED = "Date,Name,Year,Letterboxd URI\n"
RATINGS = "Date,Name,Year,Letterboxd URI,Rating\n"
DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
REVIEWS = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
HEAT = "2021-03-04,Heat,1995,https://boxd.it/2aHi"


def zipped(files: dict[str, str]) -> bytes:
    """Return a zip of these tables."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def letterboxd(content: bytes | str, called: str = "letterboxd.zip") -> LetterboxdExport:
    """Return bytes as an export."""
    raw = content.encode() if isinstance(content, str) else content
    return LetterboxdExport(raw, called, latest_year=LATEST_YEAR)


def only(files: dict[str, str]) -> HistoryEntry:
    """Return the one film of an export."""
    (entry,) = all_of(letterboxd(zipped(files)))
    assert isinstance(entry, HistoryEntry), entry
    return entry


def day(text: str) -> datetime:
    """Return the beginning of a day."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestLetterboxdExportIsAHistorySource(HistoryFileSuite):
    """The export of Letterboxd holds what every history does."""

    def source(self, content: bytes) -> LetterboxdExport:
        """Return the source that reads these bytes."""
        return letterboxd(content)

    def good(self) -> bytes:
        """Return three films in four tables."""
        return zipped(
            {
                "profile.csv": "Date Joined,Username\n2020-01-01,ada\n",
                "watchlist.csv": WATCHED + "2021-01-01,Not Seen,2020,https://boxd.it/zzz\n",
                "watched.csv": WATCHED
                + f"{HEAT}\n2021-03-05,Amélie,2001,https://boxd.it/29UM\n"
                + "2021-03-06,Untold,,https://boxd.it/1\n",
                "ratings.csv": RATINGS + f"{HEAT},4.5\n",
                "diary.csv": DIARY
                + "2021-03-06,Heat,1995,https://boxd.it/1RrN3X,4,Yes,,2021-03-05\n",
                "reviews.csv": REVIEWS
                + '2021-03-06,Heat,1995,https://boxd.it/1RrN3X,4,Yes,"Long.\n\nAnd ""good"".",,'
                + "2021-03-05\n",
                "deleted/diary.csv": DIARY + "2021-03-06,Gone,1995,https://boxd.it/1,1,,,\n",
                "likes/reviews.csv": "Date,Letterboxd URI\n2021-03-06,https://boxd.it/9\n",
            }
        )

    def damaged(self) -> bytes:
        """Return good films between rows that are wrong in different ways."""
        return zipped(
            {
                "watched.csv": WATCHED
                + f'{HEAT}\n2021-03-05,,2001,u\n2021-99-05,A,2001,u\n2021-03-05,B\n"open,\n'
                + "2021-03-05,C,1066,u\n2021-03-05,D,2001,u\n",
                "ratings.csv": RATINGS + f"{HEAT},5.5\n{HEAT},many\n",
            }
        )

    def foreign(self) -> list[bytes]:
        """Return other tables and archives."""
        return [
            b"title,year\nHeat,1995\n",
            b"Const,Your Rating\ntt1,2\n",
            b"[]",
            b"PK\x03\x04",
            zipped({"watchlist.csv": WATCHED}),
            zipped({"ratings.csv": "Const,Your Rating\ntt1,2\n"}),
            zipped({}),
        ]


def test_tables_tell_together_what_one_film_is() -> None:
    """The rating is that of the ratings, with its day, and a rewatch is a wish to see it again."""
    found = all_of(letterboxd(TestLetterboxdExportIsAHistorySource().good()))
    heat, amelie, untold = entries_of(found)
    assert (heat.title, heat.kind, heat.year, heat.ids) == ("Heat", "", 1995, ())
    assert (heat.rating, heat.at, heat.would_watch_again) == (4.5, day("2021-03-04"), True)
    assert (heat.key, heat.where) == ("letterboxd:heat|1995", "watched.csv line 2")
    assert (amelie.rating, amelie.would_watch_again, amelie.is_watched) == (None, None, True)
    assert amelie.at == day("2021-03-05")
    assert (untold.year, untold.key) == (None, "letterboxd:untold|")


def test_without_ratings_the_latest_of_the_diary_counts() -> None:
    """The latest viewing with a rating says it, and a later one without says nothing else."""
    rows = (
        "2021-05-01,Heat,1995,u1,4.5,,,2021-04-30\n"
        "2021-01-01,Heat,1995,u2,2,,,2020-12-31\n"
        "2021-06-01,Heat,1995,u3,,,,2021-06-01\n"
    )
    heat = only({"diary.csv": DIARY + rows})
    assert (heat.rating, heat.at, heat.would_watch_again) == (4.5, day("2021-04-30"), None)
    unrated = only({"diary.csv": DIARY + "2021-06-02,Heat,1995,u3,,,,2021-06-01\n"})
    assert (unrated.rating, unrated.at) == (None, day("2021-06-01"))


def test_a_rewatch_counts_wherever_it_is_told() -> None:
    """A review, or an early entry of the diary, says it as well as the last one."""
    early = "2021-01-01,Heat,1995,u,,Yes,,2021-01-01\n2021-02-01,Heat,1995,u,,,,2021-02-01\n"
    assert only({"diary.csv": DIARY + early}).would_watch_again is True
    review = "2021-01-01,Heat,1995,u,,Yes,Fine,,2021-01-01\n"
    assert only({"reviews.csv": REVIEWS + review}).would_watch_again is True


def test_of_two_ratings_the_later_counts() -> None:
    """Whichever stands first."""
    newer, older = f"{HEAT},4.5\n", f"{HEAT},1\n".replace("2021", "2020")
    for rows in (newer + older, older + newer):
        assert only({"ratings.csv": RATINGS + rows}).rating == 4.5


@pytest.mark.parametrize(
    ("called", "content"),
    [
        ("watched (1).csv", f"{WATCHED}{HEAT}\n"),
        ("upload", f"{RATINGS}{HEAT},4.5\n"),
        ("upload", f"{DIARY}{HEAT},4.5,,,2021-03-04\n"),
        ("upload", f"{REVIEWS}{HEAT},4.5,,Fine,,2021-03-04\n"),
    ],
)
def test_one_table_alone_is_read(called: str, content: str) -> None:
    """Each of the four is told by its columns."""
    (entry,) = entries_of(all_of(letterboxd(content, called)))
    assert entry.title == "Heat"
    assert history_source(content.encode(), called, latest_year=LATEST_YEAR).name == "letterboxd"


@pytest.mark.parametrize("called", ["watchlist.csv", "upload.csv", "films.csv"])
def test_a_list_of_wishes_is_not_taken_for_films_that_were_seen(called: str) -> None:
    """It has the columns of the watched ones, so only the name tells."""
    with pytest.raises(SourceMalformed, match="nobody watched"):
        list(letterboxd(f"{WATCHED}{HEAT}\n", called).read())


def test_tables_are_found_in_a_folder_and_never_among_what_was_deleted() -> None:
    """An unpacked export that was packed again has a folder around it."""
    inner = {"me/ratings.csv": f"{RATINGS}{HEAT},4.5\n"}
    others = {
        f"me/{folder}/{name}.csv": DIARY + "2021-01-01,Gone,1990,u,5,,,\n"
        for folder in ("deleted", "orphaned", "likes", "lists")
        for name in ("diary", "ratings", "watched", "reviews")
    }
    assert only({**others, **inner}).title == "Heat"
    deeper = {"me/backup/ratings.csv": f"{RATINGS}{HEAT},1\n"}
    assert only({**deeper, **inner}).rating == 4.5
    with pytest.raises(SourceMalformed, match="one export"):
        list(letterboxd(zipped({**inner, "you/ratings.csv": RATINGS})).read())


def test_two_films_of_one_name_and_year_are_refused_together() -> None:
    """The diary does not say which of them it means, so nobody's rating goes astray."""
    rows = "2022-10-01,Pinocchio,2022,https://boxd.it/a,2\n2022-12-10,Pinocchio,2022,https://boxd.it/b,5\n"
    found = all_of(letterboxd(zipped({"ratings.csv": f"{RATINGS}{rows}{HEAT},4\n"})))
    assert [entry.title for entry in entries_of(found)] == ["Heat"]
    (refusal,) = refusals_of(found)
    assert "2 films" in refusal.reason


def test_spellings_of_one_name_are_one_film() -> None:
    """Case and spacing differ between tables at times."""
    heat = only(
        {
            "ratings.csv": f"{RATINGS}{HEAT},4\n",
            "watched.csv": WATCHED + HEAT.replace("Heat", " HEAT "),
        }
    )
    assert heat.rating == 4.0
