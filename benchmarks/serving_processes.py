"""Servers as processes: started, asked for the first time, weighed with their children, stopped."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.load import Outcome, Plan

ROOT: Final = Path(__file__).resolve().parent.parent
HOST: Final = "127.0.0.1"
READY_SECONDS: Final = 180.0
STOP_SECONDS: Final = 20.0
TICKS: Final = os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
LAST_LINES: Final = 20

# Positions in /proc/PID/stat, counted behind the name, which may hold anything.
_PARENT: Final = 1
_TIMES: Final = slice(11, 15)
_NAP: Final = 0.02


class Unserved(Exception):
    """A server did not start, or never gave a right answer."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs.

    Attributes
    ----------
    process : Popen
    address : str
        Host and port.
    began : float
        When it was started, on the clock of `time.perf_counter`.
    log : Path
        What it prints.
    """

    process: "subprocess.Popen[bytes]"
    address: str
    began: float
    log: Path

    def cpu_seconds(self) -> float:
        """Return the CPU time of its processes and of their children that have ended."""
        return sum(_cpu_seconds(pid) for pid in _tree(self.process.pid))

    def memory_mb(self) -> tuple[float, float]:
        """Return its processes' share of memory (PSS), and their resident memory (RSS)."""
        found = [_memory_mb(pid) for pid in _tree(self.process.pid)]
        return sum(pss for pss, _ in found), sum(rss for _, rss in found)


@contextmanager
def running(
    command: Sequence[str], port: int, environment: Mapping[str, str], log: Path
) -> Iterator[Running]:
    """Start a server, and stop it with all its children at the end."""
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment},
            cwd=log.parent,
            start_new_session=True,
        )
    try:
        yield Running(process, f"{HOST}:{port}", began, log)
    finally:
        _stop(process)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def post(address: str, path: str, body: str, patience: float = 120.0) -> tuple[int, bytes]:
    """Send JSON; return status and body of the answer.

    Raises
    ------
    OSError, HTTPException
        Where nobody answers.
    """
    connection = http.client.HTTPConnection(address, timeout=patience)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def first_answer(server: Running, path: str, body: str, holds: str) -> tuple[float, float]:
    """Ask until the answer is right; return how long that took, and CPU seconds until then.

    Raises
    ------
    Unserved
        Where the server ends, or takes too long.
    """
    told = "nobody listens"
    while time.perf_counter() - server.began < READY_SECONDS:
        if server.process.poll() is not None:
            raise Unserved(f"the server ended: {last_lines(server.log)}")
        try:
            status, content = post(server.address, path, body)
        except (OSError, http.client.HTTPException) as error:
            told = type(error).__name__
        else:
            if 200 <= status < 300 and holds.encode() in content:
                return time.perf_counter() - server.began, server.cpu_seconds()
            told = f"status {status}: {content[:300]!r}"
        time.sleep(_NAP)
    raise Unserved(f"no right answer ({told}): {last_lines(server.log)}")


@contextmanager
def asking(plan: Plan) -> Iterator["subprocess.Popen[str]"]:
    """Let a client carry a plan out beside; it stops at the end of the block, if not before."""
    client = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    try:
        assert client.stdin is not None  # noqa: S101  # a pipe was asked for
        client.stdin.write(json.dumps(asdict(plan)) + "\n")
        client.stdin.flush()
        yield client
    finally:
        client.kill()
        client.communicate()


def outcome_of(client: "subprocess.Popen[str]") -> Outcome:
    """Tell a client that it is enough, where its plan has no end, and return what came of it."""
    found: dict[str, Any] = json.loads(client.communicate()[0])
    return Outcome(**found)


def asked(plan: Plan) -> Outcome:
    """Carry a plan out in a process of its own."""
    with asking(plan) as client:
        return outcome_of(client)


def last_lines(log: Path) -> str:
    """Return the end of what a server printed."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:])


def _tree(root: int) -> list[int]:
    """Return a process and all below it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents[int(folder.name)] = int(fields[_PARENT])
    found = [root]
    for pid in found:  # it grows meanwhile
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process, behind its name; nothing of one that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _cpu_seconds(pid: int) -> float:
    return sum(int(ticks) for ticks in _stat(pid)[_TIMES]) / TICKS


def _memory_mb(pid: int) -> tuple[float, float]:
    folder = Path(f"/proc/{pid}")
    try:
        rss = int((folder / "statm").read_text("utf-8").split()[1]) * PAGE_BYTES / 2**20
    except (OSError, IndexError):
        return 0.0, 0.0
    try:
        lines = (folder / "smaps_rollup").read_text("utf-8").splitlines()
        shares = [line.split()[1] for line in lines if line.startswith("Pss:")]
    except OSError:
        shares = []
    return (float(shares[0]) / 2**10 if shares else rss), rss


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask a server to end; what is left of its session then is killed."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
