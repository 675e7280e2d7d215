"""The keyboard alone completes the loop, and what has the focus can always be seen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.screens import DESKTOPS, PHONES, Screen, visiting

pytestmark = pytest.mark.browser

OUTLINE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "lost";
  const face = at.nextElementSibling;
  const own = getComputedStyle(at);
  const beside = face && getComputedStyle(face);
  const isSeen = (style) => style && style.outlineStyle !== "none" && style.outlineWidth !== "0px";
  return isSeen(own) || isSeen(beside) ? "seen" : "unseen";
}"""
MOST_STEPS = 60


def step_to(page: Page, name: str) -> None:
    """Press Tab until a control of that name has the focus; on the way it can always be seen."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        assert page.evaluate(OUTLINE) == "seen", page.evaluate("document.activeElement.outerHTML")
        if (
            page.locator(":focus")
            .evaluate("at => at.labels?.[0]?.innerText ?? at.innerText")
            .startswith(name)
        ):
            return
    raise AssertionError(f"{name} is not reached with the keyboard")


@pytest.mark.parametrize("screen", [DESKTOPS[0], PHONES[1]], ids=str)
def test_the_loop_by_keyboard(browser: Browser, address: str, screen: Screen) -> None:
    """Choose, ask, watch, rate: Tab, arrows, Space and Enter are enough."""
    with visiting(browser, address, screen) as visit:
        page = visit.page
        visit.go("/")
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_text("Skip to the content")
        page.keyboard.press("Enter")
        step_to(page, "Couple")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        step_to(page, "Show picks")
        page.keyboard.press("Enter")
        heading = page.get_by_role("heading", name="Picks for tonight")
        expect(heading).to_be_focused()
        step_to(page, "Watch this")
        page.keyboard.press("Enter")
        expect(page.get_by_text("You chose this")).to_be_visible()
        assert page.evaluate("document.activeElement !== document.body")
        visit.go("/")
        expect(page.get_by_role("heading", name="How was it?")).to_be_visible()
        page.get_by_role("radio", name="1 of 5").first.focus()
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        step_to(page, "Save")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("Thank you")
        assert page.evaluate("document.activeElement !== document.body")
