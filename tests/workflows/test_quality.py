"""The report on a household's data: accounts for every row, and compares with the champion's."""

import json
from dataclasses import asdict

import pytest
from sqlalchemy import text

from app.backend.domain.progress import silent
from app.backend.ml_model import prepare
from app.backend.store import versions
from app.backend.store.session import Database
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.quality import QualityReport, quality_report
from tests.workflows.evenings import Ticking, live


def report_on(household: Household) -> QualityReport:
    """Report on a household's data."""
    with household.database.reading() as session:
        return quality_report(session, household.clock)


def change(database: Database, statement: str) -> None:
    """Change the database behind Encore's back."""
    with database.writing() as session:
        session.execute(text(statement))


def test_an_empty_household_has_a_report(household: Household) -> None:
    """Without a title or a row: zeros, no shares, and a sentence on the model that is not there."""
    found = report_on(household)
    assert (found.rows_read, found.rows_used, found.balance.share) == (0, 0, None)
    assert "No model serves yet" in found.drift.sentence
    assert all(check.count == 0 for check in found.checks)


def test_a_report_accounts_for_every_row(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """What came in is what is used and what was left out; parts of the split are what is used."""
    assert small_library.counts.added
    verdicts = live(household, clock, 20, lambda pick, _: "Comedy" in pick.genres)
    found = report_on(household)
    assert found.rows_read == found.rows_used == len(verdicts) == 20
    split = found.split
    assert (split.train, split.validation, split.test) == (12, 4, 4)
    assert found.balance.positives == sum(verdict.rating >= 4 for verdict in verdicts)
    assert sum(cell.balance.rows for cell in found.coverage.contexts) == 20
    assert report_on(household) == found


def test_a_report_can_be_written_as_json(lived_demo: Household) -> None:
    """Every number in it is one that JSON knows."""
    told = json.dumps(asdict(report_on(lived_demo)), allow_nan=False)
    assert json.loads(told)["rows_used"] == 60


def test_a_copy_that_no_longer_agrees_is_found(lived_demo: Household) -> None:
    """Someone changed a recommendation: the report names the feedback that says otherwise."""
    change(lived_demo.database, "UPDATE recommendations SET context_code = 21 WHERE id = 1")
    change(lived_demo.database, "UPDATE recommendations SET media_id = media_id + 1 WHERE id = 1")
    with lived_demo.database.reading() as session:
        rated = session.execute(
            text("SELECT id FROM feedback WHERE recommendation_id = 1")
        ).scalars()
        expected = tuple(rated)
    differing = next(c for c in report_on(lived_demo).checks if c.id == "copy_differs")
    assert differing.examples == expected


def test_what_a_version_learnt_from_is_written_down(trained_demo: Household) -> None:
    """Its manifest has the counts and the split; nothing was rated since, so nothing moved."""
    found = report_on(trained_demo)
    with trained_demo.database.reading() as session:
        version = versions.champion(session)
        rows = len(prepare(session, clock=trained_demo.clock).training.y)
    assert version is not None
    assert sum(version.manifest["data"]["profile"]["mood"].values()) == rows
    assert version.manifest["split"] == asdict(found.split)
    assert found.drift.model_version == version.version
    assert (found.drift.rows_since, found.drift.shifts) == (0, ())
    assert "Nothing was rated since" in found.drift.sentence


def test_what_was_rated_since_is_compared(trained_demo: Household, clock: Ticking) -> None:
    """Forty evenings on which everything was loved look unlike what the champion learnt from."""
    clock.advance(days=1)
    verdicts = live(trained_demo, clock, 40, lambda *_: True, seed=5)
    drift = report_on(trained_demo).drift
    assert drift.rows_since == len(verdicts)
    moved = {shift.feature: shift.verdict for shift in drift.shifts}
    assert moved["verdict"] == "moved"
    assert "verdict" in drift.sentence


def test_a_version_without_counts_says_so(trained_demo: Household) -> None:
    """It was trained before they were kept."""
    change(
        trained_demo.database,
        "UPDATE model_versions SET manifest = json_remove(manifest, '$.data.profile')",
    )
    drift = report_on(trained_demo).drift
    assert drift.shifts == ()
    assert "before such counts were kept" in drift.sentence


@pytest.mark.parametrize("rated", [1, 2])
def test_a_row_or_two_have_a_report(
    household: Household, small_library: Imported, clock: Ticking, rated: int
) -> None:
    """Nothing divides by the rows that are not there."""
    assert small_library.counts.added
    live(household, clock, rated, lambda *_: True)
    found = report_on(household)
    assert (found.rows_used, found.balance.share) == (rated, 1.0)
    household.train(0, silent)
    assert report_on(household).rows_read == rated
