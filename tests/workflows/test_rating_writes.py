"""What members said here is written to their accounts, and what they said there is theirs."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.backend.domain.errors import (
    AnotherServer,
    Conflict,
    InvalidInput,
    NotFound,
    ServerUnreachable,
)
from app.backend.domain.evidence import DEMO, QUICK_TASTE
from app.backend.domain.progress import silent
from app.backend.store.imported_ratings import read_ratings
from app.backend.store.retractions import take_back_verdict
from app.backend.store.source_tables import HistoryEntryRow, WrittenRating
from app.backend.store.sources import ConnectedSource
from app.backend.store.tables import Media
from app.backend.workflows import connections, people, person_keys, rating_writes
from app.backend.workflows.connections import Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.rating_writes import RatingWrite, Written, planned, write
from tests.media_servers import fake_jellyfin, fake_plex
from tests.workflows.ratings import say
from tests.workflows.syncs import sync

KINDS = ("jellyfin", "plex")


@dataclass(frozen=True)
class Home:
    """A household with a server of five films, where Anna and Ben have accounts."""

    household: Household
    source: ConnectedSource
    world: Any
    anna: str
    ben: str

    def say(self, media_id: int, rating: int, member: str | None = "Anna", **more: str) -> int:
        """Have a member rate a title here; return the verdict's id."""
        return say(self.household, media_id, rating, member, **more)

    def take_back(self, verdict_id: int) -> None:
        """Have a member take back what they said."""
        with self.household.database.writing() as session:
            take_back_verdict(session, verdict_id, self.household.clock())

    def item(self, media_id: int) -> str:
        """Return the id of a title's item."""
        with self.household.database.reading() as session:
            title = session.get_one(Media, media_id).title
        name, key = ("Name", "Id") if self.source.kind == "jellyfin" else ("title", "ratingKey")
        (found,) = (item for item in self.world.items if item[name] == title)
        return str(found[key])

    def rate_there(self, media_id: int, rating: float, user: str | None = None) -> None:
        """Have an account rate an item at the server."""
        name = "Rating" if self.source.kind == "jellyfin" else "userRating"
        base = fake_jellyfin.UNTOUCHED if self.source.kind == "jellyfin" else {}
        self.world.done[user or self.anna, self.item(media_id)] = {**base, name: rating}

    def there(self, media_id: int, user: str | None = None) -> float:
        """Return what an account rates an item at the server; 0 where it does not."""
        done = self.world.done.get((user or self.anna, self.item(media_id)), {})
        return float(done.get("Rating") or done.get("userRating") or 0)

    def plan(self) -> list[tuple[str, str, float | None, float | None]]:
        """Return what would be written: member, account, rating, and the one before."""
        found = planned(self.household, self.source.id).writes
        return [(one.member, one.title, one.rating, one.before) for one in found]

    def kept(self) -> int:
        """Return of how many it is known that they stay."""
        return planned(self.household, self.source.id).kept

    def write(self) -> Written:
        """Write what is planned."""
        return write(self.household, self.source.id, silent)

    def sync(self) -> None:
        """Read everything anew."""
        sync(self.household, self.source, is_whole=True)

    def ledger(self) -> dict[str, float]:
        """Return what is on record as written, by item."""
        with self.household.database.reading() as session:
            return {one.item_id: one.rating for one in session.scalars(select(WrittenRating))}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a database that starts at once; the tables are tried on both by the store's."""
    shutil.copy(sqlite_template, tmp_path / "encore.db")
    return f"sqlite:///{tmp_path / 'encore.db'}"


@pytest.fixture(params=KINDS)
def home(request: pytest.FixtureRequest, household: Household) -> Iterator[Home]:
    """A household whose members' accounts are known, at either kind of server."""
    fake: Any = fake_jellyfin if request.param == "jellyfin" else fake_plex
    key = fake.KEY if request.param == "jellyfin" else fake.OWNER_KEY
    world = fake.World(items=[fake.film(number) for number in range(1, 6)])
    with ExitStack() as stack:
        address = stack.enter_context(fake.serve(world))
        source = connections.connect(household, Wanted(request.param, address, key))
        with household.database.writing() as session:
            for name in ("Anna", "Ben"):
                people.add(session, name, None, household.clock)
            accounts = [(fake.ANNA, "anna", "Anna"), (fake.BEN, "ben", "Ben")]
            connections.assign_people(session, source.id, accounts)
        if request.param == "plex":
            for user, its in ((fake.ANNA, fake.ANNA_KEY), (fake.BEN, fake.BEN_KEY)):
                person_keys.set_person_key(household, source.id, user, its)
        sync(household, source, is_whole=True)
        yield Home(household, source, world, fake.ANNA, fake.BEN)


def title(home: Home, media_id: int) -> str:
    """Return a title's name."""
    with home.household.database.reading() as session:
        return session.get_one(Media, media_id).title


