"""Verbs about the library: bring one, or look around with the demo's."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.backend.cli.histories import (
    PROGRAMS,
    insist_on_member,
    make_import_history,
    tell_history,
)
from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.cli.sources import make_import_server
from app.backend.domain.clock import system_clock
from app.backend.domain.errors import InvalidInput
from app.backend.domain.media_server import HistoryEntry
from app.backend.domain.progress import Progress, silent
from app.backend.sources.csv_file import CsvFile
from app.backend.sources.library_source import LibrarySource
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.sources.nfo_history import NfoTitles
from app.backend.workflows.connections import SERVERS
from app.backend.workflows.history_work import HistoryWork, ReadHistory
from app.backend.workflows.household import Household, set_up_demo
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.imports import gathered, import_here, note

MOST_REFUSALS: Final = 20


def make_import_cli() -> typer.Typer:
    """Return the verbs under `encore import`."""
    cli = typer.Typer(
        help="Bring a library. Doing it again changes only what is new.", add_completion=False
    )
    cli.command("csv")(import_csv)
    cli.command("nfo")(import_nfo)
    for kind in SERVERS:
        cli.command(kind)(make_import_server(kind))
    for program in PROGRAMS:
        cli.command(program)(make_import_history(program))
    return cli


@verb
def import_csv(
    file: Annotated[Path, typer.Argument(help="A table with title, kind, year, minutes, genres.")],
    as_json: AsJson = False,
) -> None:
    """Bring the titles of a CSV file."""
    source = CsvFile(file, latest_year=system_clock().year + 2)
    ignored = source.unknown_columns()
    _import(source, file, {"ignored_columns": list(ignored)}, as_json=as_json)


@verb
def import_nfo(
    folder: Annotated[Path, typer.Argument(help="A folder of Kodi or Jellyfin NFO files.")],
    member: Annotated[
        str | None,
        typer.Option(help="Whose the ratings and watched marks in the files are."),
    ] = None,
    of_household: Annotated[
        bool, typer.Option("--household", help="They are the household's, and nobody's alone.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the films and series of a tree of NFO files.

    Whoever rated and watched what the files say so of, no file tells: unless somebody says whose
    that is, it is not read.
    """
    source = NfoFolder(folder, latest_year=system_clock().year + 2)
    facts: dict[str, Any] = {"passed_over": dict(source.passed_over())}
    if member is not None and of_household:
        raise InvalidInput("Say either --member or --household: they are one's or the other's.")
    with household() as opened, progress_bar() as progress:
        if member is not None:
            insist_on_member(opened, member)
        titles = NfoTitles(source)
        imported = _brought(opened, titles, folder, progress)
        told = list(titles.history())
        if member is not None or of_household:
            work = HistoryWork(ReadHistory(titles.name, told), str(folder), member)
            facts["history"] = dict(import_here(opened, work, progress))
        else:
            facts["history_left_out"] = sum(isinstance(one, HistoryEntry) for one in told)
    _say(imported, facts, as_json=as_json)


@verb
def demo(
    reset: Annotated[
        bool, typer.Option("--reset", help="Forget everything there is, and start over.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty household with known titles and simulated evenings, and train."""
    with household() as opened, progress_bar() as progress:
        made = set_up_demo(opened, progress, reset=reset)
    if as_json:
        say_json({"demo": made})
    elif made is None:
        say("There is something here already. To forget it and start over: encore demo --reset")
    else:
        say(f"The demo household has {made.titles} titles and {made.evenings} simulated evenings.")
        say("See its picks with: encore serve")


def _import(source: LibrarySource, place: Path, facts: dict[str, Any], *, as_json: bool) -> None:
    with household() as opened, progress_bar() as progress:
        imported = _brought(opened, source, place, progress)
    _say(imported, facts, as_json=as_json)


def _brought(opened: Household, source: LibrarySource, place: Path, progress: Progress) -> Imported:
    read = gathered(source, progress)
    with opened.database.writing() as session:
        imported = import_library(session, read, opened.clock, silent)
        note(session, read.name, str(place), imported, opened.clock)
    return imported


def _say(imported: Imported, facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(_as_json(imported) | facts)
    else:
        _tell(imported, facts)


def _as_json(imported: Imported) -> dict[str, Any]:
    counts = imported.counts
    return {
        "read": counts.read,
        "added": counts.added,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
        "unknown_genres": imported.unknown_genres,
        "without_minutes": imported.without_minutes,
        "demo_titles_retired": imported.demo_titles_retired,
        "entries_found": imported.entries_found,
    }


def _tell(imported: Imported, facts: dict[str, Any]) -> None:
    counts = imported.counts
    say(
        f"Read {counts.read}: {counts.added} added, {counts.updated} updated, "
        f"{counts.unchanged} unchanged, {len(counts.refused)} refused."
    )
    for refusal in counts.refused[:MOST_REFUSALS]:
        say(f"  {refusal.where}: {refusal.reason}")
    if len(counts.refused) > MOST_REFUSALS:
        say(f"  … and {len(counts.refused) - MOST_REFUSALS} more; see all with --json")
    if imported.without_minutes:
        say(f"{imported.without_minutes} have no known length and fit only a binge.")
    if imported.unknown_genres:
        named = ", ".join(f"{name} ({count})" for name, count in imported.unknown_genres.items())
        say(f"Genres that Encore does not know: {named}")
    if imported.demo_titles_retired:
        say(
            f"The demo is over: its {imported.demo_titles_retired} titles left the shelf, and its "
            "simulated evenings no longer train."
        )
    if imported.entries_found:
        say(f"Entries of histories whose title came now: {imported.entries_found}.")
    _tell_beside(facts)


def _tell_beside(facts: dict[str, Any]) -> None:
    """Say what of a source became no title."""
    if facts.get("ignored_columns"):
        say(f"Columns that were not read: {', '.join(facts['ignored_columns'])}")
    if facts.get("passed_over"):
        told = ", ".join(f"{count} {sort}" for sort, count in facts["passed_over"].items())
        say(f"Files that are no titles: {told}")
    if facts.get("history_left_out"):
        say(
            f"{facts['history_left_out']} are rated or marked as watched in their files. Nobody "
            "said whose that is, so it was left out; say so with --member NAME or --household."
        )
    if facts.get("history"):
        tell_history(facts["history"])
