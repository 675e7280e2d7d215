"""What the fake media servers share: a real HTTP server, in a thread or in a process of its own."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
ROOT = Path(__file__).resolve().parents[2]


class Handler(BaseHTTPRequestHandler):
    """Answers as HTTP/1.1 does, and keeps no log."""

    protocol_version = "HTTP/1.1"
    # Whatever is written waits for nobody's acknowledgement.
    disable_nagle_algorithm = True
    # Head and body leave together.
    wbufsize = -1
    # Answers, and bytes of body, of all handlers of this process.
    tally: ClassVar[list[int]] = [0, 0]

    def handle(self) -> None:
        """Answer until whoever asks is gone."""
        with suppress(ConnectionError):
            super().handle()

    def say(self, status: int, body: bytes, **headers: str) -> None:
        """Answer."""
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.tally[0] += 1
        self.tally[1] += len(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[Handler], port: int = 0) -> Iterator[str]:
    """Serve while the context lasts; yields the server's address."""
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@dataclass(frozen=True, slots=True)
class Fake:
    """A fake that is a process of its own.

    Attributes
    ----------
    address : str
    program : Popen
        Answers each line that it is sent by one of its own; ends with its input.
    """

    address: str
    program: "subprocess.Popen[str]"

    def told(self) -> tuple[int, int]:
        """Return how many answers it gave since it was asked last, and their bytes of body."""
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write("\n")
        self.program.stdin.flush()
        answers, size = json.loads(self.program.stdout.readline())
        return answers, size


@contextmanager
def started(module: str, titles: int, seconds_per_100: float = 0.0) -> Iterator[Fake]:
    """Start a fake as a process of its own, and stop it.

    Parameters
    ----------
    module : str
        A module with a `main` of `run`, such as `tests.media_servers.fake_jellyfin`.
    titles : int
        How many it holds.
    seconds_per_100 : float
        How long it takes over each hundred that it tells.
    """
    command = [sys.executable, "-m", module, "--titles", str(titles)]
    command += ["--seconds-per-100", str(seconds_per_100)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield Fake(child.stdout.readline().strip(), child)
        finally:
            child.stdin.close()


@contextmanager
def process(module: str, titles: int, seconds_per_100: float = 0.0) -> Iterator[str]:
    """Start a fake as a process of its own, and stop it; yields its address."""
    with started(module, titles, seconds_per_100) as fake:
        yield fake.address


def run(serve: Callable[[int, float, int], AbstractContextManager[str]]) -> None:
    """Be a process that serves, by the command line, until its input ends.

    Parameters
    ----------
    serve : callable
        Titles, seconds for each hundred of them, and the port (0 for a free one): serves.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--titles", type=int, default=1_000)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds-per-100", type=float, default=0.0)
    said = parser.parse_args()
    with serve(said.titles, said.seconds_per_100, said.port) as address:
        print(address, flush=True)  # noqa: T201  # a program of its own
        for _ in sys.stdin:
            print(json.dumps(Handler.tally), flush=True)  # noqa: T201
            Handler.tally[:] = [0, 0]
