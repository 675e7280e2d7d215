"""The pages of the library, as a browser without JavaScript uses them."""

import re
from pathlib import Path
from typing import Final

import pytest
from fastapi.testclient import TestClient

from app.backend.api.guards import MOST_TABLE_BYTES
from app.backend.domain.progress import silent
from app.backend.store import import_rows, rank_events
from app.backend.store.rank_events import ActionRow
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.turns import Turn
from tests.api.library_pages import PAGE, follow, over, refused
from tests.api.people import Home
from tests.workflows.evenings import ListSource, Ticking, live, varied_titles

TABLE: Final = (
    b"title,kind,year,minutes,genres\n"
    b"Gipfel,movie,1985,,Bergfilm\n"
    b"Heat,movie,1995,170,Crime\n"
    b"Odd,game,1999,90,Comedy\n"
)
OTHERS: Final = ("genres", "lengths", "hidden", "quality")


def send(client: TestClient, content: bytes, name: str = "shelf.csv") -> str:
    """Send a table and return the page on which its import is over."""
    answer = client.post("/library/files", files={"file": (name, content)}, headers=PAGE)
    assert answer.status_code == 303, answer.text
    return over(client)


def count_of(page: str, name: str) -> str:
    """Return a number of the overview."""
    found = re.search(rf"<dt>{name}</dt><dd>(?:<a[^>]*>)?([\d,]+)", page)
    assert found is not None, name
    return found[1]


def test_the_overview_counts_the_library(client: TestClient) -> None:
    """Titles, films and series, and how many lack a length or have a genre that nobody knows."""
    page = client.get("/library").text
    counts = {name: count_of(page, name) for name in ("Titles", "Films", "Series", "Hidden")}
    assert counts == {"Titles": "40", "Films": "35", "Series": "5", "Hidden": "0"}
    assert (count_of(page, "Without a length"), count_of(page, "Unknown genres")) == ("5", "1")
    assert "/library/lengths" in page
    assert page.count('class="title-name"') >= 40


@pytest.mark.parametrize("name", OTHERS)
def test_every_page_answers_with_and_without_a_library(
    client: TestClient, empty_client: TestClient, name: str
) -> None:
    """Each has one heading of the first order, and says where in the library it is."""
    for speaking in (client, empty_client):
        page = speaking.get(f"/library/{name}", headers=PAGE)
        assert page.status_code == 200
        assert page.text.count("<h1") == 1
        assert 'aria-current="page">' in page.text


def test_an_empty_library_says_how_to_fill_it(empty_client: TestClient) -> None:
    """The forms stand open, and there is nothing to search."""
    page = empty_client.get("/library").text
    assert "There is nothing to choose from yet" in page
    assert '<details class="bring-more" open>' in page
    assert "encore import nfo FOLDER" in page
    assert 'type="search"' not in page


def test_a_table_is_brought_from_the_page(empty_client: TestClient) -> None:
    """What became of each line is told; again, nothing changes."""
    page = send(empty_client, TABLE)
    assert "2 added, 0 updated, 0 unchanged, 1 refused" in page
    assert "kind is &#39;game&#39;" in page
    assert "shelf.csv" in page
    assert "Tables (CSV)" in page
    assert "0 added, 0 updated, 2 unchanged, 1 refused" in send(empty_client, TABLE)


def test_what_an_import_begins_with_is_said(empty_client: TestClient) -> None:
    """The page that one is led to says that it goes on without one."""
    answer = empty_client.post("/library/files", files={"file": ("a.csv", TABLE)})
    where = answer.headers["location"]
    assert where == "/library?notice=begun#sources-heading"
    assert "The import has begun" in empty_client.get(where.partition("#")[0]).text
    over(empty_client)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"year,minutes\n1999,90\n", "has no column"),
        (b"PK\x03\x04 a spreadsheet", "spreadsheet"),
    ],
)
def test_a_table_that_is_none_is_told_of(
    empty_client: TestClient, content: bytes, reason: str
) -> None:
    """The import fails with its reason, and the library stays as it was."""
    page = send(empty_client, content, "C:\\films\\my <b>shelf.csv")
    assert reason in page
    assert ">my &lt;b&gt;shelf.csv<" in page
    assert "Failed" in page
    assert "There is nothing to choose from yet" in page


