"""A media server and a history, from connecting to the evening, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import served
from tests.browser.connecting import (
    add_people,
    bring_history,
    connect,
    see_posters,
)
from tests.browser.screens import DESKTOPS, WAYS, Screen, visiting
from tests.browser.shelf import attic
from tests.browser.test_keyboard import step_to
from tests.media_servers.fake_jellyfin import serve

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", [WAYS[0], WAYS[3]], ids=str)
def test_from_a_server_to_its_player(browser: Browser, tmp_path: Path, way: Screen) -> None:
    """Connect, bring the titles, choose a pick by its poster, and open it there."""
    world = attic()
    with (
        serve(world) as jellyfin,
        served(tmp_path) as address,
        visiting(browser, address, way) as visit,
    ):
        page = visit.page
        add_people(visit, "Anna")
        connect(visit, jellyfin)
        visit.go("/")
        page.get_by_role("button", name="Show picks").click()
        expect(page.get_by_role("heading", name="Picks for tonight")).to_be_visible()
        see_posters(visit)
        page.locator(".pick-lead").get_by_role("button", name="Watch this").click()
        opening = page.locator(".pick-chosen").get_by_role("link", name="Open in Jellyfin")
        expect(opening).to_have_attribute("rel", "noreferrer")
        link = opening.get_attribute("href") or ""
        assert link.startswith(f"{jellyfin}/web/#/details?id=")
        world.items = world.items[:10]
        visit.go("/library/sources")
        page.get_by_role("button", name="Read everything").click()
        expect(page.get_by_text("10 of the 20 titles are gone")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Keep them").click()
        expect(page.get_by_role("status")).to_contain_text("Nothing was taken off the shelf")


def test_what_an_entry_means_is_said_with_the_keyboard(browser: Browser, tmp_path: Path) -> None:
    """Tab, arrows and Enter: choose among the likely titles, save, and take it back."""
    with (
        serve(attic()) as jellyfin,
        served(tmp_path) as address,
        visiting(browser, address, DESKTOPS[0]) as visit,
    ):
        page = visit.page
        add_people(visit, "Anna")
        connect(visit, jellyfin)
        bring_history(visit, "Anna")
        visit.go("/library/histories")
        step_to(page, "What Matinee means")
        page.keyboard.press("ArrowDown")
        step_to(page, "Save")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        expect(page.get_by_role("heading", name="Not found in the library")).to_be_focused()
        said = page.locator("section", has_text="What you said")
        expect(said).to_contain_text("The Long Matinee (1961)")
        step_to(page, "Take back")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Taken back.")
        assert page.evaluate("document.activeElement !== document.body")
        visit.insist()
