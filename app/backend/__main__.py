"""`encore`, and the same as `python -m app.backend`: joins the command line and the server."""

from threadpoolctl import threadpool_limits

from app.backend.api.quality_view import quality_page
from app.backend.api.server import run_server
from app.backend.cli import make_cli


def main() -> None:
    """Run the command line; linear algebra keeps to one thread, requests run side by side."""
    with threadpool_limits(limits=1, user_api="blas"):
        make_cli(run_server, quality_page)()


if __name__ == "__main__":
    main()
