"""The first run, as a browser without JavaScript goes through it."""

import re
import time

import pytest
from fastapi.testclient import TestClient

from app.backend.domain.progress import silent
from app.backend.domain.title import TitleRecord
from app.backend.workflows import accounts, lists
from app.backend.workflows.browse import is_demo, unanswered
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.quick_taste import SIZE
from tests.workflows.evenings import ListSource

EVENING = {"mood": "funny", "group_size": "couple", "session_length": "medium"}


def shown(page: str) -> list[str]:
    """Return the ids of the titles to tick."""
    return re.findall(r'name="shown" value="(\d+)"', page)


def form(page: str, liked: int, **more: str) -> dict[str, str | list[str]]:
    """Return what the page sends when its first few titles are ticked."""
    ids = shown(page)
    return {"turn": "0", "shown": ids, "liked": ids[:liked], **more}


def verdicts(household: Household) -> list[tuple[int, str | None]]:
    """Return rating and member of everything that was said."""
    with household.database.reading() as session:
        return [(row.rating, row.member) for row in lists.verdicts(session, None, 100)]


def slates(household: Household) -> int:
    """Count what was shown."""
    with household.database.reading() as session:
        return len(lists.slates(session, None, 100))


def test_an_empty_encore_offers_four_ways(empty_client: TestClient) -> None:
    """The demo, a media server, a folder, and a file; and it can be skipped."""
    page = empty_client.get("/welcome").text
    assert 'action="/welcome/demo"' in page
    assert re.search(r'action="/library/folders".*?name="folder"', page, re.DOTALL)
    assert re.search(r'action="/library/files" enctype="multipart/form-data"', page)
    assert re.search(r'action="/library/sources".*?type="password" name="key"', page, re.DOTALL)
    for server in ("Jellyfin", "Plex"):
        assert f">{server}</option>" in page
    for writer in ("Kodi", "Emby"):
        assert f">{writer}</dt>" in page
    assert "Skip this for now" in page
    assert page.count('aria-current="step"') == 1


def test_who_owns_nothing_yet_is_shown_the_way(
    empty_client: TestClient, household: Household
) -> None:
    """Until there is an owner, a quiet line leads to where one is made."""
    assert 'href="/setup"' in empty_client.get("/welcome").text
    with household.database.writing() as session:
        accounts.make_owner(session, "ann", "correct horse battery", household.clock)
    session_of = {"name": "ann", "password": "correct horse battery"}
    assert empty_client.post("/login", data=session_of).status_code == 303
    assert 'href="/setup"' not in empty_client.get("/welcome").text


def test_who_may_not_bring_titles_is_told_whom_to_ask(
    empty_client: TestClient, household: Household
) -> None:
    """A viewer sees no form that would be refused."""
    with household.database.writing() as session:
        accounts.make_owner(session, "ann", "correct horse battery", household.clock)
        accounts.add(session, "ben", "viewer", "another long secret", household.clock)
    empty_client.post("/login", data={"name": "ben", "password": "another long secret"})
    page = empty_client.get("/welcome").text
    assert "Ask somebody who may" in page
    assert "/welcome/demo" not in page
    assert empty_client.post("/welcome/demo").status_code == 403


def test_from_nothing_to_picks_in_three_taps(
    empty_client: TestClient, household: Household
) -> None:
    """Start the demo, skip the taste, show picks: titles on the screen well within a minute."""
    begun, taps = time.monotonic(), 0
    page = empty_client.get("/welcome").text
    assert "Start the demo" in page
    answer, taps = empty_client.post("/welcome/demo"), taps + 1
    assert answer.headers["location"] == "/welcome/taste?notice=demo"
    taste = empty_client.get(answer.headers["location"]).text
    assert "The demo is ready" in taste
    assert re.search(r'<a class="[^"]*" href="/">Skip</a>', taste)
    tonight, taps = empty_client.get("/"), taps + 1
    assert tonight.status_code == 200
    answer, taps = empty_client.post("/tonight", data=EVENING), taps + 1
    assert answer.status_code == 303
    assert empty_client.get(answer.headers["location"]).text.count("<article") >= 3
    assert taps == 3
    assert time.monotonic() - begun < 60
    with household.database.reading() as session:
        assert is_demo(session)
        assert len(lists.runs(session, None, 5)) == 1


def test_the_demo_takes_no_librarys_place(client: TestClient, household: Household) -> None:
    """Where there are titles, starting the demo changes nothing and leads on."""
    answer = client.post("/welcome/demo")
    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome/taste")
    with household.database.reading() as session:
        assert not is_demo(session)
    assert "/welcome/demo" not in client.get("/welcome").text


