"""The benchmark of real members who rated with and without context, on members made up here."""

import json
from pathlib import Path

import numpy as np
import pytest

from app.backend.domain.progress import silent
from app.backend.sources.data_set import read_data_set
from benchmarks import ratings_without_context as benchmark
from benchmarks.ratings_without_context import LOG_LOSS, PAIRS, RATED, SHARES, WEIGHTS, Rater

TITLES = 20


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three who like half of the titles in every context; the last of them rated too few."""
    folder = tmp_path_factory.mktemp("data") / "depaulmovie"
    folder.mkdir()
    titles = [f"t{one},Film {one},movie,2000,100,Drama" for one in range(TITLES)]
    rows = [
        f"m{member},t{one},{5 if one % 2 else 1},{size}"
        for member in range(3)
        for size in ("", "solo", "couple")
        for one in range(TITLES if member < 2 or size else 5)
    ]
    for name, heading, lines in (
        ("titles", "title_id,title,kind,year,minutes,genres", titles),
        ("interactions", "member,title_id,rating,group_size", rows),
    ):
        (folder / f"{name}.csv").write_text("\n".join([heading, *lines]) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def everybody(data: Path) -> list[Rater]:
    """Return who said enough."""
    raw = read_data_set(data / "titles.csv", data / "interactions.csv", 2026, silent)
    return list(benchmark.raters(raw))


@pytest.fixture(scope="module")
def values(everybody: list[Rater]) -> benchmark.Values:
    """What is measured of one of them."""
    return benchmark.measure(everybody[:1])


def test_who_said_enough_with_and_without_context_is_asked(everybody: list[Rater]) -> None:
    """Ratings without any context stand apart from verdicts with one."""
    assert len(everybody) == 2
    for rater in everybody:
        assert (len(rater.ratings.y), len(rater.verdicts.y)) == (TITLES, 2 * TITLES)
        assert len(set(rater.verdicts.context_code.tolist())) == 2
        assert rater.ratings.y.mean() == 0.5


def test_a_rating_of_the_same_title_tells_of_it(values: benchmark.Values) -> None:
    """These like in any context what they like in none; nothing else sets their titles apart."""
    for share in SHARES:
        gains = [benchmark.gained(values, (LOG_LOSS, "same", one, share)).mean for one in WEIGHTS]
        assert gains == sorted(gains)
        assert gains[0] > 0.0
        assert benchmark.gained(values, (PAIRS, "same", 1.0, share)).mean > 0.1


def test_what_is_tested_was_not_learnt(everybody: list[Rater]) -> None:
    """Of other titles alone, ratings of those that are tested, or have verdicts, are left out."""
    rater = everybody[0]
    known, tested = (rater.verdicts.part(np.arange(*ends)) for ends in ((0, 5), (5, 9)))
    for rated in RATED:
        found = set(benchmark.recalled_by(rater, known, tested, rated).title.tolist())
        assert not found & set(known.title.tolist())
        assert bool(found & set(tested.title.tolist())) == (rated == "same")


def test_figures_are_told(
    data: Path,
    values: benchmark.Values,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As Markdown and as JSON."""
    monkeypatch.setattr(benchmark, "measure", lambda _raters: values)
    assert benchmark.main(["--data", str(data.parent)]) == 0
    assert "the tested titles among others: log loss" in capsys.readouterr().out
    assert benchmark.main(["--json", "--data", str(data.parent)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["members"] == 1
    assert {one["weight"] for one in found["gains"]} == set(WEIGHTS)


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends well, and names the folder that is missing."""
    assert benchmark.main(["--data", str(tmp_path)]) == 0
    assert "There is no folder depaulmovie" in capsys.readouterr().out
