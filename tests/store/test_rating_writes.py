"""What is to be written back to a media server is read alike from every database."""

import pytest
from sqlalchemy import insert, select

from app.backend.store import rating_writes
from app.backend.store.rating_writes import ItemVerdict, Ledger
from app.backend.store.source_tables import HistoryEntryRow, WithheldTitle
from app.backend.store.tables import Member
from app.backend.workflows import people
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.workflows.elsewhere import ANNA, BEN, Home, item_of
from tests.workflows.ratings import say


@pytest.fixture
def home(household: Household, small_library: Imported) -> Home:
    """A household whose titles all stand at one server."""
    assert small_library.counts.added
    return Home.of(household)


def member_id(home: Home, name: str) -> int:
    """Return the id of a member."""
    with home.household.database.reading() as session:
        return session.scalars(select(Member.id).where(Member.name == name)).one()


def verdicts(home: Home) -> list[ItemVerdict]:
    """Return what members with an account said last."""
    with home.household.database.reading() as session:
        return rating_writes.read_verdicts(session, home.source.id)


def entry(home: Home, media_id: int, rating: float, *, is_watched: bool) -> None:
    """Have a sync have told how Anna rates a title there."""
    values = {
        "source": home.source.name, "member_id": member_id(home, "Anna"), "title": "", "kind": "",
        "key": item_of(media_id), "media_id": media_id, "ids": [], "raw_rating": rating,
        "scale": 10.0, "rating": 3, "is_watched": is_watched, "noted_at": home.household.clock(),
    }  # fmt: skip
    with home.household.database.writing() as session:
        session.execute(insert(HistoryEntryRow), [values])


def test_last_verdicts_of_members_that_have_an_account_are_read(home: Home) -> None:
    """Each with what is known of the rating there; withheld titles and who has left are not."""
    say(home.household, 1, 2, "Anna")
    say(home.household, 1, 5, "Anna")
    say(home.household, 2, 4, "Ben")
    say(home.household, 3, 4, "Cleo")
    say(home.household, 4, 4, None)
    say(home.household, 5, 1, "Anna")
    entry(home, 1, 6.5, is_watched=True)
    with home.household.database.writing() as session:
        row = {"source_id": home.source.id, "member_id": member_id(home, "Anna"), "media_id": 5}
        session.execute(insert(WithheldTitle), [row])
    assert verdicts(home) == [
        ItemVerdict(ANNA, item_of(1), "Title 1", 5, 6.5),
        ItemVerdict(BEN, item_of(2), "Title 2", 4, None),
    ]
    with home.household.database.writing() as session:
        people.leave(session, member_id(home, "Ben"), home.household.clock)
    assert [one.user_id for one in verdicts(home)] == [ANNA]


def test_what_was_written_is_on_record_until_it_is_forgotten(home: Home) -> None:
    """Once an item; with a rating that is taken back, an entry of nothing else goes."""
    entry(home, 1, 8.0, is_watched=False)
    entry(home, 2, 8.0, is_watched=True)
    source_id, at = home.source.id, home.household.clock()
    with home.household.database.writing() as session:
        for rating in (6.0, 8.0):
            rating_writes.note_written(session, source_id, ANNA, item_of(1), rating, at)
        rating_writes.note_written(session, source_id, ANNA, item_of(2), 8.0, at)
        rating_writes.note_written(session, source_id, "nobody's", item_of(3), 8.0, at)
        rating_writes.note_written(session, source_id, ANNA, "gone", 8.0, at)
    with home.household.database.reading() as session:
        assert rating_writes.read_ledger(session, source_id) == [
            Ledger(ANNA, item_of(1), "Title 1", 8.0),
            Ledger(ANNA, item_of(2), "Title 2", 8.0),
        ]
    with home.household.database.writing() as session:
        for media_id in (1, 2):
            rating_writes.forget_rating(session, source_id, ANNA, item_of(media_id))
        rating_writes.forget_written(session, source_id, ANNA, item_of(1))
    with home.household.database.reading() as session:
        columns = (HistoryEntryRow.media_id, HistoryEntryRow.rating, HistoryEntryRow.raw_rating)
        assert [tuple(row) for row in session.execute(select(*columns))] == [(2, None, None)]
        ledger = rating_writes.read_ledger(session, source_id)
        assert [one.item_id for one in ledger] == [item_of(2)]
    with home.household.database.writing() as session:
        rating_writes.forget_all_written(session, source_id)
        assert rating_writes.read_ledger(session, source_id) == []
