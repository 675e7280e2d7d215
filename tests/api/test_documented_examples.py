"""The examples of the documentation, run as they stand against a demo household."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.fuzzing import served
from tests.conftest import PreparedDemo

DOCS = Path(__file__).parents[2] / "docs"
DATABASE = "encore.db"
PAGES = ("using-the-api.md", "migrate-from-personalizer.md")
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(found[1], found[2], id=f"{page}-{number}")
    for page in PAGES
    for number, found in enumerate(BLOCK.finditer((DOCS / page).read_text("utf-8")), start=1)
]


@pytest.fixture(scope="module")
def address(prepared_demo: PreparedDemo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a demo household from a process of its own."""
    folder = tmp_path_factory.mktemp("documented")
    shutil.copytree(prepared_demo.trained, folder, dirs_exist_ok=True)
    with served(folder, f"sqlite:///{folder / DATABASE}") as url:
        yield url


def test_there_are_examples() -> None:
    """Pages that show how to ask show it in the shell and in Python."""
    assert {block.values[0] for block in BLOCKS} == {"sh", "python"}
    assert len(BLOCKS) >= 10


@pytest.mark.parametrize(("language", "text"), BLOCKS)
def test_an_example_works_as_it_stands(address: str, language: str, text: str) -> None:
    """It ends well, and no answer is a fault of Encore's."""
    asked = text.replace("http://localhost:8730", address.replace("127.0.0.1", "localhost"))
    program = [sys.executable, "-c", asked] if language == "python" else ["sh", "-ec", asked]
    done = subprocess.run(
        program, capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "internal_error" not in done.stdout
