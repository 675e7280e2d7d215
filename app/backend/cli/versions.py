"""Verbs that decide which version serves, and which versions keep their files."""

import getpass
from typing import Annotated, Final

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.workflows.retention import prune
from app.backend.workflows.versions import Wish, promote, roll_back, verify

EXPECTED: Final = "Do it only if this version serves now (`rules`: if they do)."

Expected = Annotated[str | None, typer.Option("--expected", help=EXPECTED)]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the decision.")]


@verb
def promote_version(
    version: Annotated[str, typer.Argument(help="A version, as `encore models list` names it.")],
    reason: Reason = "",
    expected: Expected = None,
    as_json: AsJson = False,
) -> None:
    """Let a version serve from now on; its files are verified first."""
    with household() as opened:
        wish = Wish(_actor(), reason, expected)
        done = promote(opened.database, opened.shelf, version, wish, opened.clock)
    if as_json:
        say_json(done)
    else:
        say(f"{done.version} serves.")


@verb
def roll_back_version(
    reason: Reason = "", expected: Expected = None, as_json: AsJson = False
) -> None:
    """Let what served before serve again, be it the rules."""
    with household() as opened:
        wish = Wish(_actor(), reason, expected)
        done = roll_back(opened.database, opened.shelf, wish, opened.clock)
    if as_json:
        say_json(done)
    else:
        say(f"{done.version} serves again." if done.version else "The rules serve again.")


@verb
def verify_versions(
    versions: Annotated[
        list[str] | None, typer.Argument(help="Versions; without any, all of them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hash and open versions; what is damaged is set aside, and what served before it serves."""
    with household() as opened:
        found = verify(opened.database, opened.shelf, opened.clock, versions or ())
    if as_json:
        say_json({"versions": found})
    for one in () if as_json else found:
        say(f"{one.version}  {one.state:<9}  {one.finding}")
    if not found and not as_json:
        say("There is no version yet.")
    if any(one.is_fault for one in found):
        raise typer.Exit(4)


@verb
def prune_versions(
    keep: Annotated[int, typer.Option(min=0, help="How many of the newest stay in any case.")] = 5,
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take away files of old versions; what serves, or could be rolled back to, stays."""
    with household() as opened:
        done = prune(opened.database, opened.shelf, keep, opened.clock, rehearse=rehearse)
    if as_json:
        say_json(done)
        return
    for name in done.versions:
        say(f"{'Would take away' if rehearse else 'Took away'} {name}")
    known = len(done.versions) + done.kept
    say(f"{len(done.versions)} of {known}, {done.freed_bytes / 1e6:.1f} MB.")


def _actor() -> str:
    try:
        return f"{getpass.getuser()} by command"
    except (KeyError, OSError):
        return "command"