def test_last_verdicts_are_written_to_the_accounts_of_their_members(home: Home) -> None:
    """On the server's scale, once; nothing is asked of the server where there is nothing to do."""
    home.say(1, 2)
    home.say(1, 4)
    home.say(2, 1, "Ben")
    home.say(3, 5, None)
    first, second = title(home, 1), title(home, 2)
    assert home.plan() == [("Anna", first, 8.0, None), ("Ben", second, 2.0, None)]
    assert home.ledger() == {}
    assert home.write() == Written(written=2)
    assert (home.there(1), home.there(1, home.ben)) == (8.0, 0.0)
    assert (home.there(2), home.there(2, home.ben)) == (0.0, 2.0)
    assert home.ledger() == {home.item(1): 8.0, home.item(2): 2.0}
    home.world.log.clear()
    assert home.write() == Written()
    assert home.world.log == []


def test_a_change_of_mind_is_written_too(home: Home) -> None:
    """Also before a sync has told what was written, and after it has."""
    home.say(1, 4)
    home.write()
    home.say(1, 3)
    assert home.plan() == [("Anna", title(home, 1), 6.0, 8.0)]
    assert home.write() == Written(written=1)
    home.sync()
    home.say(1, 5)
    assert home.write() == Written(written=1)
    assert home.there(1) == 10.0


def test_what_was_rated_there_stays(home: Home) -> None:
    """Whether the last sync told of it or not; the same opinion is nothing to write."""
    home.rate_there(1, 3.0)
    home.rate_there(2, 8.0)
    home.sync()
    home.rate_there(3, 7.0)
    home.rate_there(4, 8.0)
    for media_id in (1, 2, 3, 4):
        home.say(media_id, 4)
    assert [one[1] for one in home.plan()] == sorted([title(home, 3), title(home, 4)])
    assert home.kept() == 1
    assert home.write() == Written(kept=1, same=1)
    assert [home.there(media_id) for media_id in (1, 2, 3, 4)] == [3.0, 8.0, 7.0, 8.0]
    assert home.ledger() == {}
    home.sync()
    assert (home.plan(), home.kept()) == ([], 2)


def test_what_is_rated_there_later_is_theirs_from_then_on(home: Home) -> None:
    """Neither another verdict here nor taking it back touches it."""
    verdicts = [home.say(1, 4), home.say(2, 4)]
    home.write()
    home.rate_there(1, 1.0)
    home.rate_there(2, 1.0)
    home.say(1, 5)
    home.take_back(verdicts[1])
    assert home.write() == Written(kept=2)
    assert (home.there(1), home.there(2)) == (1.0, 1.0)
    assert home.ledger() == {}


def test_a_verdict_that_is_taken_back_is_taken_back_there(home: Home) -> None:
    """Only what was written is; what an earlier evening said of the title stands again."""
    home.say(1, 2)
    later, only = home.say(1, 5), home.say(2, 4)
    home.write()
    home.sync()
    home.take_back(later)
    home.take_back(only)
    assert home.plan() == [
        ("Anna", title(home, 1), 4.0, 10.0),
        ("Anna", title(home, 2), None, 8.0),
    ]
    assert home.write() == Written(written=1, taken_back=1)
    assert (home.there(1), home.there(2)) == (4.0, 0.0)
    assert home.ledger() == {home.item(1): 4.0}
    # Nobody learns meanwhile from what is not there any more.
    with home.household.database.reading() as session:
        keys = set(session.scalars(select(HistoryEntryRow.key)))
    assert keys == {home.item(1)}


def test_what_was_watched_stays_when_its_rating_is_taken_back(home: Home) -> None:
    """The entry of the history loses its rating alone."""
    said = home.say(1, 4)
    home.write()
    done = home.world.done[home.anna, home.item(1)]
    done |= {"Played": True} if home.source.kind == "jellyfin" else {"viewCount": 1}
    home.sync()
    home.take_back(said)
    assert home.write() == Written(taken_back=1)
    with home.household.database.reading() as session:
        (entry,) = session.scalars(select(HistoryEntryRow)).all()
        assert (entry.is_watched, entry.rating, entry.raw_rating) == (True, None, None)


def test_what_was_written_does_not_come_back_as_a_rating(home: Home) -> None:
    """Training sees that it was written here."""
    home.rate_there(2, 6.0)
    home.say(1, 4)
    home.write()
    home.sync()
    with home.household.database.reading() as session:
        rows = read_ratings(session)
    assert dict(zip(rows.media_id.tolist(), rows.is_written_here.tolist(), strict=True)) == {
        1: True,
        2: False,
    }


def test_what_nobody_said_after_watching_is_not_written(home: Home) -> None:
    """Neither the demo's evenings nor titles that were ticked as liked before."""
    for media_id, source in ((1, DEMO), (2, QUICK_TASTE)):
        home.say(media_id, 5, source=source)
    assert home.plan() == []


