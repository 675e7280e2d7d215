"""Trees of NFO files become titles, however Kodi, Jellyfin and people write them."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.title import Refusal, TitleRecord
from app.backend.sources.library_source import Entry, LibrarySource
from app.backend.sources.nfo_folder import NfoFolder
from tests.contracts.library_source import LATEST_YEAR, LibrarySourceSuite, entries_of

HEAT = "<movie><title>Heat</title><year>1995</year><runtime>170</runtime></movie>"


def nfo_folder(folder: Path, files: dict[str, str | bytes]) -> NfoFolder:
    """Write files below a folder and return it as a source."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return NfoFolder(folder, latest_year=LATEST_YEAR)


def read(folder: Path, files: dict[str, str | bytes]) -> list[Entry]:
    """Write files and read them, insisting on what holds for every source."""
    return entries_of(nfo_folder(folder, files))


def only_record(folder: Path, content: str | bytes) -> TitleRecord:
    """Return the one title of a folder with one file."""
    (entry,) = read(folder, {"a.nfo": content})
    assert isinstance(entry, TitleRecord), entry
    return entry


def only_reason(folder: Path, content: str | bytes) -> str:
    """Return why the one file of a folder is refused."""
    (entry,) = read(folder, {"a.nfo": content})
    assert isinstance(entry, Refusal), entry
    return entry.reason


def movie(inside: str) -> str:
    """Return a movie called A with more tags."""
    return f"<movie><title>A</title>{inside}</movie>"


def episode(minutes: int | str) -> str:
    """Return an episode that runs for so many minutes."""
    return f"<episodedetails><title>E</title><runtime>{minutes}</runtime></episodedetails>"


class TestNfoFolderIsALibrarySource(LibrarySourceSuite):
    """A folder of NFO files holds what every source does."""

    def good(self, folder: Path) -> LibrarySource:
        """Make two movies, a series, and files that are none."""
        return nfo_folder(
            folder,
            {
                "Heat (1995)/Heat.nfo": HEAT,
                "Heat (1995)/Heat.mkv": "",
                "Alien/movie.nfo": "<movie><title>Alien</title></movie>",
                "Dark/tvshow.nfo": "<tvshow><title>Dark</title></tvshow>",
                "Dark/Season 1/e1.nfo": episode(50),
                "Dark/Season 1/season.nfo": "<season/>",
            },
        )

    def damaged(self, folder: Path) -> LibrarySource:
        """Make two titles among a repeat and files that are wrong in different ways."""
        return nfo_folder(
            folder,
            {
                "a.nfo": HEAT,
                "b.nfo": HEAT.replace("Heat", " HEAT "),
                "c.nfo": "<movie><title>Broken</movie>",
                "d.nfo": b"",
                "e.nfo": b"\xff\xfe\x00",
                "f.nfo": movie("<year>3000</year>"),
                "g\n.nfo": "<movie/>",
                "z.nfo": movie(""),
            },
        )

    def empty(self, folder: Path) -> LibrarySource:
        """Make a folder with films and no NFO file."""
        empty = folder / "films"
        nfo_folder(empty, {"Heat.mkv": "", ".hidden.nfo": HEAT, "Extras/x.nfo": HEAT})
        return NfoFolder(empty, latest_year=LATEST_YEAR)

    def absent(self, folder: Path) -> LibrarySource:
        """Name a folder that is not there."""
        return NfoFolder(folder / "none", latest_year=LATEST_YEAR)


def test_every_tag_is_read(tmp_path: Path) -> None:
    """A full movie becomes a full record, its genres in the file's own words."""
    record = only_record(
        tmp_path,
        """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
        <!-- written by a media server -->
        <movie>
          <title>  Scream\n </title><originaltitle>Scream!</originaltitle>
          <ratings>
            <rating name="metacritic" max="100"><value>66</value></rating>
            <rating name="imdb" max="10" default="true"><value>7.4</value></rating>
          </ratings>
          <plot>A killer\n calls.</plot><mpaa>Rated R</mpaa><runtime>111 min</runtime>
          <genre>Horror / Mystery</genre><genre>Sci-Fi &amp; Fantasy</genre><genre>horror</genre>
          <uniqueid type="tmdb">4232</uniqueid>
          <uniqueid type="imdb" default="true">tt0117571</uniqueid>
          <premiered>1996-12-20</premiered>
          <tag>slasher</tag><tag>santa rosa, california</tag><tag>Slasher / whodunit</tag><tag/>
          <director>Wes Craven</director>
          <actor><name>Neve  Campbell</name><role>Sidney</role><order>0</order></actor>
          <actor><role>Ghostface</role></actor>
          <actor><name>Cuba Gooding, Jr.</name></actor>
        </movie>""",
    )
    assert record == TitleRecord(
        title="Scream",
        kind="movie",
        year=1996,
        minutes=111,
        genres=("Horror", "Mystery", "Sci-Fi & Fantasy"),
        where="a.nfo",
        external_id="imdb:tt0117571",
        community_rating=7.4,
        age_rating="Rated R",
        overview="A killer calls.",
        keywords=("slasher", "santa rosa, california", "whodunit"),
        directors=("Wes Craven",),
        cast=("Neve Campbell", "Cuba Gooding, Jr."),
    )


