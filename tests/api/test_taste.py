"""What a mood means, over HTTP and on the page."""

import re

import pytest
from fastapi.testclient import TestClient

from app.backend.api.taste_view import GROUP_LABELS, taste_context
from app.backend.api.tongue import ENGLISH
from app.backend.domain.context import MOODS
from app.backend.features.encode import encode_titles
from app.backend.features.genres import CANON, display_name
from app.backend.ranking.importance import importance
from app.backend.workflows.household import Household
from app.backend.workflows.taste import RULES, taste
from tests.ranking.posteriors import drawn_posterior, drawn_titles


def test_the_rules_are_read_before_feedback(client: TestClient) -> None:
    """A row for each mood, a column for each genre, with a deviation in each cell."""
    told = client.get("/api/v1/models/rules/taste").json()
    assert told == client.get("/api/v1/models/champion/taste").json()
    assert told["version"] == RULES
    assert told["moods"]["words"] == list(MOODS)
    assert told["moods"]["traits"] == ["any title", *CANON]
    for table in (told["moods"], told["companies"], told["sessions"]):
        for part in ("mean", "deviation"):
            assert [len(line) for line in table[part]] == [len(table["traits"])] * len(
                table["words"]
            )
    assert len(told["sentences"]) == 4
    assert told["titles"] == 40
    shares = {one["group"]: one["within"] for one in told["importance"]}
    assert shares["trust"] == pytest.approx(1.0)


@pytest.mark.parametrize(("version", "status"), [("20200101T000000-0", 404), ("a_b", 422)])
def test_no_such_version_is_said(client: TestClient, version: str, status: int) -> None:
    """What is no version answers in the envelope."""
    answer = client.get(f"/api/v1/models/{version}/taste")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] in {"not_found", "invalid_input"}


def test_the_page_shows_maps_with_the_same_numbers(client: TestClient) -> None:
    """Each map has a title and a description; the table below has every genre; no inline style."""
    page = client.get("/model").text
    assert "What a mood means to the rules" in page
    for key in ("mood", "company", "session"):
        assert f'<title id="{key}-map-title">' in page
        assert f'<desc id="{key}-map-desc">' in page
    assert "In a funny mood the rules call for Comedy" in page
    assert "style=" not in page
    table = page[page.index("<details>") :]
    for genre in CANON:
        assert f'<th scope="row">{display_name(genre)}</th>' in table
    drawn = set(re.findall(r": ([+−]\d\.\d\d ± \d\.\d\d)</title>", page))  # noqa: RUF001
    written = set(re.findall(r"<td>([+−]\d\.\d\d ± \d\.\d\d)</td>", table))  # noqa: RUF001
    assert drawn == written
    assert len(drawn) > 20


def test_what_brings_nothing_is_named(client: TestClient) -> None:
    """Before feedback the rules decide alone, and the page names what brings nothing."""
    page = client.get("/model").text
    assert "The rules: 100% and 100%." in page
    assert "Practically nothing comes from:" in page
    assert "What it is about" in page


def test_an_empty_household_has_maps_and_no_bars(empty_client: TestClient) -> None:
    """What a mood means needs no library; what decides between titles does."""
    page = empty_client.get("/model").text
    assert "mood-map-title" in page
    assert "What decides" not in page


def test_cells_stay_within_the_picture(household: Household) -> None:
    """No cell is wider than its map, fainter than nothing, or darker than ink can be read on."""
    with household.database.reading() as session:
        found = taste(session, household.shelf, household.clock)
    for shown in taste_context(found, ENGLISH)["maps"]:
        for cell in shown["cells"]:
            assert cell["x"] + shown["cell_width"] <= shown["width"]
            assert cell["y"] + shown["cell_height"] <= shown["height"]
            assert 0 <= cell["opacity"] <= 0.45


def test_every_group_has_a_name() -> None:
    """Whatever is measured can be told on the page."""
    measured = importance(drawn_posterior(1), encode_titles(drawn_titles(1)))
    assert {one.group for one in measured} == set(GROUP_LABELS)
