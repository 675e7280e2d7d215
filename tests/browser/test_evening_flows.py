"""Evenings in a real browser, with scripts and without: every way to answer a pick, and back."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.screens import WAYS, Screen, Visit, visiting

pytestmark = pytest.mark.browser


@pytest.fixture(params=WAYS, ids=str)
def way(request: pytest.FixtureRequest) -> Screen:
    """A phone and a desk, light and dark, with scripts and without."""
    found: Screen = request.param
    return found


def asked(visit: Visit, mood: str = "Funny", button: str = "Show picks") -> list[str]:
    """Choose a mood, press a button, and return the titles that are shown, the lead first."""
    visit.go("/")
    visit.page.get_by_role("radio", name=mood, exact=True).check(force=True)
    visit.page.get_by_role("button", name=button, exact=True).click()
    return titles(visit.page)


def titles(page: Page) -> list[str]:
    """Wait for picks and return their titles, the lead first."""
    page.get_by_role("heading", name="Picks for tonight").wait_for()
    expect(page.locator(".pick").first).to_be_visible()
    return page.locator(".pick h3 [translate=no]").all_inner_texts()


def lead(page: Page) -> Locator:
    """Return the card of the lead pick."""
    return page.locator(".pick-lead")


def test_moods_and_surprises_bring_other_picks(browser: Browser, address: str, way: Screen) -> None:
    """Any mood is a mood; a surprise says that it is one."""
    with visiting(browser, address, way) as visit:
        funny, dramatic = asked(visit, "Funny"), asked(visit, "Dramatic")
        assert 3 <= len(funny) <= 5
        assert set(funny) != set(dramatic)
        assert len(asked(visit, "Any")) >= 3
        assert len(asked(visit, "Funny", "Surprise me")) >= 3
        # What was chosen last is chosen when one comes back.
        visit.go("/")
        expect(visit.page.get_by_role("radio", name="Funny", exact=True)).to_be_checked()


def test_a_pick_is_put_off_and_taken_back(browser: Browser, address: str, way: Screen) -> None:
    """It stays on its card with an Undo, and is not shown again this evening."""
    with visiting(browser, address, way) as visit:
        name = asked(visit, "Action")[0]
        lead(visit.page).get_by_role("button", name="Not tonight").click()
        expect(visit.page.get_by_role("status")).to_contain_text("Not tonight, then.")
        expect(lead(visit.page).get_by_role("button", name="Undo")).to_be_visible()
        assert name not in asked(visit, "Action")
        visit.page.go_back()
        visit.go("/history?show=aside")
        entry = visit.page.locator(".entry", has_text=name).first
        entry.get_by_role("button", name="Undo").click()
        expect(visit.page.get_by_role("status")).to_contain_text("Taken back.")


def test_never_hides_until_the_library_shows_it_again(
    browser: Browser, address: str, way: Screen
) -> None:
    """Under Hidden, with a button that brings it back."""
    with visiting(browser, address, way) as visit:
        name = asked(visit, "Dramatic")[0]
        lead(visit.page).get_by_role("button", name="Never").click()
        expect(visit.page.get_by_role("status")).to_contain_text("not be suggested again")
        visit.go("/library/hidden")
        row = visit.page.get_by_role("listitem").filter(has_text=name)
        row.get_by_role("button", name="Show again").click()
        expect(visit.page.get_by_role("status")).to_contain_text("may be picked again")
        expect(visit.page.get_by_role("listitem").filter(has_text=name)).to_have_count(0)


def test_show_others_shows_others(browser: Browser, address: str, way: Screen) -> None:
    """None of what was shown comes again, however often one asks."""
    with visiting(browser, address, way) as visit:
        seen = asked(visit, "Relaxing")
        for _ in range(2):
            before = visit.page.url.partition("#")[0]
            visit.page.get_by_role("button", name="Show others").click()
            expect(visit.page).not_to_have_url(re.compile(re.escape(before) + "(#.*)?$"))
            others = titles(visit.page)
            assert not set(seen) & set(others)
            seen += others


def test_what_was_watched_is_rated_changed_and_taken_back(
    browser: Browser, address: str, way: Screen, tmp_path: Path
) -> None:
    """The question stays until it is answered; the history corrects, takes back and exports."""
    with visiting(browser, address, way) as visit:
        page = visit.page
        name = asked(visit, "Action")[0]
        lead(page).get_by_role("button", name="Watch this").click()
        expect(lead(page).get_by_text("You chose this")).to_be_visible()
        visit.go("/")
        question = page.locator(".how-was-it", has_text=name).first
        question.get_by_role("radio", name="4 of 5").check(force=True)
        question.get_by_role("radio", name="Yes").check(force=True)
        question.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Thank you")
        visit.go("/history")
        entry = page.locator(".entry", has_text=name).first
        expect(entry).to_contain_text("would watch again")
        entry.locator("summary").click()
        entry.get_by_role("radio", name="2 of 5").check(force=True)
        entry.get_by_role("radio", name="No").check(force=True)
        entry.get_by_role("button", name="Save").click()
        entry = page.locator(".entry", has_text=name).first
        expect(entry).to_contain_text("2 of 5")
        with page.expect_download() as download:
            page.get_by_role("link", name="Export as CSV").click()
        kept = tmp_path / "history.csv"
        download.value.save_as(kept)
        rows = list(csv.DictReader(io.StringIO(kept.read_text("utf-8"))))
        assert {"rating": "2", "would_watch_again": "no"}.items() <= next(
            row for row in reversed(rows) if row["title"] == name and row["rating"]
        ).items()
        entry.get_by_role("button", name="Take back").first.click()
        expect(page.get_by_role("status")).to_contain_text("Taken back.")
        entry = page.locator(".entry", has_text=name).first
        entry.get_by_role("button", name="I did not watch it").click()
        expect(page.get_by_role("status")).to_contain_text("Taken back.")
        assert re.search(r"/history", page.url)


def test_what_was_seen_before_is_asked_about(browser: Browser, address: str, way: Screen) -> None:
    """Until somebody says how it was, or that nobody wants to be asked."""
    with visiting(browser, address, way) as visit:
        name = asked(visit, "Relaxing")[0]
        lead(visit.page).get_by_role("button", name="Already seen").click()
        expect(lead(visit.page).get_by_role("button", name="Undo")).to_be_visible()
        visit.go("/")
        question = visit.page.locator(".how-was-it", has_text=name).first
        expect(question).to_contain_text("You have seen it before")
        question.get_by_role("button", name="Do not ask").click()
        expect(visit.page.get_by_role("status")).to_contain_text("not ask about it again")


def test_the_language_changes_and_stays(browser: Browser, address: str, way: Screen) -> None:
    """On the page where one is, and on the next ones."""
    with visiting(browser, address, way) as visit:
        visit.go("/library?q=the")
        visit.page.get_by_role("button", name="Deutsch").click()
        expect(visit.page.locator("html")).to_have_attribute("lang", "de")
        assert visit.page.url.endswith("/library?q=the")
        visit.go("/")
        expect(visit.page.get_by_role("heading", level=1)).to_have_text(
            "Was schauen wir heute Abend?"
        )
        visit.page.get_by_role("button", name="English").click()
        expect(visit.page.get_by_role("heading", level=1)).to_contain_text("watch tonight")
