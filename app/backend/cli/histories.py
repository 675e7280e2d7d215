"""Verbs about histories from elsewhere: bring one, and say which titles its entries mean."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.domain.errors import SourceMalformed
from app.backend.sources.archive_file import content_of
from app.backend.sources.history_files import history_source
from app.backend.workflows import histories, people
from app.backend.workflows.histories import ImportedEntry
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.household import Household
from app.backend.workflows.imports import import_here

# What each program's export is, for the help.
PROGRAMS: Final[Mapping[str, str]] = {
    "letterboxd": "The zip that Letterboxd exports, or a table out of it.",
    "imdb": "The ratings.csv that IMDb exports.",
    "trakt": "The JSON that Trakt exports, or a zip of it.",
}
NAMES: Final = {"letterboxd": "Letterboxd", "imdb": "IMDb", "trakt": "Trakt"}

Member = Annotated[str | None, typer.Option(help="Whose history it is. Without, the household's.")]
Number = Annotated[int, typer.Argument(help="The entry's number, as `unmatched` tells.", min=1)]
Limit = Annotated[int, typer.Option(help="How many to show.", min=1, max=1000)]


def make_import_history(program: str) -> Callable[..., None]:
    """Return the verb that brings what a program exported."""

    def import_history(
        file: Annotated[Path, typer.Argument(help=PROGRAMS[program])],
        member: Member = None,
        as_json: AsJson = False,
    ) -> None:
        with household() as opened, progress_bar() as progress:
            year = opened.clock().year + 2
            source = history_source(content_of(file), file.name, latest_year=year)
            if source.name != program:
                raise SourceMalformed(
                    f"{file} is an export of {NAMES[source.name]}; bring it with: encore import "
                    f"{source.name}"
                )
            work = HistoryWork(source, str(file), member)
            counts = dict(import_here(opened, work, progress))
        if as_json:
            say_json(counts)
        else:
            tell_history(counts)

    import_history.__doc__ = f"Bring what somebody watched and rated, as {NAMES[program]} has it."
    return verb(import_history)


def make_histories_cli() -> typer.Typer:
    """Return the verbs under `encore histories`."""
    cli = typer.Typer(
        help="What was watched and rated elsewhere, and which titles that means.",
        add_completion=False,
    )
    cli.command("list")(list_histories)
    cli.command("unmatched")(list_unmatched)
    cli.command("candidates")(list_candidates)
    cli.command("assign")(assign)
    cli.command("set-aside")(set_aside)
    cli.command("take-back")(take_back)
    return cli


@verb
def list_histories(as_json: AsJson = False) -> None:
    """List whose histories there are, from where, and how much of them was found."""
    with household() as opened, opened.database.reading() as session:
        found = histories.facts(session)
    if as_json:
        say_json({"histories": found})
        return
    for one in found:
        say(
            f"{one.source}, {one.member or 'the household'}: {one.entries} entries, {one.matched} "
            f"found, {one.unmatched} not found, {one.set_aside} set aside"
        )
    if not found:
        say("No history was brought yet: encore import letterboxd FILE --member NAME")


@verb
def list_unmatched(
    after: Annotated[int, typer.Option(help="Begin after the entry of this number.", min=0)] = 0,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the entries of which nobody knows the title."""
    with household() as opened, opened.database.reading() as session:
        found = histories.unmatched(session, after, limit)
    if as_json:
        say_json({"entries": found})
        return
    for one in found:
        say(_told(one))
    if len(found) == limit:
        say(f"There may be more: encore histories unmatched --after {found[-1].id}")


@verb
def list_candidates(entry: Number, limit: Limit = 5, as_json: AsJson = False) -> None:
    """List the titles that an entry could mean, the most alike first."""
    with household() as opened, opened.database.reading() as session:
        found = histories.candidates_for(session, entry, limit)
    if as_json:
        say_json({"candidates": found})
        return
    for one in found:
        say(f"{one.media_id}  {one.title} ({one.year or '?'}, {one.kind})")
    if not found:
        say("No title of the library has a word of it.")


@verb
def assign(
    entry: Number,
    title: Annotated[int, typer.Argument(help="The title's number, as `candidates` tells.", min=1)],
    as_json: AsJson = False,
) -> None:
    """Say which title an entry means; no later import says otherwise."""
    with household() as opened, opened.database.writing() as session:
        said = histories.assign(session, entry, title)
    _say(said, "means that title from now on", as_json=as_json)


@verb
def set_aside(entry: Number, as_json: AsJson = False) -> None:
    """Say that an entry means no title of this library."""
    with household() as opened, opened.database.writing() as session:
        said = histories.set_aside(session, entry)
    _say(said, "is set aside", as_json=as_json)


@verb
def take_back(entry: Number, as_json: AsJson = False) -> None:
    """Take back what was said of an entry."""
    with household() as opened, opened.database.writing() as session:
        said = histories.unassign(session, entry)
    _say(said, "waits for a title again", as_json=as_json)


def insist_on_member(opened: Household, member: str) -> None:
    """Insist that somebody here has a name, before anything is read.

    Raises
    ------
    InvalidInput
        Where that is not so.
    """
    with opened.database.reading() as session:
        people.called(session, member)


def tell_history(counts: Mapping[str, Any]) -> None:
    """Say what became of a history."""
    say(
        f"{counts['added']} entries are new, {counts['updated']} changed, {counts['unchanged']} "
        f"as before; {counts['matched']} found in the library, {counts['unmatched']} not, "
        f"{counts['set_aside']} set aside, {counts['refused']} refused."
    )
    for refusal in counts["refusals"]:
        say(f"  {refusal['where']}: {refusal['reason']}")
    if counts["refused"] > len(counts["refusals"]):
        say(f"  … and {counts['refused'] - len(counts['refusals'])} more")
    if counts["unmatched"]:
        say("Which they are, and what they may mean: encore histories unmatched")


def _told(entry: ImportedEntry) -> str:
    rated = "" if entry.rating is None else f", {entry.rating} of 5"
    whose = entry.member or "the household"
    return f"{entry.id}  {entry.title} ({entry.year or '?'}), {entry.source}, {whose}{rated}"


def _say(entry: ImportedEntry, done: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"entry": asdict(entry)})
    else:
        say(f"{entry.title} {done}.")
