"""The pages of histories, as a browser without JavaScript uses them."""

import json
import re
from typing import Final

import pytest
from fastapi.testclient import TestClient

from app.backend.api.guards import MOST_HISTORY_BYTES
from app.backend.domain.progress import silent
from app.backend.store import import_rows
from app.backend.workflows import histories, people
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.turns import Turn
from tests.api.library_pages import PAGE, bring, follow, refused
from tests.api.people import Home
from tests.workflows.evenings import ListSource, record

HISTORIES: Final = "/library/histories"
SHELF: Final = (
    ("Heat", 1995), ("The Long Matinee", 1998), ("Matinee Idol", 1961), ("Night Shift", 2004),
)  # fmt: skip
HEAD: Final = b"Date,Name,Year,Letterboxd URI,Rating\n"
LETTERBOXD: Final = HEAD + (
    b"2026-01-03,Heat,1995,https://boxd.it/a,4.5\n"
    b"2026-01-04,Matinee,1993,https://boxd.it/b,3\n"
    b"2026-02-02,Nothing Like It,1970,https://boxd.it/c,1\n"
    b"2026-02-03,,1970,https://boxd.it/d,3\n"
)
IMDB: Final = (
    b"Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,"
    b"Num Votes,Release Date,Directors\n"
    b"tt0113277,9,2021-03-04,Heat,https://x,movie,8.3,170,1995,Crime,7,1995-12-15,M. Mann\n"
)
TRAKT: Final = json.dumps(
    [
        {
            "rated_at": "2021-03-04T20:15:00.000Z", "rating": 9, "type": "movie",
            "movie": {"title": "Heat", "year": 1995, "ids": {"trakt": 792, "slug": "heat-1995"}},
        }
    ]
).encode()  # fmt: skip


@pytest.fixture(autouse=True)
def _shelf(household: Household) -> None:
    """Let there be a few titles, and two people."""
    with household.database.writing() as session:
        found = [record(title, year=year) for title, year in SHELF]
        import_library(session, ListSource(found), household.clock, silent)
        for name in ("Anna", "Ben"):
            people.add(session, name, None, household.clock)


def waiting(page: str) -> dict[str, list[str]]:
    """Return the entries that wait for somebody's word, each with the titles it could mean."""
    rows = re.findall(
        r'name="entry" value="(\d+)">(.*?)</select>', page.partition("said-heading")[0], re.DOTALL
    )
    return {entry: re.findall(r'<option value="(\d+)"', options) for entry, options in rows}


def test_a_history_is_brought_for_somebody(empty_client: TestClient, household: Household) -> None:
    """What became of each entry is told; again, nothing changes, and it is nobody else's."""
    page = bring(empty_client, LETTERBOXD, "C:\\mine\\my <b>ratings.csv", "1")
    assert "1 found in the library, 2 not found, 0 set aside, 1 refused" in page
    assert "my &lt;b&gt;ratings.csv" in page
    assert "has no title" in page
    assert re.search(r">Letterboxd</th><td translate=.no.>Anna</td><td>3</td><td>1</td>", page)
    page = bring(empty_client, LETTERBOXD, "ratings.csv", "1")
    with household.database.reading() as session:
        (facts,) = histories.facts(session)
    assert (facts.member, facts.entries, facts.matched) == ("Anna", 3, 1)
    assert "Letterboxd" in empty_client.get("/library").text


@pytest.mark.parametrize(
    ("content", "name", "source"),
    [(IMDB, "ratings.csv", "IMDb"), (TRAKT, "ratings-movies.json", "Trakt")],
)
def test_other_histories_are_known_by_what_is_in_them(
    empty_client: TestClient, content: bytes, name: str, source: str
) -> None:
    """Brought for everybody."""
    page = bring(empty_client, content, name)
    assert "1 found in the library, 0 not found, 0 set aside, 0 refused" in page
    assert f'<th scope="row">{source}</th><td>All of us</td>' in page
    assert "Every entry has its title" in page


