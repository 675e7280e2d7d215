"""Verbs that tell of versions: which there are, what sets them apart, which served when."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.backend.cli import exports, versions
from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.cli.training import tell_comparison
from app.backend.workflows import browse
from app.backend.workflows.difference import Difference, difference
from app.backend.workflows.taste import CHAMPION, RULES, Taste, taste
from app.backend.workflows.versions import Period, history, served_at

VersionName = Annotated[
    str, typer.Argument(help="A version; `champion` for what serves now; `rules`.")
]


def make_models_cli() -> typer.Typer:
    """Return the verbs under `encore models`."""
    cli = typer.Typer(help="The versions of the model.", add_completion=False)
    cli.command("list")(list_models)
    cli.command("show")(show_model)
    cli.command("taste")(show_taste)
    cli.command("diff")(show_difference)
    cli.command("history")(show_history)
    cli.command("promote")(versions.promote_version)
    cli.command("rollback")(versions.roll_back_version)
    cli.command("verify")(versions.verify_versions)
    cli.command("prune")(versions.prune_versions)
    cli.command("export")(exports.export_model)
    return cli


@verb
def list_models(as_json: AsJson = False) -> None:
    """List the latest versions, the newest first; the one that serves is marked."""
    with household() as opened, opened.database.reading() as session:
        overview = browse.models(session)
    if as_json:
        champion = overview.champion.version if overview.champion else None
        say_json({"champion": champion, "models": overview.versions})
        return
    for version in overview.versions:
        mark = "*" if version.is_champion else " "
        count = version.metrics["feedback_count"]
        gone = (
            "  (pruned)" if version.pruned_at else "  (set aside)" if version.set_aside_at else ""
        )
        say(f"{mark} {version.version}  {version.family}  learnt from {count}{gone}")
    if overview.champion is None:
        say("The rules are serving.")


@verb
def show_model(
    version: Annotated[str, typer.Argument(help="A version, as `encore models list` names it.")],
    card: Annotated[
        bool, typer.Option("--card", help="Print its model card, in Markdown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Tell all about one version."""
    with household() as opened, opened.database.reading() as session:
        found = browse.version(session, version)
        text = browse.card(opened.shelf, found, "card.md") if card else ""
    if card:
        say_json({"version": version, "card": text}) if as_json else say(text)
        return
    if as_json:
        say_json(found)
        return
    say(f"{found.version}, {found.family}, {'serving' if found.is_champion else 'not serving'}")
    say(f"made {found.created_at:%Y-%m-%d %H:%M} UTC by run {found.run_id}, digest {found.digest}")
    tell_comparison(found.metrics)


@verb
def show_difference(
    first: VersionName, second: VersionName = CHAMPION, as_json: AsJson = False
) -> None:
    """Tell what sets two versions apart: origin, metrics, coefficients and top tens."""
    with household() as opened, opened.database.reading() as session:
        found = difference(session, opened.shelf, first, second, opened.clock)
    if as_json:
        say_json(found)
    else:
        _tell_difference(found)


@verb
def show_history(
    at: Annotated[
        datetime | None,
        typer.Option(
            help="Only what served at this moment, in UTC.", formats=["%Y-%m-%dT%H:%M:%S"]
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Tell which version served from when until when, why, and who decided."""
    with household() as opened, opened.database.reading() as session:
        moment = None if at is None else at.replace(tzinfo=UTC)
        periods = history(session) if moment is None else [served_at(session, moment)]
    if as_json:
        say_json({"history": periods})
        return
    for period in periods:
        _tell_period(period)


@verb
def show_taste(
    version: VersionName = CHAMPION,
    as_json: AsJson = False,
) -> None:
    """Tell what a mood means to a model, and what decides in it."""
    with household() as opened, opened.database.reading() as session:
        found = taste(session, opened.shelf, opened.clock, version)
    if as_json:
        say_json(found)
    else:
        _tell_taste(found)


def _tell_taste(found: Taste) -> None:
    say("The rules:" if found.version == RULES else f"Model {found.version}:")
    for sentence in found.sentences:
        say(f"  {sentence}")
    if not found.importance:
        return
    say(f"Share of what decides between {found.titles} titles, within one evening and over all:")
    for group in found.importance:
        if not group.is_negligible:
            within, overall = round(group.within, 2) + 0.0, round(group.overall, 2) + 0.0
            say(f"  {group.group:<14} {within:>5.0%} {overall:>5.0%}")
    nothing = [group.group for group in found.importance if group.is_negligible]
    if nothing:
        say(f"Practically nothing comes from: {', '.join(nothing)}.")


def _tell_difference(found: Difference) -> None:
    say(f"{found.first} against {found.second}:")
    for name, (one, other) in {**found.origin, **found.metrics}.items():
        say(f"  {name:<18} {_short(one)} → {_short(other)}")
    if found.effects:
        say("Coefficients that moved furthest, in logits:")
        for effect in found.effects:
            say(f"  {effect.name:<40} {effect.first:+.2f} → {effect.second:+.2f}")
    for overlap in found.overlaps:
        say(f"  {overlap.mood:<10} {overlap.shared} of {overlap.of} in both top tens")
    if found.mean_shift is not None:
        say(f"Over {found.titles} titles the probability differs by {found.mean_shift:.3f}.")


def _tell_period(period: Period) -> None:
    since = "the beginning" if period.since is None else f"{period.since:%Y-%m-%d %H:%M:%S}"
    until = "now" if period.until is None else f"{period.until:%Y-%m-%d %H:%M:%S}"
    say(f"{since} to {until}  {period.version or 'the rules'}  ({period.kind}, {period.actor})")
    say(f"    {period.reason}")


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "-" if value is None else str(value)[:40]
