"""How a household comes to its media server, its people and a history, in a browser."""

from playwright.sync_api import expect

from tests.browser.screens import Visit
from tests.browser.shelf import FILMS, RATED
from tests.media_servers.fake_jellyfin import KEY


def add_people(visit: Visit, *names: str, limit: str = "") -> None:
    """Add people, the last with an age limit if one is said."""
    for name in names:
        visit.go("/settings")
        visit.page.get_by_label("Name").last.fill(name)
        visit.page.get_by_label("Age limit").last.fill(limit if name == names[-1] else "")
        visit.page.get_by_role("button", name="Add", exact=True).click()
        visit.page.get_by_role("status").wait_for()


def connect(visit: Visit, jellyfin: str, every_hours: str = "0") -> None:
    """Connect a Jellyfin, say whose account is whose, and bring its titles.

    Where it is read every so many hours, Encore may begin to read it by itself.
    """
    page = visit.page
    visit.go("/library/sources")
    page.get_by_role("radio", name="Jellyfin").check(force=True)
    page.get_by_label("Address").fill(jellyfin)
    page.get_by_label("Key").fill(KEY)
    page.get_by_label("Read again every so many hours").fill(every_hours)
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Connected.")
    page.get_by_label("Anna", exact=True).select_option("Anna")
    page.get_by_role("button", name="Save accounts").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.get_by_role("button", name="Bring its titles").click()
    # With scripts or without, the page comes back by itself when all is read.
    expect(page.get_by_text(f"{len(FILMS)} titles")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Up to date")).to_be_visible()


def bring_history(visit: Visit, name: str) -> None:
    """Bring what somebody rated at Letterboxd: two titles are clear, two are not."""
    page = visit.page
    visit.go("/library/histories")
    sent = {"name": "ratings.csv", "mimeType": "text/csv", "buffer": RATED.encode()}
    page.get_by_label("File").set_input_files(sent)  # type: ignore[arg-type]  # a TypedDict
    page.get_by_label("Whose it is").select_option(name)
    page.get_by_role("button", name="Bring this history").click()
    expect(page.get_by_text("2 entries wait for your word")).to_be_visible(timeout=30_000)


def see_posters(visit: Visit) -> None:
    """Wait until every pick's poster that is in sight is there."""
    for picture in visit.page.locator(".poster-picture").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("picture => picture.naturalWidth") > 0
