"""The picks of Tonight and what is said of them, as a browser without JavaScript does it."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.backend.domain.progress import silent
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.ranked import POLICY, SURPRISE
from tests.api.forms import buttons, follow, press
from tests.api.tonight import ask, card, chosen, shown, titles
from tests.workflows.evenings import ListSource, Ticking, record


def test_a_pick_says_what_it_is(client: TestClient, household: Household) -> None:
    """Title, year, kind, minutes, end, age, genres, reasons, confidence, and four things to do."""
    film = record("The Lot", year=1987, minutes=97, genres=("Comedy", "Crime"), age_rating="FSK 12")
    with household.database.writing() as session:
        import_library(session, ListSource([film]), household.clock, silent)
    page = ask(client, mood=["funny"])
    while "The Lot" not in titles(page):
        page = follow(client, press(client, page, "Show others"))
    slate = shown(client, household, page)
    pick = next(one for one in slate.picks if one.title == "The Lot")
    said = card(page, pick.recommendation_id)
    ends = (household.clock() + timedelta(minutes=97)).astimezone()
    for words in (
        "(1987)",
        "Film",
        "97 min",
        f"ends about {ends:%H:%M}",
        "FSK 12",
        "Comedy · Crime",
    ):
        assert words in said
    assert pick.reasons
    assert all(reason in said for reason in pick.reasons)
    assert re.search(r'"confidence">(A safe choice|A good chance|Worth a try)<', said)
    assert [button.words for _, button in buttons(said)] == [
        f"{what}: The Lot" for what in ("Watch this", "Not tonight", "Already seen", "Never")
    ]


def test_an_old_slate_has_no_ends(client: TestClient, household: Household) -> None:
    """When it would have ended is not told of an evening long over."""
    page = ask(client)
    slate = shown(client, household, page)
    assert "ends about" in page
    assert isinstance(household.clock, Ticking)
    household.clock.advance(days=1)
    assert "ends about" not in client.get(f"/?slate={slate.id}").text


def test_a_surprise_is_drawn_otherwise(client: TestClient, household: Household) -> None:
    """The second button asks for the same from more titles; so do the others shown after it."""
    page = ask(client)
    assert shown(client, household, page).policy == POLICY.name
    assert "A surprise" not in page
    surprise = ask(client, "Surprise me")
    others = follow(client, press(client, surprise, "Show others"))
    for again in (surprise, others):
        assert shown(client, household, again).policy == SURPRISE.name
        assert "A surprise" in again


def test_others_are_other_titles(
    client: TestClient, household: Household, family: dict[str, str]
) -> None:
    """Show others asks the same again, without what was shown before, until nothing is left."""
    page = ask(client, mood=["funny"], session_length=["short"], members=[family["Ann"]])
    first, seen = shown(client, household, page), set(titles(page))
    for _ in range(20):
        answer = press(client, page, "Show others")
        if not answer.is_redirect:
            break
        page = follow(client, answer)
        assert not seen & set(titles(page))
        slate = shown(client, household, page)
        assert (slate.mood, slate.group_size, slate.session_length, slate.members) == (
            first.mood, first.group_size, first.session_length, first.members
        )  # fmt: skip
        seen |= set(titles(page))
    assert answer.status_code == 409
    assert "were shown already" in answer.text
    assert chosen(answer.text, "members") == [family["Ann"]]
    longer = follow(client, press(client, answer.text, f"{_offered(answer.text)} title"))
    assert not seen & set(titles(longer))
    afresh = follow(client, press(client, answer.text, "Start over"))
    assert set(titles(afresh)) <= seen


def _offered(page: str) -> str:
    found = re.search(r">(\d+) titles? would fit", page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("words", "kind", "told", "notice"),
    [
        ("Not tonight", "not_tonight", ">Not tonight<", "It may come back tomorrow"),
        ("Never", "never", ">Never again suggested<", "It will not be suggested again"),
        ("Already seen", "seen", ">Already seen<", "Say how it was"),
    ],
)
def test_what_is_said_shows_on_the_card_and_can_be_undone(
    client: TestClient, household: Household, words: str, kind: str, told: str, notice: str
) -> None:
    """The visitor stays at the slate, at that card, and finds the way back there."""
    page = ask(client)
    slate = shown(client, household, page)
    lead = slate.picks[0].recommendation_id
    answer = press(client, page, words)
    assert answer.headers["location"] == f"/?slate={slate.id}&notice={kind}#pick-{lead}"
    after = follow(client, answer)
    assert notice in after
    assert told in card(after, lead)
    assert "Watch this" not in card(after, lead)
    assert after.count("Watch this") == len(slate.picks) - 1
    assert ("How was it?" in after) == (kind == "seen")
    assert slate.picks[0].title not in titles(ask(client))
    back = follow(client, press(client, after, "Undo"))
    assert "Taken back." in back
    assert card(back, lead) == card(page, lead)
    assert "How was it?" not in back


def test_what_is_chosen_stays_chosen_until_it_is_undone(
    client: TestClient, household: Household
) -> None:
    """Nobody is asked how it was before it was watched; the next visit asks."""
    page = ask(client)
    slate = shown(client, household, page)
    lead = slate.picks[0].recommendation_id
    answer = press(client, page, "Watch this")
    assert answer.headers["location"] == f"/?slate={slate.id}&notice=chosen#pick-{lead}"
    after = follow(client, answer)
    assert "You chose this" in card(after, lead)
    assert "Encore will ask how it was" in after
    assert "How was it?" not in after
    assert "How was it?" in client.get("/").text
    assert "How was it?" in ask(client)
    back = follow(client, press(client, after, "Undo"))
    assert card(back, lead) == card(page, lead)
    assert "How was it?" not in client.get("/").text


def test_a_verdict_leads_back_to_the_slate(client: TestClient) -> None:
    """Who says how it was while picks are shown keeps them."""
    ask_again = ask(client)
    press(client, ask_again, "Watch this")
    page = ask(client)
    after = follow(client, press(client, page, "Save", rating=["5"], would_watch_again=["yes"]))
    assert "Thank you" in after
    assert titles(after) == titles(page)


def test_without_a_slate_signals_lead_to_the_start(
    client: TestClient, household: Household
) -> None:
    """A form need not say where it was."""
    pick = shown(client, household, ask(client)).picks[0].recommendation_id
    for path, notice in (("/signals", "never"), ("/signals/undo", "taken-back")):
        answer = client.post(path, data={"recommendation_id": str(pick), "kind": "never"})
        assert answer.headers["location"] == f"/?notice={notice}"
    answer = client.post("/watched", data={"recommendation_id": str(pick)})
    assert answer.headers["location"] == "/?notice=chosen"
