"""What is taken back is kept apart, its id is never given anew, and its event never comes back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.backend.domain.errors import EventReused, NotFound
from app.backend.domain.evening import StoredPick, StoredVerdict, Verdict
from app.backend.domain.runs import Order
from app.backend.store import dump, jobs, observation_reads, retractions, runs, writes
from app.backend.store.generations import Now, read_now
from app.backend.store.house_tables import RetractedFeedback
from app.backend.store.session import Database
from app.backend.store.tables import Feedback, Recommendation, TrainingRun
from app.backend.store.training_rows import read_feedback
from tests.store.evening import first_pick, shown
from tests.workflows.evenings import FRIDAY_EVENING

LATER = FRIDAY_EVENING + timedelta(hours=2)


def say(
    database: Database,
    pick: StoredPick,
    rating: int = 5,
    member: str | None = None,
    event: str | None = None,
) -> StoredVerdict:
    """Say how a pick was."""
    with database.writing() as session:
        verdict = Verdict(pick.recommendation_id, rating, True, member, event)
        return writes.write_verdict(session, verdict, LATER)


def take_back(database: Database, feedback_id: int) -> int:
    """Take a verdict back."""
    with database.writing() as session:
        return retractions.take_back_verdict(session, feedback_id, LATER)


def learnt(database: Database) -> list[int]:
    """Return the ids that training reads."""
    with database.reading() as session:
        return [int(one) for one in read_feedback(session).feedback_id]


def now(database: Database) -> Now:
    """Return how far the database has come."""
    with database.reading() as session:
        return read_now(session.connection())


def test_training_no_longer_reads_what_was_taken_back(database: Database) -> None:
    """All that one member said of the pick goes, corrected or not; what others said stays."""
    pick = first_pick(database)
    say(database, pick, 5, "Ada")
    last = say(database, pick, 1, "Ada")
    others = [say(database, pick, 4, "Bob").id, say(database, pick, 3).id]
    before = now(database)
    assert take_back(database, last.id) == pick.recommendation_id
    assert learnt(database) == others
    assert now(database).viewings != before.viewings
    take_back(database, others[1])
    assert learnt(database) == others[:1]


def test_what_was_taken_back_is_kept_as_it_was(database: Database) -> None:
    """With every column of its row, and when that was."""
    pick = first_pick(database)
    said = say(database, pick, 2, "Ada", "e-1")
    with database.reading() as session:
        row = session.get_one(Feedback, said.id)
        columns = {column.name: getattr(row, column.name) for column in Feedback.__table__.columns}
    take_back(database, said.id)
    with database.reading() as session:
        kept = session.scalars(select(RetractedFeedback)).one()
        columns["created_at"] = columns["created_at"].isoformat()
        aside = {"id": kept.id, "event_id": kept.event_id}
        assert {**kept.feedback, **aside} == columns
        assert (kept.recommendation_id, kept.retracted_at) == (pick.recommendation_id, LATER)


def test_it_was_watched_all_the_same_and_is_asked_again(database: Database) -> None:
    """The moment of watching stays; that nobody wanted to be asked does not."""
    pick = first_pick(database)
    said = say(database, pick)
    with database.writing() as session:
        writes.dismiss(session, pick.recommendation_id, LATER)
    take_back(database, said.id)
    with database.reading() as session:
        row = session.get_one(Recommendation, pick.recommendation_id)
        assert (row.watched_at, row.dismissed_at) == (LATER, None)


def test_a_verdict_is_taken_back_once(database: Database) -> None:
    """The second time there is none, as where there never was."""
    said = say(database, first_pick(database))
    take_back(database, said.id)
    for feedback_id in (said.id, 10**9):
        with pytest.raises(NotFound, match="taken back already"):
            take_back(database, feedback_id)


def test_an_event_that_was_taken_back_does_not_come_back(database: Database) -> None:
    """Who sends it again is told so; another id, or none, says it anew."""
    pick = first_pick(database)
    take_back(database, say(database, pick, event="e-1").id)
    with pytest.raises(EventReused, match="was taken back"):
        say(database, pick, event="e-1")
    assert learnt(database) == []
    assert say(database, pick, event="e-2").is_new


def test_an_id_is_never_given_anew(database: Database) -> None:
    """What is said next is newer than all that was ever said, so runs count it as new."""
    pick, other, third = shown(database).picks
    say(database, other)
    last = say(database, pick)
    with database.writing() as session:
        run, _ = jobs.enqueue(session, Order(), LATER)
        session.get_one(TrainingRun, run.id).last_feedback_id = runs.newest_feedback(session)
    take_back(database, last.id)
    with database.reading() as session:
        assert runs.new_feedback(session, 9) == 0
    again = say(database, pick, 4)
    assert again.id > last.id
    assert say(database, third).id > again.id
    with database.reading() as session:
        assert runs.new_feedback(session, 9) == 2
        assert runs.has_new_feedback(session, LATER + timedelta(days=1))


def test_ids_go_on_after_a_restore(database: Database) -> None:
    """Also where the greatest id belongs to what was taken back before the backup."""
    pick = first_pick(database)
    said = say(database, pick)
    take_back(database, said.id)
    with database.writing() as session:
        lines = {name: list(dump.read_lines(session, name)) for name in dump.kept_tables()}
        dump.empty(session)
        for name, batches in lines.items():
            parse = dump.parser(name, dump.columns_of(name))
            rows = (parse(line) for batch in batches for line in batch)
            assert list(dump.write_rows(session, name, rows)) or not batches
        if session.get_bind().dialect.name == "postgresql":
            # As in a database that was made a moment ago.
            session.connection().exec_driver_sql("ALTER SEQUENCE feedback_id_seq RESTART")
        dump.finish(session)
    assert say(database, pick).id > said.id


def test_observers_count_what_stands(database: Database) -> None:
    """They go on from what they counted before, and what was taken back since is counted apart."""
    one, two, three = shown(database).picks
    first = say(database, one)
    with database.reading() as session:
        known = observation_reads.count_feedback(session, observation_reads.Counted())
    assert known == observation_reads.Counted(1, first.id)
    last = [say(database, pick) for pick in (two, three)][-1]
    take_back(database, first.id)
    take_back(database, last.id)
    with database.reading() as session:
        for before in (known, observation_reads.Counted()):
            ever = observation_reads.count_feedback(session, before)
            assert ever == observation_reads.Counted(3, last.id)
            assert ever.count - observation_reads.count_retracted(session) == 1


def test_what_somebody_rated_was_watched(database: Database) -> None:
    """That it was watched is forgotten only where no verdict says that it was."""
    pick = first_pick(database)
    said = say(database, pick)
    with database.writing() as session:
        assert not retractions.unwatch(session, pick.recommendation_id)
    take_back(database, said.id)
    before = now(database)
    with database.writing() as session:
        writes.dismiss(session, pick.recommendation_id, LATER)
        assert retractions.unwatch(session, pick.recommendation_id)
    with database.reading() as session:
        row = session.get_one(Recommendation, pick.recommendation_id)
        assert (row.watched_at, row.dismissed_at) == (None, None)
    assert now(database).viewings != before.viewings


def test_of_what_was_never_shown_nothing_is_undone(database: Database) -> None:
    """There is no impression of that id."""
    for undo in (retractions.unwatch, retractions.ask_again):
        with pytest.raises(NotFound), database.writing() as session:
            undo(session, 10**9)
