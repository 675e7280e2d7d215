"""`encore evaluate`, as a person and as a script use it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from app.backend.__main__ import FACES
from app.backend.cli import make_cli

Run = Callable[..., Result]

TITLES = "title_id,title,kind,year,minutes,genres,community_rating\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the verb; it needs no household, and makes none."""
    monkeypatch.setenv("ENCORE_DATA_DIR", str(tmp_path / "data"))

    def invoke(*words: str) -> Result:
        words = ("evaluate", "--families", "base_rate,rules", *words)
        result = CliRunner().invoke(make_cli(FACES), list(words))
        assert not (tmp_path / "data").exists()
        return result

    return invoke


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, ...]:
    """A small data set with one bad row, as options of the verb."""
    rng = np.random.default_rng(1)
    genres = ("Comedy", "Drama", "Bergfilm")
    titles = [f"t{n},Title {n},movie,{1990 + n},{80 + n},{genres[n % 3]},7" for n in range(20)]
    (tmp_path / "titles.csv").write_text(TITLES + "\n".join(titles), encoding="utf-8")
    lines = ["member,title_id,rating,would_watch_again,mood,weather,shown_at", "m1,t1,nine,yes,,,"]
    for number in range(300):
        title, member = rng.integers(0, 21), rng.integers(0, 9)
        rating = 5 if rng.random() < (0.8 if title % 3 == 0 else 0.3) else 2
        mood = ("funny", "wistful")[number % 2]
        lines.append(f"m{member},t{title},{rating},yes,{mood},rain,{1_600_000_000 + number}")
    (tmp_path / "interactions.csv").write_text("\n".join(lines), encoding="utf-8")
    return (
        "--titles",
        str(tmp_path / "titles.csv"),
        "--interactions",
        str(tmp_path / "interactions.csv"),
    )


def read(result: Result, exit_code: int = 0) -> Any:  # noqa: ANN401  # JSON
    """Return the JSON that is alone on stdout."""
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("split", ["time", "member-time", "pairs", "members", "random"])
def test_every_split_gives_json_alone(run: Run, files: tuple[str, ...], split: str) -> None:
    """The whole report is one JSON document on stdout."""
    found = read(run(*files, "--split", split, "--folds", "3", "--seed", "4", "--json"))
    assert (found["split"], found["seed"]) == (split, 4)
    assert found["folds"] == (1 if split.endswith("time") else 3)
    assert (found["rows"], found["rows_read"]) == (300, 301)
    assert found["left_out"] == {"rating_unreadable": {"rows": 1, "first_line": 2}}
    assert found["contexts"] == ["mood", "weather"]
    assert found["titles_without_metadata"] == 1
    assert {"base_rate", "rules", found["selected"]} <= set(found["families"])
    assert found["selected_metrics"]["log_loss"] > 0


def test_in_words_there_is_a_table_with_the_selected_marked(
    run: Run, files: tuple[str, ...]
) -> None:
    """Families by their log loss with intervals, and what was left out."""
    result = run(*files)
    assert result.exit_code == 0, result.output
    assert "300 of 301 rows" in result.stdout
    assert "rating_unreadable (first in line 2)" in result.stdout
    assert "\n* " in result.stdout
    assert "= as selected" in result.stdout
    assert "selected: " in result.stdout


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("user_id:token\titem_id:token\trating:float\n{}", "inter"),
        ("{}", "jsonl"),
    ],
)
def test_other_forms_need_no_titles(run: Run, tmp_path: Path, text: str, suffix: str) -> None:
    """RecBole's and Gorse's files are read as they are."""
    pairs = [(f"u{n % 7}", f"i{n % 11}", n % 5 + 1) for n in range(77)]
    if suffix == "inter":
        lines = [f"{user}\t{item}\t{rating}" for user, item, rating in pairs]
    else:
        lines = [
            json.dumps({"FeedbackType": "rating", "UserId": user, "ItemId": item, "Value": rating})
            for user, item, rating in pairs
        ]
    path = tmp_path / f"data.{suffix}"
    path.write_text(text.format("\n".join(lines)), encoding="utf-8")
    found = read(run("--interactions", str(path), "--folds", "2", "--json"))
    assert (found["split"], found["rows"], found["titles_without_metadata"]) == ("pairs", 77, 11)


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("--interactions", "/nowhere.csv"), 3, "source_unreadable"),
        (("--families", "oracle"), 2, "invalid_input"),
        (("--split", "pairs", "--folds", "1"), 2, "invalid_input"),
        (("--split", "members", "--folds", "20"), 2, "invalid_input"),
    ],
)
def test_what_cannot_be_is_a_named_error(
    run: Run, files: tuple[str, ...], words: tuple[str, ...], exit_code: int, code: str
) -> None:
    """With --json the error is its envelope, and the exit code tells the sort."""
    assert read(run(*files, *words, "--json"), exit_code)["error"]["code"] == code


def test_an_unknown_split_is_wrong_usage(run: Run, files: tuple[str, ...]) -> None:
    """Usage errors end with 2, as everywhere."""
    assert run(*files, "--split", "alphabet").exit_code == 2
