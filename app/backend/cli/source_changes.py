"""Verbs that change how a source is read, and that write ratings to it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app.backend.cli.named_sources import KeyFile, Which, named_source, read_key
from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import connections, rating_writes, source_values
from app.backend.workflows.connections import ConnectedSource
from app.backend.workflows.household import Household
from app.backend.workflows.rating_writes import Plan, RatingWrite, Written

MOST_SHOWN = 50


@verb
def change(
    name: Which,
    library: Annotated[
        list[str] | None,
        typer.Option(help="A library to read, by its name; once for each. `all` for all of them."),
    ] = None,
    every_hours: Annotated[
        int | None, typer.Option(help="After how many hours it is read again; 0: by hand.")
    ] = None,
    link: Annotated[
        str | None, typer.Option(help="How links to titles are written; empty: as usual.")
    ] = None,
    writes_ratings: Annotated[
        bool | None,
        typer.Option(
            "--write-ratings/--no-write-ratings", help="Whether ratings are written there."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is read of a source and when, its links, or whether ratings are written."""
    changes: dict[str, Any] = {}
    if every_hours is not None:
        changes["every_hours"] = every_hours or None
    if link is not None:
        changes["link"] = link or None
    if writes_ratings is not None:
        changes["writes_ratings"] = writes_ratings
    with household() as opened:
        source = named_source(opened, name)
        if library:
            changes["libraries"] = _libraries(opened, source.id, library)
        if not changes:
            raise InvalidInput("Nothing is to be changed; say what: encore sources change --help")
        changed = connections.change(opened, source.id, changes)
    _tell_change(changed, as_json=as_json)


@verb
def move(
    name: Which,
    address: Annotated[
        str | None, typer.Option(help="Where it is now; without, it is where it was.")
    ] = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Give a source another key, or another address with its key, once it answers to them."""
    with household() as opened:
        source = named_source(opened, name)
        where = address or source.address
        if source.kind == connections.NFO:
            changes = {"address": str(Path(where).absolute())}
        else:
            changes = {"address": where, "token": read_key(key_file)}
        changed = connections.change(opened, source.id, changes)
    _tell_change(changed, as_json=as_json)


@verb
def write_ratings(
    name: Which,
    carries_out: Annotated[
        bool, typer.Option("--write", help="Write them now; without, they are only shown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which ratings would be written to the server, or write them."""
    with household() as opened:
        source_id = named_source(opened, name).id
        if not carries_out:
            plan = rating_writes.planned(opened, source_id)
            if as_json:
                say_json(asdict(plan))
            else:
                _tell_plan(plan)
            return
        with progress_bar() as progress:
            done = rating_writes.write(opened, source_id, progress)
    if as_json:
        say_json(asdict(done))
    else:
        _tell_done(done)


def _tell_change(changed: ConnectedSource, *, as_json: bool) -> None:
    if as_json:
        say_json({"source": changed})
    else:
        say(f"Changed {changed.name}.")


def _libraries(opened: Household, source_id: int, names: list[str]) -> list[str] | None:
    if names == ["all"]:
        return None
    return source_values.library_ids(names, connections.accounts_of(opened, source_id).libraries)


def _tell_plan(plan: Plan) -> None:
    for one in plan.writes[:MOST_SHOWN]:
        say(_planned(one))
    more = len(plan.writes) - MOST_SHOWN
    if more > 0:
        say(f"… and {more} more.")
    if plan.kept:
        say(f"{plan.kept} were rated otherwise at the server; that stays.")
    if plan.without_key:
        say(f"{plan.without_key} are of accounts without a key of their own: encore sources key")
    if plan.writes:
        say("Nothing was written. To write them now, add --write.")
    else:
        say("There is nothing to write.")


def _planned(one: RatingWrite) -> str:
    whose = f"{one.member} ({one.account}): {one.title}"
    if one.rating is None:
        return f"{whose}: {one.before:g} is taken back"
    before = "" if one.before is None else f", in place of {one.before:g}"
    return f"{whose}: {one.rating:g}{before}"


def _tell_done(done: Written) -> None:
    say(
        f"{done.written} written, {done.taken_back} taken back, {done.same} are so already, "
        f"{done.kept} were rated otherwise there, {done.absent} are not to be seen there, "
        f"{done.failed} failed, {done.waiting} wait for the next time."
    )
    for problem in done.problems:
        say(f"  {problem}")
