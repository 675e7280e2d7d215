"""Verbs about who watches in this household."""

from typing import Annotated, Final

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.domain.errors import InvalidInput
from app.backend.workflows import people
from app.backend.workflows.people import HIGHEST_AGE_LIMIT, Person

Name = Annotated[str, typer.Argument(help="The member's name.")]
AgeLimit = Annotated[
    int | None,
    typer.Option(help="In years: what is for those who are older is not picked for them."),
]
NO_LIMIT: Final = typer.Option("--no-age-limit", help="Everything is for them.")


def make_members_cli() -> typer.Typer:
    """Return the verbs under `encore members`."""
    cli = typer.Typer(help="Who watches in this household.", add_completion=False)
    cli.command("list")(list_members)
    cli.command("add")(add_member)
    cli.command("change")(change_member)
    cli.command("leave")(leave)
    return cli


@verb
def list_members(as_json: AsJson = False) -> None:
    """List who watches here, and who did."""
    with household() as opened, opened.database.reading() as session:
        found = [*people.everybody(session), *people.gone(session)]
    if as_json:
        say_json({"members": found})
        return
    for one in found:
        say(_told(one))
    if not found:
        say("Nobody has a name here yet: encore members add NAME")


@verb
def add_member(name: Name, age_limit: AgeLimit = None, as_json: AsJson = False) -> None:
    """Add somebody; who had left under that name comes back."""
    with household() as opened, opened.database.writing() as session:
        person = people.add(session, name, age_limit, opened.clock)
    _say(person, as_json=as_json)


@verb
def change_member(
    name: Name,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    age_limit: AgeLimit = None,
    no_age_limit: Annotated[bool, NO_LIMIT] = False,
    as_json: AsJson = False,
) -> None:
    """Give somebody another name or age limit; what is not said stays."""
    if age_limit is not None and no_age_limit:
        raise InvalidInput(f"Say an age limit from 0 to {HIGHEST_AGE_LIMIT}, or --no-age-limit.")
    with household() as opened, opened.database.writing() as session:
        person = people.called(session, name)
        limit = person.age_limit if age_limit is None and not no_age_limit else age_limit
        changed = people.change(session, person.id, new_name or person.name, limit)
    _say(changed, as_json=as_json)


@verb
def leave(name: Name, as_json: AsJson = False) -> None:
    """Let somebody go; what they said stays, and they can be added again."""
    with household() as opened, opened.database.writing() as session:
        left = people.leave(session, people.called(session, name).id, opened.clock)
    _say(left, as_json=as_json)


def _say(person: Person, *, as_json: bool) -> None:
    if as_json:
        say_json({"member": person})
    else:
        say(_told(person))


def _told(person: Person) -> str:
    limit = "" if person.age_limit is None else f", up to {person.age_limit} years"
    return f"{person.name}{limit}{'' if person.is_here else ', who left'}"
