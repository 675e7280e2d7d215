"""Verbs about learning: train, and see how runs went."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb, warn
from app.backend.domain.runs import FAILED, Order, Run, fairly_compared
from app.backend.workflows import browse
from app.backend.workflows.jobs import ask_for_run, cancel
from app.backend.workflows.supervisor import Follower

RunId = Annotated[int, typer.Argument(min=1, help="The number of a run.")]


def make_runs_cli() -> typer.Typer:
    """Return the verbs under `encore runs`."""
    cli = typer.Typer(help="Training runs: how they went, and why.", add_completion=False)
    cli.command("list")(list_runs)
    cli.command("show")(show_run)
    cli.command("cancel")(cancel_run)
    return cli


@verb
def train(
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn by chance.")] = 0,
    anew: Annotated[
        bool, typer.Option("--anew", help="Also where nothing changed since the last run.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from all feedback, and promote the model if it earned it."""
    with household() as opened, progress_bar() as progress:
        run, is_new = ask_for_run(opened.database, Order(seed, is_forced=anew), opened.clock)
        carried = opened.supervisor().next_run(progress)
        if carried is not None:
            run = carried
        elif is_new:
            # A server was quicker to take it.
            run = Follower(opened.database, run.id, progress).until_the_end()
        with opened.database.reading() as session:
            problem = browse.tracking_problem(session, run.id)
    if as_json:
        say_json(run)
    elif run.is_active:
        say(f"Run {run.id} is under way, at the step {run.step!r}.")
    else:
        tell_comparison(run.comparison or {})
        say(run.reason or "")
    if problem is not None:
        warn(problem)
    if run.state == FAILED:
        raise typer.Exit(4)


@verb
def list_runs(as_json: AsJson = False) -> None:
    """List the latest runs, the newest first."""
    with household() as opened, opened.database.reading() as session:
        overview = browse.models(session)
    if as_json:
        say_json({"training_runs": overview.runs})
        return
    for run in overview.runs:
        say(f"{run.id:>5}  {run.requested_at:%Y-%m-%d %H:%M}  {run.state:<10} {run.reason or ''}")
    if not overview.runs:
        say("Nothing was trained yet; begin with: encore train")


@verb
def show_run(run_id: RunId, as_json: AsJson = False) -> None:
    """Tell how a run went, step by step, and why it ended as it did."""
    with household() as opened, opened.database.reading() as session:
        run = browse.training_run(session, run_id)
        problem = browse.tracking_problem(session, run_id)
    if as_json:
        say_json(run)
        return
    say(f"Run {run.id}: {run.state}, asked for by {run.trigger}, attempt {run.attempt}.")
    for step in run.steps:
        say(f"  {step['name']:<9} {step['seconds']:>8.2f} s  {_facts(step)}")
    for failure in run.failures:
        say(f"  attempt {failure['attempt']} failed: {failure['reason']}")
    tell_comparison(run.comparison or {})
    say(run.reason or f"At the step {run.step!r}.")
    if problem is not None:
        warn(problem)


@verb
def cancel_run(run_id: RunId, as_json: AsJson = False) -> None:
    """Stop a run that waits or is under way; what served so far goes on."""
    with household() as opened:
        run: Run = cancel(opened.database, run_id, opened.clock)
    if as_json:
        say_json(run)
    else:
        say(run.reason or "")


def tell_comparison(comparison: Mapping[str, Any]) -> None:
    """Say how a model did beside others, on the rows that all of them answered."""
    models = fairly_compared(comparison)
    if not models:
        return
    say(f"On {comparison['tested_rows']} later feedbacks that none of them had learnt from:")
    for name, metrics in models.items():
        say(
            f"  {name:<11} log loss {metrics['log_loss']:.3f}   "
            f"calibration error {metrics['calibration_error']:.2f}"
        )


def _facts(step: Mapping[str, Any]) -> str:
    """Return the plain values of a step in one line."""
    told = {**step["inputs"], **step["outputs"], **step["metrics"]}
    plain = (f"{name} {value}" for name, value in told.items() if isinstance(value, int | float))
    return ", ".join(plain)
