"""The screens that browsers come with, and the rules that every page keeps on each of them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

# `make docs` sets this to keep the pictures for the documentation; tests alone leave no trace.
KEEP = os.environ.get("KEEP_SCREENSHOTS_IN")
RULES = Axe()


@dataclass(frozen=True, slots=True)
class Screen:
    """One way to look at a page."""

    name: str
    width: int
    height: int
    is_dark: bool = False
    has_scripts: bool = True

    def __str__(self) -> str:
        """Name the screen in a test's id."""
        theme = "dark" if self.is_dark else "light"
        return f"{self.name}-{theme}" + ("" if self.has_scripts else "-no-scripts")


PHONES = (Screen("phone", 390, 844), Screen("phone", 390, 844, is_dark=True))
DESKTOPS = (Screen("desktop", 1280, 900), Screen("desktop", 1280, 900, is_dark=True))
SCREENS = (*PHONES, *DESKTOPS)
# Flows are tried with and without scripts, on the screen of the hand and that of the desk.
WAYS = (
    PHONES[0],
    DESKTOPS[1],
    Screen("phone", 390, 844, is_dark=True, has_scripts=False),
    Screen("desktop", 1280, 900, has_scripts=False),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A page that is open, and what it asked for and complained of."""

    page: Page
    screen: Screen
    address: str
    asked: list[str]
    said: list[str]

    def go(self, path: str) -> None:
        """Open one of Encore's pages."""
        self.page.goto(f"{self.address}{path}")

    def keep(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture for the documentation, where pictures are wanted; one is dark."""
        if KEEP is not None and (not self.screen.is_dark or name == "tonight"):
            theme = "-dark" if self.screen.is_dark else ""
            path = Path(KEEP) / f"{name}-{self.screen.name}{theme}.png"
            self.page.screenshot(path=str(path), full_page=whole)

    def insist(self) -> None:
        """Hold the page to what every page keeps.

        One h1; nothing sideways; no request to another origin; no complaint of the browser; no
        violation that axe-core finds.
        """
        at = self.page.url
        assert self.page.locator("h1").count() == 1, at
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.screen.width, at
        assert [url for url in self.asked if not _is_home(url, self.address)] == []
        assert self.said == [], at
        found = RULES.run(self.page).response["violations"]
        told = [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]
        assert told == [], f"{at}: {told}"


@contextmanager
def visiting(
    browser: Browser, address: str, screen: Screen, language: str = "en"
) -> Iterator[Visit]:
    """Open a browser window that notes what is asked and what goes wrong."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.is_dark else "light",
        java_script_enabled=screen.has_scripts,
        reduced_motion="reduce",
        locale=language,
        has_touch=screen.name == "phone",
    )
    with context:
        page = context.new_page()
        visit = Visit(page, screen, address, [], [])
        page.on("request", lambda request: visit.asked.append(request.url))
        page.on("pageerror", lambda error: visit.said.append(str(error)))
        page.on("console", lambda told: visit.said.append(told.text))
        yield visit


def _is_home(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:", "about:"))