def test_a_form_without_a_file_is_refused_on_the_page(client: TestClient) -> None:
    """It says that none was chosen, also as browsers say so: by a file without a name."""
    part = b'--x\r\ncontent-disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--x--\r\n'
    for content in (part, part.replace(b'; filename=""', b""), b"--x--\r\n"):
        headers = {**PAGE, "content-type": "multipart/form-data; boundary=x"}
        answer = client.post("/library/files", content=content, headers=headers)
        assert answer.status_code == 422
        assert "No file was chosen" in answer.text


def test_a_table_that_is_too_large_is_refused_as_a_page(client: TestClient) -> None:
    """Both by what the file alone takes, and where more is sent than any form needs."""
    for size in (MOST_TABLE_BYTES + 1, MOST_TABLE_BYTES + 2**17):
        sent = {"file": ("large.csv", b"t" * size)}
        answer = client.post("/library/files", files=sent, headers=PAGE)
        assert answer.status_code == 413
        assert "<!doctype html>" in answer.text
        assert "larger than" in answer.text


def test_a_table_as_large_as_the_page_says_is_read(client: TestClient) -> None:
    """What a form writes around it is not counted."""
    content = b"title\nHeat\n" + b"\n" * (MOST_TABLE_BYTES - 11)
    assert "1 added, 0 updated" in send(client, content)


def test_a_folder_of_the_server_is_read(empty_client: TestClient, tmp_path: Path) -> None:
    """Its NFO files become titles, and the page says which folder it was."""
    (tmp_path / "heat.nfo").write_text("<movie><title>Heat</title></movie>", encoding="utf-8")
    answer = empty_client.post("/library/folders", data={"folder": str(tmp_path)}, headers=PAGE)
    assert answer.status_code == 303
    page = over(empty_client)
    assert "1 added, 0 updated, 0 unchanged, 0 refused" in page
    assert str(tmp_path) in page
    assert "Folders of NFO files" in page


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("media/films", "beginning with /"),
        ("/no/such/folder", "There is no folder /no/such/folder"),
        ("  ", "Write the path of a folder"),
        ("/\x00", "Write the path of a folder"),
        ("/" + "x" * 300, "cannot be read"),
    ],
)
def test_a_folder_that_cannot_be_read_is_refused_on_the_page(
    client: TestClient, folder: str, reason: str
) -> None:
    """It says why, keeps what was written, and begins nothing."""
    page = refused(client, "/library/folders", folder=folder)
    assert reason in page
    assert "Last imports" not in page


def test_a_file_is_no_folder(client: TestClient, tmp_path: Path) -> None:
    """It says what to name instead."""
    path = tmp_path / "a.nfo"
    path.write_text("", encoding="utf-8")
    assert "is a file; name the folder" in refused(client, "/library/folders", folder=str(path))


def test_a_second_import_at_a_time_is_refused_on_the_page(
    client: TestClient, household: Household
) -> None:
    """The first is shown with how far it is, in the page and as a part of it."""
    with household.database.writing() as session:
        number = import_rows.add_import(session, "nfo", "/media", household.clock())
        import_rows.tell_progress(session, number, 500, 1_200)
    others = Turn(household.folder / "imports.lock")
    answer = client.post("/library/files", files={"file": ("a.csv", TABLE)}, headers=PAGE)
    others.end()
    assert answer.status_code == 409
    assert "An import is under way already" in answer.text
    for path in ("/library", "/library/progress"):
        page = client.get(path).text
        assert "500 of 1,200 read" in page
        assert 'value="500" max="1200"' in page
    assert 'http-equiv="refresh"' in client.get("/library").text


def test_an_import_that_a_crash_interrupted_is_told_of(household: Household) -> None:
    """At the next start it is over, and nothing of it was kept."""
    with household.database.writing() as session:
        import_rows.add_import(session, "nfo", "/media", household.clock())
    with Home.of(household).speaking("127.0.0.1") as client:
        page = client.get("/library").text
    assert "Interrupted" in page
    assert "begin it again" in page
    assert 'http-equiv="refresh"' not in page


def test_imports_of_programs_are_listed(empty_client: TestClient) -> None:
    """Whoever looks at the page sees what was sent through the API."""
    said = {"titles": [{"title": "Heat"}]}
    assert empty_client.post("/api/v1/library/imports", json=said).status_code == 200
    page = empty_client.get("/library").text
    assert "Sent by a program" in page
    assert "1 added, 0 updated, 0 unchanged, 0 refused" in page


