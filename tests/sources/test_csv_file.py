"""Tables of any program become titles, and every line that cannot is told from its neighbours."""

import codecs
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.sources.csv_file import COLUMNS, CsvFile
from app.backend.sources.library_source import Entry, LibrarySource
from tests.contracts.library_source import LATEST_YEAR, LibrarySourceSuite, entries_of

HEADER = "title,kind,year,minutes,genres,community_rating,age_rating,overview,id\n"


def csv_file(folder: Path, content: str | bytes) -> CsvFile:
    """Write a CSV file and return it as a source."""
    path = folder / "library.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return CsvFile(path, latest_year=LATEST_YEAR)


def read(folder: Path, content: str | bytes) -> list[Entry]:
    """Write a CSV file and read it, insisting on what holds for every source."""
    return entries_of(csv_file(folder, content))


def only_record(folder: Path, content: str | bytes) -> TitleRecord:
    """Return the one title of a table that holds nothing else."""
    (entry,) = read(folder, content)
    assert isinstance(entry, TitleRecord), entry
    return entry


def only_reason(folder: Path, content: str | bytes) -> str:
    """Return why the one line of a table is refused."""
    (entry,) = read(folder, content)
    assert isinstance(entry, Refusal), entry
    return entry.reason


class TestCsvFileIsALibrarySource(LibrarySourceSuite):
    """A CSV file holds what every source does."""

    def good(self, folder: Path) -> LibrarySource:
        """Make a table of three titles."""
        return csv_file(folder, HEADER + "Heat,,1995,170,Crime,8.3,R,,\nA,tv,,,,,,,\nB,,,,,,,,\n")

    def damaged(self, folder: Path) -> LibrarySource:
        """Make a table with a repeat and five lines that are wrong in different ways."""
        return csv_file(
            folder,
            (
                HEADER + "Heat,,1995,170,Crime,8.3,R,,\n,,1995,,,,,,\nB\n HEAT ,,1995,,,,,,\n"
            ).encode()
            + b'C,,,abc,,,,,\n"D,,,,,,,,\nE\0,,,,,,,,\nF\xff,,,,,,,,\nG\xc3\xa9,,,,,,,,\n',
        )

    def empty(self, folder: Path) -> LibrarySource:
        """Make a file without a byte."""
        return csv_file(folder, "")

    def absent(self, folder: Path) -> LibrarySource:
        """Name a file that is not there."""
        return CsvFile(folder / "none.csv", latest_year=LATEST_YEAR)


def test_every_column_is_read(tmp_path: Path) -> None:
    """A full line becomes a full record, its genres in the table's own words."""
    record = only_record(
        tmp_path,
        HEADER.strip() + ",keywords,directors,cast\n"
        'Twin  Peaks,TV Series,1990,47 min,"Crime|Sci-Fi & Fantasy; Drama/Mystery",'
        '8.8,TV-MA,"An FBI agent\ncomes to town.",TT0098936,'
        'fbi agent| Small  Town|FBI Agent,"David Lynch, Mark Frost",Kyle MacLachlan;Sheryl Lee\n',
    )
    assert record == TitleRecord(
        title="Twin Peaks",
        kind="series",
        year=1990,
        minutes=47,
        genres=("Crime", "Sci-Fi & Fantasy", "Drama/Mystery"),
        where="line 2",
        external_id="imdb:tt0098936",
        community_rating=8.8,
        age_rating="TV-MA",
        overview="An FBI agent comes to town.",
        keywords=("fbi agent", "Small Town"),
        directors=("David Lynch", "Mark Frost"),
        cast=("Kyle MacLachlan", "Sheryl Lee"),
    )


def test_an_imdb_export_is_read_as_it_is(tmp_path: Path) -> None:
    """IMDb's column names are known, and what is not read is named."""
    source = csv_file(
        tmp_path,
        "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,"
        "Runtime (mins),Year,Genres,Num Votes,Release Date,Directors\n"
        'tt0117571,8,2020-01-01,Scream,Scream,https://x,Movie,7.4,111,1996,"Horror, Mystery",'
        "1,1996-12-20,Wes Craven\n",
    )
    (record,) = entries_of(source)
    assert isinstance(record, TitleRecord)
    assert (record.key, record.minutes, record.community_rating) == ("imdb:tt0117571", 111, 7.4)
    assert record.genres == ("Horror", "Mystery")
    assert record.directors == ("Wes Craven",)
    assert source.unknown_columns() == (
        "Your Rating",
        "Date Rated",
        "Original Title",
        "URL",
        "Num Votes",
        "Release Date",
    )


