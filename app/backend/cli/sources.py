"""Verbs about media servers and folders that are read again and again."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.backend.cli.named_sources import KeyFile, Which, named_source, read_key
from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.cli.source_changes import change, move, write_ratings
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import connections, person_keys
from app.backend.workflows.connections import ConnectedSource, Looked, Wanted
from app.backend.workflows.imports import import_here
from app.backend.workflows.sync_work import SyncWork

Whole = Annotated[bool, typer.Option("--all", help="Read everything, also what did not change.")]
Confirmed = Annotated[
    bool, typer.Option("--yes", help="Let titles go that are gone there, however many.")
]


def make_sources_cli() -> typer.Typer:
    """Return the verbs under `encore sources`."""
    cli = typer.Typer(
        help="Connect media servers and folders, and keep the library in step.",
        add_completion=False,
    )
    cli.command("list")(list_sources)
    cli.command("connect")(connect)
    cli.command("people")(assign_people)
    cli.command("key")(keep_key)
    cli.command("change")(change)
    cli.command("move")(move)
    cli.command("sync")(sync)
    cli.command("ratings")(write_ratings)
    cli.command("disconnect")(disconnect)
    return cli


def make_import_server(kind: str) -> Callable[..., None]:
    """Return the verb that brings the titles of a kind of server, connecting it where it is new."""

    def import_server(
        address: Annotated[str, typer.Argument(help="The server's address.")],
        key_file: KeyFile = None,
        is_whole: Whole = False,
        is_confirmed: Confirmed = False,
        as_json: AsJson = False,
    ) -> None:
        with household() as opened:
            found = connections.at_address(opened, kind, address)
            if found is None:
                wanted = Wanted(kind, address, read_key(key_file))
                found = connections.connect(opened, wanted)
            work = SyncWork(found, is_whole, is_confirmed)
            with progress_bar() as progress:
                counts = dict(import_here(opened, work, progress))
        if as_json:
            say_json({"source": found.name, **counts})
        else:
            _tell(counts)
            say("It is read again by itself while Encore serves; see: encore sources list")

    import_server.__doc__ = (
        f"Bring the titles of a {kind.capitalize()} server: connect it, if it is new, and read it."
    )
    return verb(import_server)


@verb
def list_sources(as_json: AsJson = False) -> None:
    """List what is connected, and when it was read last."""
    with household() as opened, opened.database.reading() as session:
        found = connections.connected(session)
    if as_json:
        say_json({"sources": found})
        return
    for one in found:
        say(_told(one))
    if not found:
        say("Nothing is connected yet: encore sources connect jellyfin http://nas.local:8096")


@verb
def connect(
    kind: Annotated[str, typer.Argument(help="jellyfin, plex, or nfo for a folder.")],
    address: Annotated[str, typer.Argument(help="The server's address, or the folder's path.")],
    key_file: KeyFile = None,
    library: Annotated[
        list[str] | None,
        typer.Option(help="A library to read, by its name; once for each. Without, all are read."),
    ] = None,
    every_hours: Annotated[
        int, typer.Option(help="After how many hours it is read again; 0: only when asked to.")
    ] = 24,
    as_json: AsJson = False,
) -> None:
    """Connect a media server or a folder, once it has said who it is."""
    token = read_key(key_file) if kind in connections.SERVERS else ""
    place = str(Path(address).absolute()) if kind == connections.NFO else address
    with household() as opened:
        wanted = Wanted(kind, place, token, tuple(library or ()), every_hours or None)
        made = connections.connect(opened, wanted)
    if as_json:
        say_json({"source": made})
        return
    say(f"Connected {made.server_name or made.address} as {made.name}.")
    say(f"Bring its titles with: encore sources sync {made.name}")


@verb
def assign_people(
    name: Which,
    pairs: Annotated[
        list[str] | None,
        typer.Argument(help="ACCOUNT=MEMBER for each; none shows the server's accounts."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which member an account of the server belongs to; of others nothing is read."""
    with household() as opened:
        source = named_source(opened, name)
        looked = connections.accounts_of(opened, source.id)
        if pairs:
            wanted = [_pair(pair, looked) for pair in pairs]
            with opened.database.writing() as session:
                connections.assign_people(session, source.id, wanted)
            person_keys.forget_keys_of_nobody(opened, source.id)
        keyed = person_keys.keyed_accounts(opened, source.id)
        with opened.database.reading() as session:
            people = {one.user_id: one.member for one in connections.people_of(session, source.id)}
    if as_json:
        told = [
            {"account": user.name, "member": people.get(user.id), "has_key": user.id in keyed}
            for user in looked.users
        ]
        say_json({"people": told})
        return
    for user in looked.users:
        key = ", with a key of its own" if user.id in keyed else ""
        say(f"{user.name}: {people.get(user.id, 'nobody here')}{key}")