def test_the_first_ten_actors_are_read(tmp_path: Path) -> None:
    """In the order of the file, each once and cut to a hundred characters."""
    names = ["A" * 300, *(f"Actor {number}" for number in (1, *range(1, 30)))]
    actors = "".join(f"<actor><name>{name}</name></actor>" for name in names)
    record = only_record(tmp_path, f"<movie><title>Crowd</title>{actors}</movie>")
    assert record.cast == ("A" * 100, *(f"Actor {number}" for number in range(1, 10)))


def test_a_tree_is_read_in_a_fixed_order(tmp_path: Path) -> None:
    """Files come before the folders beside them, each by name, wherever the disk has them."""
    names = ["b/2.nfo", "b/1.NFO", "a/x/y/3.nfo", "c.nfo", "a/4.nfo"]
    entries = read(tmp_path, {name: f"<movie><title>{name}</title></movie>" for name in names})
    assert [entry.where for entry in entries] == [
        "c.nfo",
        "a/4.nfo",
        "a/x/y/3.nfo",
        "b/1.NFO",
        "b/2.nfo",
    ]


def test_what_is_no_title_is_passed_over_and_counted(tmp_path: Path) -> None:
    """Seasons, music, release notes and bare links are neither titles nor refusals."""
    source = nfo_folder(
        tmp_path,
        {
            "heat.nfo": HEAT,
            "a.nfo": "<artist><name>A</name></artist>",
            "b.nfo": "<album/>",
            "c.nfo": "<?xml version='1.0'?><!-- <movie> --><season>broken",
            "d.nfo": episode(50) + episode(50),
            "e.nfo": "https://www.themoviedb.org/movie/603",
            "f.nfo": "░▒▓ RELEASED BY NOBODY ▓▒░".encode("cp437"),
            "g.nfo": "<html></html>",
            "h.nfo": "<musicvideo/>",
        },
    )
    assert [entry.where for entry in entries_of(source)] == ["heat.nfo"]
    assert source.passed_over() == {
        "album": 1,
        "artist": 1,
        "episodedetails": 1,
        "musicvideo": 1,
        "other": 1,
        "season": 1,
        "text": 2,
    }


def test_hidden_folders_and_extras_are_not_entered(tmp_path: Path) -> None:
    """What belongs to a title, to the media server or to the disk is no title of its own."""
    skipped = [".actors/a", ".b", "Extras/c", "@eaDir/d", "x/extras/y/e", "._movie"]
    files: dict[str, str | bytes] = {f"{name}.nfo": HEAT for name in skipped}
    assert [entry.where for entry in read(tmp_path, {**files, "z.nfo": HEAT})] == ["z.nfo"]


@pytest.mark.parametrize("runtime", ["", "<runtime>0</runtime>", "<runtime> </runtime>"])
def test_a_series_takes_its_length_from_its_episodes(tmp_path: Path, runtime: str) -> None:
    """Without a runtime of its own, a series sits for the median of the episodes below it."""
    files: dict[str, str | bytes] = {
        "Dark/tvshow.nfo": f"<tvshow><title>Dark</title>{runtime}</tvshow>",
        "Dark/Season 1/e1.nfo": episode(40),
        "Dark/Season 1/e2-e3.nfo": "<?xml version='1.0'?>\n" + episode(44) + "\n" + episode(51),
        "Dark/Season 2/e4.nfo": episode(0),
        "Dark/Season 2/e5.nfo": episode("unknown"),
        "Dark/Season 2/e6.nfo": "<episodedetails><runtime>90</runtime>",
        "Dark/Season 2/e7.nfo": "<episodedetails><fileinfo><streamdetails><video>"
        "<durationinseconds>5400</durationinseconds>"
        "</video></streamdetails></fileinfo></episodedetails>",
        "Other/e8.nfo": episode(5),
    }
    (entry,) = read(tmp_path, files)
    assert isinstance(entry, TitleRecord)
    assert (entry.kind, entry.minutes) == ("series", 48)


