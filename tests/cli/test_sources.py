"""A media server is connected, read and let go from the shell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.backend.cli.named_sources import KEY_VARIABLE
from app.backend.cli.output import household
from app.backend.workflows import connections, people
from tests.cli.conftest import Run, read
from tests.media_servers import fake_plex
from tests.media_servers.fake_jellyfin import FILMS, KEY, World, film, serve
from tests.workflows.ratings import say


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


def test_where_nobody_sits_nobody_is_asked_for_a_key(run: Run) -> None:
    """A key that is nowhere is a named error where there is no terminal to ask at."""
    told = read(run("sources", "connect", "jellyfin", "http://nas.local:8096", "--json"), 2)
    assert "--key-file" in told["error"]["message"]


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
        for pair, said in (("Anna=Zoe", "Zoe"), ("Carl=Zoe", "'Anna', 'Ben'"), ("Anna", "=")):
            refused = run("sources", "people", "jellyfin", pair)
            assert refused.exit_code == 2
            assert said in refused.stderr
        run("members", "add", "Zoe")
        assert run("sources", "people", "jellyfin", "ANNA=zoe").output == (
            "Anna: Zoe\nBen: nobody here\n"
        )


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
    assert read(run("sources", "sync", "folder", "--json"))["added"] == 6
    (tmp_path / "6.nfo").unlink()
    assert read(run("sources", "sync", "folder", "--json"))["removed"] == 1


def test_an_account_of_plex_may_have_a_key_of_its_own(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept once the server has taken it as the account's, and forgotten when told to."""
    monkeypatch.setenv(KEY_VARIABLE, fake_plex.OWNER_KEY)
    own = tmp_path / "anna"
    own.write_text(fake_plex.ANNA_KEY, encoding="utf-8")
    world = fake_plex.World(items=[fake_plex.film(1), fake_plex.series(2)])
    with fake_plex.serve(world) as address:
        made = read(run("sources", "connect", "plex", address, "--library", "Films", "--json"))
        assert made["source"]["libraries"] == [fake_plex.FILMS]
        assert read(run("sources", "sync", "plex", "--json"))["added"] == 1
        with household() as opened, opened.database.writing() as session:
            people.add(session, "Anna", None, opened.clock)
        assert "anna: Anna\n" in run("sources", "people", "plex", "anna=Anna").stdout
        refused = read(run("sources", "key", "plex", "anna", "--json"), 2)
        assert "another account" in refused["error"]["message"]
        assert "'olga', 'anna', 'ben'" in run("sources", "key", "plex", "zoe").stderr
        kept = run("sources", "key", "plex", "anna", "--key-file", str(own))
        assert fake_plex.ANNA_KEY not in kept.stdout
        assert "with a key of its own" in run("sources", "people", "plex").stdout
        assert read(run("sources", "key", "plex", "anna", "--forget", "--json")) == {
            "account": "anna",
            "has_key": False,
        }
        told = read(run("sources", "people", "plex", "--json"))["people"]
    assert told[1] == {"account": "anna", "member": "Anna", "has_key": False}


@pytest.fixture
def rated(run: Run, key_file: str) -> Iterator[World]:
    """A Jellyfin that is connected and read, and a title of it that Anna has rated."""
    world = World()
    with serve(world) as address:
        run("sources", "connect", "jellyfin", address, "--key-file", key_file)
        run("sources", "sync", "jellyfin")
        with household() as opened:
            with opened.database.writing() as session:
                people.add(session, "Anna", None, opened.clock)
            run("sources", "people", "jellyfin", "Anna=Anna")
            say(opened, 1, 4)
        yield world


def test_ratings_are_shown_before_they_are_written(run: Run, rated: World) -> None:
    """Nothing is written unless it is told to be."""
    shown = run("sources", "ratings", "jellyfin")
    assert "Anna (Anna): Film" in shown.stdout
    assert "Nothing was written" in shown.stdout
    (planned,) = read(run("sources", "ratings", "jellyfin", "--json"))["writes"]
    assert (planned["rating"], planned["before"]) == (8.0, None)
    assert rated.written == []
    assert read(run("sources", "ratings", "jellyfin", "--write", "--json"))["written"] == 1
    assert len(rated.written) == 1
    assert "nothing to write" in run("sources", "ratings", "jellyfin").stdout
    assert "0 written" in run("sources", "ratings", "jellyfin", "--write").stdout


def test_a_source_is_changed(run: Run, rated: World, key_file: str) -> None:
    """What is not named stays as it is; nothing and nonsense are refused."""

    def changed(*words: str) -> Any:  # noqa: ANN401  # JSON
        return read(run("sources", "change", "jellyfin", *words, "--json"))["source"]

    before = read(run("sources", "list", "--json"))["sources"][0]
    assert changed("--write-ratings") == before | {"writes_ratings": True}
    assert changed("--no-write-ratings", "--every-hours", "0")["every_hours"] is None
    assert changed("--library", "Films")["libraries"] == [FILMS]
    assert changed("--library", "all")["libraries"] == []
    assert changed("--link", "https://tv.example/{id}")["link"] == "https://tv.example/{id}"
    assert changed("--link", "")["link"] is None
    for words in ((), ("--library", "Opera"), ("--link", "javascript:{id}")):
        refused = read(run("sources", "change", "jellyfin", *words, "--json"), 2)
        assert refused["error"]["code"] == "invalid_input"


def test_a_source_gets_another_key_or_address(
    run: Run, rated: World, key_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it answers to them; else everything is as it was."""
    monkeypatch.setattr(connections, "AT_FIRST", connections.PROMPT)  # nobody is starting up
    before = read(run("sources", "list", "--json"))["sources"][0]
    rated.keys = {"another-key": ""}
    Path(key_file).write_text("another-key", encoding="utf-8")
    move = ("sources", "move", "jellyfin", "--key-file", key_file, "--json")
    assert read(run("sources", "sync", "jellyfin", "--json"), 3)
    assert read(run(*move))["source"]["address"] == before["address"]
    assert read(run("sources", "sync", "jellyfin", "--json"))["unchanged"] == 5
    refused = read(run(*move, "--address", "http://127.0.0.1:9"), 3)
    assert refused["error"]["code"] == "server_unreachable"
    assert read(run("sources", "list", "--json"))["sources"][0]["address"] == before["address"]


def test_the_doctor_asks_servers_when_it_is_told_to(run: Run, rated: World) -> None:
    """And looks at what is on record in any case."""
    assert "source jellyfin" in run("doctor").stdout
    assert "server jellyfin" not in run("doctor").stdout
    assert "server jellyfin" in run("doctor", "--servers").stdout