@pytest.mark.parametrize(
    ("content", "member", "status", "reason"),
    [
        (LETTERBOXD, "", 422, "Say whose history it is"),
        (LETTERBOXD, "99", 422, "Say whose history it is"),
        (b"", "1", 422, "is empty"),
        (b"title,year\nHeat,1995\n", "1", 422, "is no history that Encore knows"),
        (b"PK\x03\x04 no zip", "1", 422, "is not a zip file"),
        (b"x" * (MOST_HISTORY_BYTES + 1), "1", 413, "larger than 16 MB"),
    ],
)
def test_what_is_no_history_is_refused_on_the_page(
    empty_client: TestClient, content: bytes, member: str, status: int, reason: str
) -> None:
    """It says why, keeps whose it was to be, and begins nothing."""
    sent = {"file": ("a.csv", content)}
    answer = empty_client.post(
        f"{HISTORIES}/files", files=sent, data={"member": member}, headers=PAGE
    )
    assert answer.status_code == status
    assert reason in answer.text
    assert ('value="1" translate="no" selected' in answer.text) == (member == "1")
    assert "Last imports" not in answer.text


def test_a_history_that_turns_out_to_be_none_is_told_of(empty_client: TestClient) -> None:
    """What is found only while it is read stands among the last imports; nothing is kept."""
    page = bring(empty_client, b"[" * 20_000, "history.json", "1")
    assert "Failed" in page
    assert "is nested more deeply than any export" in page
    assert "Nothing yet." in page


def test_a_form_without_a_file_is_refused_on_the_page(empty_client: TestClient) -> None:
    """It says that none was chosen."""
    page = refused(empty_client, f"{HISTORIES}/files", member="1")
    assert "No file was chosen; choose what Letterboxd" in page


def test_a_history_waits_for_the_import_before(
    empty_client: TestClient, household: Household
) -> None:
    """One at a time; the one under way is shown as what it is."""
    with household.database.writing() as session:
        number = import_rows.add_import(session, "trakt", "mine.json", household.clock())
        import_rows.tell_progress(session, number, 500, None)
    others, sent = Turn(household.folder / "imports.lock"), {"file": ("a.csv", LETTERBOXD)}
    answer = empty_client.post(f"{HISTORIES}/files", files=sent, data={"member": "1"}, headers=PAGE)
    others.end()
    assert answer.status_code == 409
    page = empty_client.get(HISTORIES).text
    assert "Bringing a history" in page
    assert "500 read so far" in page
    assert 'http-equiv="refresh"' in page


def test_entries_are_assigned_set_aside_and_left(
    empty_client: TestClient, household: Household
) -> None:
    """The same history once more leaves that as it is; each can be taken back."""
    page = bring(empty_client, LETTERBOXD, "ratings.csv", "1")
    found = waiting(page)
    (matinee, guesses), (unlike, nothing) = found.items()
    assert guesses == ["2", "3"]
    assert nothing == []
    path = f"{HISTORIES}/assignments"
    page = follow(empty_client, path, entry=[matinee, unlike], means=["", ""])
    assert "nothing was changed" in page
    page = follow(empty_client, path, entry=[matinee, unlike], means=["2", "none"])
    assert "Saved." in page
    assert waiting(page) == {}
    assert "The Long Matinee (1998)" in page
    assert "none of our titles" in page
    page = bring(empty_client, LETTERBOXD, "ratings.csv", "1")
    assert "2 found in the library, 0 not found, 1 set aside, 1 refused" in page
    for entry in (matinee, unlike):
        page = follow(empty_client, f"{path}/removal", entry=entry)
        assert "Taken back." in page
    assert waiting(page) == found
    with household.database.reading() as session:
        assert histories.one_entry(session, int(matinee)).rating == 3


