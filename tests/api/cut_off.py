"""Encore as `python -m app.backend`, on a machine from which no other can be reached.

Whoever makes up addresses of media servers must not have any of them called.
"""

import socket
from typing import Any, Final

from app.backend.__main__ import main
from app.backend.workflows import connections

HERE: Final = frozenset({None, "127.0.0.1", "localhost", "::1"})

_look_up = socket.getaddrinfo


def _look_up_here(host: Any, *asked: Any, **more: Any) -> Any:  # noqa: ANN401  # as the original's
    name = host.decode() if isinstance(host, bytes) else host
    if name not in HERE:
        raise socket.gaierror(socket.EAI_NONAME, "There is no such name")
    return _look_up(host, *asked, **more)


if __name__ == "__main__":
    socket.getaddrinfo = _look_up_here
    # Nobody is going to start up while they are asked.
    connections.AT_FIRST = connections.PROMPT  # type: ignore[misc]  # it is final elsewhere
    main()
