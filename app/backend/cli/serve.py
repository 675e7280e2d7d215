"""The verb that opens Encore to browsers and programs on this machine."""

import socket
import sys
from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer

from app.backend.cli.output import AsJson, household, progress_bar, say, say_json, verb
from app.backend.domain.errors import BindRefused
from app.backend.settings import insist_on_loopback, read_settings
from app.backend.workflows.household import Household, set_up_demo

RunServer: TypeAlias = Callable[[Household, socket.socket], None]


def make_serve(run_server: RunServer) -> Callable[..., None]:
    """Return the verb `serve`, which hands a listening socket to `run_server`."""

    @verb
    def serve(
        demo: Annotated[
            bool, typer.Option("--demo", help="Fill an empty household with the demo first.")
        ] = False,
        as_json: AsJson = False,
    ) -> None:
        """Serve the pages and the API until stopped."""
        settings = read_settings()
        insist_on_loopback(settings.host)
        with household() as opened:
            if demo:
                with progress_bar() as progress:
                    set_up_demo(opened, progress, reset=False)
            with _listening(settings.host, settings.port) as listener:
                _tell_address(listener, as_json=as_json)
                run_server(opened, listener)

    return serve


def _listening(host: str, port: int) -> socket.socket:
    """Take the port before the address is told, so that whoever reads it can connect."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise BindRefused(
            f"{host}:{port} cannot be listened on: {error.strerror}. Choose another port with "
            "ENCORE_PORT."
        ) from error


def _tell_address(listener: socket.socket, *, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if as_json:
        say_json({"url": url})
    else:
        say(f"Encore is at {url} (stop it with Ctrl+C)")
    sys.stdout.flush()
