"""A connected Plex and the library stay in step, and what somebody did is theirs alone."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.backend.domain.errors import InvalidInput, RemovalsUnconfirmed, ServerRefuses
from app.backend.domain.progress import silent
from app.backend.sources import links
from app.backend.sources.server_address import ServerAddress
from app.backend.store.source_tables import (
    HistoryEntryRow,
    SourceItemRow,
    TitleId,
    WithheldTitle,
)
from app.backend.store.tables import Media, Member
from app.backend.workflows import connections, people, person_keys
from app.backend.workflows.connections import ConnectedSource, Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.imports import import_here
from app.backend.workflows.sync_work import SyncWork
from tests.media_servers.fake_plex import (
    ANNA,
    ANNA_KEY,
    BEN,
    OWNER,
    OWNER_KEY,
    World,
    film,
    play,
    seconds,
    series,
    serve,
)

Entry = tuple[str, str, int | None, bool]


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a database that starts at once; the other is synced into from Jellyfin."""
    shutil.copy(sqlite_template, tmp_path / "encore.db")
    return f"sqlite:///{tmp_path / 'encore.db'}"


@contextmanager
def connected(household: Household, world: World, *libraries: str) -> Iterator[ConnectedSource]:
    """Connect a fake server."""
    with serve(world) as address:
        wanted = Wanted("plex", address, OWNER_KEY, libraries)
        yield connections.connect(household, wanted)


def give_accounts(household: Household, source: ConnectedSource, **members: str) -> None:
    """Give accounts to members of their names, who are added."""
    with household.database.writing() as session:
        for name in members:
            people.add(session, name, None, household.clock)
        accounts = [(user_id, name.lower(), name) for name, user_id in members.items()]
        connections.assign_people(session, source.id, accounts)


def sync(
    household: Household, source: ConnectedSource, *, is_whole: bool = False
) -> dict[str, object]:
    """Sync a source as it stands now; return the counts."""
    with household.database.reading() as session:
        now = connections.source(session, source.id)
    return dict(import_here(household, SyncWork(now, is_whole), silent))


def entries(household: Household) -> list[Entry]:
    """Return whose history says what of which item."""
    query = (
        select(Member.name, HistoryEntryRow.key, HistoryEntryRow.rating, HistoryEntryRow.is_watched)
        .join(Member, Member.id == HistoryEntryRow.member_id)
        .order_by(Member.name, HistoryEntryRow.key)
    )
    with household.database.reading() as session:
        return [(name, key, rating, seen) for name, key, rating, seen in session.execute(query)]


def withheld(household: Household) -> list[tuple[str, str]]:
    """Return from whom which title is withheld."""
    query = (
        select(Member.name, Media.title)
        .join(WithheldTitle, WithheldTitle.member_id == Member.id)
        .join(Media, Media.id == WithheldTitle.media_id)
        .order_by(Member.name, Media.title)
    )
    with household.database.reading() as session:
        return [(name, title) for name, title in session.execute(query)]


def kept(household: Household, title: str) -> dict[str, object]:
    """Return what is kept of a title."""
    with household.database.reading() as session:
        media = session.scalars(select(Media).where(Media.title == title)).one()
        of_title = SourceItemRow.media_id == media.id
        item = session.scalars(select(SourceItemRow).where(of_title)).one()
        ids = session.scalars(select(TitleId.key).where(TitleId.media_id == media.id))
        return {
            "ids": set(ids),
            "item": (item.item_id, item.library, item.poster),
            "told": (media.genres, media.directors, media.duration),
        }


