"""What a household does beside evenings, in a real browser: first run, people, library, model."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import served
from tests.browser.screens import WAYS, Screen, Visit, visiting

pytestmark = pytest.mark.browser

SHELF = """title,kind,year,minutes,genres
The Long Matinee,movie,1998,95,Comedy
Night Shift,movie,2004,,Spukfilm
The Lighthouse Road,movie,2011,110,Drama
Paper Boats,movie,2016,88,Comedy;Family
Third Reel,movie,1987,101,Comedy
"""

RATED = """title,kind,year,minutes,genres,age_rating
The Long Matinee,movie,1998,95,Comedy,18
Night Shift,movie,2004,90,Horror,
The Lighthouse Road,movie,2011,160,Drama,FSK 6
Paper Boats,movie,2016,88,Comedy,not rated
Third Reel,movie,1987,101,Comedy,
"""
# Each of these starts a server of its own: a phone with scripts, and a desk without.
FEW = (WAYS[0], WAYS[3])


@pytest.fixture(params=FEW, ids=str)
def way(request: pytest.FixtureRequest) -> Screen:
    """A phone and a desk, light and dark, with scripts and without."""
    found: Screen = request.param
    return found


def trained(visit: Visit) -> str:
    """Press Train now, follow the training, and return its verdict."""
    page = visit.page
    visit.go("/model")
    page.get_by_role("button", name="Train now").click()
    # With scripts or without, the page comes back by itself when the training is over.
    expect(page.get_by_role("button", name="Train now")).to_be_enabled(timeout=60_000)
    return page.locator(".run").inner_text()


def test_a_first_run_with_the_demo_takes_three_taps(
    browser: Browser, tmp_path: Path, way: Screen
) -> None:
    """Demo, skip, show picks; then train, promote and roll back by hand."""
    with served(tmp_path) as address, visiting(browser, address, way) as visit:
        page = visit.page
        visit.go("/")
        page.get_by_role("button", name="Start the demo").click()
        page.get_by_role("link", name="Skip", exact=True).click()
        page.get_by_role("button", name="Show picks").click()
        expect(page.get_by_role("heading", name="Picks for tonight")).to_be_visible()
        assert page.locator(".pick").count() >= 3
        visit.go("/model")
        expect(page.get_by_role("button", name="Train now")).to_be_enabled(timeout=60_000)
        visit.go("/welcome/taste")
        for tile in page.locator(".tile input").all()[:3]:
            tile.check(force=True)
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("status")).to_contain_text("first picks")
        verdict = trained(visit)
        assert "Promoted" in verdict or "Not promoted" in verdict or "Kept back" in verdict, verdict
        page.locator(".confirm summary", has_text="Roll back").click()
        page.get_by_role("button", name="Yes, roll back").click()
        expect(page.get_by_role("status")).to_contain_text("What served before serves again.")
        page.locator(".confirm summary", has_text="Let it serve").first.click()
        page.get_by_role("button", name="Yes, let it serve").first.click()
        expect(page.get_by_role("status")).to_contain_text("It serves from now on.")


def test_a_library_of_ones_own(browser: Browser, tmp_path: Path, way: Screen) -> None:
    """Upload a table, assign a genre, set a length, hide a title, show it again, and choose."""
    table = tmp_path / "shelf.csv"
    table.write_text(SHELF, "utf-8")
    folder = tmp_path / "data"
    folder.mkdir()
    with served(folder) as address, visiting(browser, address, way) as visit:
        page = visit.page
        visit.go("/welcome")
        page.get_by_label("Path of the folder").fill("/no/such/folder")
        page.get_by_role("button", name="Read this folder").click()
        expect(page.get_by_role("alert")).to_contain_text("/no/such/folder")
        visit.go("/welcome")
        page.get_by_label("The file").set_input_files(table)
        page.get_by_role("button", name="Read this file").click()
        expect(page.get_by_text("5 added")).to_be_visible(timeout=30_000)
        visit.go("/library/genres")
        page.get_by_label("Stands for").first.select_option("horror")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("these genres now")
        visit.go("/library/lengths")
        page.get_by_role("spinbutton").first.fill("97")
        page.get_by_role("button", name="Save lengths").click()
        expect(page.get_by_role("status")).to_contain_text("leave these lengths alone")
        visit.go("/library?q=night")
        expect(page.locator("main")).to_contain_text("Horror")
        expect(page.locator("main")).to_contain_text("97 min")
        page.get_by_role("button", name="Hide").first.click()
        visit.go("/library/hidden")
        page.get_by_role("button", name="Show again").first.click()
        visit.go("/")
        page.get_by_role("button", name="Show picks").click()
        expect(page.get_by_role("heading", name="Picks for tonight")).to_be_visible()


def test_people_with_limits_and_what_then_fits(
    browser: Browser, tmp_path: Path, way: Screen
) -> None:
    """With a child ticked nothing unrated is shown; the page says what kept out how many."""
    table = tmp_path / "shelf.csv"
    table.write_text(RATED, "utf-8")
    folder = tmp_path / "data"
    folder.mkdir()
    with served(folder) as address, visiting(browser, address, way) as visit:
        page = visit.page
        visit.go("/welcome")
        page.get_by_label("The file").set_input_files(table)
        page.get_by_role("button", name="Read this file").click()
        expect(page.get_by_text("5 added")).to_be_visible(timeout=30_000)
        visit.go("/settings")
        page.get_by_label("Name").last.fill("Kim")
        page.get_by_label("Age limit").last.fill("12")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        visit.go("/")
        page.get_by_role("checkbox", name="Kim").check(force=True)
        page.get_by_role("radio", name="As ticked").check(force=True)
        page.get_by_role("radio", name="Short").check(force=True)
        page.get_by_role("button", name="Show picks").click()
        expect(page.get_by_role("heading", name="Nothing fits")).to_be_visible()
        expect(page.locator("#picks")).to_contain_text("1 title is above an age limit")
        page.get_by_role("button", name="would fit").last.click()
        expect(page.get_by_role("heading", name="Picks for tonight")).to_be_visible()
        assert page.locator(".pick h3 [translate=no]").all_inner_texts() == ["The Lighthouse Road"]
        visit.go("/settings")
        page.get_by_label("After so many new verdicts").fill("9")
        page.locator("section", has_text="When Encore trains").get_by_role(
            "button", name="Save"
        ).click()
        expect(page.get_by_role("status")).to_contain_text("next verdict")
        with page.expect_download() as download:
            page.get_by_role("button", name="Download a backup").click()
        kept = tmp_path / "backup.zip"
        download.value.save_as(kept)
        assert zipfile.ZipFile(kept).testzip() is None