def test_column_order_and_case_do_not_matter(tmp_path: Path) -> None:
    """Columns are found by name, however they are cased, spaced and ordered."""
    record = only_record(tmp_path, " YEAR , Duration,TITLE\n1999, 136 ,The Matrix\n")
    assert (record.title, record.year, record.minutes) == ("The Matrix", 1999, 136)
    assert record.kind == "movie"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_common_dialect_is_understood(
    tmp_path: Path, delimiter: str, line_end: str, mark: str
) -> None:
    """Delimiter, line end and byte order mark are told from the file itself."""
    lines = ["title|genres|year", '"Amélie ""x"" , ; y"|Comedy|2001', "Heat||1995", ""]
    text = mark + line_end.join(line.replace("|", delimiter) for line in lines)
    first, second = read(tmp_path, text)
    assert isinstance(first, TitleRecord)
    assert isinstance(second, TitleRecord)
    assert (first.title, first.genres, first.year) == ('Amélie "x" , ; y', ("Comedy",), 2001)
    assert (second.title, second.where) == ("Heat", "line 3")


def test_what_windows_wrote_is_read(tmp_path: Path) -> None:
    """A file that is not UTF-8 is read as Windows-1252."""
    assert only_record(tmp_path, "title\nAmélie: Les…\n".encode("cp1252")).title == "Amélie: Les…"


def test_one_damaged_line_does_not_change_the_encoding_of_the_others(tmp_path: Path) -> None:
    """A stray byte among lines of good UTF-8 spoils its own line only."""
    lines = ["title\nAmélie\nDas Boot\nLéon\n".encode(), b"Br\xfbno\n", "Été\n".encode()]
    entries = read(tmp_path, b"".join(lines))
    titles = [entry.title for entry in entries if isinstance(entry, TitleRecord)]
    assert titles == ["Amélie", "Das Boot", "Léon", "Été"]
    assert [entry.where for entry in entries if isinstance(entry, Refusal)] == ["line 5"]


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("95", 95),
        ("95 min", 95),
        ("95min.", 95),
        ("95 Minutes", 95),
        ("94.5", 95),
        ('"94,4"', 94),
        ("1h 35m", 95),
        ("1 hr 35 min", 95),
        ("2h", 120),
        ("1:35", 95),
        ("1:35:59", 95),
        ("1440", 1440),
        ("0", None),
        ("-0", None),
        ("", None),
        (" ", None),
        ("95\u00a0min", 95),
    ],
)
def test_minutes_are_understood_as_people_write_them(
    tmp_path: Path, cell: str, minutes: int | None
) -> None:
    """Units, hours and decimals are fine; nothing and 0 are unknown."""
    assert only_record(tmp_path, f"title,minutes\nA,{cell}\n").minutes == minutes


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("abc", "minutes is 'abc', which is not a number of minutes; write a whole number"),
        ("-5", "negative"),
        ("1441", "1440 minutes of a day"),
        ("8160000000", "1440 minutes of a day"),
        ("nan", "not a number of minutes"),
        ("inf", "not a number of minutes"),
        ("1e2", "not a number of minutes"),
        ("1:75", "not a number of minutes"),
        ("٩٥", "not a number of minutes"),
        ("9" * 5000, "1440 minutes of a day"),
    ],
)
def test_impossible_minutes_refuse_the_line(tmp_path: Path, cell: str, words: str) -> None:
    """The reason quotes the cell and says what to write."""
    assert words in only_reason(tmp_path, f"title,minutes\nA,{cell}\n")


@pytest.mark.parametrize(
    ("cell", "year"),
    [("1999", 1999), ("1999.0", 1999), ("1878", 1878), ("2030", 2030), ("0", None), ("", None)],
)
def test_years_from_the_first_film_to_the_latest_are_right(
    tmp_path: Path, cell: str, year: int | None
) -> None:
    """The bounds themselves are in; nothing and 0 are unknown."""
    assert only_record(tmp_path, f"title,year\nA,{cell}\n").year == year


