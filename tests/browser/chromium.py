"""Finds a Chromium for the browser tests, and installs one where this machine allows it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium, of the system's or of Playwright's own."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install() -> str | None:
    """Try Debian's package, then Playwright's own build; return what there is then."""
    attempts = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        attempts += [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    for command in attempts:
        subprocess.run(command, check=False, capture_output=True)
    if find() is None:
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, capture_output=True, timeout=300)
    return find()


def main() -> None:
    """Make sure of a Chromium, or say in one line what will not run."""
    if (find() or install()) is None:
        sys.stdout.write("No Chromium could be installed: the browser tests will be skipped.\n")


if __name__ == "__main__":
    main()
