"""How was it, and the page History, as a browser without JavaScript uses them."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Final

import pytest
from fastapi.testclient import TestClient

from app.backend.domain.evening import Verdict
from app.backend.store.tables import Media, Recommendation
from app.backend.store.training_rows import read_feedback
from app.backend.workflows import browse, feedback, history, lists, people, signals
from app.backend.workflows.household import Household
from tests.workflows.evenings import FUNNY_SHORT, Ticking, ask

HTML: Final = {"accept": "text/html"}
FORMS: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("/feedback", {"rating": "5", "would_watch_again": "yes"}),
    ("/feedback/dismissal", {}),
    ("/history/unwatched", {}),
    ("/history/question", {}),
    ("/history/signal", {"kind": "seen"}),
)


@pytest.fixture
def pick(client: TestClient, household: Household) -> int:
    """The id of a pick that was watched."""
    found = ask(household).picks[0].recommendation_id
    assert client.post("/watched", data={"recommendation_id": found}).status_code == 303
    return found


@pytest.fixture
def ada(household: Household) -> int:
    """The id of a member."""
    with household.database.writing() as session:
        return people.add(session, "Ada", None, household.clock).id


def follow(client: TestClient, path: str, **fields: object) -> str:
    """Send a form of a page and return the page that it leads to."""
    data = {name: str(value) for name, value in fields.items()}
    answer = client.post(path, data=data, headers=HTML)
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"], headers=HTML).text


def rate(client: TestClient, pick: int, rating: int = 5, again: str = "yes", **more: object) -> str:
    """Send the form of a verdict, and follow it."""
    said = {"recommendation_id": pick, "rating": rating, "would_watch_again": again, **more}
    return follow(client, "/feedback", **said)


def verdicts(household: Household) -> list[tuple[int, str | None]]:
    """Return rating and member of what stands, the newest first."""
    with household.database.reading() as session:
        return [(row.rating, row.member) for row in lists.verdicts(session, None, 100)]


def titles(page: str) -> list[str]:
    """Return which titles a page of the history lists."""
    return re.findall(r'<h3 id="pick-\d+" tabindex="-1"><span translate="no">([^<]+)<', page)


def stars(page: str) -> list[str]:
    """Return what a page says of the verdicts that it lists, in words."""
    return re.findall(r'<span class="row-stars"><span class="visually-hidden">([^<]+)<', page)


def hidden(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the first form that sends to an address."""
    form = re.search(rf'action="{action}".*?</form>', page, re.DOTALL)
    assert form is not None, action
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group())
    return {name: unescape(value) for name, value in fields}


def test_how_was_it_asks_who_says_so(
    client: TestClient, household: Household, pick: int, ada: int
) -> None:
    """Five native radios, two more, and a member; an empty member is everybody."""
    page = client.get("/").text
    assert len(re.findall(r'type="radio" name="rating"', page)) == 5
    assert len(re.findall(r'type="radio" name="would_watch_again"', page)) == 2
    assert re.search(rf'<option value="{ada}" translate="no">Ada</option>', page)
    assert "Thank you" in rate(client, pick, 4, member=ada)
    rate(client, pick, 2, "no", member="")
    assert verdicts(household) == [(2, None), (4, "Ada")]


def test_without_members_nobody_is_asked_who_says_so(client: TestClient, pick: int) -> None:
    """All of the household says it."""
    assert pick
    assert 'name="member"' not in client.get("/").text


def test_what_was_seen_before_is_asked_about(
    client: TestClient, household: Household, pick: int
) -> None:
    """In words of its own; the answer makes it no choice of an evening."""
    follow(client, "/feedback/dismissal", recommendation_id=pick)
    seen = ask(household, seed=7).picks[1].recommendation_id
    follow(client, "/signals", recommendation_id=seen, kind="seen")
    assert "You have seen it before" in client.get("/").text
    rate(client, seen)
    assert "How was it?" not in client.get("/").text


