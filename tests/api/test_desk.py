"""Requests that come together are answered together; each as if it had come alone."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from app.backend.api.app import create_app
from app.backend.api.desk import Desk, OutOfDate
from app.backend.domain.errors import DatabaseBusy, NothingFits
from app.backend.domain.progress import silent
from app.backend.store.generations import ACCESS, advance, read_access
from app.backend.store.tables import Slate
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.recommend import Answered, Request
from app.backend.workflows.versions import Wish, promote, roll_back
from tests.api.conftest import speaking_with
from tests.workflows.evenings import FUNNY_SHORT, ListSource, record

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "short"}


async def together(desk: Desk, requests: Sequence[Request]) -> list[Answered | BaseException]:
    """Ask for slates all at once."""
    return await asyncio.gather(*map(desk.slate, requests), return_exceptions=True)


def slates_on_record(household: Household) -> int:
    """Count what was written."""
    with household.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Slate)) or 0


def test_each_of_many_gets_its_own_slate(household: Household, small_library: Imported) -> None:
    """More at once than a batch has: none is lost, none is answered twice, all are on record."""
    assert small_library.counts.added
    desk = Desk(household)
    asked = [replace(FUNNY_SHORT, seed=seed) for seed in range(150)]
    found = asyncio.run(together(desk, asked))
    desk.close()
    slates = [one.slate for one in found if isinstance(one, Answered)]
    assert [slate.seed for slate in slates] == list(range(150))
    assert len({slate.id for slate in slates}) == 150 == slates_on_record(household)


def test_an_error_is_that_of_its_own_request(household: Household) -> None:
    """What fits nothing is refused, and whoever came with it is answered."""
    titles = [record(f"Long {number}", minutes=200) for number in range(4)]
    with household.database.writing() as session:
        import_library(session, ListSource(titles), household.clock, silent)
    desk = Desk(household)
    binge = Request("funny", "couple", "binge")
    refused, answered = asyncio.run(together(desk, [FUNNY_SHORT, binge]))
    desk.close()
    assert isinstance(refused, NothingFits)
    assert isinstance(answered, Answered)


def test_a_fault_reaches_everybody_and_ends(
    household: Household, small_library: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a batch cannot be written, all who wait are told; the next one is answered."""
    assert small_library.counts.added
    desk = Desk(household)

    def busy(*_: object) -> None:
        raise DatabaseBusy("Another process is writing to the database; try again in a moment.")

    # A slotted object takes no patch: its class does.
    with monkeypatch.context() as patched:
        patched.setattr(type(desk.picker), "draw", busy)
        failed = asyncio.run(together(desk, [FUNNY_SHORT, FUNNY_SHORT]))
    (answered,) = asyncio.run(together(desk, [FUNNY_SHORT]))
    desk.close()
    assert [type(one) for one in failed] == [DatabaseBusy, DatabaseBusy]
    assert isinstance(answered, Answered)


def test_rights_that_were_taken_away_are_noticed(
    household: Household, small_library: Imported
) -> None:
    """A caller who was looked up before that is to be looked up again, and nothing is drawn."""
    assert small_library.counts.added
    desk = Desk(household)
    with household.database.reading() as session:
        before = read_access(session)
    asyncio.run(desk.slate(FUNNY_SHORT, before))
    with household.database.writing() as session:
        advance(session, ACCESS)
    with pytest.raises(OutOfDate):
        asyncio.run(desk.slate(FUNNY_SHORT, before))
    asyncio.run(desk.slate(FUNNY_SHORT, before + 1))
    desk.close()
    assert slates_on_record(household) == 2


def test_changing_the_champion_under_load_fails_nobody(trained_demo: Household) -> None:
    """While households ask, versions change place twenty times: no answer is lost to it."""
    with trained_demo.database.reading() as session:
        version = trained_demo.shelf.serving(session).version
    assert version is not None
    over, statuses, served = threading.Event(), [], set()
    with speaking_with(create_app(trained_demo)) as client:

        def ask_on() -> None:
            while not over.is_set():
                answer = client.post("/api/v1/recommendations", json=ASKED)
                statuses.append(answer.status_code)
                served.add(answer.json()["model_version"])

        threads = [threading.Thread(target=ask_on) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            roll_back(trained_demo.database, trained_demo.shelf, Wish("t"), trained_demo.clock)
            client.post("/api/v1/recommendations", json=ASKED)
            wish = Wish("t")
            promote(trained_demo.database, trained_demo.shelf, version, wish, trained_demo.clock)
        over.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {201}
    assert served == {None, version}


def test_another_process_s_promotion_is_picked_up(trained_demo: Household) -> None:
    """What is decided over another connection answers the next request, without a restart."""
    with speaking_with(create_app(trained_demo)) as client:
        first = client.post("/api/v1/recommendations", json=ASKED).json()["model_version"]
        with speaking_with(create_app(trained_demo)) as other:
            assert other.post("/api/v1/models/rollback").status_code == 200
        assert client.post("/api/v1/recommendations", json=ASKED).json()["model_version"] is None
        assert first is not None
