"""The installed app: what a browser keeps of Encore, and what it shows when Encore is gone."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import served
from tests.browser.screens import PHONES, visiting

pytestmark = pytest.mark.browser

KEPT = """async () => {
  const names = await caches.keys();
  const found = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return found.flat().map((request) => new URL(request.url).pathname);
}"""
CONTROLLED = """() => new Promise((done) => {
  if (navigator.serviceWorker.controller) done();
  navigator.serviceWorker.addEventListener("controllerchange", () => done());
})"""
SPOKEN = """async () => (await caches.match("/offline")).headers.get("content-language")"""


def wait_until_kept(page: Page) -> None:
    """Wait until the worker has kept what it keeps, and answers for this page."""
    page.evaluate(CONTROLLED)


def test_when_encore_is_gone_a_page_says_so(browser: Browser, tmp_path: Path) -> None:
    """The page has its style and no violation, and leads back once Encore is there again."""
    with ExitStack() as running:
        address = running.enter_context(served(tmp_path))
        with visiting(browser, address, PHONES[0]) as visit:
            visit.go("/welcome")
            wait_until_kept(visit.page)
            running.close()
            visit.go("/library?q=anything")
            assert visit.page.locator("h1").inner_text() == "Encore cannot be reached"
            visit.said.clear()  # the browser notes that nothing answered
            visit.insist()
            again = served(tmp_path, ENCORE_PORT=address.rpartition(":")[2])
            running.enter_context(again)
            visit.page.get_by_role("link", name="Try again").click()
            visit.page.wait_for_url("**/library?q=anything")
            assert visit.page.locator("h1").inner_text() != "Encore cannot be reached"


def test_only_style_scripts_and_one_page_are_kept(browser: Browser, tmp_path: Path) -> None:
    """Whatever was looked at, no page of a household stays behind in the browser."""
    with served(tmp_path) as address, visiting(browser, address, PHONES[0]) as visit:
        visit.go("/welcome")
        wait_until_kept(visit.page)
        for path in ("/library", "/model", "/welcome", "/api/v1/titles"):
            visit.go(path)
        visit.go("/welcome")
        kept = visit.page.evaluate(KEPT)
        pages = [path for path in kept if not path.startswith("/static/")]
        assert pages == ["/offline"]
        assert "/static/encore.css" in kept


def test_the_kept_page_follows_the_language(browser: Browser, tmp_path: Path) -> None:
    """Who chooses another language will read that Encore is gone in it, too."""
    with served(tmp_path) as address, visiting(browser, address, PHONES[0]) as visit:
        visit.go("/welcome")
        wait_until_kept(visit.page)
        assert visit.page.evaluate(SPOKEN) == "en"
        visit.page.get_by_role("button", name="Deutsch").click()
        until = time.monotonic() + 10
        while visit.page.evaluate(SPOKEN) != "de":
            assert time.monotonic() < until
            time.sleep(0.05)