@pytest.mark.parametrize("cell", ["1877", "2031", "-1999", "99", "1999.5", "MCMXC", "9" * 5000])
def test_impossible_years_refuse_the_line(tmp_path: Path, cell: str) -> None:
    """The reason names the year and how to mend it."""
    reason = only_reason(tmp_path, f"title,year\nA,{cell}\n")
    assert reason.startswith("year is '")
    assert "or leave it empty" in reason


@pytest.mark.parametrize(
    ("cell", "rating"), [("7.8", 7.8), ('"7,8"', 7.8), ("10", 10.0), ("0", None), ("", None)]
)
def test_ratings_are_out_of_ten(tmp_path: Path, cell: str, rating: float | None) -> None:
    """Both decimal signs are fine; 0 is what tables write where nobody rated."""
    assert only_record(tmp_path, f"title,rating\nA,{cell}\n").community_rating == rating


@pytest.mark.parametrize("cell", ["10.1", "-1", "nan", "inf", "1e999", "good", "9" * 500])
def test_impossible_ratings_refuse_the_line(tmp_path: Path, cell: str) -> None:
    """What is not a finite number from 0 to 10 is no rating."""
    assert "not a number from 0 to 10" in only_reason(tmp_path, f"title,rating\nA,{cell}\n")


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("", "movie"),
        ("FILM", "movie"),
        ("tvMovie", "movie"),
        ("tv", "series"),
        ("Show", "series"),
        ("tvMiniSeries", "series"),
        ("TV Series", "series"),
    ],
)
def test_kinds_of_other_programs_are_known(tmp_path: Path, cell: str, kind: str) -> None:
    """IMDb's and the media servers' words map to movie and series; nothing means movie."""
    assert only_record(tmp_path, f"title,kind\nA,{cell}\n").kind == kind


@pytest.mark.parametrize("cell", ["tvEpisode", "videoGame", "book"])
def test_what_is_neither_movie_nor_series_is_refused(tmp_path: Path, cell: str) -> None:
    """An episode or a game is not something to pick for an evening."""
    assert f"kind is '{cell}'" in only_reason(tmp_path, f"title,kind\nA,{cell}\n")


def test_titles_must_be_there_and_fit(tmp_path: Path) -> None:
    """300 characters fit; one more, or nothing that can be seen, does not."""
    assert only_record(tmp_path, f"title\n{'é' * 300}\n").title == "é" * 300
    assert "longer than 300" in only_reason(tmp_path, f"title\n{'é' * 301}\n")
    assert "longer than 300" in only_reason(tmp_path, f"title\n{'ﷺ' * 40}\n")
    assert only_reason(tmp_path, "title,year\n \u200b\u202e ,1999\n") == "has no title; write one"


@pytest.mark.parametrize(
    ("column", "cell", "key"),
    [
        ("imdb_id", "tt0117571", "imdb:tt0117571"),
        ("imdb_id", "117571", "imdb:tt0117571"),
        ("external_id", "imdb:TT0117571", "imdb:tt0117571"),
        ("external_id", "tmdb:603", "tmdb:movie:603"),
        ("external_id", "tmdb:movie:603", "tmdb:movie:603"),
        ("id", "17", "csv:movie:17"),
        ("id", "0", "movie|a|"),
        ("id", "", "movie|a|"),
    ],
)
def test_ids_are_the_same_however_they_are_written(
    tmp_path: Path, column: str, cell: str, key: str
) -> None:
    """One title has one key, whichever spelling of its id a table uses."""
    assert only_record(tmp_path, f"title,{column}\nA,{cell}\n").key == key


def test_one_number_is_a_movie_and_a_series(tmp_path: Path) -> None:
    """TMDB counts movies and series apart, so the same number is not the same title."""
    table = "title,kind,external_id\nA,movie,tmdb:603\nB,series,tmdb:603\n"
    assert all(isinstance(entry, TitleRecord) for entry in read(tmp_path, table))


