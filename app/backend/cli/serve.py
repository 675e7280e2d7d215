"""The verb that opens Encore to browsers and programs."""

import socket
import subprocess  # the demo learns in a process of its own
import sys
from collections.abc import Callable
from typing import Annotated, TypeAlias

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.domain.errors import BindRefused
from app.backend.settings import Settings, read_settings
from app.backend.workflows.accounts import has_owner, make_owner
from app.backend.workflows.browse import has_titles
from app.backend.workflows.household import Household

RunServer: TypeAlias = Callable[[Household, socket.socket, Settings], None]


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
        with household() as opened:
            _insist_on_an_owner(opened, settings)
            if demo:
                _set_up_demo(opened)
            with _listening(settings.host, settings.port) as listener:
                _tell_address(listener, settings, as_json=as_json)
                run_server(opened, listener, settings)

    return serve


def _insist_on_an_owner(opened: Household, settings: Settings) -> None:
    """Make the owner that the settings name; refuse to be reached by others without one.

    Raises
    ------
    BindRefused
        Where strangers could use what nobody owns.
    """
    with opened.database.writing() as session:
        is_owned = has_owner(session)
        if not is_owned and settings.owner_name:
            make_owner(session, settings.owner_name, settings.owner_password, opened.clock)
            is_owned = True
    if not is_owned and not settings.doorway.may_be_unclaimed:
        raise BindRefused(
            "Others could reach this Encore, and it has no owner yet. Set ENCORE_OWNER_NAME and "
            "ENCORE_OWNER_PASSWORD, or run: encore accounts add NAME --role owner"
        )


def _set_up_demo(opened: Household) -> None:
    """Fill an empty household, by a process of its own: what learns takes room that stays."""
    with opened.database.reading() as session:
        if has_titles(session):
            return
    program = [sys.executable, "-m", "app.backend", "demo"]
    subprocess.run(program, stdout=sys.stderr, check=False)  # noqa: S603  # our own program


def _listening(host: str, port: int) -> socket.socket:
    """Take the port before the address is told, so that whoever reads it can connect."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as error:
        raise BindRefused(
            f"{host}:{port} cannot be listened on: {error.strerror}. Choose another port with "
            "ENCORE_PORT."
        ) from error


def _tell_address(listener: socket.socket, settings: Settings, *, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    base = settings.doorway.base_path
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}{base}"
    shown = f"{settings.doorway.public_url}{base}" if settings.public_url else url
    if as_json:
        say_json({"url": url, "public_url": shown})
    else:
        say(f"Encore is at {shown} (stop it with Ctrl+C)")
    sys.stdout.flush()
