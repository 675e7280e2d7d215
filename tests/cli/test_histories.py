"""Histories are brought from the shell, and people say which titles their entries mean."""

from pathlib import Path
from typing import Any

import pytest

from app.backend.cli.named_sources import KEY_VARIABLE
from app.backend.cli.output import household
from app.backend.workflows import people
from tests.cli.conftest import Run, read
from tests.media_servers import fake_plex
from tests.media_servers.fake_jellyfin import KEY, World, film, serve

LIBRARY = "title,year,minutes\nHeat,1995,170\nMatinee Idol,1961,90\n"
LETTERBOXD = (
    "Date,Name,Year,Letterboxd URI,Rating\n"
    "2026-01-03,Heat,1995,https://boxd.it/a,4.5\n"
    "2026-01-04,The Matinee,1993,https://boxd.it/b,3\n"
    "2026-02-02,Nothing Like It,1970,https://boxd.it/c,1\n"
    "2026-02-03,,1970,https://boxd.it/d,3\n"
)
NFO = "<movie><title>{}</title><year>1995</year>{}</movie>"


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Run:
    """A household of two films, and Anna."""
    table = tmp_path / "films.csv"
    table.write_text(LIBRARY, encoding="utf-8")
    run("import", "csv", str(table))
    with household() as opened, opened.database.writing() as session:
        people.add(session, "Anna", None, opened.clock)
    return run


@pytest.fixture
def ratings(tmp_path: Path) -> str:
    """A file of ratings."""
    path = tmp_path / "ratings.csv"
    path.write_text(LETTERBOXD, encoding="utf-8")
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """A folder of two films, of which one was rated."""
    films = tmp_path / "films"
    films.mkdir()
    for name, inside in (("Heat", "<userrating>9</userrating>"), ("Alien", "")):
        (films / f"{name}.nfo").write_text(NFO.format(name, inside), encoding="utf-8")
    return str(films)


def histories(run: Run) -> Any:  # noqa: ANN401  # JSON
    """Return whose histories there are, from where, and how many entries each has."""
    found = read(run("histories", "list", "--json"))["histories"]
    return [(one["source"], one["member"], one["entries"], one["matched"]) for one in found]


def test_a_history_is_brought_for_a_member(home: Run, ratings: str) -> None:
    """It is said what became of each entry; again, nothing changes."""
    assert "No history" in home("histories", "list").stdout
    told = read(home("import", "letterboxd", ratings, "--member", "anna", "--json"))
    names = ("added", "matched", "unmatched", "refused", "member")
    assert [told[name] for name in names] == [3, 1, 2, 1, "Anna"]
    again = home("import", "letterboxd", ratings, "--member", "Anna")
    assert "0 entries are new, 0 changed, 3 as before" in again.stdout
    assert "ratings.csv line 5: has no title" in again.stdout
    assert "encore histories unmatched" in again.stdout
    assert histories(home) == [("letterboxd", "Anna", 3, 1)]
    assert "Anna: 3 entries, 1 found" in home("histories", "list").stdout


def test_without_a_name_it_is_the_households(home: Run, ratings: str) -> None:
    """A name that nobody has brings nothing."""
    assert read(home("import", "letterboxd", ratings, "--member", "Zoe", "--json"), 2)
    assert histories(home) == []
    assert read(home("import", "letterboxd", ratings, "--json"))["member"] is None
    assert "letterboxd, the household" in home("histories", "list").stdout


def test_a_verb_reads_what_it_names(home: Run, ratings: str, tmp_path: Path) -> None:
    """Another program's file says which verb brings it; what is none says what is read."""
    refused = read(home("import", "imdb", ratings, "--json"), 3)["error"]
    assert refused["code"] == "source_malformed"
    assert "encore import letterboxd" in refused["message"]
    (tmp_path / "notes.txt").write_text("Heat", encoding="utf-8")
    for path in ("notes.txt", "nowhere.zip"):
        ended = home("import", "trakt", str(tmp_path / path))
        assert (ended.exit_code, ended.stderr.startswith("Error: ")) == (3, True)
    assert histories(home) == []


