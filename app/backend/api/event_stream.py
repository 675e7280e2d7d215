"""A run's events as server-sent events, read from the database: whoever carries the run out."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from starlette.concurrency import run_in_threadpool

from app.backend.api.model_schemas import TrainingRunOut
from app.backend.domain.runs import Run, RunEvent
from app.backend.store.session import Database
from app.backend.workflows import browse

GLANCE_SECONDS: Final = 0.3
# Proxies give up on a connection that says nothing for long.
SIGN_OF_LIFE_GLANCES: Final = 30
MOST_AT_ONCE: Final = 100


async def events_of(database: Database, run_id: int, after: int) -> AsyncIterator[str]:
    """Yield a run's events after one, and at last how it ended."""
    silent = 0
    while True:
        run, new = await run_in_threadpool(_look, database, run_id, after)
        for event in new:
            after = event.id
            if event.kind != "ended":
                yield _told(event.kind, event.data, event)
        silent = 0 if new else silent + 1
        if not run.is_active and len(new) < MOST_AT_ONCE:
            yield _ending(run, after)
            return
        if silent >= SIGN_OF_LIFE_GLANCES:
            silent = 0
            yield ": still there\n\n"
        await asyncio.sleep(GLANCE_SECONDS)


def _look(database: Database, run_id: int, after: int) -> tuple[Run, list[RunEvent]]:
    with database.reading() as session:
        run = browse.training_run(session, run_id)
        return run, browse.run_events(session, run_id, after, MOST_AT_ONCE)


def _told(kind: str, data: object, event: RunEvent) -> str:
    said = {"step": event.step, "attempt": event.attempt, "at": event.at.isoformat()}
    return _message(kind, {**said, **(data if isinstance(data, dict) else {})}, event.id)


def _ending(run: Run, last: int) -> str:
    return _message("ended", TrainingRunOut.model_validate(run).model_dump(mode="json"), last)


def _message(kind: str, data: object, number: int) -> str:
    return f"id: {number}\nevent: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
