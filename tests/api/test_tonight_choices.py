"""The choices of Tonight, as a browser without JavaScript makes them."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from app.backend.api.choices_view import AUTO, Choices, company_of, resolved
from app.backend.domain.progress import silent
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from tests.api.forms import follow, press
from tests.api.tonight import FAMILY, ask, chosen, shown, titles
from tests.workflows.evenings import ListSource, record


def for_all(household: Household) -> None:
    """Bring titles that nobody is too young for."""
    found = [record(f"For all {number}", age_rating="G") for number in range(4)]
    with household.database.writing() as session:
        import_library(session, ListSource(found), household.clock, silent)


def test_one_tap_is_enough(client: TestClient) -> None:
    """Everything is chosen when the page opens; the first button of the form shows picks."""
    page = client.get("/").text
    for name, options in (("mood", 5), ("group_size", 3), ("session_length", 3)):
        assert len(re.findall(rf'type="radio" name="{name}"', page)) == options
        assert len(chosen(page, name)) == 1
    assert 'name="members"' not in page
    assert 3 <= len(titles(follow(client, press(client, page, "Show picks")))) <= 5


def test_who_is_here_can_be_ticked(client: TestClient, family: dict[str, str]) -> None:
    """With people there are chips, nobody is ticked, and company follows."""
    page = client.get("/").text
    assert re.findall(r'type="checkbox" name="members" value="(\d+)">', page) == [*family.values()]
    assert chosen(page, "members") == []
    assert chosen(page, "group_size") == [AUTO]
    assert len(re.findall('type="radio" name="group_size"', page)) == 4
    assert "everybody, without age limits" in page


@pytest.mark.parametrize(
    ("ticked", "company"),
    [
        ((), "group"),
        (("Ann",), "solo"),
        (("Ann", "Cid"), "couple"),
        (("Ann", "Ben", "Cid"), "group"),
    ],
)
def test_company_follows_from_who_is_ticked(
    client: TestClient,
    household: Household,
    family: dict[str, str],
    ticked: tuple[str, ...],
    company: str,
) -> None:
    """The server counts; who is ticked is present, and is ticked again on the page of the picks."""
    for_all(household)
    page = ask(client, members=[family[name] for name in ticked])
    slate = shown(client, household, page)
    assert (slate.group_size, slate.members) == (company, ticked)
    for again in (page, client.get("/").text):
        assert chosen(again, "members") == [family[name] for name in ticked]
        assert chosen(again, "group_size") == [AUTO]


def test_company_can_be_overridden(
    client: TestClient, household: Household, family: dict[str, str]
) -> None:
    """Who says group is a group, though one of them is ticked; the page stays at it."""
    page = ask(client, members=[family["Ann"]], group_size=["group"])
    slate = shown(client, household, page)
    assert (slate.group_size, slate.members) == ("group", ("Ann",))
    assert chosen(page, "group_size") == ["group"]
    assert chosen(client.get("/").text, "group_size") == ["group"]


def test_without_people_company_that_follows_is_two(client: TestClient) -> None:
    """A form from before everybody left is answered; ids of nobody are nobody."""
    said = {"mood": "any", "group_size": "auto", "session_length": "medium", "members": ["7"]}
    page = follow(client, client.post("/tonight", data=said))
    assert chosen(page, "group_size") == ["couple"]


def test_any_mood_is_a_mood(client: TestClient, household: Household) -> None:
    """The usual mood is none in particular."""
    page = ask(client)
    assert shown(client, household, page).mood == "any"
    assert "Any mood" in page


def test_choices_are_remembered_on_the_device(
    client: TestClient, household: Household, family: dict[str, str]
) -> None:
    """Mood, time and who was ticked come back; who left since does not."""
    for_all(household)
    ask(client, mood=["relaxing"], session_length=["binge"], members=[family["Ann"], family["Ben"]])
    page = client.get("/").text
    assert chosen(page, "mood") == ["relaxing"]
    assert chosen(page, "session_length") == ["binge"]
    assert chosen(page, "members") == [family["Ann"], family["Ben"]]
    assert client.post("/settings/people/leave", data={"member_id": family["Ann"]}).is_redirect
    assert chosen(client.get("/").text, "members") == [family["Ben"]]


@pytest.mark.parametrize(
    "odd",
    [None, "", "any", "<script>.x.y", "any.auto.long.", "any.auto.short.1", "any.auto.short.x-",
     "angry.solo.short.", "any.trio.short.", f"any.solo.short.{'1-' * 21}", "any.solo.short.1-.2-"],
)  # fmt: skip
def test_odd_cookies_mean_the_usual_choices(odd: str | None) -> None:
    """Nothing that a cookie says can break the page."""
    assert Choices.remembered(odd, FAMILY) == Choices(group_size=AUTO)
    assert Choices.remembered(odd, ()) == Choices()


def test_cookies_are_read_as_they_were_written() -> None:
    """Company that was said before there were people follows as soon as there are some."""
    said = Choices("funny", "solo", "short", (3, 8))
    assert Choices.remembered(said.to_remember(FAMILY), FAMILY) == said
    assert Choices.remembered(said.to_remember(FAMILY), FAMILY[1:]).members == (8,)
    before = Choices("funny", "solo", "short").to_remember(())
    assert Choices.remembered(before, ()) == Choices("funny", "solo", "short")
    assert Choices.remembered(before, FAMILY) == Choices("funny", AUTO, "short")
    follows = Choices("funny", AUTO, "short").to_remember(FAMILY)
    assert Choices.remembered(follows, ()) == Choices("funny", "couple", "short")


def test_so_many_are_such_company() -> None:
    """One is solo, two are a couple, more are a group; what is said counts."""
    assert [company_of(count) for count in (1, 2, 3, 9)] == ["solo", "couple", "group", "group"]
    assert resolved("solo", (1, 2), FAMILY) == "solo"
    assert resolved(AUTO, (), FAMILY[:1]) == "solo"


def test_times_say_when_they_end(client: TestClient, household: Household) -> None:
    """Short and medium say minutes and a time of day; a binge has no end."""
    page = client.get("/").text
    assert re.findall(r'data-ends-in="(\d+)"', page) == ["100", "150"]
    ends = (household.clock() + timedelta(minutes=100)).astimezone()
    assert f"ends by {ends:%H:%M}" in page
    assert "as long as you like" in page
