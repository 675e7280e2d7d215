"""How verbs speak: facts on stdout, in words or as JSON alone; progress and faults on stderr."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from functools import wraps
from typing import Annotated, Final, ParamSpec, TypeVar

import typer

from app.backend.domain.clock import system_clock
from app.backend.domain.errors import (
    AccessError,
    EncoreError,
    InputError,
    ModelError,
    OperationError,
    SourceError,
)
from app.backend.domain.progress import Progress, Step
from app.backend.settings import read_settings
from app.backend.workflows.household import Household, open_household

P = ParamSpec("P")
R = TypeVar("R")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone on stdout.")]

EXIT_CODES: Final[Mapping[type[EncoreError], int]] = {
    InputError: 2,
    SourceError: 3,
    ModelError: 4,
    AccessError: 5,
    OperationError: 5,
}


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Let a named error end a verb with its sentence, its envelope and its exit code."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except EncoreError as error:
            if kwargs.get("as_json"):
                say_json(error.envelope())
            else:
                typer.secho("Error: ", fg="red", bold=True, nl=False, err=True)
                typer.echo(error.message, err=True)
            raise typer.Exit(exit_code(error)) from error

    return wrapped


def exit_code(error: EncoreError) -> int:
    """Return the exit code of an error's branch of the tree."""
    codes = (code for kind, code in EXIT_CODES.items() if isinstance(error, kind))
    return next(codes, 1)


@contextmanager
def household() -> Iterator[Household]:
    """Open the household that the environment names."""
    settings = read_settings()
    url = settings.effective_database_url
    training = settings.training
    with open_household(url, settings.models_dir, system_clock, training) as opened:
        yield opened


def warn(text: str) -> None:
    """Say on stderr what went wrong beside."""
    typer.echo(text, err=True)


def say(text: str = "") -> None:
    """Say a line."""
    typer.echo(text)


def say_json(value: object) -> None:
    """Print one JSON document."""
    json.dump(value, sys.stdout, default=_plain, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show progress on stderr, where somebody watches; otherwise say nothing."""
    from rich import console, progress  # noqa: PLC0415  # a server shows none

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
    )
    stderr = console.Console(stderr=True)
    with progress.Progress(
        *columns, console=stderr, transient=True, disable=not stderr.is_terminal
    ) as bars:
        task = bars.add_task("", visible=False)

        def show(step: Step) -> None:
            bars.update(
                task,
                description=step.name,
                completed=step.done,
                total=step.total,
                visible=True,
            )

        yield show


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
