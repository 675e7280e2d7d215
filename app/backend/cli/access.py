"""Verbs about who may do what: accounts of people, keys of programs."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.domain.access import AccountFacts, KeyFacts
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import accounts, keys
from app.backend.workflows.keys import Wanted

BY: Final = "command line"

Name = Annotated[str, typer.Argument(help="The account's name.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="The file that holds the password, or - for the input. Else it is asked."),
]


def make_accounts_cli() -> typer.Typer:
    """Return the verbs under `encore accounts`."""
    cli = typer.Typer(
        help="Say who may sign in, and as what: viewer, trainer or owner.", add_completion=False
    )
    cli.command("list")(list_accounts)
    cli.command("add")(add_account)
    cli.command("role")(set_role)
    cli.command("password")(set_password)
    cli.command("remove")(remove_account)
    return cli


def make_keys_cli() -> typer.Typer:
    """Return the verbs under `encore keys`."""
    cli = typer.Typer(help="Make API keys for programs, and revoke them.", add_completion=False)
    cli.command("list")(list_keys)
    cli.command("add")(add_key)
    cli.command("revoke")(revoke_key)
    return cli


@verb
def list_accounts(as_json: AsJson = False) -> None:
    """List everybody who may sign in, by name."""
    with household() as opened, opened.database.reading() as session:
        found = accounts.everybody(session)
    if as_json:
        say_json({"accounts": found})
        return
    for one in found:
        say(_told(one))
    if not found:
        say("Nobody owns this Encore yet: encore accounts add NAME --role owner")


@verb
def add_account(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, trainer or owner.")] = "viewer",
    password_file: PasswordFile = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Only a trusted proxy says who it is.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody sign in."""
    password = None if no_password else _password(password_file)
    with household() as opened, opened.database.writing() as session:
        made = accounts.add(session, name, role, password, opened.clock)
    _say_account(made, as_json=as_json)


@verb
def set_role(
    name: Name,
    role: Annotated[str, typer.Argument(help="viewer, trainer or owner.")],
    as_json: AsJson = False,
) -> None:
    """Give an account another role, at once."""
    with household() as opened, opened.database.writing() as session:
        changed = accounts.set_role(session, name, role)
    _say_account(changed, as_json=as_json)


@verb
def set_password(name: Name, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Give an account another password; all its sessions end."""
    password = _password(password_file)
    with household() as opened, opened.database.writing() as session:
        changed = accounts.set_password(session, name, password)
    _say_account(changed, as_json=as_json)


@verb
def remove_account(name: Name, as_json: AsJson = False) -> None:
    """Take an account away; what it rated stays the household's."""
    with household() as opened, opened.database.writing() as session:
        gone = accounts.remove(session, name)
    _say_account(gone, as_json=as_json)


@verb
def list_keys(as_json: AsJson = False) -> None:
    """List the latest keys, the newest first; no key can be read again."""
    with household() as opened, opened.database.reading() as session:
        found = keys.latest(session)
    if as_json:
        say_json({"keys": found})
        return
    for one in found:
        say(_told_key(one))


@verb
def add_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scopes: Annotated[
        str, typer.Option(help="With commas between: watch, predict, read, train, release, manage.")
    ] = "watch,read",
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 365,
    no_end: Annotated[bool, typer.Option("--no-end", help="It does not expire.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: this once."""
    wanted = Wanted(name, [one.strip() for one in scopes.split(",")], None if no_end else days, BY)
    with household() as opened, opened.database.writing() as session:
        key, facts = keys.make(session, wanted, opened.clock)
    if as_json:
        say_json({"key": key, "facts": facts})
        return
    say(key)
    say(_told_key(facts))


@verb
def revoke_key(
    key_id: Annotated[int, typer.Argument(help="The key's number in: encore keys list")],
    as_json: AsJson = False,
) -> None:
    """Let a key count no longer, from the next request on."""
    with household() as opened, opened.database.writing() as session:
        facts = keys.revoke(session, key_id, opened.clock)
    if as_json:
        say_json({"facts": facts})
    else:
        say(_told_key(facts))


def _password(file: Path | None) -> str:
    """Return a password from a file, the input, or whoever sits there; never an argument."""
    if file is None and not sys.stdin.isatty():
        raise InvalidInput("Nobody can be asked for the password here; give --password-file.")
    if file is None:
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    try:
        content = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidInput("The password's file cannot be read; see that it exists.") from error
    return content.rstrip("\r\n")


def _say_account(facts: AccountFacts, *, as_json: bool) -> None:
    if as_json:
        say_json({"account": facts})
    else:
        say(_told(facts))


def _told(facts: AccountFacts) -> str:
    how = "" if facts.has_password else ", by a trusted proxy alone"
    return f"{facts.name}: {facts.role}{how}"


def _told_key(facts: KeyFacts) -> str:
    if facts.revoked_at is not None:
        state = f"revoked {facts.revoked_at:%Y-%m-%d}"
    elif facts.expires_at is not None:
        state = f"until {facts.expires_at:%Y-%m-%d}"
    else:
        state = "without an end"
    return f"{facts.id}  {facts.hint}…  {facts.name}: {', '.join(facts.scopes)}, {state}"
