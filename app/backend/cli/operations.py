"""Verbs that keep an installation: back it up, restore it, ask whether it is well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb, warn
from app.backend.domain.clock import system_clock
from app.backend.domain.errors import SettingsInvalid
from app.backend.settings import read_settings
from app.backend.workflows.archive import Manifest
from app.backend.workflows.backup import back_up
from app.backend.workflows.doctor import (
    PROBLEM,
    WARNING,
    Finding,
    Premises,
    examine,
    settings_finding,
)
from app.backend.workflows.restore import restore as restored_from
from app.backend.workflows.restore import verified

Rehearse = Annotated[
    bool, typer.Option("--rehearse", help="Only judge the backup, to its last byte.")
]


@verb
def backup(
    file: Annotated[Path, typer.Argument(help="The zip file to write.")],
    force: Annotated[
        bool, typer.Option("--force", help="Take the place of a file that is there.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write everything there is into one file: every table at one moment, and the models."""
    with household() as opened, progress_bar() as progress:
        done = back_up(opened.database, opened.shelf, file, opened.clock, progress, force=force)
    if as_json:
        say_json({"path": str(done.path), "bytes": done.bytes, **_as_json(done.manifest)})
        return
    say(f"{done.path}: {_told(done.manifest)}, {done.bytes / 1e6:.1f} MB. It was read back.")
    _warn_of_left_out(done.manifest)


@verb
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `encore backup` wrote.")],
    rehearse: Rehearse = False,
    force: Annotated[
        bool, typer.Option("--force", help="Delete first everything that is here.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty household: all of it, or nothing where anything is wrong."""
    with progress_bar() as progress, verified(file, progress) as archive:
        if not rehearse:
            with household() as opened:
                restored_from(archive, opened.database, opened.shelf, progress, force=force)
        manifest = archive.manifest
    if as_json:
        say_json({"path": str(file), "is_rehearsal": rehearse, **_as_json(manifest)})
        return
    written = f"written {manifest.written_at:%Y-%m-%d %H:%M} UTC by Encore {manifest.encore}"
    done = "is whole and could be restored" if rehearse else "was restored"
    say(f"{file} {done}: {_told(manifest)}, {written}.")
    _warn_of_left_out(manifest)


@verb
def doctor(
    asks_servers: Annotated[
        bool, typer.Option("--servers", help="Also ask each source whether it answers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask whether this installation is well, and what to do where it is not; nothing is changed."""
    findings = []
    for finding in _findings(asks_servers):
        findings.append(finding)
        if not as_json:
            say(f"{finding.state:<8}  {finding.check:<14}  {finding.found}")
        if finding.advice and not as_json:
            say(f"{'':<8}  {'':<14}  {finding.advice}")
    counts = {state: sum(one.state == state for one in findings) for state in (PROBLEM, WARNING)}
    if as_json:
        say_json({"is_well": not counts[PROBLEM], "findings": findings})
    else:
        say(f"{_counted(counts[PROBLEM], PROBLEM)}, {_counted(counts[WARNING], WARNING)}.")
    if counts[PROBLEM]:
        raise typer.Exit(5)


def _findings(asks_servers: bool) -> Iterator[Finding]:
    try:
        settings = read_settings()
    except SettingsInvalid as error:
        yield settings_finding(error)
        return
    yield settings_finding(None)
    yield from examine(
        Premises(
            settings.effective_database_url,
            settings.data_dir,
            settings.models_dir,
            system_clock,
            asks_servers=asks_servers,
        )
    )


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "written_at": manifest.written_at,
        "encore": manifest.encore,
        "revision": manifest.revision,
        "database": manifest.database,
        "rows": {name: table.rows for name, table in manifest.tables.items()},
        "versions": list(manifest.models),
        "left_out": dict(manifest.left_out),
    }


def _told(manifest: Manifest) -> str:
    rows, models = manifest.row_count, len(manifest.models)
    return f"{_counted(rows, 'row')} and {_counted(models, 'model version')}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _warn_of_left_out(manifest: Manifest) -> None:
    for version, reason in manifest.left_out.items():
        warn(f"The files of version {version} are not in the backup: {reason}")
