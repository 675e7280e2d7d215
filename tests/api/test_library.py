"""Titles that come over HTTP: what became of each is counted."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

IMPORTS = "/api/v1/library/imports"
MATINEE = {"title": "The Long Matinee", "year": 1998, "minutes": 101, "genres": ["Comedy", "Krimi"]}
PASSAGE = {"title": "Night Passage", "kind": "series", "minutes": 45, "id": "imdb:tt0000002"}
CSV = {"content-type": "text/csv"}


def counts(told: dict[str, Any]) -> tuple[int, ...]:
    """Return what was read, added, changed, left as it was and refused."""
    return tuple(told[name] for name in ("read", "added", "updated", "unchanged", "refused"))


def test_titles_are_brought_once(empty_client: TestClient) -> None:
    """The same again changes nothing; what is new about one changes that one."""
    said = {"titles": [MATINEE, PASSAGE]}
    assert counts(empty_client.post(IMPORTS, json=said).json()) == (2, 2, 0, 0, 0)
    assert counts(empty_client.post(IMPORTS, json=said).json()) == (2, 0, 0, 2, 0)
    said = {"titles": [{**MATINEE, "minutes": 99}, PASSAGE]}
    assert counts(empty_client.post(IMPORTS, json=said).json()) == (2, 0, 1, 1, 0)
    titles = empty_client.get("/api/v1/titles").json()["titles"]
    assert [(one["title"], one["minutes"]) for one in titles] == [
        ("The Long Matinee", 99),
        ("Night Passage", 45),
    ]
    one = titles[0]["media_id"]
    assert empty_client.get(f"/api/v1/titles/{one}").json() == titles[0]
    assert empty_client.get("/api/v1/titles/999").status_code == 404


def test_what_cannot_become_a_title_is_named_and_the_rest_is_kept(empty_client: TestClient) -> None:
    """The counts add up; unknown genres, and titles without a length, are told of."""
    said = {"titles": [PASSAGE, {**MATINEE, "id": PASSAGE["id"]}, {"title": "B", "genres": ["X"]}]}
    told = empty_client.post(IMPORTS, json=said).json()
    assert counts(told) == (3, 2, 0, 0, 1)
    (refused,) = told["refusals"]
    assert refused["where"] == "title 2"
    assert refused["reason"]
    assert (told["unknown_genres"], told["without_minutes"]) == ({"X": 1}, 1)


@pytest.mark.parametrize(
    "titles",
    [
        [],
        [{"title": ""}],
        [{"title": "a\nb"}],
        [{**MATINEE, "minutes": 0}],
        [{**MATINEE, "minutes": "99"}],
        [{**MATINEE, "kind": "play"}],
        [{**MATINEE, "community_rating": 11}],
        [{**MATINEE, "director": "Ada"}],
        [MATINEE, {"year": 1998}],
    ],
)
def test_wrong_titles_bring_nothing(empty_client: TestClient, titles: list[Any]) -> None:
    """What breaks the shape is refused whole, and says where."""
    answer = empty_client.post(IMPORTS, json={"titles": titles})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["problems"][0]["where"].startswith("body.titles")
    assert empty_client.get("/api/v1/titles").json()["titles"] == []


def test_a_table_is_read_as_from_a_file(empty_client: TestClient) -> None:
    """Columns as `encore import csv` reads them."""
    table = "title,year,runtime,genres\nThe Long Matinee,1998,101,Comedy|Krimi\nNight,1950,95,\n"
    told = empty_client.post(IMPORTS, content=table, headers=CSV).json()
    assert counts(told) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize("table", [b"", b"\xff\xfe\x00", b"one,two\n1,2\n", b"\x00" * 100])
def test_a_table_that_is_none_says_so_and_leaves_nothing_behind(
    empty_client: TestClient, table: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is kept, and where it lay meanwhile is not told."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    answer = empty_client.post(IMPORTS, content=table, headers=CSV)
    assert answer.status_code == 422, answer.text
    assert str(tmp_path) not in answer.text
    assert not list(tmp_path.glob("*.csv"))