def test_people_say_what_entries_mean(home: Run, ratings: str) -> None:
    """An entry is assigned, set aside, and taken back; imports leave that as it is."""
    home("import", "letterboxd", ratings, "--member", "Anna")
    first, second = read(home("histories", "unmatched", "--json"))["entries"]
    assert f"{first['id']}  The Matinee (1993)" in home("histories", "unmatched").stdout
    page = home("histories", "unmatched", "--limit", "1").stdout
    assert f"--after {first['id']}" in page
    one, other = str(first["id"]), str(second["id"])
    (candidate,) = read(home("histories", "candidates", one, "--json"))["candidates"]
    title = str(candidate["media_id"])
    assert f"{title}  Matinee Idol (1961, movie)" in home("histories", "candidates", one).stdout
    assert "No title" in home("histories", "candidates", other).stdout
    assert read(home("histories", "assign", one, title, "--json"))["entry"]["is_assigned"]
    assert "Nothing Like It is set aside" in home("histories", "set-aside", other).stdout
    again = read(home("import", "letterboxd", ratings, "--member", "Anna", "--json"))
    assert (again["matched"], again["unmatched"], again["set_aside"]) == (2, 0, 1)
    for number in (one, other):
        assert "waits for a title again" in home("histories", "take-back", number).stdout
    assert len(read(home("histories", "unmatched", "--json"))["entries"]) == 2


def test_what_is_not_there_is_not_meant(home: Run, ratings: str) -> None:
    """Numbers that nothing has end with a sentence."""
    home("import", "letterboxd", ratings)
    for words in (("candidates", "99"), ("assign", "99", "1"), ("assign", "2", "99"),
                  ("set-aside", "99"), ("take-back", "99")):  # fmt: skip
        told = read(home("histories", *words, "--json"), 2)
        assert told["error"]["code"] == "not_found", words


def test_titles_that_come_later_are_found(home: Run, ratings: str, tmp_path: Path) -> None:
    """An import says of how many entries the title came with it."""
    home("import", "letterboxd", ratings)
    table = tmp_path / "more.csv"
    table.write_text("title,year\nNothing like it,1971\n", encoding="utf-8")
    assert "whose title came now: 1" in home("import", "csv", str(table)).stdout
    assert len(read(home("histories", "unmatched", "--json"))["entries"]) == 1


def test_ratings_in_files_are_nobodys_until_somebody_says_so(home: Run, folder: str) -> None:
    """Whoever wrote them there is not known: they are counted, and left out."""
    told = read(home("import", "nfo", folder, "--json"))
    assert (told["added"], told["history_left_out"]) == (1, 1)
    assert "so it was left out" in home("import", "nfo", folder).stdout
    assert histories(home) == []
    told = read(home("import", "nfo", folder, "--member", "Anna", "--json"))
    assert (told["history"]["matched"], told["history"]["member"]) == (1, "Anna")
    assert "1 as before; 1 found" in home("import", "nfo", folder, "--member", "Anna").stdout
    assert histories(home) == [("nfo", "Anna", 1, 1)]


def test_ratings_in_files_may_be_the_households(home: Run, folder: str) -> None:
    """Of one or of all: both at once is refused before anything is read."""
    both = home("import", "nfo", folder, "--household", "--member", "Anna")
    assert both.exit_code == 2
    assert home("import", "nfo", folder, "--member", "Zoe").exit_code == 2
    assert read(home("import", "nfo", folder, "--household", "--json"))["added"] == 1
    assert histories(home) == [("nfo", None, 1, 1)]


def test_a_folder_that_is_let_go_takes_nobodys_ratings_along(home: Run, folder: str) -> None:
    """What was imported once is apart from what is kept in step."""
    home("import", "nfo", folder, "--member", "Anna")
    home("sources", "connect", "nfo", folder)
    assert read(home("sources", "sync", "folder", "--json"))["unchanged"] == 2
    home("sources", "disconnect", "folder")
    assert histories(home) == [("nfo", "Anna", 1, 1)]


def test_a_server_is_imported_with_one_verb(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is connected if it is new, and read; the next time it needs no key."""
    world = World(items=[film(number) for number in range(1, 11)])
    with serve(world) as address:
        monkeypatch.setenv(KEY_VARIABLE, "wrong")
        assert read(run("import", "jellyfin", address, "--json"), 3)
        assert read(run("sources", "list", "--json"))["sources"] == []
        monkeypatch.setenv(KEY_VARIABLE, KEY)
        told = read(run("import", "jellyfin", address, "--json"))
        assert (told["source"], told["added"]) == ("jellyfin", 10)
        monkeypatch.delenv(KEY_VARIABLE)
        world.items = world.items[:5]
        asked = read(run("import", "jellyfin", f"{address}/", "--all", "--json"), 3)
        assert asked["error"]["code"] == "removals_unconfirmed"
        told = run("import", "jellyfin", address, "--all", "--yes")
        assert "5 removed" in told.stdout
        assert KEY not in told.stdout
    assert len(read(run("sources", "list", "--json"))["sources"]) == 1


def test_a_plex_is_imported_with_one_verb(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a Jellyfin is."""
    monkeypatch.setenv(KEY_VARIABLE, fake_plex.OWNER_KEY)
    with fake_plex.serve(fake_plex.World(items=[fake_plex.film(1)])) as address:
        assert read(run("import", "plex", address, "--json"))["added"] == 1
