"""Encore on the command line: one verb a function."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

import typer
from typer.core import TyperGroup

HELP: Final = """What shall we watch tonight? Picks from your own library, which learn from you.

Exit codes: 0 done · 1 a fault in Encore · 2 wrong input or usage · 3 a library that cannot be read
· 4 a model that cannot be used · 5 an installation that cannot do what it was asked to.
"""

# Where each verb is written. What it needs is loaded when it is asked for: to serve takes none of
# what trains.
VERBS: Final[Mapping[str, str]] = {
    "serve": "serve:make_serve",
    "demo": "library:demo",
    "import": "library:make_import_cli",
    "members": "members:make_members_cli",
    "sources": "sources:make_sources_cli",
    "histories": "histories:make_histories_cli",
    "recommend": "evenings:recommend",
    "rate": "evenings:rate",
    "train": "training:train",
    "runs": "training:make_runs_cli",
    "evaluate": "evaluate:evaluate",
    "predict": "predict:predict",
    "data-quality": "quality:make_data_quality",
    "models": "models:make_models_cli",
    "accounts": "access:make_accounts_cli",
    "keys": "access:make_keys_cli",
    "backup": "operations:backup",
    "restore": "operations:restore",
    "doctor": "operations:doctor",
}

# What the verbs `serve` and `data-quality` are handed: the web's side of them.
Faces: TypeAlias = Mapping[str, Callable[..., Any]]


def make_cli(faces: Faces) -> typer.Typer:
    """Return the command-line interface.

    Parameters
    ----------
    faces : mapping of str to callable
        `serve` answers requests until it is stopped; `data-quality` writes a report as HTML.
    """

    class VerbsWhenAsked(TyperGroup):
        """All verbs, each loaded when it is asked for."""

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  # click's
            """Return the names of all verbs."""
            return list(VERBS)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  # click's
            """Return a verb; `None` where there is none of that name."""
            return _loaded(cmd_name, faces) if cmd_name in VERBS else None

    cli = typer.Typer(
        name="encore",
        cls=VerbsWhenAsked,
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    cli.callback()(_nothing)
    return cli


def _nothing() -> None:
    pass


def _loaded(name: str, faces: Faces) -> Any:  # noqa: ANN401  # click's, which typer hides
    module, _, attribute = VERBS[name].partition(":")
    made = getattr(import_module(f"{__name__}.{module}"), attribute)
    if name in faces:
        made = made(faces[name])
    elif attribute.startswith("make_"):
        group = typer.main.get_command(made())
        group.name = name
        return group
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(made)
    return typer.main.get_command(alone)
