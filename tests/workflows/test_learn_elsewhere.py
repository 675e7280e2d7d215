"""Ratings from elsewhere train: alone, beside verdicts, and never where nobody could learn."""

from dataclasses import replace
from datetime import time

import pytest
from sqlalchemy import insert, update

from app.backend.domain.evidence import NO_TITLE
from app.backend.domain.progress import silent
from app.backend.domain.runs import KEPT, PROMOTED, SKIPPED
from app.backend.features.recalled import REASONS
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.gate import RECALLS
from app.backend.ml_model import prepare_training_data
from app.backend.sources.imdb import ImdbRatings
from app.backend.store.imported_ratings import read_ratings
from app.backend.store.jobs import is_waiting
from app.backend.store.source_tables import (
    HistoryEntryRow,
    Source,
    SourcePerson,
    WrittenRating,
)
from app.backend.store.tables import Media
from app.backend.workflows import people
from app.backend.workflows.histories import import_history
from app.backend.workflows.history_work import HistoryWork
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.imports import import_here
from app.backend.workflows.jobs import RATINGS_A_FEEDBACK, queue_if_night
from app.backend.workflows.quality import quality_report
from app.backend.workflows.training_options import Schedule, TrainingOptions
from tests.workflows.evenings import FRIDAY_EVENING, ListSource, Ticking, record

TITLES = 160
GENRES = (("Comedy",), ("War",), ("Drama", "Romance"), ("Horror",))
HEADER = "Const,Your Rating,Date Rated,Title,Title Type,Year"


@pytest.fixture
def shelf(household: Household) -> Household:
    """A household with many titles, of which nobody here said anything yet."""
    titles = [
        record(
            f"Film {number}",
            year=1990 + number % 30,
            genres=GENRES[number % len(GENRES)],
            external_id=f"imdb:tt{number:07}",
            minutes=90 + number % 40,
        )
        for number in range(1, TITLES + 1)
    ]
    with household.database.writing() as session:
        import_library(session, ListSource(titles), household.clock, silent)
        people.add(session, "Ann", None, household.clock)
    return household


def export(ratings: dict[int, int]) -> ImdbRatings:
    """Return ratings of titles, by their numbers, as IMDb exports them."""
    lines = [
        f"tt{title:07},{rating},2026-01-{1 + title % 28:02},Film {title},Movie,{1990 + title % 30}"
        for title, rating in ratings.items()
    ]
    return ImdbRatings("\n".join([HEADER, *lines]).encode(), "ratings.csv", latest_year=2028)


def exported(household: Household, ratings: dict[int, int]) -> None:
    """Import ratings as Ann's."""
    with household.database.writing() as session:
        import_history(session, export(ratings), "Ann", household.clock)


def loves_war(count: int = TITLES) -> dict[int, int]:
    """Rate most films of war high, and a third of all others, whatever the rules think of them."""
    liked = {title: title % 7 < 6 if title % 4 == 1 else title % 3 == 0 for title in range(TITLES)}
    return {title: 9 if liked[title % TITLES] else 3 for title in range(1, count + 1)}


def test_ratings_alone_let_a_model_serve(shelf: Household) -> None:
    """If they show taste: the first picks of a household are already its own."""
    exported(shelf, loves_war())
    run, _ = shelf.train(1, silent)
    assert run.state == PROMOTED, run.reason
    assert run.comparison is not None
    assert run.comparison["gate"][0]["question"] == RECALLS
    assert (run.rows_read, run.rows_used) == (0, 0)
    features = next(step for step in run.steps if step["name"] == "features")
    assert features["outputs"]["ratings_from_elsewhere"] == TITLES
    again, _ = shelf.train(1, silent)
    assert again.state == SKIPPED


def test_new_ratings_are_something_new(shelf: Household) -> None:
    """Training is not skipped after them."""
    exported(shelf, loves_war(100))
    first, _ = shelf.train(1, silent)
    exported(shelf, loves_war())
    second, _ = shelf.train(1, silent)
    assert first.state != SKIPPED
    assert second.state == PROMOTED