def test_a_form_leads_back_to_where_it_was(client: TestClient, pick: int) -> None:
    """To Tonight or to History, and never to another origin."""
    said = {"recommendation_id": str(pick), "rating": "3", "would_watch_again": "no"}
    for given, led in (
        ("/", "/?notice=saved"),
        ("/history?show=rated&q=a+b#pick-1", "/history?show=rated&q=a+b&notice=saved#pick-1"),
        ("https://evil.example/", "/?notice=saved"),
        ("//evil.example", "/?notice=saved"),
    ):
        answer = client.post("/feedback", data={**said, "next": given})
        assert (answer.status_code, answer.headers["location"]) == (303, led)


def test_a_verdict_is_shown_and_edited(
    client: TestClient, household: Household, pick: int, ada: int
) -> None:
    """Stars have words, the form begins with what was said, and what is said last counts."""
    rate(client, pick, 4, "no", member=ada)
    page = client.get(f"/history?edit={pick}").text
    assert stars(page) == ["4 of 5"]
    assert "not again" in page
    assert '<details class="edit" open>' in page
    assert re.search(r'name="rating" value="4" checked', page)
    assert re.search(r'name="would_watch_again" value="no" checked', page)
    assert re.search(rf'<option value="{ada}" translate="no" selected>', page)
    after = rate(client, pick, 5, member=ada, next=hidden(page, "/feedback")["next"])
    assert stars(after) == ["5 of 5"]
    assert verdicts(household) == [(5, "Ada"), (4, "Ada")]


def test_who_left_can_still_be_corrected(
    client: TestClient, household: Household, pick: int, ada: int
) -> None:
    """Their verdict stays theirs when it is edited."""
    rate(client, pick, 4, member=ada)
    with household.database.writing() as session:
        people.leave(session, ada, household.clock)
    page = client.get("/history").text
    assert re.search(rf'<option value="{ada}" translate="no" selected>Ada</option>', page)
    assert 'name="member"' not in client.get("/").text
    rate(client, pick, 1, "no", member=ada)
    assert verdicts(household)[0] == (1, "Ada")


def test_a_verdict_is_taken_back(
    client: TestClient, household: Household, pick: int, ada: int
) -> None:
    """That member's alone, with all corrections; training lacks it, and it is asked again."""
    rate(client, pick, 2, member=ada)
    rate(client, pick, 5, member=ada)
    form = hidden(client.get("/history").text, "/feedback/retraction")
    rate(client, pick, 4)
    assert "Taken back" in follow(client, "/feedback/retraction", **form)
    assert verdicts(household) == [(4, None)]
    form = hidden(client.get("/history").text, "/feedback/retraction")
    page = follow(client, "/feedback/retraction", **form)
    with household.database.reading() as session:
        assert len(read_feedback(session).feedback_id) == 0
    assert "I did not watch it" in page
    assert "How was it?" in client.get("/").text
    again = client.post("/feedback/retraction", data=form, headers=HTML)
    assert again.status_code == 404
    assert "taken back already" in again.text


def test_that_it_was_watched_is_taken_back(client: TestClient, pick: int) -> None:
    """Nothing is left to list or to ask; where somebody rated it, that stands in the way."""
    rate(client, pick)
    refused = client.post("/history/unwatched", data={"recommendation_id": pick}, headers=HTML)
    assert refused.status_code == 409
    assert "take the verdict back first" in refused.text
    page = client.get("/history").text
    follow(client, "/feedback/retraction", **hidden(page, "/feedback/retraction"))
    page = client.get("/history").text
    page = follow(client, "/history/unwatched", **hidden(page, "/history/unwatched"))
    assert "Nothing yet" in page
    assert "How was it?" not in client.get("/").text


