"""The verb that asks a kept model about rows of a data set."""

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.backend.cli.output import AsJson, progress_bar, say_json, verb, warn
from app.backend.domain.clock import system_clock
from app.backend.workflows.foretell import foretell


@verb
def predict(
    model: Annotated[Path, typer.Argument(help="A file that encore evaluate --save wrote.")],
    interactions: Annotated[
        Path, typer.Option(help="Who asks about which title: CSV with member, title_id, contexts.")
    ],
    titles: Annotated[
        Path | None, typer.Option(help="What is known of the titles: CSV, one title a line.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask a kept model how likely each member likes each title, row by row."""
    with progress_bar() as progress:
        latest_year = system_clock().year + 2
        found = foretell(model, interactions, titles, latest_year, progress)
    if as_json:
        say_json({"predictions": list(found.rows()), "left_out": found.left_out})
        return
    rows = list(found.rows())
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["member", "title_id", *found.requests.contexts, "probability"])
    writer.writerows(row.values() for row in rows)
    for reason, counted in found.left_out.items():
        line = f"left out {counted.rows}: {reason} (first in line {counted.line})"
        warn(line)
