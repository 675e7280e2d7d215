"""The pages of sources, as a browser without JavaScript uses them."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.backend.domain.evening import Verdict
from app.backend.store import import_rows, sources
from app.backend.workflows import connections, feedback, notices, people
from app.backend.workflows.connections import ConnectedSource, Wanted
from app.backend.workflows.household import Household
from app.backend.workflows.turns import Turn
from tests.api.library_pages import PAGE, follow, over, refused
from tests.api.people import Home, everything_in
from tests.media_servers import fake_plex
from tests.media_servers.fake_jellyfin import ANNA, BEN, FILMS, KEY, SHOWS, World, film, serve
from tests.store.evening import shown_again, slate_of
from tests.workflows.syncs import give_accounts, now

SOURCES = "/library/sources"


@pytest.fixture
def world() -> World:
    """What the server holds: ten films."""
    return World(items=[film(number) for number in range(1, 11)])


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where a Jellyfin answers."""
    with serve(world) as found:
        yield found


@pytest.fixture
def source(household: Household, address: str) -> ConnectedSource:
    """A Jellyfin that is connected."""
    return connections.connect(household, Wanted("jellyfin", address, KEY))


def page_of(source: ConnectedSource) -> str:
    """Return where a source has its page."""
    return f"{SOURCES}/{source.id}"


def read(client: TestClient, source: ConnectedSource, how: str = "changes") -> str:
    """Read a source, and return the page on which that is over."""
    answer = client.post(f"{SOURCES}/readings", data={"source_id": str(source.id), "how": how})
    assert answer.headers["location"] == f"{SOURCES}?notice=begun#source-{source.id}"
    return over(client, SOURCES)


