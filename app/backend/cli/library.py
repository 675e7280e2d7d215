"""Verbs about the library: bring one, or look around with the demo's."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.domain.clock import system_clock
from app.backend.domain.progress import silent
from app.backend.sources.csv_file import CsvFile
from app.backend.sources.library_source import LibrarySource
from app.backend.sources.nfo_folder import NfoFolder
from app.backend.workflows.household import set_up_demo
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.imports import gathered, note

MOST_REFUSALS: Final = 20


def make_import_cli() -> typer.Typer:
    """Return the verbs under `encore import`."""
    cli = typer.Typer(help="Bring a library. Doing it again changes only what is new.")
    cli.command("csv")(import_csv)
    cli.command("nfo")(import_nfo)
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
    as_json: AsJson = False,
) -> None:
    """Bring the films and series of a tree of NFO files."""
    source = NfoFolder(folder, latest_year=system_clock().year + 2)
    _import(source, folder, {"passed_over": dict(source.passed_over())}, as_json=as_json)


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
    with (
        household() as opened,
        progress_bar() as progress,
        opened.database.writing() as session,
    ):
        read = gathered(source, progress)
        imported = import_library(session, read, opened.clock, silent)
        note(session, read.name, str(place), imported, opened.clock)
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
    if facts.get("ignored_columns"):
        say(f"Columns that were not read: {', '.join(facts['ignored_columns'])}")
    if facts.get("passed_over"):
        told = ", ".join(f"{count} {sort}" for sort, count in facts["passed_over"].items())
        say(f"Files that are no titles: {told}")
    if imported.demo_titles_retired:
        say(
            f"The demo is over: its {imported.demo_titles_retired} titles left the shelf, and its "
            "simulated evenings no longer train."
        )
