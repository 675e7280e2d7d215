"""The verb that trains and evaluates on any data set."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.domain.clock import system_clock
from app.backend.domain.errors import InvalidInput
from app.backend.sources.data_set import read_data_set
from app.backend.workflows import evaluate as workflow
from app.backend.workflows import table_models

# What the table for people shows: the metric, its heading, its decimals.
_SHOWN: Final = (
    ("log_loss", "log loss", 3),
    ("roc_auc", "ROC AUC", 3),
    ("pair_accuracy", "pairs", 3),
    ("ece", "ECE", 3),
    ("ndcg_at_5", "NDCG@5", 3),
)
_WIDE: Final = 25


InteractionsFile = Annotated[
    Path | None,
    typer.Option(
        help="Who judged what: CSV, Gorse feedback (JSON), or RecBole (.inter). Without it: the "
        "household's own verdicts."
    ),
]
TitlesFile = Annotated[
    Path | None, typer.Option(help="What is known of the titles: CSV, one title a line.")
]
SplitName = Annotated[
    workflow.Split | None,
    typer.Option(
        help="time, member-time, pairs, members or random. Without it: member-time where every "
        "row has a time, otherwise pairs."
    ),
]
SaveFile = Annotated[
    Path | None,
    typer.Option(
        help="Keep the family that suits the data set, fitted to all of its rows, in this file "
        "(.safetensors); encore predict asks it."
    ),
]


@verb
def evaluate(  # noqa: PLR0913, PLR0917  # one parameter an option
    interactions: InteractionsFile = None,
    titles: TitlesFile = None,
    split: SplitName = None,
    folds: Annotated[
        int, typer.Option(help="How many folds; the two splits by time have one.")
    ] = workflow.FOLDS,
    families: Annotated[
        str | None, typer.Option(help="Families between commas. Without it: all of them.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn by chance.")] = 0,
    save: SaveFile = None,
    as_json: AsJson = False,
) -> None:
    """Train and evaluate every family on a data set, or on the household."""
    options = workflow.Options(split, folds, workflow.families_named(families), seed)
    kept: table_models.Kept | None = None
    if interactions is None:
        found = _evaluated_household(titles, save, options)
    else:
        found, kept = _evaluated(interactions, titles, save, options)
    if as_json:
        say_json({**found, "kept": kept})
        return
    _tell(found)
    if kept is not None:
        say()
        say(f"Kept {kept.family}, fitted to all {kept.rows} rows: {kept.path}")
        say(f"  {kept.reason}")


def _evaluated(
    interactions: Path, titles: Path | None, save: Path | None, options: workflow.Options
) -> tuple[dict[str, Any], table_models.Kept | None]:
    if save is not None:
        table_models.insist_on_place(save)
    with progress_bar() as progress:
        raw = read_data_set(titles, interactions, system_clock().year + 2, progress)
        found = workflow.evaluate(raw, options, progress)
        kept = None if save is None else table_models.keep_model(raw, options, save, progress)
    return found, kept


def _evaluated_household(
    titles: Path | None, save: Path | None, options: workflow.Options
) -> dict[str, Any]:
    if save is not None:
        raise InvalidInput("A household's model is kept by encore train; add --interactions.")
    if titles is not None:
        raise InvalidInput("Titles alone cannot be learnt from; add --interactions FILE.")
    with (
        household() as opened,
        opened.database.reading() as session,
        progress_bar() as progress,
    ):
        return workflow.evaluate_household(session, options, opened.clock, progress)


def _tell(found: Mapping[str, Any]) -> None:
    _tell_data(found)
    say(f"Split {found['split']}, folds {found['folds']}, seed {found['seed']}.")
    say()
    say(f"  {'family':<15}{''.join(f'{heading:<{_WIDE}}' for _, heading, _ in _SHOWN)}fit")
    families = sorted(found["families"].items(), key=lambda item: item[1]["log_loss"])
    for name, metrics in families:
        mark = "*" if name == found["selected"] else " "
        say(_row(f"{mark} {name}", metrics) + f"{metrics['fit_seconds']:.2f} s")
    say(_row("= as selected", found["selected_metrics"]).rstrip())
    say()
    say(f"* selected: {found['selected']}. {found['reason']}")
    for name, reason in found["skipped"].items():
        say(f"Skipped {name}: {reason}")


def _tell_data(found: Mapping[str, Any]) -> None:
    say(
        f"{found['rows']} of {found['rows_read']} rows, {found['members']} members, "
        f"{found['titles']} titles, {found['positive_rate']:.1%} positive."
    )
    for reason, counted in found["left_out"].items():
        line = f" (first in line {counted['first_line']})" if "first_line" in counted else ""
        say(f"  left out  {counted['rows']:>8}  {reason}{line}")
    for reason, counted in found.get("title_problems", {}).items():
        say(f"  titles    {counted['rows']:>8}  {reason} (first in line {counted['first_line']})")
    if found.get("titles_without_metadata"):
        say(f"  titles    {found['titles_without_metadata']:>8}  of which nothing is known")
    if found["contexts"]:
        say(f"Contexts: {', '.join(found['contexts'])}")
    if found.get("ignored_columns"):
        say(f"Columns that were not read: {', '.join(found['ignored_columns'])}")


def _row(name: str, metrics: Mapping[str, Any]) -> str:
    cells = (_cell(metrics[key], metrics[f"{key}_interval"], at) for key, _, at in _SHOWN)
    return f"{name:<17}" + "".join(f"{cell:<{_WIDE}}" for cell in cells)


def _cell(value: float | None, interval: list[float] | None, decimals: int) -> str:
    if value is None:
        return "-"
    if interval is None:
        return f"{value:.{decimals}f}"
    low, high = interval
    return f"{value:.{decimals}f} ({low:.{decimals}f} to {high:.{decimals}f})"
