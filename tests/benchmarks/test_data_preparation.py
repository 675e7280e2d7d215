"""The benchmark of data preparation: its databases, that the ways agree, and what it prints."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from app.backend.domain.context import mood_as_json
from app.backend.store.session import open_database
from app.backend.store.tables import Feedback, Media, Recommendation, Slate
from benchmarks import pages
from benchmarks.data_preparation import BARS, main
from benchmarks.preparation_database import KINDS, LEAST_TITLES, Kind, make_database
from benchmarks.preparation_ways import PEERS, WAYS, digest

ROWS = 300
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def test_its_own_database_holds_what_it_says(tmp_path: Path) -> None:
    """Encore opens the own tables: one slate, impression and verdict a row, in agreement."""
    url = make_database(tmp_path, "own", ROWS)
    with closing(open_database(url)) as database, database.reading() as session:
        for table, count in ((Media, LEAST_TITLES), (Slate, ROWS), (Recommendation, ROWS)):
            assert session.scalar(select(func.count()).select_from(table)) == count
        found = session.execute(
            select(Feedback, Recommendation, Slate)
            .join(Recommendation, Feedback.recommendation_id == Recommendation.id)
            .join(Slate, Recommendation.slate_id == Slate.id)
            .order_by(Feedback.id)
        ).all()
        assert [row[0].id for row in found] == list(range(1, ROWS + 1))
        for at, (feedback, shown, slate) in enumerate(found):
            assert (feedback.slate_id, feedback.media_id) == (slate.id, shown.media_id)
            assert feedback.context_code == shown.context_code == slate.context_code
            assert feedback.created_at == slate.requested_at == FIRST_MOMENT + timedelta(seconds=at)
            assert feedback.day == (feedback.created_at.date() - date(1970, 1, 1)).days
            assert shown.features["kind"] == "movie"
            assert shown.mood == mood_as_json(slate.mood)


def test_the_bare_database_has_the_promised_columns_only(tmp_path: Path) -> None:
    """The bare tables hold as many rows, whole and in range."""
    path = make_url(make_database(tmp_path, "bare", ROWS)).database
    with closing(sqlite3.connect(str(path))) as connection:
        verdicts = connection.execute("SELECT * FROM feedback ORDER BY id").fetchall()
        shown = connection.execute("SELECT * FROM recommendations ORDER BY id").fetchall()
        media = connection.execute("SELECT * FROM media ORDER BY id").fetchall()
    assert [len(rows) for rows in (media, shown, verdicts)] == [LEAST_TITLES, ROWS, ROWS]
    assert [len(rows[0]) for rows in (media, shown, verdicts)] == [5, 5, 4]
    assert {rating for _, _, rating, _ in verdicts} == {1, 2, 3, 4, 5}
    assert {again for _, _, _, again in verdicts} == {0, 1}
    assert len({said for _, _, *said in shown for said in said}) == 4 + 3 + 3
    assert len({row[1:] for row in shown}) == ROWS, "no title twice in a context on one day"


@pytest.mark.parametrize("kind", KINDS)
def test_the_loop_and_encore_agree(tmp_path: Path, kind: Kind) -> None:
    """The promised columns and y are the same, whichever way they were prepared."""
    url = make_database(tmp_path, kind, ROWS)
    (X, y), (expected_X, expected_y) = WAYS["dense"](url)(), WAYS["loop"](url)()
    assert digest((X, y)) == digest((expected_X, expected_y))
    assert len(y) == len(expected_X) == ROWS
    assert 0 < y.sum() < ROWS


def test_a_database_is_written_once(tmp_path: Path) -> None:
    """What a folder holds already is used again, and nothing unfinished lies in it."""
    first = make_database(tmp_path, "bare", ROWS)
    written = (tmp_path / "bare_300.db").stat().st_mtime_ns
    assert make_database(tmp_path, "bare", ROWS) == first
    assert (tmp_path / "bare_300.db").stat().st_mtime_ns == written
    assert [path.name for path in tmp_path.iterdir()] == ["bare_300.db"]


def test_it_prints_figures_ratios_and_bars(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each way has its figures or why it has none; of so few rows no bar is judged."""
    size = ["--rows", str(ROWS), "--repeats", "1", "--database-folder", str(tmp_path)]
    assert main(["--json", "--own-only", *size]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["rows"] == ROWS
    assert list(record["databases"]) == ["own"]
    own = record["databases"]["own"]
    assert own["agrees"] is True
    assert list(own["ways"]) == list(WAYS)
    for way, taken in own["ways"].items():
        if way in PEERS and "skipped" in taken:
            assert f"{way} is not installed" in taken["skipped"]
        else:
            assert 0 < taken["cpu_seconds"] <= taken["cpu_seconds_median"]
            assert taken["peak_mb"] >= taken["growth_mb"] >= 0
    assert own["ratios"].keys() >= {bar.ratio for bar in BARS}
    assert [bar["ratio"] for bar in record["bars"]] == [
        bar.ratio for bar in BARS if bar.database == "own"
    ]
    assert {bar["met"] for bar in record["bars"]} == {None}
    assert all(bar["value"] > 0 for bar in record["bars"])


def test_growth_is_told_for_each_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over sizes, figures are also by row; of so few rows no exponent is fitted."""
    sizes = ["--growth", "--sizes", str(ROWS), "--repeats", "1"]
    assert main(["--json", "--bare-only", "--database-folder", str(tmp_path), *sizes]) == 0
    record = json.loads(capsys.readouterr().out)
    for found in record["databases"]["bare"].values():
        (figures,) = found["figures"]
        assert figures["cpu_microseconds_per_row"] * ROWS == pytest.approx(
            figures["cpu_seconds"] * 1e6
        )
        assert found["cpu_exponent"] is None


def test_figures_are_written_between_their_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed replaces what stood there, and nothing around it."""
    page = tmp_path / "benchmarks.md"
    marks = [f"<!-- {end}: data_preparation -->" for end in ("begin", "end")]
    page.write_text(f"before\n{marks[0]}\nold\n{marks[1]}\nafter\n", "utf-8")
    monkeypatch.setattr(pages, "PAGE", page)
    size = ["--rows", str(ROWS), "--repeats", "1", "--database-folder", str(tmp_path)]
    assert main(["--write", "--bare-only", *size]) == 0
    printed = capsys.readouterr().out
    assert "X and y of all ways: the same." in printed
    assert page.read_text("utf-8") == f"before\n{marks[0]}\n{printed}{marks[1]}\nafter\n"


def test_a_page_without_the_marks_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Figures that have no place are an error, not an addition."""
    page = tmp_path / "benchmarks.md"
    page.write_text("nothing\n", "utf-8")
    monkeypatch.setattr(pages, "PAGE", page)
    with pytest.raises(ValueError, match="no block"):
        pages.replace_block("data_preparation", "text")
    assert page.read_text("utf-8") == "nothing\n"
