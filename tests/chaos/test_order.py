"""What a power cut must find: synced before it is renamed, in its place before it is told of."""

from pathlib import Path

from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.chaos.campaign import NEVER, Campaign, nursery


def test_a_version_is_synced_renamed_synced_and_only_then_committed(
    household: Household, small_library: Imported, tmp_path: Path
) -> None:
    """The last rename of a training stands between syncs; the commit that ends it comes last."""
    assert small_library.counts.added
    campaign = Campaign(household.database.url, tmp_path, seed=3)
    with nursery() as children:
        for _ in range(3):
            campaign.order(children, "feedback", NEVER)
        passed = campaign.order(children, "training", NEVER)["passed"]
    assert campaign.found.faults == []
    assert passed[-1] == "after commit"
    placed = len(passed) - 1 - passed[::-1].index("after rename")
    before, after = passed[:placed], passed[placed:]
    assert before[-3:] == ["before sync", "after sync", "before rename"]
    assert after.index("after sync") < after.index("before commit")
    # Arrays, manifest and two cards: each is synced under another name before it gets its own.
    assert passed.count("after rename") >= 5
    for at, name in enumerate(passed):
        if name == "before rename":
            assert "after sync" in passed[max(0, at - 4) : at]