def test_genres_are_assigned_and_taken_back(client: TestClient) -> None:
    """The page asks for those that nobody knows; what was said is listed, and can be taken back."""
    page = client.get("/library/genres").text
    assert re.search(r'name="name" value="Bergfilm"', page)
    told = {"name": "Bergfilm", "genre": "adventure", "also": "drama"}
    page = follow(client, "/library/genres", **told)
    assert "Saved." in page
    assert "Encore knows every genre of your titles." in page
    assert "Drama, Adventure" in page
    assert count_of(client.get("/library").text, "Unknown genres") == "0"
    page = follow(client, "/library/genres/removal", key="bergfilm")
    assert "Taken back." in page
    assert re.search(r'name="name" value="Bergfilm"', page)


def test_a_name_can_be_no_genre_or_left(empty_client: TestClient) -> None:
    """Of two rows, one is left as it is; the other says nothing about genre from now on."""
    send(empty_client, b"title,genres\nA,Bergfilm\nB,Box Set\n")
    page = follow(
        empty_client,
        "/library/genres",
        name=["Bergfilm", "Box Set"],
        genre=["", "none"],
        also=["", ""],
    )
    assert re.search(r'name="name" value="Bergfilm"', page)
    assert not re.search(r'name="name" value="Box Set"', page)
    assert "no genre" in page


def test_a_second_import_after_an_assignment_changes_nothing(empty_client: TestClient) -> None:
    """The table says the same as before, and so does the household."""
    send(empty_client, TABLE)
    follow(empty_client, "/library/genres", name="Bergfilm", genre="adventure", also="")
    page = send(empty_client, TABLE)
    assert "0 added, 0 updated, 2 unchanged, 1 refused" in page
    assert count_of(page, "Unknown genres") == "0"


def test_saving_nothing_says_so(client: TestClient) -> None:
    """A form that was left as it is changes nothing."""
    page = follow(client, "/library/genres", name="Bergfilm", genre="", also="")
    assert "nothing was changed" in page
    page = follow(client, "/library/lengths", media_id="8", minutes=" ")
    assert "nothing was changed" in page


@pytest.mark.parametrize(
    "form",
    [
        {"name": "Bergfilm", "genre": "none", "also": "drama"},
        {"name": "Bergfilm", "genre": "heimat", "also": ""},
        {"name": "Comedy", "genre": "drama", "also": ""},
        {"name": "x" * 65, "genre": "drama", "also": ""},
        {"name": ["A", "B"], "genre": ["drama"], "also": [""]},
        {"name": ["A"] * 41, "genre": ["drama"] * 41, "also": [""] * 41},
        {"name": "Bergfilm"},
    ],
)
def test_a_form_of_genres_with_nonsense_is_refused(
    client: TestClient, form: dict[str, str | list[str]]
) -> None:
    """A page says so, and no title changes."""
    answer = client.post("/library/genres", data=form, headers=PAGE)
    assert answer.status_code == 422
    assert "<!doctype html>" in answer.text
    assert count_of(client.get("/library").text, "Unknown genres") == "1"


def test_lengths_are_set_and_taken_back(client: TestClient) -> None:
    """Those of several titles at once; what was left empty stays without."""
    page = client.get("/library/lengths").text
    missing = re.findall(r'name="media_id" value="(\d+)"', page)
    assert len(missing) == 5
    minutes = ["95", "", " 120 ", "", ""]
    page = follow(client, "/library/lengths", media_id=missing, minutes=minutes)
    assert "Imports leave these lengths alone" in page
    assert "Lengths you set" in page
    assert "95 min" in page
    assert count_of(client.get("/library").text, "Without a length") == "3"
    page = follow(client, "/library/lengths/removal", media_id=missing[0])
    assert "95 min" not in page
    assert count_of(client.get("/library").text, "Without a length") == "4"


def test_an_import_leaves_lengths_of_the_household_alone(empty_client: TestClient) -> None:
    """The source may say nothing, or something else."""
    send(empty_client, TABLE)
    found = re.search(r'name="media_id" value="(\d+)"', empty_client.get("/library/lengths").text)
    assert found is not None
    follow(empty_client, "/library/lengths", media_id=found[1], minutes="95")
    assert "0 added, 0 updated, 2 unchanged" in send(empty_client, TABLE)
    page = send(empty_client, TABLE.replace(b"1985,,", b"1985,140,"))
    assert "0 added, 1 updated, 1 unchanged" in page
    assert "95 min" in page
    follow(empty_client, "/library/lengths/removal", media_id=found[1])
    assert "140 min" in empty_client.get("/library").text


