"""What Tonight shows of titles that stand at a media server, or were seen elsewhere."""

import html
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.backend.api.choices_view import Choices
from app.backend.workflows import connections, people
from app.backend.workflows.connections import ConnectedSource
from app.backend.workflows.household import Household
from tests.api.forms import follow, press
from tests.api.tonight import ask, card, chosen, shown, titles
from tests.media_servers.fake_jellyfin import ANNA, World, film, moment
from tests.workflows.syncs import connected, give_accounts, sync

SEEN = "Also what somebody here has seen before"


@pytest.fixture
def world() -> World:
    """Ten films that fit a medium evening, the last without a poster."""
    items = [film(number) for number in range(1, 11)]
    items[9]["ImageTags"] = {}
    return World(items=items)


@pytest.fixture
def source(household: Household, world: World) -> Iterator[ConnectedSource]:
    """A Jellyfin whose titles are here."""
    with connected(household, world) as found:
        sync(household, found)
        yield found


def test_picks_have_their_posters_and_lead_to_their_server(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """From Encore's own address, beside the title, over the drawn one; nothing tells the key."""
    page = ask(empty_client)
    for pick in shown(empty_client, household, page).picks:
        told = html.unescape(card(page, pick.recommendation_id))
        item = world.items[pick.media_id - 1]["Id"]
        assert f'href="{source.address}/web/#/details?id={item}&serverId=' in told
        assert 'target="_blank" rel="noreferrer">Open in Jellyfin' in told
        assert 'class="poster ' in told
        picture = re.search(r'<img class="poster-picture" src="(/posters/\d+\?v=\w+)" alt=""', told)
        assert (picture is not None) == (pick.title != "Film 10")
        assert picture is None or picture[1].startswith(f"/posters/{pick.media_id}?")


def test_a_poster_that_changes_has_another_address(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """Browsers may keep what they have for as long as they like."""
    page = ask(empty_client)
    before = set(re.findall(r"/posters/\d+\?v=\w+", page))
    for item in world.items:
        item["ImageTags"] = {"Primary": f"new-{item['Id']}"}
    sync(household, source, is_whole=True)
    slate = shown(empty_client, household, page)
    after = set(re.findall(r"/posters/\d+\?v=\w+", empty_client.get(f"/?slate={slate.id}").text))
    assert before
    assert not before & after


def test_what_was_chosen_is_opened_first(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """The way to the server is the button of the chosen card; it keeps to the household's word."""
    connections.change(household, source.id, {"link": "https://tv.example/{id}"})
    page = ask(empty_client)
    lead = shown(empty_client, household, page).picks[0]
    page = follow(empty_client, press(empty_client, page, "Watch this: "))
    told = card(page, lead.recommendation_id)
    assert re.search(r'<a class="button button-primary pick-opens" href="https://tv.example/', told)
    assert "You chose this" in told


def test_titles_of_no_server_are_drawn(client: TestClient) -> None:
    """There is no picture to ask for, and nowhere to open them."""
    page = ask(client)
    assert titles(page)
    assert "poster-picture" not in page
    assert "pick-opens" not in page
    assert SEEN not in page


def test_what_was_seen_elsewhere_is_offered_again(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """A box that is remembered; where nothing else fits, a button asks with it."""
    with household.database.writing() as session:
        people.add(session, "Anna", None, household.clock)
    give_accounts(household, source, Anna=ANNA)
    for item in world.items:
        did = {"Played": True, "LastPlayedDate": moment(household.clock())}
        world.done[ANNA, item["Id"]] = did
    sync(household, source, is_whole=True)
    page = empty_client.get("/").text
    assert SEEN in page
    assert chosen(page, "with_seen") == []
    answer = press(empty_client, page, "Show picks")
    assert answer.status_code == 409
    assert "10 titles were seen before" in answer.text
    page = follow(empty_client, press(empty_client, answer.text, "Also the 10 titles"))
    assert titles(page)
    for again in (page, empty_client.get("/").text):
        assert chosen(again, "with_seen") == ["yes"]
    assert titles(follow(empty_client, press(empty_client, page, "Show others")))


@pytest.mark.parametrize("with_seen", [True, False])
@pytest.mark.parametrize("names", [(), ("Ann", "Ben")])
def test_the_choice_is_remembered(with_seen: bool, names: tuple[str, ...]) -> None:
    """With people and without; what was written before there was this choice is read as before."""
    here = [people.Person(number, name, None) for number, name in enumerate(names, start=3)]
    choices = Choices("funny", "solo", "short", tuple(one.id for one in here), with_seen)
    assert Choices.remembered(choices.to_remember(here), here) == choices
    assert Choices.remembered("funny.solo.short", []) == Choices("funny", "solo", "short")
