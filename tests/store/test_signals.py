"""Signals are remembered, replaced and taken back, and everybody reads them alike."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.backend.domain.errors import NotFound
from app.backend.domain.evening import StoredPick, Verdict
from app.backend.domain.evidence import Viewing
from app.backend.domain.signals import NEVER, NOT_TONIGHT, SEEN, SIGNAL_KINDS, SignalKind
from app.backend.store import reads, signals, writes
from app.backend.store.generations import Now, read_now
from app.backend.store.house_tables import TitleSignal
from app.backend.store.session import Database
from app.backend.store.tables import Media, Member, Recommendation
from tests.store.evening import first_pick, shown, shown_again, slate_of
from tests.workflows.evenings import FRIDAY_EVENING


def at(hours: float) -> datetime:
    """Return the moment so many hours after the slate was shown."""
    return FRIDAY_EVENING + timedelta(hours=hours)


def say(database: Database, pick: StoredPick, kind: SignalKind, hours: float = 1) -> None:
    """Say something of a pick."""
    with database.writing() as session:
        signals.write_signal(session, pick.recommendation_id, kind, at(hours))


def take_back(database: Database, pick: StoredPick, kind: SignalKind) -> None:
    """Take something back."""
    with database.writing() as session:
        signals.take_back_signal(session, pick.recommendation_id, kind, at(9))


def is_hidden(database: Database, pick: StoredPick) -> bool:
    """Say whether the title of a pick is hidden."""
    with database.reading() as session:
        return session.get_one(Media, pick.media_id).is_hidden


def said(database: Database, *picks: StoredPick) -> dict[int, str]:
    """Return what stands of some picks, by their position."""
    with database.reading() as session:
        found = signals.read_signals(session, [pick.recommendation_id for pick in picks])
    return {one.position: found[n] for one in picks if (n := one.recommendation_id) in found}


def now(database: Database) -> Now:
    """Return how far the database has come."""
    with database.reading() as session:
        return read_now(session.connection())


def shown_once_more(database: Database, pick: StoredPick) -> StoredPick:
    """Show the title of a pick in a slate of its own."""
    with database.writing() as session:
        return shown_again(session, slate_of([pick.media_id], at(0.5))).picks[0]


def unanswered(database: Database) -> list[int]:
    """Return the positions of the picks that wait for an answer."""
    with database.reading() as session:
        return [pick.position for pick in reads.read_unanswered(session, 5)]


@pytest.mark.parametrize("kind", SIGNAL_KINDS)
def test_what_is_said_stands_until_it_is_taken_back(database: Database, kind: SignalKind) -> None:
    """Twice is as once, both ways; the slate tells it with its picks."""
    slate = shown(database)
    pick = slate.picks[1]
    for _ in range(2):
        say(database, pick, kind)
    assert said(database, *slate.picks) == {2: kind}
    with database.reading() as session:
        again = reads.read_slate(session, slate.id)
        assert session.scalar(select(func.count(TitleSignal.id))) == 1
    assert again is not None
    assert [one.signal for one in again.picks] == [None, kind, None]
    for _ in range(2):
        take_back(database, pick, kind)
    assert said(database, *slate.picks) == {}
    assert not is_hidden(database, pick)


def test_what_is_said_last_stands(database: Database) -> None:
    """One signal takes the place of another, and what does not stand is not taken back."""
    pick = first_pick(database)
    for kind in (NOT_TONIGHT, NEVER, SEEN):
        say(database, pick, kind)
        assert said(database, pick) == {1: kind}
        assert is_hidden(database, pick) == (kind == NEVER)
    take_back(database, pick, NEVER)
    assert said(database, pick) == {1: SEEN}
    with database.reading() as session:
        assert signals.read_signals(session, []) == {}


def test_only_of_what_was_shown_is_something_said(database: Database) -> None:
    """There is no signal without an impression, and none is taken back."""
    for act in (signals.write_signal, signals.take_back_signal):
        with pytest.raises(NotFound), database.writing() as session:
            act(session, 10**9, SEEN, at(1))
    for hide in (signals.hide_title, signals.show_title):
        with pytest.raises(NotFound), database.writing() as session:
            hide(session, 10**9, at(1))


def test_a_title_stays_hidden_as_long_as_something_hides_it(database: Database) -> None:
    """Two picks of it may both be never wanted: the last to be taken back shows it."""
    pick = first_pick(database)
    other = shown_once_more(database, pick)
    say(database, pick, NEVER)
    say(database, other, NEVER)
    take_back(database, pick, NEVER)
    assert is_hidden(database, pick)
    take_back(database, other, NEVER)
    assert not is_hidden(database, pick)


@pytest.mark.parametrize("is_said_first", [True, False])
def test_what_is_hidden_by_hand_is_shown_by_hand(database: Database, is_said_first: bool) -> None:
    """Taking a signal back changes nothing of it, whichever came first."""
    pick = first_pick(database)
    if is_said_first:
        say(database, pick, NEVER)
    with database.writing() as session:
        signals.hide_title(session, pick.media_id, at(2))
    say(database, pick, NEVER)
    assert said(database, pick) == {1: NEVER}
    take_back(database, pick, NEVER)
    assert is_hidden(database, pick)
    say(database, pick, NEVER)
    with database.writing() as session:
        signals.show_title(session, pick.media_id, at(3))
    assert not is_hidden(database, pick)
    assert said(database, pick) == {}


def test_what_was_seen_is_a_viewing_and_no_choice(database: Database) -> None:
    """It rests from when that was said, an earlier verdict stands, and nothing was watched."""
    pick = first_pick(database)
    with database.writing() as session:
        verdict = Verdict(pick.recommendation_id, 1, would_watch_again=False)
        writes.write_verdict(session, verdict, at(0))
    later = shown_once_more(database, pick)
    say(database, later, SEEN, hours=5)
    with database.reading() as session:
        assert reads.read_viewings(session) == [Viewing(pick.media_id, at(5), False)]
        assert session.get_one(Recommendation, later.recommendation_id).watched_at is None
    take_back(database, later, SEEN)
    with database.reading() as session:
        assert reads.read_viewings(session) == [Viewing(pick.media_id, at(0), False)]


def test_an_older_viewing_takes_no_later_one_back(database: Database) -> None:
    """What was watched after it was said to be seen was watched then."""
    pick = first_pick(database)
    say(database, pick, SEEN, hours=1)
    other = shown_once_more(database, pick)
    with database.writing() as session:
        writes.mark_watched(session, other.recommendation_id, at(7))
    with database.reading() as session:
        assert reads.read_viewings(session) == [Viewing(pick.media_id, at(7), None)]


def test_what_was_seen_waits_for_an_answer(database: Database) -> None:
    """Until it is rated or dismissed, in the order of the moments; a rating makes it no choice."""
    first, second, third = shown(database).picks
    say(database, first, SEEN, hours=2)
    say(database, third, SEEN, hours=4)
    say(database, second, NOT_TONIGHT, hours=5)
    with database.writing() as session:
        writes.mark_watched(session, second.recommendation_id, at(3))
    assert unanswered(database) == [3, 2, 1]
    with database.writing() as session:
        verdict = Verdict(first.recommendation_id, 5, would_watch_again=True)
        writes.write_verdict(session, verdict, at(6))
        writes.dismiss(session, third.recommendation_id, at(6))
    assert unanswered(database) == [2]
    with database.reading() as session:
        assert session.get_one(Recommendation, first.recommendation_id).watched_at is None
        viewed = {one.media_id: one for one in reads.read_viewings(session)}
    assert viewed[first.media_id] == Viewing(first.media_id, at(6), would_watch_again=True)


def test_what_nobody_wants_tonight_is_read_since_a_moment(database: Database) -> None:
    """With the last moment of each title; what was taken back is not wanted again."""
    first, second, third = shown(database).picks
    say(database, first, NOT_TONIGHT, hours=1)
    say(database, shown_once_more(database, first), NOT_TONIGHT, hours=2)
    say(database, second, NOT_TONIGHT, hours=-20)
    say(database, third, NOT_TONIGHT, hours=2)
    take_back(database, third, NOT_TONIGHT)
    with database.reading() as session:
        assert signals.read_not_tonight(session, at(-12)) == {first.media_id: at(2)}


def test_whoever_keeps_something_in_memory_is_told(database: Database) -> None:
    """Every change says so in its own transaction, and what changes nothing says nothing."""
    pick = first_pick(database)
    steps = [now(database)]
    for kind in (NOT_TONIGHT, SEEN, NEVER):
        say(database, pick, kind)
        steps.append(now(database))
        assert steps[-1].viewings != steps[-2].viewings
        assert (steps[-1].library != steps[-2].library) == (kind == NEVER)
    say(database, pick, NEVER)
    take_back(database, pick, SEEN)
    assert now(database) == steps[-1]
    take_back(database, pick, NEVER)
    assert now(database).library != steps[-1].library


def test_who_left_is_no_member_who_is_here(database: Database) -> None:
    """Those who are here are read with their limits; the names of all are kept."""
    with database.writing() as session:
        session.add_all(
            [
                Member(name="Ada", created_at=at(0)),
                Member(name="Bob", age_limit=6, created_at=at(0)),
                Member(name="Cid", created_at=at(0)),
            ]
        )
        session.execute(update(Member).where(Member.name == "Cid").values(left_at=at(1)))
    with database.reading() as session:
        found = reads.read_members(session)
        assert [(one.name, one.age_limit) for one in found] == [("Ada", None), ("Bob", 6)]
        assert sorted(reads.read_member_names(session).values()) == ["Ada", "Bob", "Cid"]