def test_a_first_sync_brings_everything_and_a_second_what_changed(household: Household) -> None:
    """Titles come with their genres, ids, people and posters; nothing is read twice."""
    world = World(items=[*(film(number) for number in range(1, 10)), series(10)])
    with connected(household, world) as source:
        first = sync(household, source)
        world.log.clear()
        second = sync(household, source)
        asked, world.log = world.log, []
        later = seconds(household.clock() + timedelta(hours=1))
        world.items[0] |= {"title": "Renamed", "updatedAt": later}
        world.items = [*world.items[:9], film(99, updatedAt=later)]
        third = sync(household, source)
    assert (source.server_name, source.server_id) == ("Attic", "c" * 40)
    assert (first["added"], first["without_minutes"]) == (10, 0)
    assert (second["added"], second["updated"], second["unchanged"]) == (0, 0, 0)
    listed = [path for path in asked if "/all" in path]
    assert all("updatedAt" in path or "Size=0" in path for path in listed)
    assert not [path for path in asked if "/library/metadata/" in path]
    assert (third["added"], third["updated"], third["removed"]) == (1, 1, 1)
    renamed = kept(household, "Renamed")
    assert renamed["ids"] == {"imdb:tt1000001", "tmdb:movie:2"}
    assert renamed["item"] == ("1", "1", "1.1700000001")
    assert renamed["told"] == ("Action,Drama,Thriller,Crime", "Vera Regisseur", 81)


def test_a_library_may_be_chosen_by_its_name(household: Household) -> None:
    """Others are not read; one that is not there names those that are."""
    world = World(items=[film(1), series(2)])
    with connected(household, world, "Shows") as source:
        done = sync(household, source)
        with pytest.raises(InvalidInput, match="Films, Shows"):
            connections.connect(household, Wanted("plex", source.address, OWNER_KEY, ("Music",)))
    assert (source.libraries, done["added"]) == (("2",), 1)


def test_what_an_account_did_is_its_members_alone(household: Household) -> None:
    """By the owner's key, by a key of its own, and by the history; nobody is taken for another."""
    at = seconds(household.clock())
    world = World(items=[*(film(number) for number in range(1, 6)), series(6)])
    world.done = {
        (OWNER, "1"): {"viewCount": 1, "lastViewedAt": at, "userRating": 2.0},
        (ANNA, "2"): {"userRating": 9.0},
        (ANNA, "6"): {"viewedLeafCount": 10, "lastViewedAt": at},
    }
    world.hidden = {(ANNA, "5"), (BEN, "5")}
    world.history = [
        play(1, OWNER, household.clock(), "1"),
        play(2, ANNA, household.clock(), "4"),
        play(3, BEN, household.clock(), "3"),
    ]
    with connected(household, world) as source:
        give_accounts(household, source, Olga=OWNER, Anna=ANNA, Ben=BEN)
        person_keys.set_person_key(household, source.id, ANNA, ANNA_KEY)
        sync(household, source)
        first = entries(household)
        again = sync(household, source)
    assert first == [
        ("Anna", "2", 5, False),
        ("Anna", "6", None, True),
        ("Ben", "3", None, True),
        ("Olga", "1", 1, True),
    ]
    assert again["history_changes"] == 0
    # What Ben may see, only a key of his own would tell.
    assert withheld(household) == [("Anna", "Film 5")]


def test_a_new_key_has_everything_read_that_it_tells(household: Household) -> None:
    """What was only rated, or is hidden, the history does not tell; without the key it is asked."""
    world = World(history=[])
    world.done = {(ANNA, "2"): {"userRating": 9.0}}
    world.hidden = {(ANNA, "5")}
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        sync(household, source)
        assert entries(household) == []
        person_keys.set_person_key(household, source.id, ANNA, ANNA_KEY)
        assert person_keys.keyed_accounts(household, source.id) == {ANNA}
        sync(household, source)
        assert entries(household) == [("Anna", "2", 5, False)]
        assert withheld(household) == [("Anna", "Film 5")]
        world.history = [play(1, ANNA, household.clock(), "1")]
        person_keys.set_person_key(household, source.id, ANNA, None)
        assert not person_keys.keyed_accounts(household, source.id)
        sync(household, source)
        assert ("Anna", "1", None, True) in entries(household)


