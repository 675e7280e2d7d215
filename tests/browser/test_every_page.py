"""Every page on every screen: named, in sight, at home, and without a violation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import served
from tests.browser.connecting import (
    add_people,
    bring_history,
    connect,
    see_posters,
)
from tests.browser.screens import DESKTOPS, PHONES, SCREENS, Screen, visiting
from tests.browser.shelf import attic
from tests.media_servers.fake_jellyfin import serve

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/history",
    "/history?edit=5",
    "/model",
    "/library",
    "/library/sources",
    "/library/histories",
    "/library/genres",
    "/library/lengths",
    "/library/hidden",
    "/library/quality",
    "/settings",
    "/access",
    "/setup",
    "/login",
    "/welcome",
    "/welcome/taste",
    "/offline",
    "/nothing-at-all",
)
# Of these there are pictures in the documentation.
PICTURES = {
    "/history": "history",
    "/model": "model",
    "/library": "library",
    "/settings": "settings",
    "/welcome/taste": "taste",
}
# Of a house with a media server and a history.
CONNECTED = {
    "/library/sources": "sources",
    "/library/sources/1": "source",
    "/library/histories": "histories",
    "/library/histories/entries/2": "entry",
}
# What the browser says of a page that is not there is right.
NOT_THERE = re.compile(r"status of 40[49]")


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """A demo with two people, a pick that was watched, and one that is not for tonight."""
    with served(tmp_path_factory.mktemp("lived-in"), "--demo") as address:
        with visiting(browser, address, DESKTOPS[0]) as visit:
            add_people(visit, "Anna", "Ben", limit="16")
            shown(visit.page, address)
            visit.page.get_by_role("button", name="Watch this").first.click()
            visit.page.get_by_text("You chose this").wait_for()
            visit.page.get_by_role("button", name="Not tonight").last.click()
            visit.page.get_by_role("button", name="Undo").last.wait_for()
        yield address


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """A house with a Jellyfin of twenty films, and what Anna rated elsewhere."""
    with serve(attic()) as jellyfin, served(tmp_path_factory.mktemp("connected")) as address:
        with visiting(browser, address, DESKTOPS[0]) as visit:
            add_people(visit, "Anna", "Ben")
            connect(visit, jellyfin, every_hours="24")
            bring_history(visit, "Anna")
        yield address


def shown(page: Page, address: str) -> None:
    """Ask with the usual choices, and wait for the picks."""
    page.goto(address)
    page.get_by_role("button", name="Show picks").click()
    page.get_by_role("heading", name="Picks for tonight").wait_for()


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_every_page_keeps_the_rules(browser: Browser, lived_in: str, screen: Screen) -> None:
    """One h1, nothing sideways, nothing from elsewhere, no complaint, no violation."""
    with visiting(browser, lived_in, screen) as visit:
        for path in PAGES:
            visit.go(path)
            visit.said[:] = [told for told in visit.said if not NOT_THERE.search(told)]
            visit.insist()
            if path in PICTURES:
                visit.keep(PICTURES[path])


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_picks_keep_the_rules(browser: Browser, lived_in: str, screen: Screen) -> None:
    """With a question open, picks shown, one chosen, and one set aside."""
    with visiting(browser, lived_in, screen) as visit:
        shown(visit.page, lived_in)
        visit.insist()
        assert 3 <= visit.page.locator(".pick").count() <= 5
        visit.page.get_by_role("button", name="Already seen").last.click()
        visit.page.get_by_role("button", name="Undo").last.wait_for()
        visit.insist()


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_a_connected_house_keeps_the_rules(
    browser: Browser, connected: str, screen: Screen
) -> None:
    """Its servers, and its histories."""
    with visiting(browser, connected, screen) as visit:
        for path, picture in CONNECTED.items():
            visit.go(path)
            visit.insist()
            visit.keep(picture)


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_picks_with_posters_keep_the_rules(
    browser: Browser, connected: str, screen: Screen
) -> None:
    """Pictures come from Encore itself, and move nothing when they come."""
    with visiting(browser, connected, screen) as visit:
        shown(visit.page, connected)
        see_posters(visit)
        visit.insist()
        top = "#picks-heading" if screen.name == "phone" else "h1"
        visit.page.locator(top).evaluate("place => place.scrollIntoView()")
        visit.keep("posters")


@pytest.mark.parametrize("screen", [PHONES[1], DESKTOPS[0]], ids=str)
def test_a_connected_house_keeps_the_rules_in_german(
    browser: Browser, connected: str, screen: Screen
) -> None:
    """Longer words break no page."""
    with visiting(browser, connected, screen, "de") as visit:
        for path in CONNECTED:
            visit.go(path)
            visit.insist()


@pytest.mark.parametrize("screen", [PHONES[0], DESKTOPS[1]], ids=str)
def test_an_evening_looks_like_this(browser: Browser, address: str, screen: Screen) -> None:
    """The page with picks and nothing else, as the documentation shows it."""
    with visiting(browser, address, screen) as visit:
        shown(visit.page, address)
        if screen.name == "phone":
            visit.page.get_by_role("heading", name="Picks for tonight").scroll_into_view_if_needed()
        else:
            visit.page.evaluate("scrollTo(0, 0)")
        visit.insist()
        visit.keep("tonight")


@pytest.mark.parametrize("screen", [PHONES[1], DESKTOPS[0]], ids=str)
def test_every_page_keeps_the_rules_in_german(
    browser: Browser, lived_in: str, screen: Screen
) -> None:
    """Longer words break no page."""
    with visiting(browser, lived_in, screen, "de") as visit:
        for path in PAGES:
            visit.go(path)
            visit.said[:] = [told for told in visit.said if not NOT_THERE.search(told)]
            visit.insist()
            assert visit.page.locator("html").get_attribute("lang") == "de", path


@pytest.mark.parametrize("screen", SCREENS, ids=str)
def test_the_first_page_keeps_the_rules(browser: Browser, tmp_path: Path, screen: Screen) -> None:
    """Where nothing is there yet."""
    with served(tmp_path) as address, visiting(browser, address, screen) as visit:
        visit.go("/")
        visit.page.wait_for_url("**/welcome")
        visit.insist()
        visit.keep("welcome")
        for path in ("/history", "/model", "/library", "/settings"):
            visit.go(path)
            visit.insist()
