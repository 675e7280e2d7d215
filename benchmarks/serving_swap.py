"""Champions change while slates are asked for without pause: how many requests fail by that."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.load import Outcome, Plan
from benchmarks.serving_household import Made
from benchmarks.serving_jobs import slates
from benchmarks.serving_peers import encore
from benchmarks.serving_processes import (
    Unserved,
    asking,
    first_answer,
    free_port,
    outcome_of,
    post,
    running,
)
from benchmarks.serving_rounds import CONNECTIONS

SWAPS: Final = 20
PAUSE_SECONDS: Final = 0.25
MODELS: Final = "/api/v1/models"
WATCHED: Final = "model_version"


@dataclass(frozen=True, slots=True)
class Swapped:
    """What came of it.

    Attributes
    ----------
    swaps : int
    late : int
        Requests begun after a change whose answer was by another version.
    outcome : Outcome
        What the load saw; its `watched` counts answers by version.
    """

    swaps: int
    late: int
    outcome: Outcome

    @property
    def versions(self) -> int:
        """How many versions answered the load."""
        return len(self.outcome.watched)


def measure(made: Made, folder: Path, swaps: int = SWAPS) -> Swapped:
    """Serve the household, and let its two versions serve in turn while it is asked."""
    contender, port, job = encore(made), free_port(), slates()
    log = folder / "swap.log"
    with running(contender.command(port), port, contender.environment, log) as server:
        first_answer(server, job.path, job.bodies[0], job.holds)
        plan = Plan(server.address, job.path, job.bodies, 0, CONNECTIONS, job.holds, WATCHED)
        with asking(plan) as client:
            time.sleep(PAUSE_SECONDS)
            late = sum(_swap(server.address, made, number) for number in range(swaps))
            outcome = outcome_of(client)
    return Swapped(swaps, late, outcome)


def _swap(address: str, made: Made, number: int) -> int:
    """Let the other version serve, by promotion and by rollback in turn; say whether it is late."""
    # The last of the two serves at first, and again after each even number.
    wanted = made.versions[number % 2]
    if number % 4 == 1:
        done = _post(address, f"{MODELS}/rollback")
    else:
        done = _post(address, f"{MODELS}/{wanted}/promotion")
    if done["version"] != wanted:
        raise Unserved(f"{done['version']} serves, not {wanted}")
    job = slates()
    answered = _post(address, job.path, job.bodies[0])
    time.sleep(PAUSE_SECONDS)
    return int(answered[WATCHED] != wanted)


def _post(address: str, path: str, body: str = "{}") -> dict[str, Any]:
    status, content = post(address, path, body)
    if status >= 400:
        raise Unserved(f"{path} answered {status}: {content[:300]!r}")
    told: dict[str, Any] = json.loads(content)
    return told
