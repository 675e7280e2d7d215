"""`encore`, and the same as `python -m app.backend`: joins the command line and the server."""

import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from threadpoolctl import threadpool_limits

from app.backend.cli import make_cli
from app.backend.settings import Settings
from app.backend.workflows.household import Household
from app.backend.workflows.quality import QualityReport


def run_server(household: Household, listener: socket.socket, settings: Settings) -> None:
    """Answer requests until stopped."""
    from app.backend.api import server  # noqa: PLC0415  # other verbs need no web

    server.run_server(household, listener, settings)


def quality_page(report: QualityReport) -> str:
    """Return a report as a page."""
    from app.backend.api import quality_view  # noqa: PLC0415  # other verbs need no web

    return quality_view.quality_page(report)


FACES: Final[Mapping[str, Callable[..., Any]]] = {
    "serve": run_server,
    "data-quality": quality_page,
}


def main() -> None:
    """Run the command line; linear algebra keeps to one thread, requests run side by side."""
    with threadpool_limits(limits=1, user_api="blas"):
        make_cli(FACES)()


if __name__ == "__main__":
    main()