@pytest.mark.parametrize("minutes", ["0", "-3", "1441", "an hour", "9.5", "٩٠", "9" * 20])
def test_a_length_that_cannot_be_is_refused_on_the_page(client: TestClient, minutes: str) -> None:
    """It says what can be, and keeps what was written."""
    page = refused(client, "/library/lengths", media_id="8", minutes=minutes)
    assert "a whole number of minutes from 1 to 1440" in page


@pytest.mark.parametrize("path", ["/library/lengths", "/library/hidden/removal"])
def test_a_title_that_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    """A page says so."""
    answer = client.post(path, data={"media_id": "999", "minutes": "90"}, headers=PAGE)
    assert answer.status_code == 404


def test_a_title_is_hidden_and_shown_again(client: TestClient) -> None:
    """One comes back to where one was; it is listed as hidden until it is shown again."""
    data = {"media_id": "2", "q": "Title 2", "kind": "movie"}
    answer = client.post("/library/titles/hidden", data=data)
    assert answer.headers["location"] == (
        "/library?q=Title+2&kind=movie&notice=hidden#titles-heading"
    )
    page = client.get("/library").text
    assert (count_of(page, "Titles"), count_of(page, "Hidden")) == ("39", "1")
    page = client.get("/library/hidden").text
    assert "Title 2<" in page
    page = follow(client, "/library/hidden/removal", media_id="2")
    assert "may be picked again" in page
    assert "No title is hidden" in page
    assert count_of(client.get("/library").text, "Titles") == "40"


def test_what_was_asked_to_be_ranked_is_no_title(client: TestClient, household: Household) -> None:
    """It is hidden for another reason, and cannot be shown, hidden or given a length here."""
    with household.database.writing() as session:
        row = ActionRow("An action", "Comedy", None, None, "movie", None)
        number = rank_events.keep_action(session, "action", row, household.clock())
    for path in ("", "/hidden", "/lengths"):
        assert "An action" not in client.get(f"/library{path}").text
    for path in ("/library/hidden/removal", "/library/titles/hidden"):
        assert client.post(path, data={"media_id": str(number)}).status_code == 404
    assert count_of(client.get("/library").text, "Hidden") == "0"


def test_titles_come_fifty_a_page(empty_client: TestClient, household: Household) -> None:
    """The next page begins after the last title of the one before; a search keeps to its words."""
    with household.database.writing() as session:
        import_library(session, ListSource(varied_titles(120)), household.clock, silent)
    seen: list[str] = []
    address = "/library?q=title&kind=movie"
    while address:
        page = empty_client.get(address).text
        rows = re.findall(r'class="title-name"><span translate="no">(Title \d+)<', page)
        assert len(rows) <= 50
        seen += rows
        following = re.search(r'href="([^"]*)">Next titles', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120 - 17


def test_a_search_that_finds_nothing_says_so(client: TestClient) -> None:
    """It leads back to all titles, and shows what was searched for as text."""
    page = client.get("/library", params={"q": '<script>"'}).text
    assert "No title is called so." in page
    assert "&lt;script&gt;&#34;" in page


@pytest.mark.parametrize("query", ["kind=play", "after=0", "after=x", f"q={'x' * 101}"])
def test_a_search_that_cannot_be_is_refused(client: TestClient, query: str) -> None:
    """The address says what no list can be asked for."""
    assert client.get(f"/library?{query}", headers=PAGE).status_code == 422


def test_the_report_on_the_data_says_as_of_when(
    client: TestClient, household: Household, clock: Ticking
) -> None:
    """It has an address of its own, and is of this moment."""
    live(household, clock, 8, lambda pick, _mood: pick.media_id % 2 == 0)
    page = client.get("/library/quality").text
    assert "as of" in page
    assert "8 verdicts came in." in page
    assert "Which evenings are known" in page
    assert "Which evenings are known" not in client.get("/library").text


def test_whoever_may_only_look_sees_no_forms(household: Household) -> None:
    """A viewer may hide titles, as by saying never; a trainer brings tables, but no folder."""
    home = Home.of(household)
    home.add("ada", "owner")
    home.add("bea", "trainer")
    home.add("cay")
    with household.database.writing() as session:
        import_library(session, ListSource(varied_titles()), household.clock, silent)
    for name, expected in (("cay", (False, False)), ("bea", (True, False)), ("ada", (True, True))):
        page = home.signed_in(name).get("/library").text
        assert ("/library/files" in page, "/library/folders" in page) == expected
        assert "/library/titles/hidden" in page
    page = home.signed_in("cay").get("/library/genres").text
    assert "<select" not in page
    assert "Bergfilm" in page
