"""One run at a time; who serves is what was promoted last; nothing comes too late."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.backend.domain.runs import FAILED, KEPT, PROMOTED, RUNNING, SKIPPED, Run, Version
from app.backend.store import runs, writes
from app.backend.store.session import Database
from app.backend.store.tables import TrainingRun
from tests.store.test_session import in_threads
from tests.workflows.evenings import FRIDAY_EVENING

SILENCE = timedelta(seconds=30)


def start(database: Database, seed: int = 0, at: datetime = FRIDAY_EVENING) -> tuple[Run, bool]:
    """Start a run in a transaction of its own."""
    with database.writing() as session:
        return runs.start_run(session, seed, at, at - SILENCE)


def change(database: Database, run_id: int, **values: Any) -> bool:  # noqa: ANN401  # of any kind
    """Change a run in a transaction of its own."""
    with database.writing() as session:
        return runs.change_run(session, run_id, values)


def read(database: Database, run_id: int) -> Run:
    """Read a run that exists."""
    with database.reading() as session:
        found = runs.read_run(session, run_id)
    assert found is not None
    return found


def version_of(run: Run, name: str) -> Version:
    """Return a version that a run could have made."""
    return Version(
        version=name,
        created_at=FRIDAY_EVENING,
        family="glmix",
        parent=None,
        run_id=run.id,
        digest="d" * 64,
        manifest={"seed": run.seed, "parent": None},
        metrics={"feedback_count": 3, "models": {"rules": {"roc_auc": None}}},
    )


def test_a_second_run_is_not_started(database: Database) -> None:
    """Whoever asks while a run is under way gets that run, unchanged."""
    first, is_new = start(database, seed=1)
    second, is_second_new = start(database, seed=2)
    assert (is_new, is_second_new) == (True, False)
    assert second == first == read(database, first.id)
    assert (first.state, first.step, first.seed) == (RUNNING, "read", 1)


def test_eight_threads_that_ask_at_once_start_one_run(database: Database) -> None:
    """One of them is told that it is new, the others get the same run, and nobody fails."""
    answers: list[tuple[Run, bool]] = []
    in_threads(lambda number: answers.append(start(database, seed=number)), count=8)
    assert len({run.id for run, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1


def test_the_database_itself_lets_one_run_at_a_time(database: Database) -> None:
    """A second running row is refused whoever writes it, and any number of ended ones is not."""
    row = {"step": "read", "seed": 0, "started_at": FRIDAY_EVENING, "heartbeat_at": FRIDAY_EVENING}
    with database.writing() as session:
        session.add_all(TrainingRun(state=state, **row) for state in (KEPT, KEPT, RUNNING))
    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(TrainingRun(state=RUNNING, **row))


def test_a_silent_run_is_ended_before_a_new_one_starts(database: Database) -> None:
    """A heartbeat older than the limit ends a run with a sentence; one just in time does not."""
    first, _ = start(database)
    alive = FRIDAY_EVENING + timedelta(seconds=20)
    assert change(database, first.id, heartbeat_at=alive)
    assert start(database, at=alive + SILENCE) == (first, False)
    late = alive + SILENCE + timedelta(seconds=1)
    second, is_new = start(database, at=late)
    assert is_new
    assert second.id != first.id
    ended = read(database, first.id)
    assert (ended.state, ended.finished_at) == (FAILED, late)
    assert "Train again" in (ended.reason or "")


def test_a_run_that_was_ended_cannot_be_changed(database: Database) -> None:
    """Neither a step nor a verdict nor a heartbeat reaches a run that is over, or none at all."""
    first, _ = start(database)
    assert change(database, first.id, state=FAILED, reason="It was ended.")
    before = read(database, first.id)
    assert not change(database, first.id, state=PROMOTED, model_version="late")
    assert not change(database, first.id, step="judge")
    assert not change(database, first.id + 1, step="judge")
    assert read(database, first.id) == before


def test_the_id_of_an_erased_run_is_never_given_again(database: Database) -> None:
    """A trainer that does not know that all was erased cannot speak for the next run."""
    first, _ = start(database)
    with database.writing() as session:
        writes.erase_all(session)
    second, is_new = start(database)
    assert is_new
    assert second.id != first.id
    assert not change(database, first.id, state=PROMOTED)


def test_what_a_run_found_comes_back_as_it_was_written(database: Database) -> None:
    """Quality and comparison are plain values; before they are known they are missing."""
    first, _ = start(database)
    assert (first.quality, first.comparison, first.finished_at) == (None, None, None)
    found: dict[str, Any] = {
        "state": KEPT,
        "finished_at": FRIDAY_EVENING,
        "data_fingerprint": "f" * 64,
        "rows_read": 9,
        "rows_used": 8,
        "quality": [{"id": "superseded", "count": 1, "examples": [4]}],
        "comparison": {"models": {"rules": {"log_loss": 0.1 + 0.2, "roc_auc": None}}},
        "model_version": "20261120T201500-dddddddddddd",
        "reason": "Not promoted.",
    }
    assert change(database, first.id, **found)
    assert read(database, first.id) == replace(first, **found)


def test_the_newest_runs_come_first(database: Database) -> None:
    """No more than asked for, and the last verdict is the newest run that came to one."""
    with database.reading() as session:
        assert runs.last_finished_run(session) is None
    ended: list[dict[str, Any]] = [
        {"state": KEPT, "data_fingerprint": "a" * 64, "comparison": {"tested_rows": 3}},
        {"state": SKIPPED, "data_fingerprint": "a" * 64},
        {"state": FAILED},
    ]
    ids = []
    for values in ended:
        run, is_new = start(database)
        assert is_new
        assert change(database, run.id, **values)
        ids.append(run.id)
    with database.reading() as session:
        assert [run.id for run in runs.read_runs(session, 2)] == [ids[2], ids[1]]
        last = runs.last_finished_run(session)
    assert last is not None
    assert last.id == ids[0]


def test_who_serves_is_what_was_promoted_last(database: Database) -> None:
    """First the rules, then each promoted version, then the rules where they were put back."""
    run, _ = start(database)
    served = []
    for name in ("20261120T201500-aaaaaaaaaaaa", "20261121T201500-bbbbbbbbbbbb", None):
        with database.reading() as session:
            served.append(runs.champion(session))
        with database.writing() as session:
            if name is not None:
                runs.write_version(session, version_of(run, name))
            runs.write_promotion(session, name, "It did better.", FRIDAY_EVENING)
    with database.reading() as session:
        assert runs.champion(session) is None
        versions = runs.read_versions(session, 5)
    assert [one and one.version[-4:] for one in served] == [None, "aaaa", "bbbb"]
    assert all(one.is_champion for one in served if one)
    assert [(one.version[-4:], one.is_champion) for one in versions] == [
        ("bbbb", False),
        ("aaaa", False),
    ]


def test_a_version_comes_back_as_it_was_written(database: Database) -> None:
    """Digest, manifest and metrics are what was recorded; an unknown version is none."""
    run, _ = start(database)
    written = version_of(run, "20261120T201500-aaaaaaaaaaaa")
    with database.writing() as session:
        runs.write_version(session, written)
    with database.reading() as session:
        assert runs.read_version(session, written.version) == written
        assert runs.read_version(session, "another") is None


def test_a_version_of_no_run_and_a_promotion_of_no_version_are_refused(database: Database) -> None:
    """Nothing serves that no run made."""
    run, _ = start(database)
    stray = version_of(replace(run, id=run.id + 1), "20261120T201500-aaaaaaaaaaaa")
    with pytest.raises(IntegrityError), database.writing() as session:
        runs.write_version(session, stray)
    with pytest.raises(IntegrityError), database.writing() as session:
        runs.write_promotion(session, "another", "It did better.", FRIDAY_EVENING)
