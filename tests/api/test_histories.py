"""Histories over HTTP: bring them, and say which titles their entries mean."""

from io import BytesIO
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from fastapi.testclient import TestClient

from app.backend.domain.progress import silent
from app.backend.workflows import people
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from tests.api.people import code_of
from tests.workflows.evenings import ListSource, record

HISTORIES: Final = "/api/v1/histories"
IMPORTS: Final = "/api/v1/library/imports"
HEAD: Final = b"Date,Name,Year,Letterboxd URI,Rating\n"
RATINGS: Final = HEAD + (
    b"2026-01-03,Heat,1995,https://boxd.it/a,4.5\n"
    b"2026-01-04,The Matinee,1993,https://boxd.it/b,3\n"
    b"2026-02-02,Nothing Like It,1970,https://boxd.it/c,1\n"
    b"2026-02-03,,1970,https://boxd.it/d,3\n"
)


@pytest.fixture(autouse=True)
def _shelf(household: Household) -> None:
    """Let there be two films, and two people."""
    with household.database.writing() as session:
        found = [record("Heat", year=1995), record("Matinee Idol", year=1961)]
        import_library(session, ListSource(found), household.clock, silent)
        for name in ("Anna", "Ben"):
            people.add(session, name, None, household.clock)


def bring(client: TestClient, content: bytes = RATINGS, member: str = "Anna") -> dict[str, Any]:
    """Send a history as a member's; return what became of it."""
    answer = client.post(HISTORIES, params={"member": member}, content=content)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def unmatched(client: TestClient, **asked: int | str) -> dict[str, Any]:
    """Return a page of the entries of which nobody knows the title."""
    told: dict[str, Any] = client.get(f"{HISTORIES}/unmatched", params=asked).json()
    return told


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip of these files."""
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_a_history_is_brought_for_a_member(empty_client: TestClient) -> None:
    """Each entry is counted; again, nothing changes; it is listed, and among the imports."""
    told = bring(empty_client)
    assert {name: told[name] for name in ("source", "member", "added", "refused", "matched")} == {
        "source": "letterboxd", "member": "Anna", "added": 3, "refused": 1, "matched": 1,
    }  # fmt: skip
    assert (told["unmatched"], told["set_aside"]) == (2, 0)
    assert told["refusals"][0]["where"].endswith("line 5")
    again = bring(empty_client, zipped({"ratings.csv": RATINGS}), "anna")
    assert (again["added"], again["updated"], again["unchanged"]) == (0, 0, 3)
    (facts,) = empty_client.get(HISTORIES).json()["histories"]
    assert (facts["source"], facts["member"], facts["entries"]) == ("letterboxd", "Anna", 3)
    last, *_ = empty_client.get(IMPORTS).json()["imports"]
    assert (last["source"], last["state"], last["member"]) == ("letterboxd", "done", "Anna")
    assert (last["counts"]["unchanged"], last["place"]) == (3, "")


def test_a_history_is_nobody_elses(empty_client: TestClient) -> None:
    """Without a name it is the household's; a name that nobody has brings nothing."""
    assert empty_client.post(HISTORIES, content=RATINGS).json()["member"] is None
    bring(empty_client, member="Ben")
    told = empty_client.get(HISTORIES).json()["histories"]
    assert [one["member"] for one in told] == [None, "Ben"]
    answer = empty_client.post(HISTORIES, params={"member": "Zoe"}, content=RATINGS)
    assert code_of(answer) == (422, "invalid_input")
    assert "Nobody here is called" in answer.json()["error"]["message"]


def test_unmatched_entries_come_a_page_at_a_time(empty_client: TestClient) -> None:
    """Each with what it says of itself, and the titles that it could mean."""
    bring(empty_client)
    first = unmatched(empty_client, limit=1)
    rest = unmatched(empty_client, cursor=first["next_cursor"])
    names = [one["title"] for one in (*first["entries"], *rest["entries"])]
    assert names == ["The Matinee", "Nothing Like It"]
    assert rest["next_cursor"] is None
    (entry,) = first["entries"]
    assert (entry["rating"], entry["member"], entry["media_id"]) == (3, "Anna", None)
    one = f"{HISTORIES}/entries/{entry['id']}"
    assert empty_client.get(one).json() == entry
    candidates = empty_client.get(f"{one}/candidates").json()["candidates"]
    assert [title["title"] for title in candidates] == ["Matinee Idol"]
    for path in ("99", "99/candidates"):
        assert empty_client.get(f"{HISTORIES}/entries/{path}").status_code == 404


