"""What members saw elsewhere is not picked for them, and what a server withholds never is."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import insert

from app.backend.domain.errors import NothingFits
from app.backend.store import sources
from app.backend.store.source_tables import HistoryEntryRow, WithheldTitle
from app.backend.workflows import people
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.recommend import Picker, Request
from tests.workflows.evenings import FRIDAY_EVENING

MANY = Request("any", "solo", "binge", size=20)


@pytest.fixture
def pair(household: Household, small_library: Imported) -> dict[str, int]:
    """Two members of a household with forty titles: ids by name."""
    assert small_library.counts.added == 40
    with household.database.writing() as session:
        return {name: people.add(session, name, None, household.clock).id for name in ("Ann", "Bo")}


def saw(
    household: Household, member: int | None, titles: Sequence[int], *, again: bool | None = None
) -> None:
    """Write down that somebody saw titles elsewhere."""
    rows: list[dict[str, object]] = [
        {
            "source": "imdb", "member_id": member, "key": f"tt{title}", "media_id": title,
            "title": "", "kind": "", "ids": [], "would_watch_again": again, "is_watched": True,
            "noted_at": FRIDAY_EVENING,
        }
        for title in titles
    ]  # fmt: skip
    with household.database.writing() as session:
        session.execute(insert(HistoryEntryRow), rows)


def left_out(household: Household, request: Request) -> dict[str, int]:
    """Return what was left out of a slate, by reason."""
    picker, at = Picker(household.shelf), household.clock()
    with household.database.writing_plainly() as connection:
        picker.refresh(connection, at)
        return dict(picker.evening(request).candidates.left_out)


def test_what_somebody_present_saw_is_left_out(household: Household, pair: dict[str, int]) -> None:
    """It is theirs alone: an evening of the other has it; nobody named means anybody's."""
    saw(household, pair["Ann"], range(1, 11))
    for members, count in ((("Ann",), 10), (("Ann", "Bo"), 10), (("Bo",), 0), ((), 10)):
        found = left_out(household, replace(MANY, members=members))
        assert found.get("seen_before", 0) == count, members


def test_the_households_own_history_is_everybodys(
    household: Household, pair: dict[str, int]
) -> None:
    """An entry of nobody in particular counts for whoever is there."""
    saw(household, None, [1, 2])
    assert left_out(household, replace(MANY, members=("Bo",)))["seen_before"] == 2
    assert pair


def test_what_is_liked_to_be_seen_again_stays(household: Household, pair: dict[str, int]) -> None:
    """A rewatch elsewhere is a wish, and so is asking for what was seen."""
    saw(household, pair["Ann"], [1, 2], again=True)
    saw(household, pair["Bo"], [3], again=None)
    asked = replace(MANY, members=("Ann", "Bo"))
    assert left_out(household, asked)["seen_before"] == 1
    assert "seen_before" not in left_out(household, replace(asked, with_seen=True))


def test_where_all_was_seen_the_way_out_is_named(
    household: Household, pair: dict[str, int]
) -> None:
    """Nothing fits, and the sentence says what to do."""
    saw(household, pair["Ann"], range(1, 41))
    with pytest.raises(NothingFits, match="seen before"):
        left_out(household, replace(MANY, members=("Ann",)))


def test_what_is_withheld_is_never_picked(household: Household, pair: dict[str, int]) -> None:
    """Whoever asks for what was seen, a title that a server hides from somebody stays hidden."""
    values = {
        "kind": "jellyfin", "address": "http://nas.local", "server_id": "", "server_name": "",
        "writes_ratings": False,
    }  # fmt: skip
    with household.database.writing() as session:
        source = sources.add_source(session, values, FRIDAY_EVENING)
        rows = [
            {"source_id": source.id, "member_id": pair["Bo"], "media_id": title}
            for title in range(5, 9)
        ]
        session.execute(insert(WithheldTitle), rows)
    together = replace(MANY, members=("Ann", "Bo"), with_seen=True)
    assert left_out(household, together)["withheld"] == 4
    assert "withheld" not in left_out(household, replace(MANY, members=("Ann",)))