def text_of(page: str) -> str:
    """Return what a page says, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_server_is_connected_and_read(
    empty_client: TestClient, household: Household, address: str
) -> None:
    """It says who it is before anything is kept, and its key is nowhere to be seen again."""
    page = empty_client.get(SOURCES).text
    assert "Connect your server" in page
    assert re.search(r'type="password" name="key"[^>]*autocomplete="off"', page)
    said = {"kind": "jellyfin", "address": address, "key": KEY, "every_hours": "6"}
    page = follow(empty_client, SOURCES, **said)
    assert ">Attic</h1>" in page
    with household.database.reading() as session:
        (found,) = connections.connected(session)
    assert (found.address, found.every_hours) == (address, 6)
    page = read(empty_client, found)
    assert "10 titles" in page
    assert "Up to date" in page
    for shown in (page, empty_client.get(f"{SOURCES}/1").text, everything_in(household.database)):
        assert KEY not in shown
    overview = empty_client.get("/library").text
    assert "10 added, 0 updated" in overview
    assert ">Jellyfin<" in overview


def test_a_second_server_of_a_kind_has_a_number(
    empty_client: TestClient, source: ConnectedSource
) -> None:
    """Its titles are told apart from those of the first; an address is connected once."""
    with serve(World(items=[film(99)])) as other:
        follow(empty_client, SOURCES, kind="jellyfin", address=other, key=KEY)
        again = {"kind": "jellyfin", "address": source.address, "key": KEY}
        assert "is connected already" in refused(empty_client, SOURCES, **again)
        empty_client.post(f"{SOURCES}/readings", data={"source_id": "2"})
        over(empty_client)
    assert ">Jellyfin 2<" in empty_client.get("/library").text


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"key": "f" * 32}, "does not take the key"),
        ({"key": ""}, "That is no key"),
        ({"key": KEY, "address": "nas"}, "That is no address of a media server"),
        ({"key": KEY, "every_hours": "often"}, "every 1 to 744 hours"),
        ({"kind": "nfo", "address": "media/films"}, "beginning with /"),
        ({"kind": "nfo", "address": "/no/such/folder"}, "There is no folder"),
    ],
)
def test_what_cannot_be_connected_is_said_on_the_page(
    empty_client: TestClient, household: Household, address: str, said: dict[str, str], reason: str
) -> None:
    """What was written is there again, but for the key; nothing is connected."""
    sent = {"kind": "jellyfin", "address": address, **said}
    page = refused(empty_client, SOURCES, **sent)
    assert reason in page
    assert f'name="address" value="{sent["address"]}"' in page
    assert f'value="{sent["kind"]}" checked' in page
    assert not said.get("key") or said["key"] not in page
    with household.database.reading() as session:
        assert connections.connected(session) == []


def test_a_folder_is_connected_and_read(empty_client: TestClient, tmp_path: Path) -> None:
    """It has a name, no key, no accounts and no webhook, and can be changed."""
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "heat.nfo").write_text("<movie><title>Heat</title></movie>", encoding="utf-8")
    page = follow(empty_client, SOURCES, kind="nfo", address=str(folder))
    assert ">films</h1>" in page
    assert "Whose account is whose" not in page
    assert "/webhooks/" not in page
    empty_client.post(f"{SOURCES}/readings", data={"source_id": "1"})
    assert "1 title" in over(empty_client, SOURCES)
    moved = folder.rename(tmp_path / "moved")
    assert "Saved." in follow(empty_client, f"{SOURCES}/1/address", address=str(moved))
    assert "There is no folder" in refused(
        empty_client, f"{SOURCES}/1/address", address=str(folder)
    )


def test_titles_that_are_gone_are_asked_about(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """The question stands in full until somebody lets them go; kept, they are asked about again."""
    read(empty_client, source)
    world.items = world.items[:7]
    page = read(empty_client, source)
    assert "3 of the 10 titles are gone from there. Nothing was changed." in page
    assert "after your answer" in page
    assert "10 titles" in text_of(page)
    page = follow(empty_client, f"{SOURCES}/keeping", source_id=str(source.id))
    assert "Nothing was taken off the shelf" in page
    assert now(household, source).asks is None
    assert "Let them go" in read(empty_client, source)
    page = read(empty_client, source, "confirmed")
    assert "7 titles" in page
    assert "Let them go" not in page
    assert "3 titles are gone from there, and left the shelf" in empty_client.get("/library").text


def test_the_problem_of_the_last_try_is_told(
    empty_client: TestClient, world: World, source: ConnectedSource
) -> None:
    """In the language of whoever looks; the next reading that works takes it away."""
    world.raw = b"<html>"
    assert "Could not be read" in read(empty_client, source)
    told = empty_client.get(SOURCES, headers={"accept-language": "de"}).text
    assert "Jellyfin antwortete mit etwas, das kein JSON ist" in told
    world.raw = None
    assert "Up to date" in read(empty_client, source)


def test_a_reading_under_way_is_shown_in_its_card(
    client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """With how far it is; meanwhile no other begins."""
    with household.database.writing() as session:
        at = household.clock()
        number = import_rows.add_import(session, source.name, source.address, at)
        import_rows.tell_progress(session, number, 500, 1_200)
    for path in (SOURCES, page_of(source)):
        page = client.get(path).text
        assert "Being read" in page
        assert "500 of 1,200 read" in page
        assert f'http-equiv="refresh" content="2;url={path}"' in page
    others, said = Turn(household.folder / "imports.lock"), {"source_id": str(source.id)}
    assert "under way already" in refused(client, f"{SOURCES}/readings", **said)
    others.end()


def test_what_else_is_imported_is_waited_for(
    client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """The pages say what it is, though it is none of the sources."""
    with household.database.writing() as session:
        import_rows.add_import(session, "csv", "shelf.csv", household.clock())
    for path in (SOURCES, page_of(source)):
        page = client.get(path).text
        assert "shelf.csv" in page
        assert "Being read" not in page
        assert re.search(r'value="changes" disabled', page)


def test_a_reading_that_a_crash_interrupted_is_told_of(
    household: Household, source: ConnectedSource
) -> None:
    """At the next start it is over."""
    with household.database.writing() as session:
        import_rows.add_import(session, source.name, source.address, household.clock())
    with Home.of(household).speaking("127.0.0.1") as client:
        assert "Encore ended before it was read" in client.get(SOURCES).text


def test_accounts_are_given_to_people(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """Each to one person or to nobody; what an account did is that person's alone."""
    assert "Nobody lives here yet" in empty_client.get(page_of(source)).text
    with household.database.writing() as session:
        for name in ("Anna", "Ben"):
            people.add(session, name, None, household.clock)
    page = empty_client.get(page_of(source)).text
    assert page.count('<option value="Anna" translate="no">') == 2
    rows = {"account": [ANNA, BEN], "account_name": ["Anna", "Ben"]}
    page = follow(empty_client, f"{page_of(source)}/people", **rows, member=["Anna", ""])
    assert page.count('<option value="Anna" translate="no" selected>') == 1
    world.done[ANNA, film(1)["Id"]] = {"Played": True}
    world.done[BEN, film(2)["Id"]] = {"Played": True}
    read(empty_client, source)
    assert "1 change in what people watched" in empty_client.get("/library").text
    page = refused(empty_client, f"{page_of(source)}/people", **rows, member=["Anna", "Anna"])
    assert "A member can have one account" in page
    said = {**rows, "account_name": ["Anna"], "member": ["Anna", ""]}
    assert "came incomplete" in refused(empty_client, f"{page_of(source)}/people", **said)


