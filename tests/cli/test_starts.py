"""A new household can follow the first lines of the pages about its library, word for word."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.backend.cli.named_sources import KEY_VARIABLE
from tests.cli.conftest import Run, read
from tests.media_servers import fake_jellyfin, fake_plex

DOCS = Path(__file__).parents[2] / "docs"
FILMS = "title,year,minutes\nHeat,1995,170\n"
LETTERBOXD = "Date,Name,Year,Letterboxd URI,Rating\n2026-01-03,Heat,1995,https://boxd.it/a,4.5\n"
NFO = "<movie><title>Alien</title><year>1979</year><userrating>9</userrating></movie>"


def start_of(page: str) -> list[list[str]]:
    """Return the words of each line with which a page begins, without what is said of it."""
    block = re.search(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    return [shlex.split(line, comments=True) for line in block[1].splitlines()]


def follow(run: Run, page: str, here: dict[str, str]) -> Iterator[str]:
    """Follow the lines of a start, with the places of this test, and yield what each says."""
    lines = start_of(page)
    assert len(lines) <= 5
    for program, *words in lines:
        assert program == "encore"
        if words == ["serve"]:
            continue
        told = run(*(here.get(word, word) for word in words))
        assert told.exit_code == 0, (words, told.output)
        yield told.stdout


def test_jellyfin_in_five_lines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its titles come, and what Anna watched there is hers."""
    monkeypatch.setenv(KEY_VARIABLE, fake_jellyfin.KEY)
    with fake_jellyfin.serve(fake_jellyfin.World()) as address:
        said = list(follow(run, "connect-jellyfin.md", {"http://nas.local:8096": address}))
    assert len(said) == 4
    assert "Anna: Anna" in said[2]
    assert read(run("sources", "list", "--json"))["sources"][0]["synced_at"]


def test_plex_in_five_lines(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Likewise."""
    monkeypatch.setenv(KEY_VARIABLE, fake_plex.OWNER_KEY)
    with fake_plex.serve(fake_plex.World()) as address:
        said = list(follow(run, "connect-plex.md", {"http://nas.local:32400": address}))
    assert len(said) == 4
    assert "olga: Olga" in said[2]


def test_files_in_five_lines(run: Run, tmp_path: Path) -> None:
    """Titles and histories from files; what was not found is listed."""
    files = {"films.csv": FILMS, "letterboxd-anna.zip": LETTERBOXD}
    here = {}
    for name, content in files.items():
        here[name] = str(tmp_path / Path(name).with_suffix(".csv"))
        Path(here[name]).write_text(content, encoding="utf-8")
    here["/media"] = str(tmp_path / "media")
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "alien.nfo").write_text(NFO, encoding="utf-8")
    said = list(follow(run, "import-files.md", here))
    assert [("1 found in the library" in one) for one in said] == [False, False, True, True, False]
