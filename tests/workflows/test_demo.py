"""The demo is a household like any other: its evenings go through the real steps."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from app.backend.domain.evidence import DEMO
from app.backend.domain.progress import silent
from app.backend.store import runs
from app.backend.store.tables import Feedback, Recommendation, Slate, Table
from app.backend.workflows import demo, shelf
from app.backend.workflows.household import Household, set_up_demo
from app.backend.workflows.import_library import import_library
from tests.conftest import PreparedDemo
from tests.workflows.evenings import ListSource, Noted, ask, varied_titles


def count(household: Household, table: type[Table]) -> int:
    """Count the rows of a table."""
    with household.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_sixty_evenings_were_lived(lived_demo: Household, prepared_demo: PreparedDemo) -> None:
    """Each has a slate with its propensities, one pick that was watched, and a verdict on it."""
    assert prepared_demo.made == demo.Demo(prepared_demo.made.titles, 60)
    assert prepared_demo.made.titles >= 300
    assert count(lived_demo, Slate) == count(lived_demo, Feedback) == 60
    with lived_demo.database.reading() as session:
        watched = session.scalars(
            select(Recommendation).where(Recommendation.watched_at.is_not(None))
        ).all()
        assert len({pick.slate_id for pick in watched}) == 60
        assert all(0 < pick.propensity <= 1 for pick in session.scalars(select(Recommendation)))
        assert set(session.scalars(select(Feedback.source))) == {DEMO}
        moods = Counter(session.scalars(select(Slate.mood)))
    assert min(moods.values()) >= 5


def test_the_evenings_lie_in_the_past_and_in_order(lived_demo: Household) -> None:
    """The first is half a year ago, the last before now, and each verdict follows its slate."""
    with lived_demo.database.reading() as session:
        moments = session.execute(
            select(Slate.requested_at, Feedback.created_at)
            .join(Recommendation, Recommendation.slate_id == Slate.id)
            .join(Feedback, Feedback.recommendation_id == Recommendation.id)
            .order_by(Feedback.id)
        ).all()
    now = lived_demo.clock()
    asked, said = zip(*moments, strict=True)
    assert list(asked) == sorted(asked)
    assert all(before < after for before, after in moments)
    assert (now - asked[0]).days == 180
    assert said[-1] < now


def test_a_household_that_has_something_is_left_alone(trained_demo: Household) -> None:
    """Asked for again, the demo changes nothing and trains nothing."""
    before = [count(trained_demo, table) for table in (Slate, Feedback)]
    assert set_up_demo(trained_demo, silent, reset=False) is None
    assert [count(trained_demo, table) for table in (Slate, Feedback)] == before
    with trained_demo.database.reading() as session:
        assert len(runs.read_runs(session, 5)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.postgres
def test_starting_over_replaces_whatever_was_there(household: Household) -> None:
    """A real library and its evenings are forgotten, and the demo trains its first model."""
    with household.database.writing() as session:
        import_library(session, ListSource(varied_titles()), household.clock, silent)
    ask(household)
    noted = Noted()
    made = set_up_demo(household, noted, reset=True)
    assert made is not None
    assert count(household, Slate) == made.evenings
    assert set(noted.names) >= {"Reading titles", "Living simulated evenings"}
    with household.database.reading() as session:
        assert shelf.overview(session).counts.titles == made.titles
        assert [run.state for run in runs.read_runs(session, 5)] == ["promoted"]
    assert ask(household).model_version is not None
