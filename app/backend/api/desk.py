"""Answers requests for slates many at a time: one transaction, one thread, one catalogue.

A slate is on record before it is shown, and a database takes as long to keep one transaction as
to keep a small one. So requests that come while others are being written down wait for each other,
and are written down together.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from anyio import from_thread

from app.backend.api.metrics import Meters
from app.backend.workflows.household import Household
from app.backend.workflows.ranked import RankedCatalogue
from app.backend.workflows.recommend import Answered, Picker, Request

T = TypeVar("T")

MOST_AT_ONCE: Final = 64
# How long a request waits for those who were answered with the last one, and may ask again.
LINGER_SECONDS: Final = 0.002


class OutOfDate(Exception):  # nothing went wrong: the caller is looked up again
    """Rights were taken away since the caller was looked up."""


@dataclass(slots=True)
class _Waiting:
    request: Request
    as_of: int | None
    future: "asyncio.Future[Answered]"


@dataclass(slots=True)
class Desk:
    """Collects requests and lets one thread answer them together. It belongs to one event loop."""

    household: Household
    meters: Meters = field(default_factory=Meters)
    picker: Picker = field(init=False)
    _queue: deque[_Waiting] = field(default_factory=deque)
    _thread: ThreadPoolExecutor = field(init=False)
    _is_busy: bool = False
    _expected: int = 1
    _alarm: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        """Hire the thread."""
        self.picker = Picker(self.household.shelf)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    async def slate(self, request: Request, as_of: int | None = None) -> Answered:
        """Draw a slate and write it down.

        Parameters
        ----------
        request : Request
        as_of : int or None
            How often rights had been taken away from anybody when the caller was looked up; with
            `None` they were looked up just now.

        Raises
        ------
        OutOfDate
            Where rights were taken away since then.
        EncoreError
            Where the request cannot be answered.
        """
        waiting = _Waiting(request, as_of, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._begin_if_due()
        return await waiting.future

    def slate_for_thread(self, request: Request) -> Answered:
        """Draw a slate for one of the threads that the event loop lends out, as `slate` does."""
        return from_thread.run(self.slate, request)

    def consult(self, ask: Callable[[RankedCatalogue, Mapping[int, str]], T]) -> T:
        """Ask the library as the champion sees it, and its members, from a borrowed thread."""
        return from_thread.run(self.told, ask)

    async def told(
        self, ask: Callable[[RankedCatalogue, Mapping[int, str]], T], as_of: int | None = None
    ) -> T:
        """Ask the library as the champion sees it, and its members; see `slate` for `as_of`.

        Raises
        ------
        OutOfDate
            Where rights were taken away since then.
        """
        asking = partial(self._told, ask, as_of)
        return await asyncio.get_running_loop().run_in_executor(self._thread, asking)

    def _told(self, ask: Callable[[RankedCatalogue, Mapping[int, str]], T], as_of: int | None) -> T:
        with self.household.database.reading_plainly() as connection:
            ranked = self.picker.refresh(connection, self.household.clock())
        if as_of not in (None, self.picker.access):
            raise OutOfDate
        return ask(ranked, self.picker.members)

    async def warm_up(self) -> None:
        """Look at the library before somebody asks."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._look)

    def close(self) -> None:
        """Send the thread home, once it has answered."""
        self._thread.shutdown()

    def _begin_if_due(self) -> None:
        if self._is_busy or not self._queue:
            return
        if len(self._queue) >= min(self._expected, MOST_AT_ONCE):
            self._begin()
        elif self._alarm is None:
            self._alarm = asyncio.get_running_loop().call_later(LINGER_SECONDS, self._begin)

    def _begin(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._is_busy or not self._queue:
            return
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_AT_ONCE))]
        self._is_busy = True
        asked = [(one.request, one.as_of) for one in batch]
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, asked)
        running.add_done_callback(partial(self._hand_out, batch))

    def _hand_out(
        self,
        batch: Sequence[_Waiting],
        done: "asyncio.Future[list[Answered | Exception]]",
    ) -> None:
        self._is_busy = False
        self._expected = len(batch) + len(self._queue)
        fault = done.exception()
        found = [fault] * len(batch) if fault is not None else done.result()
        for waiting, answer in zip(batch, found, strict=True):
            if waiting.future.cancelled():
                continue
            if isinstance(answer, BaseException):
                waiting.future.set_exception(answer)
            else:
                waiting.future.set_result(answer)
        self._begin_if_due()

    def _answer(self, asked: Sequence[tuple[Request, int | None]]) -> list[Answered | Exception]:
        """Answer a batch, in the desk's own thread."""
        with self.household.database.writing_plainly() as connection:
            at = self.household.clock()
            self.picker.refresh(connection, at)
            known = (None, self.picker.access)
            current = [request for request, as_of in asked if as_of in known]
            drawn = self.picker.draw(connection, current, at)
        self._count(drawn)
        answers = iter(drawn)
        return [next(answers) if as_of in known else OutOfDate() for _, as_of in asked]

    def _count(self, drawn: Sequence[object]) -> None:
        slates = [one.drawn.shown for one in drawn if isinstance(one, Answered)]
        self.meters.slates.inc(len(slates))
        self.meters.impressions.inc(sum(len(slate.picks) for slate in slates))
        mass = sum(pick.propensity for slate in slates for pick in slate.picks)
        self.meters.propensity.inc(mass)

    def _look(self) -> None:
        with self.household.database.reading() as session:
            ranked = self.picker.refresh(session.connection(), self.household.clock())
        ranked.warm_up()
