"""What is read of evenings and of the library is what was said last, and only what may be shown."""

from datetime import datetime, timedelta

from sqlalchemy import update

from app.backend.domain.evening import Verdict
from app.backend.domain.evidence import DEMO, Viewing
from app.backend.store import reads, writes
from app.backend.store.session import Database
from app.backend.store.tables import Media
from tests.store.evening import library_of, media, shown, shown_again, slate_of
from tests.workflows.evenings import FRIDAY_EVENING, record


def at(days: int) -> datetime:
    """Return the evening so many days later."""
    return FRIDAY_EVENING + timedelta(days=days)


def rate(
    database: Database, recommendation_id: int, *, again: bool, days: int = 0, member: str = "Ada"
) -> None:
    """Rate a pick, some days after the slate was shown."""
    verdict = Verdict(recommendation_id, 3, would_watch_again=again, member=member)
    with database.writing() as session:
        writes.write_verdict(session, verdict, at(days))


def watch(database: Database, recommendation_id: int, days: int = 0) -> None:
    """Watch a pick, some days after the slate was shown."""
    with database.writing() as session:
        writes.mark_watched(session, recommendation_id, at(days))


def unanswered(database: Database, most: int = 5) -> list[int]:
    """Return the picks that wait for an answer."""
    with database.reading() as session:
        return [pick.recommendation_id for pick in reads.read_unanswered(session, most)]


def viewings(database: Database) -> dict[int, Viewing]:
    """Return the last viewing of each title."""
    with database.reading() as session:
        return {viewing.media_id: viewing for viewing in reads.read_viewings(session)}


def test_what_does_not_exist_is_none(database: Database) -> None:
    """A slate of an unknown id is no error here."""
    with database.reading() as session:
        assert reads.read_slate(session, 1) is None


def test_a_pick_tells_its_title_as_it_is_now(database: Database) -> None:
    """What the library corrects later is shown corrected; position and chance stay."""
    slate = shown(database)
    library_of(database, record("Airplane!", minutes=87, age_rating="PG"))
    with database.reading() as session:
        again = reads.read_slate(session, slate.id)
    assert again is not None
    pick = again.picks[0]
    assert (pick.title, pick.minutes, pick.age_rating) == ("Airplane!", 87, "PG")
    assert (pick.position, pick.propensity) == (1, slate.picks[0].propensity)


def test_what_was_watched_waits_for_an_answer(database: Database) -> None:
    """Watched and neither rated nor dismissed: the latest first, no more than asked for."""
    first, second, third = (pick.recommendation_id for pick in shown(database).picks)
    assert unanswered(database) == []
    for days, pick in ((1, second), (3, first), (2, third)):
        watch(database, pick, days)
    assert unanswered(database) == [first, third, second]
    assert unanswered(database, most=2) == [first, third]
    rate(database, first, again=True, days=4)
    with database.writing() as session:
        writes.dismiss(session, second, at(4))
    assert unanswered(database) == [third]


def test_the_last_viewing_and_the_last_verdict_of_each_title_are_read(database: Database) -> None:
    """A title that was only shown has no viewing; a corrected verdict counts as corrected."""
    first, second, third = shown(database).picks
    watch(database, first.recommendation_id, days=1)
    rate(database, second.recommendation_id, again=False, days=2)
    rate(database, second.recommendation_id, again=True, days=3)
    found = viewings(database)
    assert found[first.media_id] == Viewing(first.media_id, at(1), None)
    assert found[second.media_id] == Viewing(second.media_id, at(2), would_watch_again=True)
    assert third.media_id not in found


def test_watching_again_moves_the_viewing_and_keeps_the_verdict(database: Database) -> None:
    """A later viewing that nobody rated does not take the earlier verdict back."""
    first = shown(database).picks[0]
    with database.writing() as session:
        later = shown_again(session, slate_of([first.media_id], at(5))).picks[0]
    rate(database, first.recommendation_id, again=False, days=1)
    watch(database, later.recommendation_id, days=6)
    assert viewings(database)[first.media_id] == Viewing(
        first.media_id, at(6), would_watch_again=False
    )


def test_picks_with_a_verdict_are_counted_once(database: Database) -> None:
    """Two members and a change of mind on one pick are one, and another pick makes two."""
    first, second, _ = (pick.recommendation_id for pick in shown(database).picks)
    rate(database, first, again=True)
    rate(database, first, again=False)
    rate(database, first, again=True, member="Grace")
    rate(database, second, again=True)
    with database.reading() as session:
        assert reads.count_feedback(session) == 2


def test_hidden_and_removed_titles_are_not_counted(database: Database) -> None:
    """Titles and genres are counted over what may be shown; what was there is not forgotten."""
    with database.reading() as session:
        assert reads.is_empty(session)
    library_of(database, record("Heat", genres=("Crime", "Drama")), record("Up"), source="csv")
    library_of(database, record("Fargo"), record("Hidden"), source=DEMO)
    hidden = next(one.id for one in media(database) if one.title == "Hidden")
    with database.writing() as session:
        session.execute(update(Media).where(Media.id == hidden).values(is_hidden=True))
    with database.reading() as session:
        assert reads.read_genre_texts(session) == {"Crime,Drama": 1, "Comedy": 2}
        assert reads.is_demo(session)
    with database.writing() as session:
        writes.retire_demo(session, at(1))
    with database.reading() as session:
        assert reads.read_genre_texts(session) == {"Crime,Drama": 1, "Comedy": 1}
        assert not reads.is_demo(session)
        assert not reads.is_empty(session)