def test_any_title_of_the_library_can_be_meant(empty_client: TestClient) -> None:
    """An entry has a page of its own, with a search; what it holds is text."""
    odd = HEAD + b"2026-01-03,<i>Nachtschicht</i>,2004,https://boxd.it/n,4\n"
    ((entry, guesses),) = waiting(bring(empty_client, odd, "ratings.csv", "2")).items()
    assert guesses == []
    page = empty_client.get(f"{HISTORIES}/entries/{entry}").text
    assert "&lt;i&gt;Nachtschicht&lt;/i&gt;" in page
    assert "No title of the library is called like it." in page
    page = empty_client.get(f"{HISTORIES}/entries/{entry}", params={"q": "shift"}).text
    assert re.findall(r'name="means" value="(\w+)"', page) == ["4", "none"]
    page = follow(empty_client, f"{HISTORIES}/assignments", entry=entry, means="4")
    assert "Night Shift (2004)" in page
    assert empty_client.get(f"{HISTORIES}/entries/999", headers=PAGE).status_code == 404


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"entry": ["2", "3"], "means": ["2"]}, 422),
        ({"entry": ["2"], "means": ["heat"]}, 422),
        ({"entry": ["2"], "means": ["0"]}, 422),
        ({"entry": ["2"]}, 422),
        ({"entry": ["2"] * 21, "means": ["2"] * 21}, 422),
        ({"entry": ["2"], "means": ["999"]}, 404),
        ({"entry": ["999"], "means": ["none"]}, 404),
        ({"entry": ["2", "999"], "means": ["none", "2"]}, 404),
    ],
)
def test_a_form_with_nonsense_changes_nothing(
    empty_client: TestClient, form: dict[str, list[str]], status: int
) -> None:
    """A page says so; of several entries all are changed, or none."""
    before = waiting(bring(empty_client, LETTERBOXD, "ratings.csv", "1"))
    answer = empty_client.post(f"{HISTORIES}/assignments", data=form, headers=PAGE)
    assert answer.status_code == status
    assert "<!doctype html>" in answer.text
    assert waiting(empty_client.get(HISTORIES).text) == before


def test_entries_come_twenty_a_page(empty_client: TestClient) -> None:
    """The next page begins after the last one; whoever saves there comes back there."""
    rows = [b"2026-01-03,Unknown %d,1995,https://boxd.it/%d,4\n" % (n, n) for n in range(45)]
    page = bring(empty_client, HEAD + b"".join(rows), "ratings.csv", "1")
    seen: list[str] = []
    for _ in range(3):
        assert "45 entries wait for your word" in page
        seen += waiting(page)
        further = re.search(r'href="([^"]+)">Next entries', page)
        page = empty_client.get(further[1]).text if further else ""
    assert len(seen) == len(set(seen)) == 45
    data = {"entry": seen[20], "means": "1", "after": seen[19]}
    answer = empty_client.post(f"{HISTORIES}/assignments", data=data)
    assert answer.headers["location"] == (
        f"{HISTORIES}?after={seen[19]}&notice=assigned#unmatched-heading"
    )


def test_whoever_may_only_look_sees_no_forms(
    empty_client: TestClient, household: Household
) -> None:
    """A viewer sees what was brought and what was not found."""
    bring(empty_client, LETTERBOXD, "ratings.csv", "1")
    home = Home.of(household)
    home.add("ada", "owner")
    home.add("bea", "trainer")
    home.add("cay")
    for name, may in (("bea", True), ("cay", False)):
        page = home.signed_in(name).get(HISTORIES).text
        assert "Nothing Like It" in page
        assert (f"{HISTORIES}/files" in page, "<select" in page) == (may, may)


@pytest.mark.parametrize("after", ["٣", "-1", "9" * 20, "x"])
def test_a_place_in_the_list_that_cannot_be_changes_nothing(
    empty_client: TestClient, after: str
) -> None:
    """It is refused before anything that the form says is kept."""
    page = bring(empty_client, LETTERBOXD, "ratings.csv", "1")
    (entry, *_), form = waiting(page), {"means": "none", "after": after}
    answer = empty_client.post(f"{HISTORIES}/assignments", data={"entry": entry, **form})
    assert answer.status_code == 422
    assert entry in waiting(empty_client.get(HISTORIES).text)
