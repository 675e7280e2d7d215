"""What is said of a pick instead of watching it changes what is shown next, and for how long."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from app.backend.domain.errors import NotFound
from app.backend.domain.evening import StoredPick, StoredSlate
from app.backend.domain.signals import SignalKind
from app.backend.ranking.candidates import NOT_TONIGHT, WATCHED_LATELY
from app.backend.workflows import browse, feedback, signals
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.recommend import Answered, Picker, Request
from tests.workflows.evenings import Ticking, ask

BINGE = Request("any", "couple", "binge", size=5)
Ask = Callable[[], StoredSlate]


@pytest.fixture(params=["read anew", "kept in memory"])
def again(
    request: pytest.FixtureRequest, household: Household, small_library: Imported
) -> Callable[[], StoredSlate]:
    """Ask for a slate: of one who reads everything, or of one who keeps what it read."""
    assert small_library.counts.added == 40
    picker = Picker(household.shelf)

    def of_picker() -> StoredSlate:
        with household.database.writing_plainly() as connection:
            at = household.clock()
            picker.refresh(connection, at)
            (found,) = picker.draw(connection, [replace(BINGE, seed=1)], at)
        assert isinstance(found, Answered)
        return found.slate

    return of_picker if request.param == "kept in memory" else lambda: ask(household, BINGE)


def say(household: Household, pick: StoredPick, kind: SignalKind) -> None:
    """Say something of a pick."""
    with household.database.writing() as session:
        signals.say(session, pick.recommendation_id, kind, household.clock)


def take_back(household: Household, pick: StoredPick, kind: SignalKind) -> None:
    """Take it back."""
    with household.database.writing() as session:
        signals.take_back(session, pick.recommendation_id, kind, household.clock)


def titles(slate: StoredSlate) -> Sequence[int]:
    """Return what a slate shows."""
    return [pick.media_id for pick in slate.picks]


def test_not_tonight_rests_until_the_evening_is_over(
    household: Household, again: Ask, clock: Ticking
) -> None:
    """For twelve hours the title is left out and counted; then it may come back."""
    first = again()
    say(household, first.picks[0], "not_tonight")
    clock.advance(seconds=11 * 3600)
    later = again()
    assert first.picks[0].media_id not in titles(later)
    assert (later.left_out, later.candidates) == ({NOT_TONIGHT: 1}, 39)
    clock.advance(seconds=3600)
    assert titles(again()) == titles(first)


def test_never_hides_until_it_is_taken_back(household: Household, again: Ask) -> None:
    """A hidden title is neither shown nor counted."""
    first = again()
    say(household, first.picks[1], "never")
    hidden = again()
    assert first.picks[1].media_id not in titles(hidden)
    assert (hidden.left_out, hidden.candidates) == ({}, 39)
    take_back(household, first.picks[1], "never")
    assert titles(again()) == titles(first)


def test_seen_rests_like_a_viewing_and_asks_how_it_was(
    household: Household, again: Ask, clock: Ticking
) -> None:
    """For sixty days; nothing says that it was chosen."""
    first = again()
    say(household, first.picks[2], "seen")
    assert again().left_out == {WATCHED_LATELY: 1}
    with household.database.reading() as session:
        (asked,) = browse.unanswered(session)
        slate = browse.slate(session, first.id)
    assert (asked.recommendation_id, asked.watched_at) == (first.picks[2].recommendation_id, None)
    assert [pick.signal for pick in slate.picks] == [None, None, "seen", None, None]
    clock.advance(days=60)
    assert again().left_out == {}


def test_what_is_watched_after_all_was_wanted(household: Household, again: Ask) -> None:
    """Choosing takes "not tonight" back, and nothing else."""
    first = again()
    said: tuple[tuple[StoredPick, SignalKind], ...] = (
        (first.picks[0], "not_tonight"),
        (first.picks[1], "seen"),
    )
    for pick, kind in said:
        with household.database.writing() as session:
            signals.say(session, pick.recommendation_id, kind, household.clock)
            feedback.choose(session, pick.recommendation_id, household.clock)
    with household.database.reading() as session:
        slate = browse.slate(session, first.id)
    assert [pick.signal for pick in slate.picks] == [None, "seen", None, None, None]


def test_a_title_is_hidden_by_its_number(household: Household, again: Ask) -> None:
    """And shown again, whatever was said of a pick of it."""
    first = again()
    with household.database.writing() as session:
        signals.hide(session, first.picks[0].media_id, household.clock)
    assert first.picks[0].media_id not in titles(again())
    say(household, first.picks[0], "never")
    with household.database.writing() as session:
        signals.show_again(session, first.picks[0].media_id, household.clock)
    with household.database.reading() as session:
        ids = [pick.recommendation_id for pick in first.picks]
        assert signals.said(session, ids) == {}
    assert titles(again()) == titles(first)


def test_what_is_not_there_is_named(household: Household) -> None:
    """An impression or a title that there is not is an error."""
    with household.database.writing() as session:
        for act in (signals.say, signals.take_back):
            with pytest.raises(NotFound, match="no recommendation 7"):
                act(session, 7, "seen", household.clock)
        for change in (signals.hide, signals.show_again):
            with pytest.raises(NotFound, match="no title 7"):
                change(session, 7, household.clock)
