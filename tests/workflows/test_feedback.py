"""What the household says of a pick."""

import pytest

from app.backend.domain.errors import EventReused, InvalidInput, NotFound
from app.backend.domain.evening import StoredVerdict, Verdict
from app.backend.workflows import browse, feedback
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.workflows.evenings import ask


def tell(household: Household, verdict: Verdict) -> StoredVerdict:
    """Rate, as a face does."""
    with household.database.writing() as session:
        return feedback.rate(session, verdict, household.clock)


@pytest.fixture
def pick(household: Household, small_library: Imported) -> int:
    """The id of a pick that was shown."""
    assert small_library.counts.added
    return ask(household).picks[0].recommendation_id


def test_saying_it_twice_changes_nothing(household: Household, pick: int) -> None:
    """The same verdict, with or without an event id, is one row."""
    for event in (None, "evening-1"):
        verdict = Verdict(pick, 4, would_watch_again=True, event_id=event, member=event)
        first, again = tell(household, verdict), tell(household, verdict)
        assert first.is_new
        assert not again.is_new
        assert first.id == again.id


def test_members_have_verdicts_of_their_own(household: Household, pick: int) -> None:
    """Two members may say the same of one pick, and both count."""
    rows = {
        tell(household, Verdict(pick, 4, would_watch_again=True, member=name)).id
        for name in ("Anna", "Ben", None)
    }
    assert len(rows) == 3


def test_a_changed_mind_is_a_new_row(household: Household, pick: int) -> None:
    """Nothing is overwritten: back and forth makes three rows."""
    ids = [
        tell(household, Verdict(pick, rating, would_watch_again=True)).id for rating in (5, 1, 5)
    ]
    assert len(set(ids)) == 3


def test_an_event_id_is_for_one_verdict(household: Household, pick: int) -> None:
    """The id of an event that said something else is refused."""
    tell(household, Verdict(pick, 4, would_watch_again=True, event_id="e"))
    with pytest.raises(EventReused):
        tell(household, Verdict(pick, 3, would_watch_again=True, event_id="e"))


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(1, 0, would_watch_again=True),
        Verdict(1, 6, would_watch_again=True),
        Verdict(1, 3, would_watch_again=True, member=" "),
        Verdict(1, 3, would_watch_again=True, member="x" * 101),
        Verdict(1, 3, would_watch_again=True, event_id="a\nb"),
    ],
)
def test_what_cannot_be_is_refused(household: Household, verdict: Verdict) -> None:
    """A rating out of range or an unprintable name never reaches the database."""
    with pytest.raises(InvalidInput):
        tell(household, verdict)


def test_only_what_was_shown_can_be_rated_watched_or_dismissed(household: Household) -> None:
    """There is no verdict without an impression."""
    with pytest.raises(NotFound):
        tell(household, Verdict(10**9, 3, would_watch_again=True))
    for act in (feedback.choose, feedback.dismiss):
        with pytest.raises(NotFound), household.database.writing() as session:
            act(session, 10**9, household.clock)


def test_what_was_watched_is_asked_about_until_answered(household: Household, pick: int) -> None:
    """A watched pick is pending until it is rated or dismissed."""

    def pending() -> list[int]:
        with household.database.reading() as session:
            return [one.recommendation_id for one in browse.unanswered(session)]

    other = ask(household, seed=9).picks[1].recommendation_id
    assert pending() == []
    for chosen in (pick, other):
        with household.database.writing() as session:
            feedback.choose(session, chosen, household.clock)
    assert sorted(pending()) == sorted([pick, other])
    tell(household, Verdict(pick, 4, would_watch_again=True))
    with household.database.writing() as session:
        feedback.dismiss(session, other, household.clock)
    assert pending() == []