def test_each_broken_line_is_refused_by_number_and_the_rest_is_read(tmp_path: Path) -> None:
    """Broken lines are told exactly; blank ones count for the numbers only."""
    entries = read(
        tmp_path,
        'title,year\n\nHeat,1995\n"Two\nlines",1996\n\nAlien\nA,B,1999\n,,\n,2000\nHEAT,1995\n',
    )
    assert [(entry.where, isinstance(entry, TitleRecord)) for entry in entries] == [
        ("line 3", True),
        ("line 4", True),
        ("line 7", False),
        ("line 8", False),
        ("line 10", False),
        ("line 11", False),
    ]
    reasons = [entry.reason for entry in entries if isinstance(entry, Refusal)]
    assert reasons == [
        "has 1 cells where the first line names 2 columns; put cells that hold ',' in quotes",
        "has 3 cells where the first line names 2 columns; put cells that hold ',' in quotes",
        "has no title; write one",
        "is the same title as line 3; keep one of the two",
    ]


def test_a_repeat_of_a_refused_line_is_not_a_repeat(tmp_path: Path) -> None:
    """Only a title that was kept can be there twice."""
    first, second = read(tmp_path, "title,minutes,id\nA,x,tt0000001\nA,90,tt0000001\n")
    assert isinstance(first, Refusal)
    assert isinstance(second, TitleRecord)


@pytest.mark.parametrize("filler", [3, 150, 3000])
def test_a_quote_that_never_closes_costs_one_line(tmp_path: Path, filler: int) -> None:
    """However many lines follow a stray quote, they are read as they are."""
    table = 'title,year\n"Heat,1995\n' + "".join(f"Film {i},1999\n" for i in range(filler))
    first, *others = read(tmp_path, table)
    assert isinstance(first, Refusal)
    assert first.where == "line 2"
    assert first.reason.startswith("opens a quote that does not close within 100 lines")
    assert [entry.where for entry in others] == [f"line {i + 3}" for i in range(filler)]
    assert all(isinstance(entry, TitleRecord) for entry in others)


def test_a_quote_inside_a_cell_is_a_quote(tmp_path: Path) -> None:
    """Inches do not open anything."""
    assert only_record(tmp_path, 'title,year\nThe 12" Cut,1999\n').title == 'The 12" Cut'


def test_a_quote_may_follow_a_space(tmp_path: Path) -> None:
    """Tables typed by hand have a space after the comma."""
    record = only_record(tmp_path, 'year, title\n1966, "The Good, the Bad and the Ugly"\n')
    assert record.title == "The Good, the Bad and the Ugly"


def test_an_enormous_quote_is_refused(tmp_path: Path) -> None:
    """Cells that are too long together are refused as one line, however they are broken up."""
    half = "x" * 60_000
    table = f'title,plot\n"A\n{half}","\n{half}"\nHeat,\n'
    first, *_, last = read(tmp_path, table)
    assert isinstance(first, Refusal)
    assert first.where == "line 2"
    assert isinstance(last, TitleRecord)
    assert last.title == "Heat"


def test_enormous_lines_are_refused_and_passed(tmp_path: Path) -> None:
    """A line of megabytes, quoted or not, costs itself and nothing else."""
    long = "x" * 3_000_000
    for broken in (f"A,{long}\n", f'A,"{long}"\n', f'A,"{long}\n', f'"A\n{long}",\n'):
        entries = read(tmp_path, "title,plot\n" + broken + "Heat,\n")
        assert isinstance(entries[0], Refusal)
        assert isinstance(entries[-1], TitleRecord)
        assert entries[-1].where == f"line {1 + broken.count(chr(10)) + 1}"


def test_long_texts_are_cut(tmp_path: Path) -> None:
    """An overview and an age rating keep what fits; genres keep the first sixteen."""
    genres = "|".join(f"genre {i}" for i in range(50))
    record = only_record(
        tmp_path, f"title,plot,mpaa,genre\nA,{'p' * 9000},{'m' * 900},{genres}|{'g' * 900}\n"
    )
    assert record.overview == "p" * 2000
    assert record.age_rating == "m" * 50
    assert record.genres == tuple(f"genre {i}" for i in range(16))