def test_a_series_with_a_length_keeps_it(tmp_path: Path) -> None:
    """Episodes are asked only where the series itself does not say."""
    (entry,) = read(
        tmp_path,
        {
            "tvshow.nfo": "<tvshow><title>Dark</title><runtime>60</runtime></tvshow>",
            "e1.nfo": episode(40),
        },
    )
    assert isinstance(entry, TitleRecord)
    assert entry.minutes == 60


@pytest.mark.parametrize(
    ("tags", "minutes"),
    [
        ("", None),
        ("<runtime>0</runtime>", None),
        ("<runtime>1h 35m</runtime>", 95),
        ("<runtime>0</runtime>{}<durationinseconds>5700</durationinseconds>{}", 95),
        ("<runtime>90</runtime>{}<durationinseconds>5700</durationinseconds>{}", 90),
        ("{}<durationinseconds>0</durationinseconds>{}", None),
    ],
)
def test_a_missing_runtime_is_taken_from_the_video(
    tmp_path: Path, tags: str, minutes: int | None
) -> None:
    """Zero minutes are unknown; the length of the file stands in for them."""
    inside = tags.format("<fileinfo><streamdetails><video>", "</video></streamdetails></fileinfo>")
    assert only_record(tmp_path, movie(inside)).minutes == minutes


@pytest.mark.parametrize(
    ("tags", "year"),
    [
        ("<year>1999</year><premiered>2001-01-01</premiered>", 1999),
        ("<year>0</year><premiered>1999-03-31</premiered>", 1999),
        ("<year/><premiered/><releasedate>31.03.1999</releasedate>", 1999),
        ("<premiered>0000-00-00</premiered><aired>1999</aired>", 1999),
        ("", None),
    ],
)
def test_the_year_may_be_in_several_tags(tmp_path: Path, tags: str, year: int | None) -> None:
    """The year itself goes before the dates; empty ones and zeros are passed by."""
    assert only_record(tmp_path, movie(tags)).year == year


@pytest.mark.parametrize(
    ("tags", "rating"),
    [
        ("<rating>7.4</rating>", 7.4),
        ("<rating>0.000000</rating>", None),
        ('<ratings><rating max="100"><value>85</value></rating></ratings>', 8.5),
        ("<ratings><rating><value>8,5</value></rating></ratings>", 8.5),
        ('<ratings><rating max="0"><value>8.5</value></rating></ratings>', 8.5),
        (
            (
                '<ratings><rating default="true"><value>0</value></rating>'
                '<rating max="5"><value>4</value></rating></ratings>'
            ),
            8.0,
        ),
    ],
)
def test_ratings_come_to_a_scale_of_ten(tmp_path: Path, tags: str, rating: float | None) -> None:
    """Each rating says its own maximum; those that nobody gave are passed by."""
    assert only_record(tmp_path, movie(tags)).community_rating == rating


@pytest.mark.parametrize(
    ("tags", "key"),
    [
        ("", "movie|a|"),
        ('<uniqueid type="imdb">tt0117571</uniqueid>', "imdb:tt0117571"),
        ('<uniqueid type="tmdb">603</uniqueid>', "tmdb:movie:603"),
        (
            (
                '<uniqueid type="imdb">tt0117571</uniqueid>'
                '<uniqueid type="tvdb" default="true">7</uniqueid>'
            ),
            "tvdb:movie:7",
        ),
        (
            (
                '<uniqueid type="tvdb">7</uniqueid><uniqueid type="tmdb">8</uniqueid>'
                '<uniqueid type="home" default="false">9</uniqueid>'
            ),
            "tmdb:movie:8",
        ),
        ('<uniqueid default="true"></uniqueid><imdbid>tt0117571</imdbid>', "imdb:tt0117571"),
        ("<imdb_id>tt0117571</imdb_id>", "imdb:tt0117571"),
        ("<tmdbid>603</tmdbid><id>tt0117571</id>", "tmdb:movie:603"),
        ("<id>TT0117571</id>", "movie|a|"),
        ("<id>tt0117571</id>", "imdb:tt0117571"),
        ("<id>81189</id>", "movie|a|"),
    ],
)
def test_ids_of_every_age_are_read(tmp_path: Path, tags: str, key: str) -> None:
    """The default id goes first, then IMDb, TMDB and TVDB, then the tags of earlier versions."""
    assert only_record(tmp_path, movie(tags)).key == key