def test_without_titles_there_is_nothing_to_taste(empty_client: TestClient) -> None:
    """The second step leads back to the first."""
    answer = empty_client.get("/welcome/taste")
    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")


def test_three_ticks_become_three_verdicts(client: TestClient, household: Household) -> None:
    """Ticking is saved, leads to tonight, and is asked about no more."""
    page = client.get("/welcome/taste").text
    assert len(shown(page)) == page.count('name="liked"') == SIZE
    answer = client.post("/welcome/taste", data=form(page, 3))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?notice=tasted")
    assert verdicts(household) == [(4, None)] * 3
    with household.database.reading() as session:
        assert unanswered(session) == []
    assert not set(shown(page)[:3]) & set(shown(client.get("/welcome/taste").text))


def test_nothing_ticked_is_said_and_nothing_written(
    client: TestClient, household: Household
) -> None:
    """A friendly sentence, the same titles, and no row."""
    page = client.get("/welcome/taste").text
    answer = client.post("/welcome/taste", data=form(page, 0))
    assert answer.status_code == 422
    assert re.search(r'role="alert">Nothing is ticked yet', answer.text)
    assert shown(answer.text) == shown(page)
    assert (slates(household), verdicts(household)) == (0, [])


def test_others_are_shown_without_losing_a_tick(client: TestClient, household: Household) -> None:
    """Going on to other titles keeps what was ticked, and writes nothing where nothing was."""
    page = client.get("/welcome/taste").text
    answer = client.post("/welcome/taste", data=form(page, 0, then="others"))
    assert answer.headers["location"] == "/welcome/taste?turn=1"
    assert slates(household) == 0
    assert not set(shown(page)) & set(shown(client.get("/welcome/taste?turn=1").text))
    answer = client.post("/welcome/taste", data=form(page, 2, then="others"))
    assert answer.headers["location"] == "/welcome/taste?turn=1&notice=more"
    assert "Here are some more" in client.get(answer.headers["location"]).text
    assert len(verdicts(household)) == 2


def test_a_tick_may_be_somebodys(client: TestClient, household: Household) -> None:
    """A new name becomes a member, who is offered by name the next time."""
    page = client.get("/welcome/taste").text
    client.post("/welcome/taste", data=form(page, 1, newcomer="  Zoë "))
    page = client.get("/welcome/taste").text
    assert 'name="member" value="Zoë"' in page
    client.post("/welcome/taste", data=form(page, 1, member="Zoë"))
    assert verdicts(household) == [(4, "Zoë")] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"liked": ["999999"]},
        {"shown": ["1", "999999"], "liked": ["1"]},
        {"shown": ["1", "1"], "liked": ["1"]},
        {"shown": [str(number) for number in range(1, 40)], "liked": ["1"]},
        {"liked": ["x"]},
        {"turn": "-1"},
        {"then": "elsewhere"},
        {"newcomer": "\x07"},
        {"newcomer": "a" * 101},
    ],
    ids=["not shown", "gone", "twice", "too many", "no id", "turn", "then", "name", "long name"],
)
def test_what_no_page_sends_is_refused(
    client: TestClient, household: Household, changes: dict[str, str | list[str]]
) -> None:
    """A form that was made by hand writes nothing, and is answered as a page."""
    sent = {**form(client.get("/welcome/taste").text, 1), **changes}
    answer = client.post("/welcome/taste", data=sent, headers={"accept": "text/html"})
    assert answer.status_code in {409, 422}
    assert "<!doctype html>" in answer.text
    assert (slates(household), verdicts(household)) == (0, [])


def test_titles_are_text_and_never_markup(client: TestClient, household: Household) -> None:
    """What a library calls its titles cannot become part of the page."""
    hostile = TitleRecord("<b>Bold</b>", "movie", 1999, 90, ("Western",), "line 2", None, 9.9)
    with household.database.writing() as session:
        import_library(session, ListSource([hostile]), household.clock, silent)
    page = client.get("/welcome/taste").text
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<b>Bold</b>" not in page


def test_when_all_is_said_the_page_says_so(empty_client: TestClient, household: Household) -> None:
    """With a verdict on every title there is nothing to tick, and a way on."""
    title = TitleRecord("Alone", "movie", 1999, 90, ("Western",), "line 2")
    with household.database.writing() as session:
        import_library(session, ListSource([title]), household.clock, silent)
    page = empty_client.get("/welcome/taste").text
    assert "Show me others" not in page
    empty_client.post("/welcome/taste", data=form(page, 1))
    page = empty_client.get("/welcome/taste").text
    assert "Nothing left to tap" in page
    assert 'href="/"' in page
