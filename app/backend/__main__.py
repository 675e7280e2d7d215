"""`encore`, and the same as `python -m app.backend`: joins the command line and the server."""

from app.backend.api.server import run_server
from app.backend.cli import make_cli


def main() -> None:
    """Run the command line."""
    make_cli(run_server)()


if __name__ == "__main__":
    main()
