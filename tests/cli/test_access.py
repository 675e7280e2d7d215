"""Accounts and keys on the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.backend.__main__ import FACES
from app.backend.cli import make_cli
from tests.cli.conftest import Run, read

PASSWORD = "a long evening in"  # noqa: S105  # the tests' own


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with a password, and a line's end."""
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    return str(path)


def told(run: Run, *words: str) -> str:
    """Run a verb that goes well, and return what it says."""
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_accounts_come_change_and_go(run: Run, file: str) -> None:
    """In words and as JSON; no password and no hash is printed."""
    assert "Nobody owns this Encore yet" in told(run, "accounts", "list")
    added = told(run, "accounts", "add", "ada", "--role", "owner", "--password-file", file)
    assert added == "ada: owner\n"
    made = read(run("accounts", "add", "grace", "--no-password", "--json"))["account"]
    assert (made["name"], made["role"], made["has_password"]) == ("grace", "viewer", False)
    assert told(run, "accounts", "role", "grace", "trainer").startswith("grace: trainer, by a ")
    assert told(run, "accounts", "password", "grace", "--password-file", file) == "grace: trainer\n"
    listed = run("accounts", "list", "--json")
    assert [one["name"] for one in read(listed)["accounts"]] == ["ada", "grace"]
    assert PASSWORD not in listed.stdout
    assert "argon2" not in listed.stdout
    assert told(run, "accounts", "remove", "grace") == "grace: trainer\n"
    assert told(run, "accounts", "list") == "ada: owner\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["accounts", "role", "nobody", "viewer"], "not_found"),
        (["accounts", "remove", "nobody"], "not_found"),
        (["accounts", "add", "x", "--role", "king", "--no-password"], "invalid_input"),
        (["accounts", "add", " x", "--no-password"], "invalid_input"),
        (["accounts", "add", "x", "--password-file", "nowhere"], "invalid_input"),
        (["accounts", "add", "x"], "invalid_input"),  # nobody sits there to be asked
        (["keys", "revoke", "9"], "not_found"),
        (["keys", "add", "x", "--scopes", "all"], "invalid_input"),
        (["keys", "add", "x", "--days", "0"], "invalid_input"),
    ],
)
def test_what_cannot_be_has_a_name_and_an_exit_code(run: Run, words: list[str], code: str) -> None:
    """As everywhere on the command line."""
    assert read(run(*words, "--json"), 2)["error"]["code"] == code


def test_the_last_owner_stays(run: Run) -> None:
    """The exit code says that it may not be."""
    told(run, "accounts", "add", "ada", "--role", "owner", "--no-password")
    for words in (["remove", "ada"], ["role", "ada", "viewer"]):
        assert read(run("accounts", *words, "--json"), 5)["error"]["code"] == "owner_needed"


def test_a_password_comes_by_the_input_or_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    """Never as a word of the command, which others on the machine can see."""
    words = ["accounts", "add", "ada", "--password-file", "-", "--json"]
    result = CliRunner().invoke(make_cli(FACES), words, input=PASSWORD + "\n")
    assert read(result)["account"]["has_password"]
    helped = told(run, "accounts", "add", "--help")
    assert "--password-file" in helped
    assert "--password " not in helped


def test_a_key_is_printed_once(run: Run) -> None:
    """It is the first line alone, so that a program can take it; the list knows how it begins."""
    key, facts = told(run, "keys", "add", "tv", "--scopes", "watch, read", "--no-end").splitlines()
    assert key.startswith("enc_")
    assert facts == f"1  {key[:10]}…  tv: read, watch, without an end"
    made = read(run("keys", "add", "lamp", "--scopes", "read", "--days", "7", "--json"))
    assert (made["facts"]["scopes"], made["facts"]["created_by"]) == (["read"], "command line")
    listed = told(run, "keys", "list")
    assert key not in listed
    assert made["key"] not in listed
    assert "revoked" in told(run, "keys", "revoke", "1")
    found = read(run("keys", "list", "--json"))["keys"]
    assert [one["revoked_at"] is None for one in found] == [True, False]
