"""The verb that writes a version in another format."""

from pathlib import Path
from typing import Annotated

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.domain.runs import CHAMPION
from app.backend.workflows import browse
from app.backend.workflows.export import FORMS, export_version


@verb
def export_model(
    version: Annotated[str, typer.Argument(help="A version, or `champion`.")] = CHAMPION,
    form: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(FORMS)}.")
    ] = "safetensors",
    to: Annotated[
        Path | None, typer.Option(help="The file to write (mlflow: the folder to make).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a version in another format, once it is proven to answer the same."""
    with household() as opened, opened.database.reading() as session:
        name = browse.version(session, version).version
        target = to or Path(f"{name}.{form}")
        done = export_version(session, opened.shelf, name, form, target)
    if as_json:
        say_json(done)
    else:
        say(f"{done.path}: {done.bytes / 1e3:.0f} kB. It answers as {done.version} does.")
