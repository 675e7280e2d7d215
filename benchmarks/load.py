"""A client that asks one server again and again over connections that stay open.

python -m benchmarks.load < PLAN

It is a process of its own, speaks HTTP/1.1 over bare sockets, and does little beside: what a
server can answer is not to be limited by who asks. A plan is a line of JSON with the fields of
`Plan`; what came of it is printed as JSON with those of `Outcome`. A plan without a number of
requests goes on until standard input is closed.
"""

import asyncio
import json
import math
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from benchmarks.serving_answers import Answer, parsed, request

PATIENCE_SECONDS: Final = 60.0
# After so many failures in a row there is no use in asking.
MOST_IN_A_ROW: Final = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked, and how often.

    Attributes
    ----------
    address : str
        Host and port.
    path : str
    bodies : sequence of str
        They take turns.
    requests : int
        How many; 0: until standard input is closed.
    connections : int
    holds : str
        What the body of each right answer holds.
    watched : str
        A name in the answers' JSON; how often each of its values came is counted. Empty: none.
    """

    address: str
    path: str
    bodies: Sequence[str]
    requests: int = 0
    connections: int = 8
    holds: str = ""
    watched: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan.

    Attributes
    ----------
    answered : int
        How many answers were right.
    failures : mapping of str to int
        What else happened, and how often.
    seconds : float
    p50_ms, p99_ms : float
        Of the right answers, from sending to the last byte; 0 where there is none.
    watched : mapping of str to int
    """

    answered: int
    failures: Mapping[str, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    watched: Mapping[str, int]

    @property
    def failed(self) -> int:
        """How many requests had no right answer."""
        return sum(self.failures.values())


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of the values does not exceed; 0.0 of none.

    Examples
    --------
    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5), percentile([1.0, 9.0], 0.99), percentile([], 0.5)
    (2.0, 9.0, 0.0)
    """
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else 0.0


@dataclass(slots=True)
class _Work:
    """What is still to be asked, and what came so far. It belongs to one event loop."""

    plan: Plan
    begun: int = 0
    latencies: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    watched: Counter[str] = field(default_factory=Counter)
    is_over: bool = False
    in_a_row: int = 0
    _contents: list[bytes] = field(init=False)
    _holds: bytes = field(init=False)
    _watched: re.Pattern[bytes] | None = field(init=False)

    def __post_init__(self) -> None:
        """Write each request once."""
        plan = self.plan
        self._contents = [request(plan.address, plan.path, body) for body in plan.bodies]
        self._holds = plan.holds.encode()
        pattern = rf'"{re.escape(plan.watched)}": *"?([^",}}]*)' if plan.watched else None
        self._watched = None if pattern is None else re.compile(pattern.encode())

    def next(self) -> bytes | None:
        """Return the next request; `None` where nothing more is to be asked."""
        if self.is_over or (self.plan.requests and self.begun >= self.plan.requests):
            return None
        self.begun += 1
        return self._contents[self.begun % len(self._contents)]

    def judge(self, answer: Answer, seconds: float) -> None:
        """Count an answer."""
        if not 200 <= answer.status < 300:
            self.fail(f"status {answer.status}")
        elif self._holds not in answer.body:
            self.fail("another body")
        else:
            self.in_a_row = 0
            self.latencies.append(seconds)
            found = None if self._watched is None else self._watched.search(answer.body)
            if found is not None:
                self.watched[found[1].decode()] += 1

    def fail(self, what: str) -> None:
        """Count what is no right answer, and give up where nothing else comes."""
        self.failures[what] += 1
        self.in_a_row += 1
        self.is_over = self.is_over or self.in_a_row >= MOST_IN_A_ROW

    def outcome(self, seconds: float) -> Outcome:
        """Return what came of it."""
        p50, p99 = (1e3 * percentile(self.latencies, share) for share in (0.5, 0.99))
        failures, watched = dict(self.failures), dict(self.watched)
        return Outcome(len(self.latencies), failures, seconds, p50, p99, watched)


class _Connection(asyncio.Protocol):
    """Asks as long as there is work, one request after the other."""

    def __init__(self, work: _Work) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._work = work
        self._transport: asyncio.Transport | None = None
        self._came = b""
        self._asked_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            self._ask()

    def data_received(self, data: bytes) -> None:
        """Take what came, and ask again once the answer is whole."""
        self._came += data
        try:
            answer = parsed(self._came)
        except ValueError as error:
            self._give_up(str(error))
            return
        if answer is None or self._asked_at is None:
            return
        self._work.judge(answer, time.perf_counter() - self._asked_at)
        self._came, self._asked_at = self._came[answer.size :], None
        if answer.closes and self._transport is not None:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say so; an answer that was waited for will not come."""
        if self._asked_at is not None:
            self._work.fail("no answer" if exc is None else type(exc).__name__)
            self._asked_at = None
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """Wait no longer."""
        if self._transport is not None:
            self._transport.abort()

    def _ask(self) -> None:
        request = self._work.next()
        if self._transport is None:
            return
        if request is None:
            self._transport.close()
            return
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def _give_up(self, what: str) -> None:
        self._work.fail(what)
        self._asked_at = None
        self.close()


async def ask(plan: Plan, stop: asyncio.Event | None = None) -> Outcome:
    """Carry a plan out.

    Parameters
    ----------
    plan : Plan
    stop : asyncio.Event or None
        Ends it: what was asked by then is still answered.
    """
    work, began = _Work(plan), time.perf_counter()
    open_now: set[_Connection] = set()
    asking = [asyncio.create_task(_keep_asking(work, open_now)) for _ in range(plan.connections)]
    watching = asyncio.create_task(_watch(work, open_now, stop))
    await asyncio.gather(*asking)
    seconds = time.perf_counter() - began
    watching.cancel()
    return work.outcome(seconds)


async def _keep_asking(work: _Work, open_now: set[_Connection]) -> None:
    """Ask over one connection, and over another where the server closed it."""
    host, _, port = work.plan.address.rpartition(":")
    loop = asyncio.get_running_loop()
    while not work.is_over and not (work.plan.requests and work.begun >= work.plan.requests):
        try:
            _, made = await loop.create_connection(lambda: _Connection(work), host, int(port))
        except OSError as error:
            work.fail(type(error).__name__)
            await asyncio.sleep(0.01)
            continue
        open_now.add(made)
        await made.ended
        open_now.discard(made)


async def _watch(work: _Work, open_now: set[_Connection], stop: asyncio.Event | None) -> None:
    """End the work when it is told to end, or when nothing comes any more."""
    came, since = -1, time.perf_counter()
    while True:
        await asyncio.sleep(0.05)
        now = len(work.latencies) + sum(work.failures.values())
        if now != came:
            came, since = now, time.perf_counter()
        is_stuck = time.perf_counter() - since > PATIENCE_SECONDS
        work.is_over = work.is_over or is_stuck or (stop is not None and stop.is_set())
        if is_stuck:
            for connection in list(open_now):
                connection.close()


async def _from_standard_input() -> Outcome:
    plan = plan_of(json.loads(sys.stdin.readline()))
    if plan.requests:
        return await ask(plan)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, sys.stdin.read).add_done_callback(lambda _: stop.set())
    return await ask(plan, stop)


def plan_of(said: Mapping[str, Any]) -> Plan:
    """Return a plan from what its JSON says."""
    return Plan(**said)


def main() -> int:
    """Carry out the plan on standard input."""
    print(json.dumps(asdict(asyncio.run(_from_standard_input()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