def test_a_key_that_is_not_the_accounts_own_is_not_kept(household: Household) -> None:
    """Whatever is wrong with it, those that are there stay."""
    with connected(household, World(keys={OWNER_KEY: OWNER, "second": OWNER, ANNA_KEY: ANNA})) as (
        source
    ):
        give_accounts(household, source, Anna=ANNA, Olga=OWNER)
        person_keys.set_person_key(household, source.id, ANNA, ANNA_KEY)
        for user_id, key, error, said in (
            (ANNA, OWNER_KEY, InvalidInput, "another account"),
            (ANNA, "second", InvalidInput, "somebody else"),
            (ANNA, "wrong", ServerRefuses, "does not take the key"),
            (ANNA, "two words", InvalidInput, "no key"),
            (BEN, "ben", InvalidInput, "nobody here"),
            (OWNER, "second", InvalidInput, "key of its source"),
        ):
            with pytest.raises(error, match=said):
                person_keys.set_person_key(household, source.id, user_id, key)
        assert connections.keyring(household).read(source.id).people == {ANNA: ANNA_KEY}


def test_a_key_of_somebody_who_is_nobody_here_any_more_is_forgotten(household: Household) -> None:
    """Of an account that belongs to no member, nothing is kept."""
    with connected(household, World()) as source:
        give_accounts(household, source, Anna=ANNA)
        person_keys.set_person_key(household, source.id, ANNA, ANNA_KEY)
        with household.database.writing() as session:
            connections.assign_people(session, source.id, [])
        person_keys.forget_keys_of_nobody(household, source.id)
    assert connections.keyring(household).read(source.id).people == {}


def test_keys_go_to_no_other_server(household: Household) -> None:
    """With the address of another, those of people are forgotten; the same server keeps them."""
    world = World()
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        person_keys.set_person_key(household, source.id, ANNA, ANNA_KEY)
    with serve(world) as address:
        connections.change(household, source.id, {"address": address, "token": OWNER_KEY})
        assert person_keys.keyed_accounts(household, source.id) == {ANNA}
    other = World(about=world.about | {"machineIdentifier": "d" * 40})
    with serve(other) as address:
        connections.change(household, source.id, {"address": address, "token": OWNER_KEY})
        sync(household, source)
    assert not person_keys.keyed_accounts(household, source.id)
    assert ANNA_KEY not in {told["X-Plex-Token"] for told in other.headers}


def test_a_key_that_was_withdrawn_stops_the_sync_and_changes_nothing(household: Household) -> None:
    """The error names the account whose key it is."""
    world = World()
    with connected(household, world) as source:
        give_accounts(household, source, Anna=ANNA)
        person_keys.set_person_key(household, source.id, ANNA, ANNA_KEY)
        del world.keys[ANNA_KEY]
        with pytest.raises(ServerRefuses, match=f"Plex for account {ANNA}"):
            sync(household, source)
    with household.database.reading() as session:
        assert session.scalars(select(Media)).all() == []


def test_a_disk_that_is_away_looks_like_an_empty_library_and_asks(household: Household) -> None:
    """Nothing leaves the shelf until somebody says so."""
    world = World()
    with connected(household, world) as source:
        sync(household, source)
        world.items = world.items[:1]
        with pytest.raises(RemovalsUnconfirmed):
            sync(household, source)
        world.items = []
        with pytest.raises(RemovalsUnconfirmed):
            sync(household, source, is_whole=True)


def test_a_title_leads_to_its_page_at_plex(household: Household) -> None:
    """By the server's number and the item's, as Plex names its pages."""
    with connected(household, World()) as source:
        template = source.link or links.TEMPLATES[source.kind]
    link = links.deep_link(ServerAddress.of(source.address), template, "1049", source.server_id)
    assert link == (
        f"https://app.plex.tv/desktop/#!/server/{'c' * 40}/details?key=%2Flibrary%2Fmetadata%2F1049"
    )
