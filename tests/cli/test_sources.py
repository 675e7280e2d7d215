"""A media server is connected, read and let go from the shell."""

from pathlib import Path

import pytest

from app.backend.cli.sources import KEY_VARIABLE
from tests.cli.conftest import Run, read
from tests.media_servers.fake_jellyfin import KEY, World, film, serve


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    """A file that holds the server's key."""
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n", encoding="utf-8")
    return str(path)


def test_a_server_is_connected_synced_and_let_go(run: Run, key_file: str) -> None:
    """Each verb says what it did, and the key never appears."""
    world = World()
    with serve(world) as address:
        words = ("sources", "connect", "jellyfin", address, "--key-file", key_file)
        made = run(*words, "--json")
        assert read(made)["source"]["name"] == "jellyfin"
        assert read(run("sources", "sync", "jellyfin", "--json"))["added"] == 5
        listed = run("sources", "list")
        assert "Attic" in listed.stdout
        assert KEY not in made.stdout + listed.stdout
        assert read(run(*words, "--json"), 2)["error"]["code"] == "conflict"
        assert "0 added" in run("sources", "sync", "jellyfin").stdout
    assert "5 titles" in run("sources", "disconnect", "jellyfin").stdout


def test_a_key_may_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong one is refused by the server, and nothing is connected."""
    monkeypatch.setenv(KEY_VARIABLE, "wrong")
    with serve(World()) as address:
        told = read(run("sources", "connect", "jellyfin", address, "--json"), 3)
    assert told["error"]["code"] == "server_refuses"
    assert read(run("sources", "list", "--json"))["sources"] == []


def test_a_large_removal_asks(run: Run, key_file: str) -> None:
    """The verb says how many would go, and does it when told to."""
    world = World(items=[film(number) for number in range(1, 11)])
    with serve(world) as address:
        run("sources", "connect", "jellyfin", address, "--key-file", key_file)
        run("sources", "sync", "jellyfin")
        world.items = world.items[:5]
        asked = read(run("sources", "sync", "jellyfin", "--json"), 3)
        assert asked["error"]["details"] == {"removals": 5, "titles": 10}
        assert "waits for" in run("sources", "list").stdout
        assert read(run("sources", "sync", "jellyfin", "--yes", "--json"))["removed"] == 5


def test_accounts_are_given_to_members(run: Run, key_file: str) -> None:
    """Who is not a member is named; an account that is not there names those that are."""
    with serve(World()) as address:
        run("sources", "connect", "jellyfin", address, "--key-file", key_file)
        assert "Anna: nobody here" in run("sources", "people", "jellyfin").stdout
        for pair, said in (("Anna=Zoe", "Zoe"), ("Carl=Zoe", "Anna, Ben")):
            refused = run("sources", "people", "jellyfin", pair)
            assert refused.exit_code == 2
            assert said in refused.stderr


def test_what_is_no_source_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong kind, address, folder or name ends with a sentence."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    for words in (
        ("connect", "kodi", "http://nas.local:8096"),
        ("connect", "jellyfin", "ftp://nas.local"),
        ("connect", "nfo", str(tmp_path / "nowhere")),
        ("sync", "jellyfin"),
    ):
        ended = run("sources", *words)
        assert ended.exit_code in {2, 3}, words
        assert ended.stderr.startswith("Error: ")


def test_a_folder_is_kept_in_step(run: Run, tmp_path: Path) -> None:
    """A folder of NFO files is a source like any other: what is gone there leaves the shelf."""
    for number in range(1, 7):
        text = f"<movie><title>Film {number}</title><runtime>90</runtime></movie>"
        (tmp_path / f"{number}.nfo").write_text(text, encoding="utf-8")
    run("sources", "connect", "nfo", str(tmp_path))
    assert read(run("sources", "sync", "nfo", "--json"))["added"] == 6
    (tmp_path / "6.nfo").unlink()
    assert read(run("sources", "sync", "nfo", "--json"))["removed"] == 1
