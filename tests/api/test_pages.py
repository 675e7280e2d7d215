"""The pages, as a browser without JavaScript uses them."""

import re
import time

from fastapi.testclient import TestClient

from app.backend.domain.progress import silent
from app.backend.domain.title import TitleRecord
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import import_library
from tests.workflows.evenings import ListSource

ASKED = {"mood": "funny", "group_size": "couple", "session_length": "medium"}


def ask(client: TestClient, **changes: str) -> str:
    """Send the form and follow it to the picks."""
    answer = client.post("/tonight", data={**ASKED, **changes})
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["location"]).text


def first_pick(page: str) -> str:
    """Return the id of the lead pick."""
    found = re.search(r'name="recommendation_id" value="(\d+)"', page)
    assert found is not None
    return found.group(1)


def test_the_start_page_asks_three_questions(client: TestClient) -> None:
    """Eleven radios in three groups, one chosen in each, and one button."""
    page = client.get("/").text
    for name, options in (("mood", 5), ("group_size", 3), ("session_length", 3)):
        assert len(re.findall(rf'type="radio" name="{name}"', page)) == options
        assert len(re.findall(rf'name="{name}" value="\w+" checked', page)) == 1
    assert "Show picks" in page


def test_asking_shows_picks_with_reasons(client: TestClient) -> None:
    """The form leads to a page with a lead pick, others, minutes and a reason."""
    page = ask(client)
    assert page.count("Watch this") == 4
    assert " min" in page
    assert "suits" in page
    assert "Picked by the rules" in page


def test_the_mood_changes_the_picks(client: TestClient) -> None:
    """Funny and dramatic evenings get other picks."""
    funny = re.findall(r"Watch this<span[^>]*>: ([^<]+)<", ask(client))
    dramatic = re.findall(r"Watch this<span[^>]*>: ([^<]+)<", ask(client, mood="dramatic"))
    assert len(funny) == len(dramatic) == 4
    assert set(funny) != set(dramatic)


def test_choices_are_remembered(client: TestClient) -> None:
    """The next visit starts from the last choices; nonsense in the cookie is ignored."""
    ask(client, mood="relaxing", session_length="binge")
    page = client.get("/").text
    assert re.search(r'name="mood" value="relaxing" checked', page)
    assert re.search(r'name="session_length" value="binge" checked', page)
    client.cookies.set("encore_choices", "<script>.x.y")
    assert client.get("/").status_code == 200


def test_how_was_it_stays_until_answered(client: TestClient) -> None:
    """What was chosen is asked about on every visit until it is rated."""
    pick = first_pick(ask(client))
    assert client.post("/watched", data={"recommendation_id": pick}).status_code == 303
    assert "How was it?" in client.get("/").text
    said = {"recommendation_id": pick, "rating": "5", "would_watch_again": "yes"}
    answer = client.post("/feedback", data=said)
    assert "Thank you" in client.get(answer.headers["location"]).text
    assert "How was it?" not in client.get("/").text


def test_how_was_it_can_be_dismissed(client: TestClient) -> None:
    """Not now ends the question."""
    pick = first_pick(ask(client))
    client.post("/watched", data={"recommendation_id": pick})
    client.post("/feedback/dismissal", data={"recommendation_id": pick})
    assert "How was it?" not in client.get("/").text


def test_training_from_the_page_shows_a_verdict(client: TestClient) -> None:
    """Train now leads to the page of the model, which ends with a sentence."""
    assert client.post("/training").headers["location"] == "/model"
    for _ in range(600):
        page = client.get("/model").text
        if 'http-equiv="refresh"' not in page:
            break
        time.sleep(0.05)
    assert "There is no feedback to learn from yet" in page


def test_the_library_page_counts_titles(client: TestClient) -> None:
    """The page of the library says how many titles there are, and of which genres."""
    page = client.get("/library").text
    assert "Comedy" in page
    assert "<dt>Titles</dt>" in page


def test_an_empty_household_is_told_what_to_do(empty_client: TestClient) -> None:
    """Without a library every page answers or leads to where one is brought."""
    assert empty_client.get("/").headers["location"] == "/welcome"
    assert empty_client.get("/welcome").status_code == 200
    assert empty_client.get("/model").status_code == 200
    assert "encore import csv FILE" in empty_client.get("/library").text
    answer = empty_client.post("/tonight", data=ASKED)
    assert answer.status_code == 409
    assert "encore demo" in answer.text


def test_titles_are_text_and_never_markup(client: TestClient, household: Household) -> None:
    """What a library calls its titles cannot become part of the page."""
    hostile = TitleRecord("<script>alert(1)</script>", "movie", 1999, 90, ("Comedy",), "line 2")
    with household.database.writing() as session:
        import_library(session, ListSource([hostile]), household.clock, silent)
    page = client.get("/library").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in page


def test_a_form_with_nonsense_is_refused_as_a_page(client: TestClient) -> None:
    """A rating that cannot be answers 422, as a page to a browser."""
    said = {"recommendation_id": "1", "rating": "9", "would_watch_again": "yes"}
    answer = client.post("/feedback", data=said, headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert "<!doctype html>" in answer.text
