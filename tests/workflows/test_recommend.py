"""A request becomes a slate that is written down."""

import pytest
from sqlalchemy import select

from app.backend.domain.context import Context
from app.backend.domain.errors import LibraryEmpty, NothingFits
from app.backend.domain.evening import Verdict
from app.backend.domain.progress import silent
from app.backend.store.tables import Recommendation, Slate
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.ranked import POLICY
from app.backend.workflows.recommend import Request
from tests.workflows.evenings import FUNNY_SHORT, ListSource, Ticking, ask, record, say


def test_a_slate_is_written_with_all_that_chance_did(
    household: Household, small_library: Imported
) -> None:
    """Each impression keeps position, propensity, policy, context and values as known then."""
    assert small_library.counts.added == 40
    slate = ask(household, seed=11)
    with household.database.reading() as session:
        row = session.get_one(Slate, slate.id)
        shown = session.scalars(
            select(Recommendation).where(Recommendation.slate_id == slate.id)
        ).all()
        assert (row.seed, row.policy, row.model_version) == (11, POLICY.name, None)
        assert row.context_code == Context("funny", "couple", "short").code
        assert [one.position for one in shown] == [1, 2, 3, 4]
        for one in shown:
            assert one.mood == '{"mood": "funny"}'
            assert 0 < one.propensity <= 1
            assert one.context_code == row.context_code
            assert set(one.features) == {"kind", "year", "minutes", "genres", "community_rating"}


def test_the_seed_repeats_a_slate(household: Household, small_library: Imported) -> None:
    """The same seed draws the same titles with the same propensities; others sometimes differ."""
    assert small_library.counts.added
    first, again = ask(household, seed=5), ask(household, seed=5)
    drawn = [(pick.media_id, pick.propensity) for pick in first.picks]
    assert drawn == [(pick.media_id, pick.propensity) for pick in again.picks]
    others = {
        tuple(pick.media_id for pick in ask(household, seed=seed).picks) for seed in range(12)
    }
    assert len(others) > 1


def test_a_short_evening_has_no_long_or_unknown_title(
    household: Household, small_library: Imported
) -> None:
    """Time is a hard limit, and an unknown length never passes as short."""
    assert small_library.without_minutes
    for seed in range(5):
        slate = ask(household, FUNNY_SHORT, seed)
        assert all(pick.minutes is not None and pick.minutes <= 100 for pick in slate.picks)
    assert slate.left_out["length_unknown"] == small_library.without_minutes
    assert slate.left_out["too_long"] > 0
    assert slate.candidates + sum(slate.left_out.values()) == 40
    binge = ask(household, Request("funny", "couple", "binge"))
    assert "length_unknown" not in binge.left_out


def test_what_was_watched_rests_and_what_was_refused_stays_away(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """A watched title comes back after 60 days; one that nobody would see again never does."""
    assert small_library.counts.added
    loved, refused = ask(household).picks[:2]
    with household.database.writing() as session:
        say(session, Verdict(loved.recommendation_id, 5, would_watch_again=True), clock)
        say(session, Verdict(refused.recommendation_id, 1, would_watch_again=False), clock)
    next_day = ask(household, seed=2)
    assert (next_day.left_out["watched_lately"], next_day.left_out["not_again"]) == (1, 1)
    clock.advance(days=61)
    later = ask(household, seed=2)
    assert "watched_lately" not in later.left_out
    assert later.left_out["not_again"] == 1


def test_an_empty_library_says_how_to_fill_it(household: Household) -> None:
    """Without a title there is a named error."""
    with pytest.raises(LibraryEmpty, match="encore import"):
        ask(household)


def test_when_nothing_fits_the_counts_say_why(household: Household) -> None:
    """The error tells which choice excluded how many, and nothing is written."""
    long = [record("Long", minutes=200), record("Longer", minutes=240), record("?", minutes=None)]
    with household.database.writing() as session:
        import_library(session, ListSource(long), household.clock, silent)
    with pytest.raises(NothingFits) as caught:
        ask(household)
    assert caught.value.details["excluded"] == {"length_unknown": 1, "too_long": 2}
    with household.database.reading() as session:
        assert session.scalars(select(Slate)).all() == []


def test_the_rules_give_each_mood_its_own_picks(
    household: Household, small_library: Imported
) -> None:
    """Before any feedback the mood changes the lead pick."""
    assert small_library.counts.added
    leads = {
        ask(household, Request(mood, "couple", "binge"), seed=3).picks[0].title
        for mood in ("funny", "action", "dramatic", "relaxing")
    }
    assert len(leads) >= 3