def test_keywords_and_people_are_bounded(tmp_path: Path) -> None:
    """The first fifty keywords and the first ten people, each cut; nothing is nobody."""
    many = "|".join(f"{'n' * 900} {i}" if i == 0 else f"n {i}" for i in range(90))
    first, second = read(
        tmp_path, f"title,keyword,director,actors\nA,{many},{many},{many}\nB,,|,\n"
    )
    assert isinstance(first, TitleRecord)
    assert isinstance(second, TitleRecord)
    assert first.keywords == ("n" * 64, *(f"n {i}" for i in range(1, 50)))
    assert first.directors == first.cast == ("n" * 100, *(f"n {i}" for i in range(1, 10)))
    assert (second.keywords, second.directors, second.cast) == ((), (), ())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"name,year\nHeat,1995\n", "no column 'title'"),
        (b"PK\x03\x04rest of a spreadsheet", "a spreadsheet or an archive"),
        (codecs.BOM_UTF16_LE + "title\nHeat\n".encode("utf-16-le"), "UTF-16"),
        (b"\x7fELF\x00\x01title\n", "not a text file"),
        (b"title," + b"x" * 200_000, "not a text file"),
        (b"title,year,Title\nA,1,B\n", "more than one column 'title'"),
    ],
)
def test_what_is_no_table_of_titles_says_what_to_do(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """A file without a readable first line is refused as a whole."""
    source = csv_file(tmp_path, content)
    with pytest.raises(SourceMalformed, match=words):
        list(source.read())
    with pytest.raises(SourceMalformed, match=words):
        source.unknown_columns()


def test_what_is_no_file_says_what_to_do(tmp_path: Path) -> None:
    """A folder, a device and an impossible path are unreadable, each in its own words."""
    for path, words in (
        (tmp_path, "is a folder"),
        (Path("/dev/null"), "not a file on a disk"),
        (tmp_path / "a\0b", "NUL"),
        (tmp_path / ("x" * 5000), "cannot be read"),
    ):
        with pytest.raises(SourceUnreadable, match=words):
            CsvFile(path, latest_year=LATEST_YEAR).total()


def test_a_header_alone_is_a_library_of_nothing(tmp_path: Path) -> None:
    """A table with its first line only is fine, and empty."""
    assert read(tmp_path, "title,year") == []


def test_every_column_is_documented() -> None:
    """Whatever a column may be called, the page for people says so."""
    page = (Path(__file__).parents[2] / "docs" / "import-files.md").read_text("utf-8")
    names = [name for called in COLUMNS.values() for name in called]
    assert [name for name in names if f"`{name}`" not in page] == []


CELLISH = st.text(alphabet='ab1,;\t"\n\r\0 é\u0301|:-.', max_size=12)


@given(body=st.binary(max_size=300) | st.lists(CELLISH, max_size=12).map("\n".join).map(str.encode))
@example(body=b'"')
@example(body=b'""",\n' * 5)
@example(body=b'x",",\n' * 300)
@example(body=b"\r\n\r\0\n\xef\xbb\xbf")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_body_is_too_broken_to_be_read(tmp_path: Path, body: bytes) -> None:
    """Whatever follows the first line, nothing is raised, and every line is accounted for."""
    entries = read(tmp_path, b"title,year\n" + body)
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    numbers = [int(entry.where.removeprefix("line ")) for entry in entries]
    assert numbers == sorted(numbers)
    held = [i + 2 for i, line in enumerate(lines) if line.strip(b" \t,\x0b\x0c\x1c\x1d\x1e\x1f")]
    if b'"' in body:
        assert not held or numbers[0] <= held[0]
    else:
        assert set(held) >= set(numbers)
        assert {i for i in held if _says_something(lines[i - 2])} <= set(numbers)


def _says_something(line: bytes) -> bool:
    """Whether a line holds more than separators and spaces, in whatever encoding."""
    return any(33 <= byte < 127 and byte != ord(",") for byte in line)


@given(content=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_file_is_too_broken_to_be_named(tmp_path: Path, content: bytes) -> None:
    """Any bytes at all are a table, or refused as a whole by name."""
    with suppress(SourceMalformed):
        read(tmp_path, content)


@given(
    titles=st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Z"]), min_size=1)
    ),
    delimiter=st.sampled_from(",;\t"),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_quoted_properly_is_read_whole(
    tmp_path: Path, titles: list[str], delimiter: str
) -> None:
    """A title in quotes survives every delimiter in it, and each line is one entry."""
    quoted = ['"' + title.replace('"', '""') + '"' for title in titles]
    lines = [delimiter.join(["title", "id"])]
    lines += [delimiter.join([title, str(i + 1)]) for i, title in enumerate(quoted)]
    entries = read(tmp_path, "\n".join(lines))
    assert len(entries) == len(titles)
    assert all(isinstance(entry, TitleRecord) for entry in entries)
