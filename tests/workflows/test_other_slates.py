"""Slates of another kind: other titles, a surprise, no mood in particular, and for the young."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from app.backend.domain.context import Context
from app.backend.domain.errors import NotFound, NothingFits
from app.backend.domain.evening import StoredSlate, Verdict
from app.backend.domain.progress import silent
from app.backend.ranking.candidates import AGE_UNKNOWN, SHOWN_TONIGHT, TOO_OLD_FOR
from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.tables import Member, Recommendation, Slate
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.quality import quality_report
from app.backend.workflows.ranked import POLICY, SURPRISE
from app.backend.workflows.recommend import Answered, Picker, Request
from tests.workflows.evenings import FUNNY_SHORT, ListSource, Ticking, ask, record, say

BINGE = Request("any", "couple", "binge")
RATINGS = ("G", "FSK 6", "PG-13", "TV-MA", "18", "Unrated", None)
Ask = Callable[[Household, Request], StoredSlate]


def kept_in_memory(household: Household, request: Request) -> StoredSlate:
    """Ask a picker, which has answered another request before."""
    picker = Picker(household.shelf)
    with household.database.writing_plainly() as connection:
        at = household.clock()
        picker.refresh(connection, at)
        usual = replace(request, instead_of=None, is_surprise=False, seed=0)
        *_, found = picker.draw(connection, [usual, request], at)
    if isinstance(found, Answered):
        return found.slate
    raise found


def read_anew(household: Household, request: Request) -> StoredSlate:
    """Ask one who reads everything."""
    return ask(household, request, request.seed)


both = pytest.mark.parametrize("asked", [read_anew, kept_in_memory])


def rated_library(household: Household) -> None:
    """Bring one title of each age rating; Ada may see all, Bob is twelve and Cid is three."""
    found = [record(f"Rated {rating}", age_rating=rating) for rating in RATINGS]
    with household.database.writing() as session:
        import_library(session, ListSource(found), household.clock, silent)
        at = household.clock()
        for name, limit in (("Ada", None), ("Bob", 12), ("Cid", 3)):
            session.add(Member(name=name, age_limit=limit, created_at=at))


@both
def test_other_titles_are_shown_until_none_is_left(
    household: Household, small_library: Imported, asked: Ask
) -> None:
    """Each slate leaves out what those before it showed, all of them, and says how many."""
    assert small_library.counts.added == 40
    before: int | None = None
    seen: set[int] = set()
    for number in range(8):
        slate = asked(household, replace(BINGE, size=5, seed=number, instead_of=before))
        assert slate.instead_of == before
        assert slate.left_out == ({SHOWN_TONIGHT: 5 * number} if number else {})
        assert slate.candidates == 40 - 5 * number
        assert not seen & {pick.media_id for pick in slate.picks}
        seen |= {pick.media_id for pick in slate.picks}
        before = slate.id
    with household.database.reading() as session:
        assert session.get_one(Slate, slate.id).instead_of == slate.instead_of
    with pytest.raises(NothingFits, match="shown just now") as caught:
        asked(household, replace(BINGE, instead_of=slate.id))
    assert caught.value.details == {"excluded": {SHOWN_TONIGHT: 40}, "would_fit": {}}


@both
def test_in_place_of_no_slate_is_nothing_asked(
    household: Household, small_library: Imported, asked: Ask
) -> None:
    """A slate that there is not is an error."""
    assert small_library.counts.added
    with pytest.raises(NotFound, match="no slate 77"):
        asked(household, replace(BINGE, instead_of=77))


@both
def test_a_surprise_has_exact_chances_of_its_own(
    household: Household, small_library: Imported, asked: Ask
) -> None:
    """Its policy is named on every impression, and its best title is no more certain than that."""
    assert small_library.counts.added
    usual = asked(household, BINGE)
    found = [asked(household, replace(BINGE, is_surprise=True, seed=seed)) for seed in range(20)]
    assert {slate.policy for slate in found} == {SURPRISE.name} != {POLICY.name}
    assert usual.policy == POLICY.name
    with household.database.reading() as session:
        query = select(Recommendation.policy).where(Recommendation.slate_id == found[0].id)
        assert set(session.scalars(query)) == {SURPRISE.name}
    leads = {slate.picks[0].media_id: slate.picks[0].propensity for slate in found}
    assert len(leads) > 5
    assert max(leads.values()) < 0.5
    again = asked(household, replace(BINGE, is_surprise=True, seed=3))
    assert [(one.media_id, one.propensity) for one in again.picks] == [
        (one.media_id, one.propensity) for one in found[3].picks
    ]
    assert len(SURPRISE.name) <= 100


@both
def test_any_mood_is_on_record_as_any(
    household: Household, small_library: Imported, asked: Ask
) -> None:
    """Its code has no mood, and no reason speaks of one."""
    assert small_library.counts.added
    slates = [asked(household, replace(BINGE, seed=seed)) for seed in range(5)]
    assert not any(
        "mood" in said for slate in slates for one in slate.picks for said in one.reasons
    )
    with household.database.reading() as session:
        row = session.get_one(Slate, slates[0].id)
        assert (row.mood, row.context_code) == ("any", Context(None, "couple", "binge").code)
        query = select(Recommendation).where(Recommendation.slate_id == row.id)
        for one in session.scalars(query):
            assert (one.mood, one.context_code) == ('{"mood": "any"}', row.context_code)


def test_what_any_mood_brought_is_learnt_from(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """A verdict on it is used, and nothing about it is in doubt."""
    assert small_library.counts.added
    pick = ask(household, BINGE).picks[0]
    with household.database.writing() as session:
        say(session, Verdict(pick.recommendation_id, 5, would_watch_again=True), clock)
    with household.database.reading() as session:
        report = quality_report(session, household.clock)
    counts = {check.id: check.count for check in report.checks if "mood" in check.id}
    assert counts == {"mood_malformed": 0, "mood_unknown": 0, "mood_any": 1}
    assert report.rows_used == 1


@both
def test_nothing_is_shown_that_one_of_those_present_is_too_young_for(
    household: Household, asked: Ask
) -> None:
    """The strictest limit holds, for what nobody rated too, and the counts say so."""
    rated_library(household)
    everything = asked(household, replace(BINGE, members=("Ada",)))
    assert (everything.candidates, everything.left_out) == (7, {})
    assert asked(household, replace(BINGE, members=())).left_out == {}
    for members, names, above in (
        (("Ada", "Bob"), {"Rated G", "Rated FSK 6"}, 3),
        (("Cid", "Bob"), {"Rated G"}, 4),
        (("Zoe", "Cid"), {"Rated G"}, 4),
    ):
        slate = asked(household, replace(BINGE, members=members))
        assert {pick.title for pick in slate.picks} == names
        assert slate.left_out == {TOO_OLD_FOR: above, AGE_UNKNOWN: 2}


def test_a_limit_that_is_changed_holds_at_once(household: Household) -> None:
    """Whoever left has no limit any more, and no name."""
    rated_library(household)
    picker = Picker(household.shelf)

    def candidates() -> int:
        with household.database.writing_plainly() as connection:
            picker.refresh(connection, household.clock())
            asked = replace(BINGE, members=("Bob",))
            (found,) = picker.draw(connection, [asked], household.clock())
        assert isinstance(found, Answered)
        return found.slate.candidates

    def change(**values: object) -> None:
        with household.database.writing() as session:
            session.execute(update(Member).where(Member.name == "Bob").values(**values))
            advance(session, VIEWINGS)

    assert candidates() == 2
    assert sorted(picker.members.values()) == ["Ada", "Bob", "Cid"]
    change(age_limit=13)
    assert candidates() == 3
    change(left_at=household.clock())
    assert candidates() == 7
    assert sorted(picker.members.values()) == ["Ada", "Cid"]


@both
def test_where_nothing_fits_it_is_said_what_would(household: Household, asked: Ask) -> None:
    """Each other length of session with what would fit it, everything else being as it is."""
    found = [record(f"Medium {n}", minutes=140, age_rating="6") for n in range(3)]
    found += [record("Long", minutes=200), record("?", minutes=None, age_rating="18")]
    rated = [*found, record("Nobody's", minutes=180, age_rating="NR")]
    with household.database.writing() as session:
        import_library(session, ListSource(rated), household.clock, silent)
        session.add(Member(name="Bob", age_limit=12, created_at=household.clock()))
    with pytest.raises(NothingFits, match=r"^None of the 6 titles fits. Choose another") as caught:
        asked(household, FUNNY_SHORT)
    assert caught.value.details["would_fit"] == {"medium": 3, "binge": 6}
    with pytest.raises(NothingFits) as caught:
        asked(household, replace(FUNNY_SHORT, members=("Bob",)))
    assert caught.value.details["would_fit"] == {"medium": 3, "binge": 3}
    with household.database.writing() as session:
        session.execute(update(Member).values(age_limit=5))
        advance(session, VIEWINGS)
    with pytest.raises(NothingFits, match="rated for the age") as caught:
        asked(household, replace(BINGE, members=("Bob",)))
    assert caught.value.details == {
        "excluded": {TOO_OLD_FOR: 4, AGE_UNKNOWN: 2},
        "would_fit": {},
    }