def test_what_somebody_says_of_an_entry_stands(empty_client: TestClient) -> None:
    """No later import says otherwise, until it is taken back."""
    bring(empty_client)
    ids = [entry["id"] for entry in unmatched(empty_client)["entries"]]
    meant, other = (f"{HISTORIES}/entries/{number}" for number in ids)
    said = empty_client.put(meant, json={"media_id": 2}).json()
    assert (said["media_id"], said["is_assigned"]) == (2, True)
    said = empty_client.put(other, json={"set_aside": True}).json()
    assert (said["media_id"], said["is_set_aside"]) == (None, True)
    again = bring(empty_client)
    assert (again["matched"], again["unmatched"], again["set_aside"]) == (2, 0, 1)
    decided = empty_client.get(f"{HISTORIES}/decisions", params={"limit": 1}).json()
    assert [one["id"] for one in decided["entries"]] == ids[:1]
    decided = empty_client.get(
        f"{HISTORIES}/decisions", params={"cursor": decided["next_cursor"]}
    ).json()
    assert [one["id"] for one in decided["entries"]] == ids[1:]
    for one in (meant, other):
        said = empty_client.put(one, json={"media_id": None}).json()
        assert (said["media_id"], said["is_assigned"], said["is_set_aside"]) == (None, False, False)
    assert [entry["id"] for entry in unmatched(empty_client)["entries"]] == ids


@pytest.mark.parametrize(
    "said", [{}, {"media_id": 0}, {"set_aside": False}, {"media_id": 2, "set_aside": True}, [], 2]
)
def test_what_says_nothing_or_two_things_is_refused(empty_client: TestClient, said: object) -> None:
    """The entry stays as it is."""
    bring(empty_client)
    (entry, _) = unmatched(empty_client)["entries"]
    one = f"{HISTORIES}/entries/{entry['id']}"
    assert code_of(empty_client.put(one, json=said)) == (422, "invalid_input")
    assert empty_client.get(one).json() == entry


def test_only_what_is_there_is_meant(empty_client: TestClient) -> None:
    """Neither titles nor entries can be made up."""
    bring(empty_client)
    entry = unmatched(empty_client)["entries"][0]["id"]
    for number, title in ((entry, 99), (99, 1)):
        answer = empty_client.put(f"{HISTORIES}/entries/{number}", json={"media_id": title})
        assert code_of(answer) == (404, "not_found")


def test_titles_that_come_later_are_found(empty_client: TestClient) -> None:
    """An entry that waits is looked for in what an import brings."""
    bring(empty_client)
    said = {"titles": [{"title": "Nothing like it", "year": 1971}]}
    assert empty_client.post(IMPORTS, json=said).json()["entries_found"] == 1
    assert [one["title"] for one in unmatched(empty_client)["entries"]] == ["The Matinee"]
    assert empty_client.post(IMPORTS, json=said).json()["entries_found"] == 0


def bomb() -> bytes:
    """Return a zip that becomes a thousand times as large."""
    return zipped({"ratings.csv": HEAD + b"\n" * 2_000_000})


def overlapping() -> bytes:
    """Return a zip of which two entries claim the same place."""
    content = bytearray(zipped({"ratings.csv": RATINGS, "watched.csv": RATINGS}))
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = b"\0\0\0\0"
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"title,year\nHeat,1995\n", id="another table"),
        pytest.param(bomb(), id="bomb"),
        pytest.param(overlapping(), id="overlapping"),
        pytest.param(zipped({"../../ratings.csv": RATINGS}), id="traversal"),
        pytest.param(b"[" * 1_000_000, id="deep"),
        pytest.param(HEAD + b"2026-01-03,X,1995,u,4\n" * 200_001, id="endless"),
        pytest.param(HEAD + b'"2026-01-03,X\n' * 2_000, id="quotes"),
    ],
)
def test_hostile_files_change_nothing(empty_client: TestClient, content: bytes) -> None:
    """They are refused whole, with a sentence; nothing is kept, not even that they came."""
    answer = empty_client.post(HISTORIES, content=content)
    assert code_of(answer) == (422, "source_malformed")
    assert answer.json()["error"]["message"].endswith(".")
    assert empty_client.get(HISTORIES).json() == {"histories": []}
    assert empty_client.get(IMPORTS).json()["imports"] == []


def test_what_is_too_large_is_not_read(empty_client: TestClient) -> None:
    """Such a file is read from a disk, on the command line."""
    answer = empty_client.post(HISTORIES, content=b"x" * (16 * 2**20 + 1))
    assert code_of(answer) == (413, "body_too_large")
