"""What a run found comes back as it was written, and its events in their order."""

from dataclasses import replace
from typing import Any

from app.backend.domain.runs import FAILED, KEPT, SKIPPED
from app.backend.store import jobs, runs
from app.backend.store.session import Database
from tests.store.test_jobs import LATER, begun, end, read
from tests.workflows.evenings import FRIDAY_EVENING


def test_what_a_run_found_comes_back_as_it_was_written(database: Database) -> None:
    """Quality and comparison are plain values; before they are known they are missing."""
    first = begun(database)
    assert (first.quality, first.comparison, first.finished_at) == (None, None, None)
    found: dict[str, Any] = {
        "state": KEPT,
        "data_fingerprint": "f" * 64,
        "recipe_fingerprint": "e" * 64,
        "last_feedback_id": 9,
        "rows_read": 9,
        "rows_used": 8,
        "quality": [{"id": "superseded", "count": 1, "examples": [4]}],
        "comparison": {"models": {"rules": {"log_loss": 0.1 + 0.2, "roc_auc": None}}},
        "model_version": "20261120T201500-dddddddddddd",
        "reason": "Not promoted.",
    }
    assert end(database, first.hold, **found)
    assert read(database, first.id) == replace(first, **found, finished_at=LATER)


def test_the_newest_runs_come_first(database: Database) -> None:
    """No more than asked for, and the last verdict is the newest run that came to one."""
    with database.reading() as session:
        assert runs.last_finished_run(session) is None
        assert runs.last_asked_for(session) is None
    ended: list[dict[str, Any]] = [
        {"state": KEPT, "data_fingerprint": "a" * 64, "comparison": {"tested_rows": 3}},
        {"state": SKIPPED, "data_fingerprint": "a" * 64},
        {"state": FAILED},
    ]
    ids = []
    for values in ended:
        run = begun(database)
        assert end(database, run.hold, **values)
        ids.append(run.id)
    with database.reading() as session:
        assert [run.id for run in runs.read_runs(session, 2)] == [ids[2], ids[1]]
        last, newest = runs.last_finished_run(session), runs.last_asked_for(session)
        assert runs.last_asked_for(session, "night") is None
    assert last is not None
    assert newest is not None
    assert (last.id, newest.id) == (ids[0], ids[2])


def test_events_come_in_order_after_the_one_that_is_known(database: Database) -> None:
    """Whoever lost the connection goes on where it was, and gets no other run's events."""
    first = begun(database)
    with database.writing() as session:
        for step in ("ingest", "check", "features"):
            runs.write_event(session, first.hold, FRIDAY_EVENING, "step", step, {"rows": 3})
        jobs.end(session, first.hold, {"state": KEPT}, LATER)
    second = begun(database)
    with database.writing() as session:
        runs.write_event(session, second.hold, FRIDAY_EVENING, "step", "ingest", {})
    with database.reading() as session:
        known = runs.read_events(session, first.id, 0, 2)
        rest = runs.read_events(session, first.id, known[-1].id, 9)
    assert [event.step for event in known] == ["ingest", "check"]
    assert [(event.step, event.attempt, event.data) for event in rest] == [
        ("features", 1, {"rows": 3})
    ]
