"""The page Settings: people, the schedule, backups; who may change them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.backend.api.app import create_app
from app.backend.domain.progress import silent
from app.backend.workflows import people
from app.backend.workflows.household import Household
from app.backend.workflows.restore import verified
from app.backend.workflows.training_options import Schedule, TrainingOptions
from tests.api.conftest import speaking_with
from tests.api.people import OWN_PAGE, Home

PAGE = {"accept": "text/html"}


def member_id(client: TestClient, name: str) -> str:
    """Return the id that a form of the page sends for somebody."""
    page = client.get("/settings").text
    found = re.search(rf'value="(\d+)">\s*<label[^>]*>.*?value="{name}"', page, re.DOTALL)
    assert found is not None
    return found.group(1)


def test_nobody_is_asked_for_until_there_is_somebody(client: TestClient) -> None:
    """The page says so, and Tonight has no names to tick."""
    assert "Nobody yet." in client.get("/settings").text
    assert 'name="members"' not in client.get("/").text


def test_people_come_change_and_go(client: TestClient) -> None:
    """Each form leads back with a notice; Tonight ticks who is here."""
    added = client.post("/settings/people", data={"name": "Ann", "age_limit": "12"})
    assert added.headers["location"] == "/settings?notice=people#people-heading"
    page = client.get("/settings?notice=people").text
    assert "Saved. It counts from the next evening on." in page
    assert "up to 12 years" in page
    assert 'name="members"' in client.get("/").text
    ann = member_id(client, "Ann")
    client.post("/settings/people/change", data={"member_id": ann, "name": "Anna", "age_limit": ""})
    assert "no age limit" in client.get("/settings").text
    client.post("/settings/people/leave", data={"member_id": ann})
    assert "Who has left" in client.get("/settings").text
    assert 'name="members"' not in client.get("/").text
    client.post("/settings/people/return", data={"member_id": ann})
    assert "Anna" in client.get("/").text


@pytest.mark.parametrize(
    ("form", "status", "sentence"),
    [
        ({"name": "Ann"}, 409, "Somebody is called Ann already"),
        ({"name": " "}, 422, "1 to 100 printable characters"),
        ({"name": ""}, 422, "Correct it and send it again"),
        ({"name": "Ben", "age_limit": "99"}, 422, "Correct it and send it again"),
        ({"name": "Ben", "age_limit": "soon"}, 422, "Correct it and send it again"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    client: TestClient, form: dict[str, str], status: int, sentence: str
) -> None:
    """As a page, and nobody is added."""
    client.post("/settings/people", data={"name": "Ann"})
    answer = client.post("/settings/people", data=form, headers=PAGE)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert sentence in answer.text
    assert client.get("/settings").text.count('name="member_id"') == 2


def test_the_schedule_is_chosen(client: TestClient) -> None:
    """What was chosen is what the form begins with."""
    form = {"after_feedbacks": "12", "nightly_at": "22:15"}
    assert client.post("/settings/schedule", data=form).status_code == 303
    page = client.get("/settings").text
    assert (
        'name="after_feedbacks" min="0" max="1000000" required inputmode="numeric" value="12"'
        in page
    )
    assert 'value="22:15"' in page
    client.post("/settings/schedule", data={"after_feedbacks": "0", "nightly_at": ""})
    assert 'name="nightly_at" value=""' in client.get("/settings").text
    odd = client.post("/settings/schedule", data={"after_feedbacks": "-1"}, headers=PAGE)
    assert odd.status_code == 422


def test_a_schedule_of_the_environment_is_only_shown(household: Household) -> None:
    """The page names the variables, and a form that is sent all the same is refused."""
    training = TrainingOptions(schedule=Schedule(7, is_fixed=True))
    with speaking_with(create_app(replace(household, training=training))) as client:
        page = client.get("/settings").text
        assert "ENCORE_TRAIN_AFTER_FEEDBACKS" in page
        assert 'name="after_feedbacks"' not in page
        refused = client.post("/settings/schedule", data={"after_feedbacks": "3"}, headers=PAGE)
        assert refused.status_code == 409
        assert "unset both" in refused.text


def test_a_backup_is_whole_and_nothing_stays_behind(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is downloaded can be restored; its file on the server is gone afterwards."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    answer = client.post("/settings/backup", headers={"idempotency-key": "once"})
    assert answer.headers["content-type"] == "application/zip"
    assert "encore-backup-" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    kept = tmp_path / "kept.zip"
    kept.write_bytes(answer.content)
    with verified(kept, silent) as archive:
        assert archive.manifest.tables
    assert list(folder.iterdir()) == []


def test_who_may_only_look_changes_nothing(household: Household) -> None:
    """A viewer sees the page without forms, and each form is refused with a page."""
    home = Home.of(household)
    home.add("ada", "owner", "a long evening in")
    home.add("vera", "viewer")
    with household.database.writing() as session:
        people.add(session, "Ann", None, household.clock)
    viewer = home.signed_in("vera")
    page = viewer.get("/settings").text
    assert "Ann" in page
    assert 'action="/settings/' not in page
    assert 'href="/access"' not in page
    for path in ("people", "people/leave", "people/return", "people/change", "schedule", "backup"):
        answer = viewer.post(f"/settings/{path}", data={}, headers={**PAGE, **OWN_PAGE})
        assert answer.status_code == 403, path
    owner = home.signed_in("ada")
    assert 'href="/access"' in owner.get("/settings").text


def test_limits_hold_for_who_is_ticked(client: TestClient) -> None:
    """None of the small library's titles has a rating: with a child there is nothing to show."""
    client.post("/settings/people", data={"name": "Kim", "age_limit": "6"})
    kim = member_id(client, "Kim")
    asked = {"mood": "funny", "group_size": "auto", "session_length": "medium", "members": kim}
    refused = client.post("/tonight", data=asked, headers=PAGE)
    assert refused.status_code == 409
    assert "no readable age rating" in refused.text
    assert client.post("/tonight", data={**asked, "members": []}).status_code == 303