@verb
def keep_key(
    name: Which,
    account: Annotated[str, typer.Argument(help="The account's name at the server.")],
    key_file: KeyFile = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the key that is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the key that an account of a Plex server has of its own."""
    with household() as opened:
        source = named_source(opened, name)
        user = connections.accounts_of(opened, source.id).account(account)
        token = None if forget else read_key(key_file)
        person_keys.set_person_key(opened, source.id, user.id, token)
    if as_json:
        say_json({"account": user.name, "has_key": not forget})
    else:
        done = "forgotten" if forget else "kept"
        say(f"The key of {user.name} is {done}; the next sync reads what {user.name} did anew.")


@verb
def sync(
    name: Which, is_whole: Whole = False, is_confirmed: Confirmed = False, as_json: AsJson = False
) -> None:
    """Read what changed at a source, and bring it into the library."""
    with household() as opened, progress_bar() as progress:
        work = SyncWork(named_source(opened, name), is_whole, is_confirmed)
        counts = dict(import_here(opened, work, progress))
    if as_json:
        say_json(counts)
    else:
        _tell(counts)


@verb
def disconnect(name: Which, as_json: AsJson = False) -> None:
    """Forget a source and its key; its titles leave the shelf, what was watched stays."""
    with household() as opened:
        removed = connections.disconnect(opened, named_source(opened, name).id)
    if as_json:
        say_json({"removed": removed})
    else:
        say(f"Disconnected {name}; {removed} titles left the shelf.")


def _pair(text: str, looked: Looked) -> tuple[str, str, str]:
    account, _, member = text.partition("=")
    if not member:
        raise InvalidInput(f"{text!r} is no ACCOUNT=MEMBER; say who here has which account there.")
    user = looked.account(account)
    return user.id, user.name, member


def _told(one: ConnectedSource) -> str:
    read = "never read" if one.synced_at is None else f"read {one.synced_at:%Y-%m-%d %H:%M} UTC"
    often = "by hand" if one.every_hours is None else f"every {one.every_hours} hours"
    asks = "; waits for: encore sources sync --yes" if one.asks else ""
    return f"{one.name}: {one.server_name} at {one.address}, {read}, {often}{asks}"


def _tell(counts: dict[str, Any]) -> None:
    say(
        f"{counts['added']} added, {counts['updated']} updated, {counts['removed']} removed, "
        f"{counts['unchanged']} unchanged, {counts['duplicates']} copies, {counts['refused']} "
        "refused."
    )
    for refusal in counts["refusals"]:
        say(f"  {refusal['where']}: {refusal['reason']}")
    if counts["without_minutes"]:
        say(f"{counts['without_minutes']} have no known length and fit only a binge.")
    if counts["history_changes"]:
        say(f"What members did there: {counts['history_changes']} entries changed.")
    if counts.get("absent_accounts"):
        say(f"Accounts that are not there any more: {counts['absent_accounts']}; their past stays.")