def test_a_dismissal_is_taken_back(client: TestClient, pick: int) -> None:
    """Ask me again brings the question back."""
    follow(client, "/feedback/dismissal", recommendation_id=pick, next="/history")
    assert "How was it?" not in client.get("/").text
    page = client.get("/history").text
    assert "Encore does not ask about it" in page
    page = follow(client, "/history/question", **hidden(page, "/history/question"))
    assert "Encore will ask how it was." in page
    assert "How was it?" in client.get("/").text


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("not_tonight", "Not tonight"),
        ("never", "Never again suggested"),
        ("seen", "Already seen"),
    ],
)
def test_a_signal_is_shown_and_undone(
    client: TestClient, household: Household, kind: str, words: str
) -> None:
    """In words, among what was set aside."""
    pick = ask(household).picks[1]
    follow(client, "/signals", recommendation_id=pick.recommendation_id, kind=kind)
    page = client.get("/history?show=aside").text
    assert f'<span class="badge">{words}</span>' in page
    assert titles(page) == [pick.title]
    undone = follow(client, "/history/signal", **hidden(page, "/history/signal"))
    assert titles(undone) == []
    assert "Nothing of the kind" in undone
    assert titles(client.get("/history").text) == []


def lived(household: Household, clock: Ticking, evenings: int) -> list[tuple[int, str]]:
    """Rate a pick on evenings far apart; return ids and titles, the newest first."""
    found = []
    for evening in range(evenings):
        clock.advance(days=61)
        pick = ask(household, FUNNY_SHORT, seed=evening).picks[0]
        verdict = Verdict(pick.recommendation_id, 4, would_watch_again=True)
        with household.database.writing() as session:
            feedback.rate(session, verdict, clock)
        found.append((pick.recommendation_id, pick.title))
    return found[::-1]


def test_pages_are_stable_under_new_rows(
    client: TestClient, household: Household, clock: Ticking
) -> None:
    """What is said meanwhile moves nothing on an older page; each entry is on one page."""
    told = lived(household, clock, history.MOST_A_PAGE + 4)
    first = client.get("/history").text
    older = re.search(r'href="(/history\?[^"]*before=\d+)">Older<', first)
    assert older is not None
    assert 'aria-label="Pages of the history"' in first
    address = unescape(older.group(1))
    lived(household, clock, 3)
    second = client.get(address).text
    assert titles(first) + titles(second) == [title for _, title in told]
    assert ">Older<" not in second
    assert ">Newest<" in second
    assert "Picks were asked for 37 times." in second
    edited = rate(client, told[-1][0], 1, next=hidden(second, "/feedback")["next"])
    assert titles(edited) == titles(second)
    assert titles(client.get(f"/history?edit={told[-1][0]}").text) == [told[-1][1]]


def test_days_are_headings(client: TestClient, household: Household, clock: Ticking) -> None:
    """Two evenings of a day stand under one, the next day's under another."""
    for hours in (0, 1, 30):
        clock.now += timedelta(hours=hours)
        pick = ask(household, seed=hours).picks[0]
        with household.database.writing() as session:
            feedback.choose(session, pick.recommendation_id, clock)
    page = client.get("/history").text
    assert len(re.findall(r'<h2 id="day-\d+">', page)) == 2
    assert len(titles(page)) == 3


def test_the_history_is_filtered_and_searched(
    client: TestClient, household: Household, pick: int
) -> None:
    """Links keep the words, the form keeps the filter."""
    slate = ask(household, seed=7)
    rated, aside = slate.picks[0], slate.picks[1]
    rate(client, rated.recommendation_id)
    follow(client, "/signals", recommendation_id=aside.recommendation_id, kind="not_tonight")
    with household.database.reading() as session:
        watched = history.entry(session, pick).title
    for show, wanted in (
        ("all", {rated.title, aside.title, watched}),
        ("watched", {rated.title, watched}),
        ("rated", {rated.title}),
        ("aside", {aside.title}),
    ):
        page = client.get(f"/history?show={show}").text
        assert set(titles(page)) == wanted, show
        assert re.findall(r'show=(\w+)" aria-current="true"', page) == [show]
        assert f'type="hidden" name="show" value="{show}"' in page
    found = client.get("/history", params={"q": aside.title.upper()}).text
    assert aside.title in titles(found)
    assert "Nothing of the kind" in client.get("/history?q=%25&show=rated").text
    long = client.get("/history", params={"q": "屋" * 100, "edit": pick}).text
    assert "屋" * 100 in long


