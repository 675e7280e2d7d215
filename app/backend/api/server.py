"""Answers requests on a socket until it is stopped."""

import socket

import uvicorn

from app.backend.api.app import create_app
from app.backend.workflows.household import Household


def run_server(household: Household, listener: socket.socket) -> None:
    """Serve a household on a socket that listens already."""
    config = uvicorn.Config(create_app(household), log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])