def test_the_original_title_stands_in(tmp_path: Path) -> None:
    """A movie without a title goes by its original one."""
    nfo = "<movie><title> </title><originaltitle>Das Boot</originaltitle></movie>"
    assert only_record(tmp_path, nfo).title == "Das Boot"


@pytest.mark.parametrize(
    "after",
    [
        "\nhttps://www.imdb.com/title/tt0117571/",
        "https://example.org/?a=1&b=2",
        "\n\0\0",
        "\n\n",
    ],
)
def test_what_follows_the_document_is_cut(tmp_path: Path, after: str) -> None:
    """A link below the closing tag is not XML, and does no harm."""
    assert only_record(tmp_path, "\n " + HEAT + after).title == "Heat"


@pytest.mark.parametrize(
    "content",
    [
        "<movie><title>Amélie</title></movie>".encode(),
        "\ufeff<movie><title>Amélie</title></movie>".encode(),
        "\ufeff<?xml version='1.0' encoding='utf-16'?><movie><title>Amélie</title></movie>".encode(
            "utf-16-le"
        ),
        "\ufeff<movie><title>Amélie</title></movie>".encode("utf-16-be"),
        '<?xml version="1.0" encoding="ISO-8859-1"?><movie><title>Amélie</title></movie>'.encode(
            "latin-1"
        ),
        "<?xml version='1.0' encoding='windows-1252'?><movie><title>Amélie</title></movie>".encode(
            "cp1252"
        ),
        "<?xml version='1.0' encoding='utf-16'?><movie><title>Amélie</title></movie>".encode(),
        "<movie><title>Amélie</title></movie>".encode("cp1252"),
    ],
)
def test_every_encoding_in_use_is_read(tmp_path: Path, content: bytes) -> None:
    """Marks, declarations and the lack of both lead to the same title."""
    assert only_record(tmp_path, content).title == "Amélie"