def test_what_was_searched_for_never_keeps_a_form_from_being_sent(
    client: TestClient, household: Household, pick: int
) -> None:
    """Where the way back would get too long, it leaves the words out."""
    words = "屋" * 100
    with household.database.writing() as session:
        shown = session.get_one(Recommendation, pick)
        session.get_one(Media, shown.media_id).title = words
    page = client.get("/history", params={"q": words, "show": "watched"}).text
    way = hidden(page, "/feedback")["next"]
    assert way == f"/history?show=watched#pick-{pick}"
    assert "Thank you" in rate(client, pick, next=way)


def test_the_export_is_read_by_programs(
    client: TestClient, household: Household, pick: int, ada: int
) -> None:
    """A file named after the day, in UTF-8 without a mark, that csv reads."""
    rate(client, pick, 4, "no", member=ada)
    answer = client.get("/history.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    named = 'attachment; filename="encore-history-2026-11-20.csv"'
    assert answer.headers["content-disposition"] == named
    assert answer.content.startswith(b"shown_at,watched_at,title")
    (line,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (line["rating"], line["would_watch_again"], line["member"]) == ("4", "no", "Ada")
    assert line["rated_at"] == household.clock().isoformat()


def test_an_empty_history_says_what_to_do(client: TestClient, household: Household) -> None:
    """What was only shown is not listed, but that picks were asked for is told."""
    ask(household)
    page = client.get("/history").text
    assert "Nothing yet" in page
    assert "Choose something tonight" in page
    assert "Picks were asked for once." in page


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_what_was_never_shown_is_not_found(
    client: TestClient, path: str, fields: dict[str, str]
) -> None:
    """As a page to a browser; an id that cannot be is refused."""
    for number, status in ((10**9, 404), (0, 422), ("x", 422), (2**60, 422)):
        data = {**fields, "recommendation_id": str(number)}
        answer = client.post(path, data=data, headers=HTML)
        assert answer.status_code == status, number
        assert "<!doctype html>" in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [("before=0", 422), ("show=all-of-it", 422), ("edit=x", 422), ("edit=1000000000", 404)],
)
def test_a_page_that_cannot_be_is_refused(client: TestClient, query: str, status: int) -> None:
    """As a page to a browser."""
    answer = client.get(f"/history?{query}", headers=HTML)
    assert answer.status_code == status
    assert "<!doctype html>" in answer.text


def test_nobody_rates_as_somebody_unknown(
    client: TestClient, household: Household, pick: int
) -> None:
    """A member that there is not answers 404, and nothing is written."""
    said = {"recommendation_id": str(pick), "rating": "5", "would_watch_again": "yes"}
    answer = client.post("/feedback", data={**said, "member": "99"}, headers=HTML)
    assert answer.status_code == 404
    assert verdicts(household) == []


def test_a_program_takes_a_verdict_back(
    client: TestClient, household: Household, pick: int
) -> None:
    """DELETE answers 204 once; its event does not come back."""
    said = {"recommendation_id": pick, "rating": 5, "would_watch_again": True, "event_id": "e-1"}
    told = client.post("/api/v1/feedback", json=said).json()
    address = f"/api/v1/feedback/{told['id']}"
    gone = client.delete(address)
    assert (gone.status_code, gone.content) == (204, b"")
    again = client.delete(address)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")
    assert client.delete("/api/v1/feedback/0").status_code == 422
    replay = client.post("/api/v1/feedback", json=said)
    assert (replay.status_code, replay.json()["error"]["code"]) == (409, "event_reused")
    assert "was taken back" in replay.json()["error"]["message"]
    assert verdicts(household) == []
    with household.database.reading() as session:
        assert [one.recommendation_id for one in browse.unanswered(session)] == [pick]
        assert signals.said(session, [pick]) == {}
