"""Encore on the command line: one verb a function."""

from typing import Final

import typer

from app.backend.cli import evaluate, evenings, library, models, predict, quality, serve, training

HELP: Final = """What shall we watch tonight? Picks from your own library, which learn from you.

Exit codes: 0 done · 1 a fault in Encore · 2 wrong input or usage · 3 a library that cannot be read
· 4 a model that cannot be used · 5 an installation that cannot do what it was asked to.
"""


def make_cli(run_server: serve.RunServer, quality_page: quality.QualityPage) -> typer.Typer:
    """Return the command-line interface.

    `run_server` answers requests until it is stopped; `quality_page` writes a report as HTML.
    """
    cli = typer.Typer(
        name="encore",
        help=HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    cli.command("serve")(serve.make_serve(run_server))
    cli.command("demo")(library.demo)
    cli.add_typer(library.make_import_cli(), name="import")
    cli.command("recommend")(evenings.recommend)
    cli.command("rate")(evenings.rate)
    cli.command("train")(training.train)
    cli.add_typer(training.make_runs_cli(), name="runs")
    cli.command("evaluate")(evaluate.evaluate)
    cli.command("predict")(predict.predict)
    cli.command("data-quality")(quality.make_data_quality(quality_page))
    cli.add_typer(models.make_models_cli(), name="models")
    return cli