def test_enough_new_ratings_queue_a_training(shelf: Household, clock: Ticking) -> None:
    """Each counts for as much as it weighs, beside verdicts; those that were read count no more."""
    assert RATINGS_A_FEEDBACK * DEFAULT.recalled_weight == 1.0
    options = TrainingOptions(schedule=Schedule(after_feedbacks=5))
    household, ratings = replace(shelf, training=options), loves_war()
    queued = []
    for count in (19, 20, 20, 39, 40):
        clock.advance(days=1)
        work = HistoryWork(export(dict(list(ratings.items())[:count])), "ratings.csv", "Ann")
        import_here(household, work, silent)
        with household.database.reading() as session:
            queued.append(is_waiting(session))
        if queued[-1]:
            household.train(1, silent)
    assert queued == [False, True, False, False, True]
    clock.advance(seconds=60)
    with household.database.writing() as session:
        session.execute(update(HistoryEntryRow).values(noted_at=clock()))
    nightly = Schedule(nightly_at=time(3, 30))
    assert queue_if_night(household.database, nightly, clock) is None
    clock.advance(days=1)
    assert queue_if_night(household.database, nightly, clock) is not None


def test_too_few_ratings_are_kept_for_later(shelf: Household) -> None:
    """What is learnt from them does not serve; nor is anything learnt of ratings all alike."""
    exported(shelf, loves_war(12))
    run, _ = shelf.train(1, silent)
    assert run.state == KEPT
    assert run.reason is not None
    assert "later feedbacks" in run.reason


def test_ratings_that_are_all_alike_teach_nothing(shelf: Household) -> None:
    """As verdicts that are."""
    exported(shelf, dict.fromkeys(range(1, 50), 9))
    run, _ = shelf.train(1, silent)
    assert run.state == SKIPPED


def test_the_promised_functions_read_verdicts_alone(shelf: Household) -> None:
    """X and y are feedback joined to what it is about, and nothing else."""
    exported(shelf, loves_war())
    with shelf.database.reading() as session:
        X, y = prepare_training_data(session, clock=shelf.clock)
    assert len(X) == len(y) == 0


def test_the_report_on_data_accounts_for_every_entry(shelf: Household) -> None:
    """Read is used and left out, each with its reason."""
    ratings = loves_war(20)
    exported(shelf, ratings | {999: 8})
    with shelf.database.writing() as session:
        session.execute(
            update(HistoryEntryRow)
            .where(HistoryEntryRow.key == "tt0000001")
            .values(rating=None, raw_rating=None)
        )
    with shelf.database.reading() as session:
        told = quality_report(session, shelf.clock).elsewhere
    assert (told.read, told.used) == (21, 19)
    assert {one.id: one.count for one in told.left_out} == {"unmatched": 1, "unrated": 1}
    assert all(one.reason == REASONS[one.id] for one in told.left_out)


def test_a_rating_that_encore_wrote_itself_is_known(shelf: Household) -> None:
    """It comes back from the media server as it was written; another one there is somebody's."""
    with shelf.database.writing() as session:
        media = session.query(Media.id).order_by(Media.id).limit(2).all()
        source = Source(
            name="jellyfin", kind="jellyfin", address="http://nas", server_id="", server_name="",
            created_at=FRIDAY_EVENING,
        )  # fmt: skip
        session.add(source)
        session.flush()
        session.add(SourcePerson(source_id=source.id, user_id="u", user_name="ann", member_id=1))
        rows = [
            {
                "source": "jellyfin", "member_id": 1, "key": f"i{number}", "media_id": one.id,
                "title": "", "kind": "", "ids": [], "raw_rating": 8.0, "rating": 4,
                "is_watched": True, "noted_at": FRIDAY_EVENING,
            }
            for number, one in enumerate(media)
        ]  # fmt: skip
        session.execute(insert(HistoryEntryRow), rows)
        session.flush()
        written = {"source_id": source.id, "user_id": "u", "written_at": FRIDAY_EVENING}
        session.execute(
            insert(WrittenRating),
            [
                {**written, "item_id": "i0", "rating": 8.0},
                {**written, "item_id": "i1", "rating": 10.0},
            ],
        )
    with shelf.database.reading() as session:
        found = read_ratings(session)
    assert found.is_written_here.tolist() == [True, False]
    assert found.sources == ["jellyfin"]
    assert NO_TITLE not in found.media_id