def test_what_an_account_may_not_see_is_not_rated(home: Home) -> None:
    """Whether it is known already, or found out by asking."""
    home.world.hidden.add((home.anna, home.item(1)))
    home.sync()
    home.world.hidden.add((home.anna, home.item(2)))
    home.say(1, 4)
    home.say(2, 4)
    home.say(3, 4)
    assert len(home.plan()) == 2
    assert home.write() == Written(written=1, absent=1)
    assert (home.there(1), home.there(2), home.there(3)) == (0.0, 0.0, 8.0)


def test_accounts_of_nobody_are_left_alone(home: Home) -> None:
    """What was written for somebody who had the account is taken back for whoever has it next."""
    home.say(1, 4)
    home.write()
    with home.household.database.writing() as session:
        connections.assign_people(session, home.source.id, [])
    assert home.plan() == []
    with home.household.database.writing() as session:
        connections.assign_people(session, home.source.id, [(home.anna, "anna", "Ben")])
    assert home.plan() == [("Ben", title(home, 1), None, 8.0)]


def test_a_server_that_does_not_answer_is_asked_later(home: Home) -> None:
    """What was written is on record, and the rest is written the next time."""
    for media_id in (1, 2, 3):
        home.say(media_id, 4)
    before = home.world.rate

    def rate(*said: object) -> object:
        home.world.starting = 1
        return before(*said)

    home.world.rate = rate
    with pytest.raises(ServerUnreachable):
        home.write()
    assert len(home.ledger()) == 1
    home.world.rate, home.world.starting = before, 0
    assert home.write() == Written(written=2)
    assert len(home.ledger()) == 3


def test_another_server_at_the_address_is_not_written_to(home: Home) -> None:
    """Its items may have the same ids; what was written to the first one counts no longer."""
    home.say(1, 4)
    home.write()
    home.say(1, 3)
    home.world.about["Id"] = home.world.about["machineIdentifier"] = "e" * 32
    with pytest.raises(AnotherServer):
        home.write()
    assert home.there(1) == 8.0
    key = fake_jellyfin.KEY if home.source.kind == "jellyfin" else fake_plex.OWNER_KEY
    connections.change(home.household, home.source.id, {"token": key})
    assert home.ledger() == {}


def test_few_are_written_at_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others wait for the next time."""
    monkeypatch.setattr(rating_writes, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(rating_writes, "AT_ONCE", 2)
    for media_id in (1, 2, 3, 4, 5):
        home.say(media_id, 4)
    assert home.write() == Written(written=3, waiting=2)
    assert home.write() == Written(written=2)


def test_ratings_are_written_by_one_at_a_time(home: Home) -> None:
    """Whoever comes second is told."""
    home.say(1, 4)
    told = []

    def write_too(_step: object, /) -> None:
        with pytest.raises(Conflict, match="Ratings are being written") as caught:
            home.write()
        told.append(caught.value)

    assert write(home.household, home.source.id, write_too) == Written(written=1)
    assert len(told) == 1


def test_a_title_that_is_gone_is_left_alone(home: Home) -> None:
    """There is nothing to rate, nor to take back."""
    said = home.say(1, 4)
    home.write()
    gone = home.item(1)
    home.world.items[:] = [
        item for item in home.world.items if gone not in {item.get("Id"), item.get("ratingKey")}
    ]
    sync(home.household, home.source, is_whole=True, is_confirmed=True)
    home.take_back(said)
    assert home.plan() == []


def test_folders_have_no_ratings(household: Household, tmp_path: Path) -> None:
    """And neither has what is not connected."""
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "Heat.nfo").write_text("<movie><title>Heat</title></movie>")
    source = connections.connect(household, Wanted("nfo", str(tmp_path / "films")))
    with pytest.raises(InvalidInput, match="a folder"):
        write(household, source.id, silent)
    with pytest.raises(NotFound):
        planned(household, 99)


@pytest.mark.parametrize("home", ["plex"], indirect=True)
def test_accounts_without_a_key_of_their_own_are_counted(home: Home) -> None:
    """Plex takes nobody's rating from somebody else; the others are written."""
    person_keys.set_person_key(home.household, home.source.id, home.anna, None)
    home.say(1, 4)
    home.say(2, 4, "Ben")
    plan = planned(home.household, home.source.id)
    assert plan.without_key == 1
    mine = RatingWrite(home.ben, home.item(2), title(home, 2), 8.0, None, "ben", "Ben")
    assert plan.writes == (mine,)
    assert home.write() == Written(written=1)


@pytest.mark.parametrize("home", ["plex"], indirect=True)
def test_a_key_that_is_not_taken_costs_no_other_account(home: Home) -> None:
    """It is told why, and the next time it is tried again."""
    home.say(1, 4)
    home.say(2, 4, "Ben")
    del home.world.keys[fake_plex.ANNA_KEY]
    done = home.write()
    assert replace(done, problems=[]) == Written(written=1, failed=1)
    (problem,) = done.problems
    assert "does not take the key" in problem
    home.world.keys[fake_plex.ANNA_KEY] = fake_plex.ANNA
    assert home.write() == Written(written=1)
