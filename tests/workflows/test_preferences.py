"""When training starts by itself: as the environment says, else as the household chose."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from app.backend.domain.errors import Conflict, InvalidInput
from app.backend.settings import Settings
from app.backend.store.session import Database
from app.backend.workflows.household import Household
from app.backend.workflows.jobs import queue_if_due, queue_if_night
from app.backend.workflows.preferences import choose_schedule, effective_schedule
from app.backend.workflows.training_options import Schedule
from tests.workflows.evenings import Ticking, live

INSTALLED = Schedule(5, time(3, 30))


def test_without_a_choice_the_installation_counts(database: Database) -> None:
    """As it was started."""
    with database.reading() as session:
        assert effective_schedule(session, INSTALLED) == INSTALLED


@pytest.mark.parametrize("wanted", [Schedule(0), Schedule(12, time(22, 15)), Schedule(10**6)])
def test_a_choice_counts_until_another(
    database: Database, clock: Ticking, wanted: Schedule
) -> None:
    """Never is a choice, too."""
    with database.writing() as session:
        choose_schedule(session, Schedule(3), INSTALLED, clock)
        choose_schedule(session, wanted, INSTALLED, clock)
    with database.reading() as session:
        assert effective_schedule(session, INSTALLED) == wanted


def test_the_environment_has_the_last_word(database: Database, clock: Ticking) -> None:
    """What was chosen before is left alone, and nothing else can be chosen."""
    fixed = Schedule(7, None, is_fixed=True)
    with database.writing() as session:
        choose_schedule(session, Schedule(3), INSTALLED, clock)
        with pytest.raises(Conflict, match="ENCORE_TRAIN_AFTER_FEEDBACKS"):
            choose_schedule(session, Schedule(9), fixed, clock)
        assert effective_schedule(session, fixed) == fixed
        assert effective_schedule(session, INSTALLED) == Schedule(3)


@pytest.mark.parametrize("count", [-1, 10**6 + 1])
def test_feedbacks_are_counted(database: Database, clock: Ticking, count: int) -> None:
    """A number that cannot be is refused with a sentence."""
    with database.writing() as session, pytest.raises(InvalidInput, match="from 0 to"):
        choose_schedule(session, Schedule(count), INSTALLED, clock)


@pytest.mark.parametrize(
    ("variables", "is_fixed"),
    [
        ({}, False),
        ({"ENCORE_TRAIN_AFTER_FEEDBACKS": "5"}, True),
        ({"ENCORE_TRAIN_NIGHTLY_AT": ""}, True),
        ({"ENCORE_KEEP_VERSIONS": "3"}, False),
    ],
)
def test_a_schedule_is_fixed_where_the_environment_says_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], is_fixed: bool
) -> None:
    """Also where it says what would be so anyway."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Settings(data_dir=tmp_path).training.schedule.is_fixed is is_fixed


@pytest.mark.usefixtures("small_library")
def test_a_choice_takes_effect_without_a_restart(household: Household, clock: Ticking) -> None:
    """From the next verdict on, and from the next night on."""
    live(household, clock, 6, lambda _pick, _mood: True)
    with household.database.writing() as session:
        assert queue_if_due(session, Schedule(50), clock) is None
        choose_schedule(session, Schedule(6), Schedule(50), clock)
        due = queue_if_due(session, Schedule(50), clock)
    assert due is not None


@pytest.mark.usefixtures("small_library")
def test_a_night_that_was_chosen_is_kept(household: Household, clock: Ticking) -> None:
    """The installation has none; the household chose one."""
    live(household, clock, 3, lambda _pick, _mood: True)
    clock.advance(days=2)
    assert queue_if_night(household.database, Schedule(), clock) is None
    with household.database.writing() as session:
        at = (clock() - timedelta(minutes=1)).time().replace(second=0, microsecond=0)
        choose_schedule(session, Schedule(0, at), Schedule(), clock)
    assert queue_if_night(household.database, Schedule(), clock) is not None