BOMB = (
    '<!DOCTYPE movie [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {after} "{f"&{before};" * 10}">'
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><movie><title>&i;</title></movie>"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        ("<movie>\n<title>A</movie>", "is broken XML near line 2; mend it"),
        ("some words <movie><title>A</title></movie>", "is broken XML"),
        ("<?xml version='1.0'?>", "is broken XML"),
        ("<movie><title>A\x01</title></movie>", "is broken XML"),
        ("<movie></movie>", "has no title; write one"),
        ("<movie><title>\u200b</title></movie>", "has no title; write one"),
        (f"<movie><title>{'x' * 301}</title></movie>", "longer than 300"),
        (movie("<year>3000</year>"), "year is '3000'"),
        (movie("<premiered>1066-10-14</premiered>"), "premiered is '1066'"),
        (movie("<runtime>1441</runtime>"), "runtime is '1441'"),
        (movie("<runtime>-3</runtime>"), "negative"),
        (movie("<runtime>long</runtime>"), "runtime is 'long'"),
        (movie("<rating>11</rating>"), "rating is '11'"),
        (movie(f"<plot>{'x' * 2 * 1024 * 1024}</plot>"), "larger than 2 MB"),
        (BOMB, "document type"),
        (f"<!DOCTYPE movie SYSTEM 'file:///etc/passwd'>{HEAT}", "document type"),
        (
            (
                "<!DOCTYPE movie [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
                "<movie><title>&x;</title></movie>"
            ),
            "document type",
        ),
        (f"<?xml version='1.0' encoding='idna'?>{HEAT}", "is in the encoding 'idna'"),
        (b"<?xml version='1.0' encoding='utf-8'?><movie>\xff</movie>", "not in the encoding utf-8"),
        (f"<?xml version='1.0' encoding='iso-8859-99'?>{HEAT}", "not in the encoding"),
        ("<!--" + "x" * 9000 + "--><season/>", "is about 'season'"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    """Each refusal says what is wrong with the file."""
    assert words in only_reason(tmp_path, content)


def test_nothing_that_is_declared_reaches_a_title(tmp_path: Path) -> None:
    """An entity that names a file of the machine is not opened."""
    secret = tmp_path / "secret.txt"
    secret.write_text("swordfish")
    source = nfo_folder(
        tmp_path / "library",
        {
            "a.nfo": f"<!DOCTYPE movie [<!ENTITY x SYSTEM '{secret.as_uri()}'>]>"
            "<movie><title>&x;</title></movie>"
        },
    )
    assert "swordfish" not in repr(entries_of(source))


def test_depth_is_no_danger(tmp_path: Path) -> None:
    """A hundred thousand nested elements are read or refused, and nothing worse."""
    deep = "<x>" * 100_000 + "</x>" * 100_000
    assert only_record(tmp_path, movie(deep)).title == "A"


def test_links_do_not_lead_out_of_the_tree(tmp_path: Path) -> None:
    """Linked folders are counted and not entered; linked files are read only from inside."""
    outside = tmp_path / "outside"
    nfo_folder(outside, {"x.nfo": HEAT})
    library = tmp_path / "library"
    source = nfo_folder(library, {"a.nfo": HEAT})
    (library / "linked").symlink_to(outside)
    (library / "loop").symlink_to(library)
    (library / "b.nfo").symlink_to(outside / "x.nfo")
    (library / "c.nfo").symlink_to(library / "c.nfo")
    (library / "d.nfo").symlink_to(library / "a.nfo")
    reasons = {
        entry.where: entry.reason for entry in entries_of(source) if isinstance(entry, Refusal)
    }
    assert "leads out of the folder" in reasons["b.nfo"]
    assert "cannot be read" in reasons["c.nfo"]
    assert reasons["d.nfo"] == "is the same title as a.nfo; keep one of the two"
    assert len(reasons) == 3
    assert source.passed_over() == {"linked folder": 2}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Something that is called .nfo and is no file is refused at once."""
    os.mkfifo(tmp_path / "a.nfo")
    (entry,) = entries_of(NfoFolder(tmp_path, latest_year=LATEST_YEAR))
    assert isinstance(entry, Refusal)
    assert "is not a file" in entry.reason


def test_names_that_are_no_text_are_shown_as_well_as_they_can_be(tmp_path: Path) -> None:
    """A place in a message never breaks the line or the terminal."""
    (tmp_path / os.fsdecode(b"Br\xfbno\x1b[31m.nfo")).write_text(HEAT)
    (entry,) = entries_of(NfoFolder(tmp_path, latest_year=LATEST_YEAR))
    assert entry.where == "Br\ufffdno\ufffd[31m.nfo"


def test_a_very_deep_tree_is_read_to_its_end(tmp_path: Path) -> None:
    """Folders may lie deeper than Python's stack."""
    deep = tmp_path
    for _ in range(1_500):
        deep /= "d"
        deep.mkdir()
    (deep / "a.nfo").write_text(HEAT)
    (entry,) = entries_of(NfoFolder(tmp_path, latest_year=LATEST_YEAR))
    assert isinstance(entry, TitleRecord)
    (deep / "a.nfo").unlink()
    while deep != tmp_path:
        deep.rmdir()
        deep = deep.parent


def test_what_is_no_folder_says_what_to_do(tmp_path: Path) -> None:
    """A file, an impossible path and a folder without NFO files each say so."""
    (tmp_path / "file").touch()
    for path, words in (
        (tmp_path / "file", "is a file; name the folder"),
        (tmp_path / "a\0b", "NUL"),
        (tmp_path / ("x" * 5000), "cannot be read"),
    ):
        with pytest.raises(SourceUnreadable, match=words):
            NfoFolder(path, latest_year=LATEST_YEAR).total()
    with pytest.raises(SourceMalformed, match="Jellyfin and Emby"):
        NfoFolder(tmp_path, latest_year=LATEST_YEAR).passed_over()


TAGS = st.sampled_from(
    ["title", "year", "runtime", "rating", "premiered", "genre", "mpaa", "plot", "uniqueid", "id"]
)
XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>&\ufffe\uffff")
)


@given(content=st.binary(max_size=200))
@example(content=b"<movie><title>A</title></movie>")
@example(content=b"<movie" + b"<!--" * 50)
@example(content=b"<?xml encoding='utf-7'?><movie/>")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_file_is_too_broken_to_be_read(tmp_path: Path, content: bytes) -> None:
    """Any bytes at all are a title, a refusal, or counted as passed over."""
    source = nfo_folder(tmp_path, {"a.nfo": content})
    assert len(entries_of(source)) + sum(source.passed_over().values()) == 1


@given(
    tags=st.lists(st.tuples(TAGS, XML_TEXT), max_size=8), root=st.sampled_from(["movie", "tvshow"])
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_tag_is_too_strange_to_be_judged(
    tmp_path: Path, tags: list[tuple[str, str]], root: str
) -> None:
    """Whatever well-formed tags hold, the file is one title within bounds or one refusal."""
    inside = "".join(f"<{tag}>{text}</{tag}>" for tag, text in tags)
    (entry,) = read(tmp_path, {"a.nfo": f"<{root}>{inside}</{root}>"})
    assert isinstance(entry, TitleRecord) or "broken XML" not in entry.reason
