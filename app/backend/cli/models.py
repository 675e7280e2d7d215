"""Verbs about learning: train, and see which versions there are."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.domain.runs import FAILED, fairly_compared
from app.backend.workflows import browse
from app.backend.workflows.taste import CHAMPION, RULES, Taste, taste


def make_models_cli() -> typer.Typer:
    """Return the verbs under `encore models`."""
    cli = typer.Typer(help="The versions of the model.")
    cli.command("list")(list_models)
    cli.command("show")(show_model)
    cli.command("taste")(show_taste)
    return cli


@verb
def train(
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn by chance.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Learn from all feedback, and promote the model if it earned it."""
    with household() as opened, progress_bar() as progress:
        run, is_new = opened.train(seed, progress)
    if as_json:
        say_json(run)
    elif not is_new:
        say(f"Run {run.id} is under way, at the step {run.step!r}.")
    else:
        _tell_comparison(run.comparison or {})
        say(run.reason or "")
    if run.state == FAILED:
        raise typer.Exit(4)


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
        say(f"{mark} {version.version}  {version.family}  learnt from {count}")
    if overview.champion is None:
        say("The rules are serving.")


@verb
def show_model(
    version: Annotated[str, typer.Argument(help="A version, as `encore models list` names it.")],
    as_json: AsJson = False,
) -> None:
    """Tell all about one version."""
    with household() as opened, opened.database.reading() as session:
        found = browse.version(session, version)
    if as_json:
        say_json(found)
        return
    say(f"{found.version}, {found.family}, {'serving' if found.is_champion else 'not serving'}")
    say(f"made {found.created_at:%Y-%m-%d %H:%M} UTC by run {found.run_id}, digest {found.digest}")
    _tell_comparison(found.metrics)


@verb
def show_taste(
    version: Annotated[
        str, typer.Argument(help="A version; `champion` for what serves now; `rules`.")
    ] = CHAMPION,
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


def _tell_comparison(comparison: Mapping[str, Any]) -> None:
    models = fairly_compared(comparison)
    if not models:
        return
    say(f"On {comparison['tested_rows']} later feedbacks that none of them had learnt from:")
    for name, metrics in models.items():
        say(
            f"  {name:<11} log loss {metrics['log_loss']:.3f}   "
            f"calibration error {metrics['calibration_error']:.2f}"
        )
