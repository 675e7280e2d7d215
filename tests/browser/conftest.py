"""A real Chromium, and Encore as a process of its own: with the demo, and with nothing yet."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import find

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window."""
    path = find()
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Encore with the demo, on a port of its own."""
    with served(tmp_path_factory.mktemp("served"), "--demo") as found:
        yield found


@pytest.fixture
def empty_address(tmp_path: Path) -> Iterator[str]:
    """Encore that never had a title."""
    with served(tmp_path) as found:
        yield found


@contextmanager
def served(folder: Path, *arguments: str, **settings: str) -> Iterator[str]:
    """Start Encore over a folder, say where it answers, and stop it at the end."""
    usual = {"ENCORE_DATA_DIR": str(folder), "ENCORE_PORT": "0", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "app.backend", "serve", *arguments],
        env={**os.environ, **usual, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield _address_of(process)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        found = re.search(r"http://\S+", line)
        if found:
            return found.group(0)
    raise AssertionError(f"Encore did not start: {said}")
