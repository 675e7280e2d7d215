"""What the faces show is what is remembered, and what does not exist is said to be missing."""

import pytest

from app.backend.domain.errors import NotFound
from app.backend.domain.progress import silent
from app.backend.workflows import browse
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.workflows.evenings import Ticking, ask, live


def test_what_is_not_there_has_a_name(household: Household) -> None:
    """A slate, run or version that nobody made is not found."""
    with household.database.reading() as session:
        with pytest.raises(NotFound, match="no slate 7"):
            browse.slate(session, 7)
        with pytest.raises(NotFound, match="no training run 7"):
            browse.training_run(session, 7)
        with pytest.raises(NotFound, match="encore models list"):
            browse.version(session, "20261120T201500-aaaaaaaaaaaa")


def test_a_slate_is_shown_as_it_was_drawn(household: Household, small_library: Imported) -> None:
    """Looked up again it is the same, and its sentence says what picked it."""
    assert small_library.counts.added
    drawn = ask(household)
    with household.database.reading() as session:
        assert browse.slate(session, drawn.id) == drawn
        assert browse.served_by(drawn) == "Picked by the rules."


def test_runs_versions_and_feedback_are_told(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """What was tried, what came of it, who serves, and how much there is to learn from."""
    assert small_library.counts.added
    live(household, clock, 8, lambda _pick, mood: mood == "funny")
    run, _ = household.train(1, silent)
    with household.database.reading() as session:
        found = browse.models(session)
        assert browse.training_run(session, run.id) == run
        assert browse.version(session, str(run.model_version)) == found.versions[0]
    assert found.runs == (run,)
    assert (found.champion, found.feedback_count, len(found.versions)) == (None, 8, 1)
    assert found.versions[0].run_id == run.id
