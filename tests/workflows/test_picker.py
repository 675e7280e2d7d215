"""What a picker keeps in memory: always what the database would say now."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import delete

from app.backend.domain.errors import EncoreError, LibraryEmpty, NothingFits
from app.backend.domain.evening import StoredSlate, Verdict
from app.backend.domain.progress import silent
from app.backend.domain.title import TitleRecord
from app.backend.store.reads import read_slate
from app.backend.store.tables import Member
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.recommend import Answered, Picker, Request
from app.backend.workflows.versions import Wish, roll_back
from tests.workflows.evenings import FUNNY_SHORT, ListSource, Ticking, ask, record, say

Change = Callable[[Household, Ticking], object]


def slates(
    picker: Picker, household: Household, requests: Sequence[Request]
) -> list[Answered | EncoreError]:
    """Ask a picker."""
    with household.database.writing_plainly() as connection:
        at = household.clock()
        picker.refresh(connection, at)
        return picker.draw(connection, requests, at)


def one(picker: Picker, household: Household, request: Request = FUNNY_SHORT) -> StoredSlate:
    """Ask a picker for one slate."""
    (found,) = slates(picker, household, [request])
    assert isinstance(found, Answered)
    return found.slate


def drawn(slate: StoredSlate) -> object:
    """Return what a request leads to, but for the ids of its rows."""
    picks = [replace(pick, recommendation_id=0) for pick in slate.picks]
    return replace(slate, id=0, picks=tuple(picks))


def fill(household: Household, titles: Sequence[TitleRecord]) -> None:
    """Bring titles into the library."""
    with household.database.writing() as session:
        import_library(session, ListSource(titles), household.clock, silent)


def watch(household: Household, clock: Ticking) -> None:
    """Watch what the rules show first, and never again."""
    pick = ask(household, seed=3).picks[0]
    with household.database.writing() as session:
        verdict = Verdict(pick.recommendation_id, 1, would_watch_again=False, member="Ada")
        say(session, verdict, clock)


def bring(household: Household, _clock: Ticking) -> None:
    """Bring a title, and another name for a known one."""
    new = [record("Quite new", external_id="imdb:tt9999999"), record("Title 9", minutes=61)]
    fill(household, new)


def wait(_household: Household, clock: Ticking) -> None:
    """Let what rested have rested."""
    clock.advance(days=61)


def forget(household: Household, _clock: Ticking) -> None:
    """Do nothing at all."""


@pytest.mark.parametrize("change", [watch, bring, wait, forget])
@pytest.mark.parametrize("request_", [FUNNY_SHORT, replace(FUNNY_SHORT, members=("Ada",))])
def test_what_is_kept_is_what_would_be_read(
    household: Household,
    small_library: Imported,
    clock: Ticking,
    change: Change,
    request_: Request,
) -> None:
    """After each change, a picker that has answered before answers as one that has not."""
    assert small_library.counts.added
    watch(household, clock)
    picker = Picker(household.shelf)
    one(picker, household, request_)
    change(household, clock)
    for seed in range(3):
        request = replace(request_, seed=seed)
        kept = one(picker, household, request)
        fresh = one(Picker(household.shelf), household, request)
        assert drawn(kept) == drawn(fresh)


def test_another_champion_answers_the_next_request(trained_demo: Household) -> None:
    """Whatever decided it, in this process or another: what serves is read with each batch."""
    picker = Picker(trained_demo.shelf)
    before = one(picker, trained_demo)
    assert before.model_version is not None
    roll_back(trained_demo.database, trained_demo.shelf, Wish("Ada"), trained_demo.clock)
    after = one(picker, trained_demo)
    assert after.model_version != before.model_version
    assert drawn(after) == drawn(one(Picker(trained_demo.shelf), trained_demo))


def test_requests_of_one_batch_are_answered_in_order(
    household: Household, small_library: Imported
) -> None:
    """Each gets its own slate or its own error, and what is answered is what is on record."""
    assert small_library.counts.added
    asked = [replace(FUNNY_SHORT, seed=seed, size=3 + seed % 3) for seed in range(5)]
    found = slates(Picker(household.shelf), household, asked)
    for request, answer in zip(asked, found, strict=True):
        assert isinstance(answer, Answered)
        assert (answer.slate.seed, len(answer.slate.picks)) == (request.seed, request.size)
        with household.database.reading() as session:
            assert read_slate(session, answer.slate.id) == answer.slate


def test_an_error_spoils_no_other_request(household: Household) -> None:
    """Where one choice fits nothing, the others of its batch are answered."""
    long = [record(f"Long {number}", minutes=200) for number in range(4)]
    fill(household, long)
    binge = Request("funny", "couple", "binge")
    picker = Picker(household.shelf)
    refused, answered = slates(picker, household, [FUNNY_SHORT, binge])
    assert isinstance(refused, NothingFits)
    assert isinstance(answered, Answered)
    assert refused.details == {"excluded": {"too_long": 4}, "would_fit": {"binge": 4}}


def test_an_empty_library_says_so_until_titles_come(household: Household) -> None:
    """The first title is seen by a picker that found none."""
    picker = Picker(household.shelf)
    (refused,) = slates(picker, household, [FUNNY_SHORT])
    assert isinstance(refused, LibraryEmpty)
    fill(household, [record("First")])
    assert [pick.title for pick in one(picker, household).picks] == ["First"]


def test_rows_that_others_wrote_are_seen(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Members that were taken away by hand are nobody's after the next change of viewings."""
    assert small_library.counts.added
    watch(household, clock)
    picker = Picker(household.shelf)
    named = replace(FUNNY_SHORT, members=("Ada",))
    one(picker, household, named)
    with household.database.writing() as session:
        session.execute(delete(Member).where(Member.name == "Nobody"))
    watch(household, clock)
    assert drawn(one(picker, household, named)) == drawn(
        one(Picker(household.shelf), household, named)
    )
