"""The page Model: what serves, what each training came to, and what is done with versions."""

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from itertools import pairwise

import pytest
from fastapi.testclient import TestClient

from app.backend.api.curve_view import calibration, learning_curve, points
from app.backend.api.tongue import ENGLISH, tongue_for
from app.backend.domain.evening import StoredPick
from app.backend.domain.progress import silent
from app.backend.domain.runs import FAILED, KEPT, Run
from app.backend.workflows import browse
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.workflows.evenings import Ticking, live

AT = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)


def likes(pick: StoredPick, mood: str) -> bool:
    """Say whether the household of these tests likes a title in a mood."""
    return ("Comedy" in pick.genres) == (mood == "funny")


@pytest.fixture
def learnt(household: Household, clock: Ticking, small_library: Imported) -> Household:
    """A household that rated and trained twice."""
    assert small_library.counts.added
    for seed in (1, 2):
        live(household, clock, 30, likes)
        household.train(seed, silent, anew=True)
    return household


def judged(rows: int, **losses: float) -> Run:
    """Return a run that was judged, with these log losses."""
    models = {name: {"rows": 9, "log_loss": loss} for name, loss in losses.items()}
    run = Run(id=rows, state=KEPT, step="", seed=1, requested_at=AT)
    return replace(run, rows_used=rows, comparison={"tested_rows": 9, "models": models})


def test_with_nothing_learnt_the_page_says_what_will_come(client: TestClient) -> None:
    """The rules pick; the curve and the versions say what they wait for."""
    page = client.get("/model").text
    assert "The rules pick" in page
    assert "After two trainings this shows" in page
    assert "None yet. Rate a few evenings, then train." in page
    assert "Are its promises kept?" not in page


def test_what_was_learnt_is_told_in_sentences_and_pictures(
    learnt: Household, client: TestClient
) -> None:
    """After two trainings there are a verdict, a curve, a table of rivals and promises."""
    page = unescape(client.get("/model").text)
    assert "On later evenings" in page
    assert "It learnt from 60 verdicts." in page
    for heading in ("Does it get better?", "Does it earn its place?", "Are its promises kept?"):
        assert heading in page
    for picture in re.findall(r"<svg[^>]*role=\"img\"[^>]*>", page):
        named = re.search(r'aria-labelledby="([\w-]+)', picture)
        assert named is not None
        assert f'<title id="{named.group(1)}">' in page
    with learnt.database.reading() as session:
        runs = browse.models(session).runs
    (_, second) = points(runs)
    assert second.evenings == runs[0].rows_used
    assert runs[0].comparison is not None
    loss = runs[0].comparison["models"]["challenger"]["log_loss"]
    assert second.losses["challenger"] == loss
    assert f"<td>{loss:.3f}</td>" in page


def test_the_page_is_german_for_who_reads_german(learnt: Household, client: TestClient) -> None:
    """Headings, states, sentences and numbers change; ids of versions do not."""
    page = unescape(client.get("/model", headers={"accept-language": "de"}).text)
    assert '<html lang="de">' in page
    assert "Does it" not in page
    assert "What a mood" not in page
    assert re.search(r"<td>0,\d{3} ", page)
    assert learnt.shelf.folder.exists()


def test_a_curve_needs_two_trainings_of_different_size() -> None:
    """Of the same number of evenings the last training counts; one point is no curve."""
    twice = [judged(40, challenger=0.5), judged(40, challenger=0.7)]
    assert [point.losses for point in points(twice)] == [{"challenger": 0.5}]
    assert learning_curve(twice, ENGLISH) is None
    assert learning_curve([], ENGLISH) is None


def test_lower_losses_lie_lower_and_names_do_not_cover_each_other() -> None:
    """A line for each model that was fairly compared; its table has the same numbers."""
    runs = [
        judged(60, challenger=0.4, rules=0.41, additive=0.42),
        judged(20, challenger=0.6, rules=0.6),
    ]
    found = learning_curve(runs, tongue_for("de"))
    assert found is not None
    ours, rules, plain = found["lines"]
    assert [mark["x"] for mark in ours["marks"]] == [found["left"], found["right"]]
    assert ours["marks"][0]["y"] < ours["marks"][1]["y"]
    assert len(plain["marks"]) == 1
    heights = sorted(line["label_y"] for line in (ours, rules, plain))
    assert all(after - before >= 18 for before, after in pairwise(heights))
    assert found["rows"] == [
        {"evenings": "20", "cells": ["0,600", "0,600", ""]},
        {"evenings": "60", "cells": ["0,400", "0,410", "0,420"]},
    ]


def test_promises_that_were_not_measured_have_no_picture() -> None:
    """Runs from before reliability was recorded, and none at all."""
    assert calibration(None, ENGLISH) is None
    assert calibration({"models": {}}, ENGLISH) is None
    group = {"rows": 12, "mean": 0.6, "share": 0.5, "low": 0.3, "high": 0.7}
    found = calibration({"calibration": {"challenger": [group]}}, ENGLISH)
    assert found is not None
    (mark,) = found["marks"]
    assert (mark["promised"], mark["liked"]) == ("60%", "50%")
    assert mark["high"] < mark["y"] < mark["low"]


def test_a_version_is_promoted_and_rolled_back_by_forms(
    learnt: Household, client: TestClient
) -> None:
    """Each asks once more, says what follows, and leads back with a notice."""
    page = client.get("/model").text
    serving = re.search(r'name="expected" value="([^"]+)"', page)
    assert serving is not None
    rolled = client.post("/models/rollback", data={"expected": serving.group(1)})
    assert rolled.headers["location"] == "/model?notice=rolled-back"
    page = client.get(rolled.headers["location"]).text
    assert "What served before serves again." in page
    version = re.search(r'name="version" value="([^"]+)"', page)
    now = re.search(r'name="expected" value="([^"]+)"', page)
    assert version is not None
    assert now is not None
    wish = {"version": version.group(1), "expected": now.group(1)}
    assert client.post("/models/promotion", data=wish).status_code == 303
    # Somebody else was faster: what the page showed no longer holds.
    stale = client.post("/models/promotion", data=wish, headers={"accept": "text/html"})
    assert stale.status_code == 409


def test_a_failed_run_says_what_to_do(
    household: Household, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What served still serves, and the reasons of each attempt are shown."""
    failed = Run(id=7, state=FAILED, step="", seed=1, requested_at=AT, reason="It broke.")
    shown = browse.ModelOverview(None, (failed,), (), 0)
    monkeypatch.setattr(browse, "models", lambda _session: shown)
    page = client.get("/model").text
    assert "Training failed" in page
    assert "What served before still serves." in page


def test_while_training_the_page_follows_it(client: TestClient) -> None:
    """The steps come by events; without scripts the page loads itself anew."""
    client.post("/training")
    seen = client.get("/model").text
    for _ in range(600):
        if 'http-equiv="refresh"' not in client.get("/model").text:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("training did not end")
    assert "data-events=" in seen or "There is no feedback to learn from yet" in seen
