"""Whenever a program is killed: nothing acknowledged is lost, and a whole model serves."""

import os
from pathlib import Path

from app.backend.store import versions
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.chaos.campaign import Campaign
from tests.workflows.evenings import spoil

KILLS = int(os.environ.get("CHAOS_KILLS", "100"))


def test_kills_lose_nothing_and_always_leave_a_model(
    household: Household, small_library: Imported, tmp_path: Path
) -> None:
    """At named points and at any moment of import, feedback, training and promotion."""
    assert small_library.counts.added
    campaign = Campaign(household.database.url, tmp_path, seed=1)
    found = campaign.run(KILLS // 2)
    assert found.faults == []
    assert found.killed >= KILLS // 2
    assert campaign.points["training"] > 20
    with household.database.reading() as session:
        assert versions.read_versions(session)


def test_the_examination_finds_what_is_wrong(
    household: Household, small_library: Imported, tmp_path: Path
) -> None:
    """Feedback that was noted and is not there, and a champion with other bytes, are faults."""
    assert small_library.counts.added
    campaign = Campaign(household.database.url, tmp_path, seed=2)
    assert campaign.run(0).faults == []
    with (tmp_path / "notes").open("a") as notes:
        notes.write("feedback event-never\ntitles 99999\n")
    assert spoil(tmp_path / "models")
    faults = campaign.run(1).faults
    assert any("event-never is there 0 times" in fault for fault in faults)
    assert any("import 99999 is lost" in fault for fault in faults)
    assert any("cannot be opened" in fault for fault in faults)