def test_a_server_that_is_away_leaves_its_page_usable(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """It is asked once; accounts that are somebody's are shown as they are known."""
    with household.database.writing() as session:
        people.add(session, "Anna", None, household.clock)
        connections.assign_people(session, source.id, [(ANNA, "anna.at.home", "Anna")])
    world.starting, world.log = 100, []
    page = empty_client.get(page_of(source)).text
    assert len(world.log) == 1
    assert "Jellyfin says that it cannot answer now (status 503)" in page
    assert "anna.at.home" in page
    assert "not listed there now" in page
    assert 'name="library"' not in page
    assert "Saved." in follow(empty_client, f"{page_of(source)}/reading", every_hours="12")


def test_libraries_are_chosen(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """One of two; all of them is whatever there will be; none is no choice."""
    path, there = f"{page_of(source)}/reading", [FILMS, SHOWS]
    page = follow(empty_client, path, there=there, library=[SHOWS], every_hours="")
    assert re.search(rf'value="{SHOWS}" checked', page)
    assert not re.search(rf'value="{FILMS}" checked', page)
    assert now(household, source).libraries == (SHOWS,)
    assert now(household, source).every_hours is None
    follow(empty_client, path, there=there, library=there, every_hours="24")
    assert now(household, source).libraries == ()
    page = refused(empty_client, path, there=there, every_hours="24")
    assert "Choose a library at least" in page


def test_how_links_are_written_can_be_changed(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """What cannot be a link is refused, and stays in its field."""
    path, link = f"{page_of(source)}/reading", "https://jelly.example/web/#/details?id={id}"
    follow(empty_client, path, every_hours="24", link=link)
    assert now(household, source).link == link
    page = refused(empty_client, path, every_hours="24", link="javascript:alert(1)")
    assert "A link to a title begins with {base}/" in html.unescape(page)
    assert 'value="javascript:alert(1)"' in page
    follow(empty_client, path, every_hours="24", link=" ")
    assert now(household, source).link is None


def test_an_address_comes_with_its_key(
    empty_client: TestClient, household: Household, world: World, source: ConnectedSource
) -> None:
    """A key is sent to no other address than the one it was given for."""
    path = f"{page_of(source)}/address"
    with serve(World(about=world.about)) as other:
        page = refused(empty_client, path, address=other)
        assert "Another address needs its key once more" in page
        assert f'value="{other}"' in page
        assert "Saved." in follow(empty_client, path, address=other, key=KEY)
        assert now(household, source).address == other
        read(empty_client, source)
        before = now(household, source).read_until
        assert "Saved." in follow(empty_client, path, address=f" {other} ")
        assert before is not None
        assert now(household, source).read_until == before


def test_the_webhook_has_an_address_that_works(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """The page of a source shows what the server calls; a list of sources does not."""
    page = empty_client.get(page_of(source)).text
    secret = connections.webhook_secret(household, source.id)
    path = notices.webhook_path(secret, "jellyfin")
    assert f'value="http://localhost{path}" readonly' in page
    assert secret not in empty_client.get(SOURCES).text
    told = empty_client.post(path, content=b'{"NotificationType": "PlaybackStop"}')
    assert told.status_code in {202, 422}
    assert empty_client.post(f"{path}x", content=b"{}").status_code == 404


def test_what_is_written_back_is_shown_before(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """It is off until somebody turns it on, and then says what comes next."""
    give_accounts(household, source, Anna=ANNA)
    read(empty_client, source)
    slate = slate_of([1, 2], household.clock())
    with household.database.writing() as session:
        first, second = shown_again(session, slate).picks
        for pick, rating in ((first, 4), (second, 2)):
            said = Verdict(pick.recommendation_id, rating, True, "Anna")
            feedback.rate(session, said, household.clock)
    page = empty_client.get(page_of(source)).text
    assert "What would be written" in page
    assert re.search(r">Film 1<.*?>anna<.*?8 of 10.*?>Film 2<.*?4 of 10", page, re.DOTALL)
    assert not now(household, source).writes_ratings
    page = follow(empty_client, f"{page_of(source)}/ratings", writes="yes")
    assert "What is written next" in page
    assert re.search(r'name="writes" value="yes" checked', page)
    assert now(household, source).writes_ratings
    page = follow(empty_client, f"{page_of(source)}/ratings")
    assert "Nothing is written any more" in page
    assert not now(household, source).writes_ratings


def test_keys_that_are_not_on_this_machine_are_written_again(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """As after a backup was restored elsewhere: the page says so, and takes the key."""
    connections.keyring(household).forget(source.id)
    page = empty_client.get(page_of(source)).text
    assert "The key of this source is not on this machine" in page
    assert "/webhooks/" not in page
    for path, data in (("reading", {"every_hours": "6"}), ("ratings", {"writes": "yes"})):
        assert "is not on this machine" in refused(
            empty_client, f"{page_of(source)}/{path}", **data
        )
    said = {"address": source.address, "key": KEY}
    page = follow(empty_client, f"{page_of(source)}/address", **said)
    assert "is not on this machine" not in page
    assert "/webhooks/" in page
    assert "10 titles" in read(empty_client, source)


def test_a_source_is_disconnected(
    empty_client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """Its page says what goes, before; its titles leave the shelf, its key the machine."""
    read(empty_client, source)
    assert "10 titles: they leave the shelf" in empty_client.get(page_of(source)).text
    page = follow(empty_client, f"{page_of(source)}/removal")
    assert "Disconnected." in page
    assert "Connect your server" in page
    assert empty_client.get(page_of(source), headers=PAGE).status_code == 404
    assert not list((household.folder / "keys").glob("*"))


def test_plex_takes_keys_of_single_accounts(empty_client: TestClient, household: Household) -> None:
    """Of accounts that are somebody's, and not the owner's; what is no such key is refused."""
    with household.database.writing() as session:
        for name in ("Anna", "Olga"):
            people.add(session, name, None, household.clock)
    with fake_plex.serve(fake_plex.World()) as plex:
        said = {"kind": "plex", "address": plex, "key": fake_plex.OWNER_KEY}
        page = follow(empty_client, SOURCES, **said)
        assert "Keys of single accounts" not in page
        assert "/plex" in page
        assert "/tautulli" in page
        rows = {"account": [fake_plex.OWNER, fake_plex.ANNA], "account_name": ["olga", "anna"]}
        page = follow(empty_client, f"{SOURCES}/1/people", **rows, member=["Olga", "Anna"])
        keys = re.search(r'name="account">(.*?)</select>', page, re.DOTALL)
        assert keys is not None
        assert re.findall(r'value="(\d+)"', keys[1]) == [fake_plex.ANNA]
        path, account = f"{SOURCES}/1/keys", fake_plex.ANNA
        page = refused(empty_client, path, account=account, key=fake_plex.OWNER_KEY)
        assert "That is the key of another account" in page
        page = follow(empty_client, path, account=account, key=fake_plex.ANNA_KEY)
        assert "with a key of its own" in page
        assert fake_plex.ANNA_KEY not in page
        assert "with a key of its own" not in follow(empty_client, path, account=account, key="")


@pytest.mark.parametrize(
    ("name", "forms"),
    [("cay", ()), ("bea", ("readings",)), ("ada", ("readings", "connect", "page"))],
)
def test_whoever_may_only_look_sees_no_forms(
    household: Household, source: ConnectedSource, name: str, forms: tuple[str, ...]
) -> None:
    """A trainer reads anew; connecting, and the page with keys and accounts, is for owners."""
    home = Home.of(household)
    for one, role in (("ada", "owner"), ("bea", "trainer"), ("cay", "viewer")):
        home.add(one, role)
    client = home.signed_in(name)
    page = client.get(SOURCES).text
    found = {
        "readings": "/library/sources/readings" in page,
        "connect": 'name="key"' in page,
        "page": client.get(page_of(source), headers=PAGE).status_code == 200,
    }
    assert tuple(what for what, is_there in found.items() if is_there) == forms


def test_what_a_sync_asked_of_another_time_says_nothing_odd(
    client: TestClient, household: Household, source: ConnectedSource
) -> None:
    """A question is numbers; whatever else stands there is not shown."""
    with household.database.writing() as session:
        asks = {"removals": 1, "titles": 3, "more": "<script>"}
        sources.change_source(session, source.id, {"asks": asks})
    page = client.get(SOURCES).text
    assert "1 of the 3 titles is gone from there" in page
    assert "&lt;script" not in page
    assert "<script>" not in page
