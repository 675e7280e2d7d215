"""A process that has everything loaded, and forks one child for each deed that may end in death.

Reads one order a line (JSON), and answers one line: how the child ended, and which points it
passed. Loading the libraries takes seconds; forking takes none.
"""

import gc
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from app.backend.workflows.household import open_household
from tests.chaos.deeds import DEEDS, clock_of
from tests.chaos.failpoints import Failpoints


def main() -> None:
    """Carry out orders until there are no more."""
    threadpool_limits(limits=1, user_api="blas")
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(order)
        _, status = os.waitpid(child, 0)
        passed = _taken(Path(order["passed_path"]))
        ending = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        print(json.dumps({"ending": ending, "passed": passed}), flush=True)  # noqa: T201


def _live(order: dict[str, Any]) -> None:
    """Do a deed in a child, and end without going back."""
    notes = os.open(order["notes_path"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    points = Failpoints(order["deadly"])
    try:
        # Whatever comes before the deed belongs to no deed.
        clock = clock_of(order["number"])
        with open_household(order["url"], Path(order["models"]), clock) as household:
            points.arm()
            if order["after_seconds"] is not None:
                _die_in(order["after_seconds"])
            deed = DEEDS[order["deed"]]
            deed(household, order["number"], lambda note: _write(notes, note))
        Path(order["passed_path"]).write_text(json.dumps(points.passed) + "\n")
    except BaseException as error:  # noqa: BLE001  # a child must never return into the loop
        sys.stderr.write(f"{order['deed']} {order['number']}: {error!r}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _taken(told: Path) -> list[str]:
    """Return which points a child passed; none where it died before all of them were written."""
    text = told.read_text() if told.exists() else ""
    told.unlink(missing_ok=True)
    passed: list[str] = json.loads(text) if text.endswith("\n") else []
    return passed


def _write(descriptor: int, note: str) -> None:
    os.write(descriptor, f"{note}\n".encode())


def _die_in(seconds: float) -> None:
    def die() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=die, daemon=True).start()


if __name__ == "__main__":
    main()
