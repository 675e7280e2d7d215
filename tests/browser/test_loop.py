"""The whole loop in a real browser: choose, picks, watch, rate, train, other picks."""

import re
import time
import urllib.request

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


def opened(browser: Browser, *, phone: bool = False, dark: bool = False) -> BrowserContext:
    """Open a browser without JavaScript that notes every request to another origin."""
    return browser.new_context(
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]  # a TypedDict of two ints
        color_scheme="dark" if dark else "light",
        java_script_enabled=False,
        reduced_motion="reduce",
    )


def ask(page: Page, address: str, mood: str) -> list[str]:
    """Choose a mood, press the button, and return the titles that are shown."""
    page.goto(address)
    page.get_by_label(mood, exact=True).check(force=True)
    page.get_by_role("button", name="Show picks").click()
    page.wait_for_selector("#picks")
    return titles(page)


def titles(page: Page) -> list[str]:
    """Return the titles of the picks, the lead first."""
    return [text.split(" (")[0].strip() for text in page.locator(".pick h3").all_inner_texts()]


def train(page: Page, address: str) -> str:
    """Press Train now and return the verdict, once there is one."""
    page.goto(f"{address}/model")
    page.get_by_role("button", name="Train now").click()
    for _ in range(120):
        page.goto(f"{address}/model")
        if page.get_by_role("button", name="Train now").is_visible():
            return page.locator(".run").inner_text()
        time.sleep(0.25)
    raise AssertionError("training did not end")


def test_it_answers_healthz(address: str) -> None:
    """The address that is printed answers at once, with a model of the demo."""
    with urllib.request.urlopen(f"{address}/healthz") as answer:  # noqa: S310  # loopback
        body = answer.read().decode()
    assert '"ok"' in body
    assert '"model_version":"2' in body


def test_the_whole_loop(browser: Browser, address: str) -> None:
    """Choose, watch, rate, train: the picks change with the mood and with what was learnt."""
    with opened(browser, dark=True) as context:
        page = context.new_page()
        funny, dramatic = ask(page, address, "Funny"), ask(page, address, "Dramatic")
        assert 3 <= len(funny) <= 5
        assert set(funny) != set(dramatic)
        before = ask(page, address, "Funny")
        expect(page.locator("#picks")).to_contain_text("min")
        page.goto(page.url.partition("#")[0])
        watched = []
        for _ in range(3):
            watched.append(ask(page, address, "Funny")[0])
            page.locator(".pick-lead").get_by_role("button", name="Watch this").click()
            page.goto(address)
            expect(page.get_by_role("heading", name="How was it?")).to_be_visible()
            page.get_by_label("1 of 5").check(force=True)
            page.get_by_label("No", exact=True).check(force=True)
            page.get_by_role("button", name="Save").click()
            expect(page.get_by_role("status")).to_contain_text("Thank you")
        verdict = train(page, address)
        assert re.search(r"Promoted\. On|Not promoted: what served", verdict), verdict
        after = ask(page, address, "Funny")
        assert not set(watched) & set(after)
        assert set(before) != set(after)


def test_the_keyboard_is_enough(browser: Browser, address: str) -> None:
    """Tab and arrow keys reach every choice and the button; Enter asks."""
    with opened(browser) as context:
        page = context.new_page()
        page.goto(address)
        page.locator('input[name="mood"]:checked').focus()
        page.keyboard.press("ArrowRight")
        for _ in range(2):
            page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Show picks"
        page.keyboard.press("Enter")
        page.wait_for_selector("#picks")
        assert page.locator(".pick").count() >= 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_every_page_fits_and_stays_home(
    browser: Browser, address: str, *, phone: bool, dark: bool
) -> None:
    """No page scrolls sideways, asks another origin for anything, or misses a heading."""
    with opened(browser, phone=phone, dark=dark) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        ask(page, address, "Relaxing")
        for path in (page.url, f"{address}/model", f"{address}/library", f"{address}/nothing"):
            page.goto(path)
            assert page.locator("h1").count() == 1
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= (PHONE if phone else DESKTOP)["width"], path
        assert all(url.startswith(address) for url in asked)


def test_what_a_mood_means_is_a_picture_and_a_table(browser: Browser, address: str) -> None:
    """Three maps have names; the numbers open without JavaScript; no rule of the page is broken."""
    with opened(browser, phone=True) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/model")
        assert page.get_by_role("img", name="What each").count() == 3
        numbers = page.get_by_role("table").filter(has_text="Documentary")
        expect(numbers).to_be_hidden()
        page.locator(".taste").get_by_text("The same in numbers").click()
        expect(numbers).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
        assert said == []


def test_dark_and_light_differ(browser: Browser, address: str) -> None:
    """The page follows the colour scheme that the browser asks for."""
    seen = []
    for dark in (False, True):
        with opened(browser, dark=dark) as context:
            page = context.new_page()
            page.goto(address)
            seen.append(page.screenshot())
    assert seen[0] != seen[1]
