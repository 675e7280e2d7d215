"""Titles of a data set as CSV: gaps instead of lost titles."""

from pathlib import Path

import pytest

from app.backend.domain.dataset import Counted, RawTitleTable
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.progress import silent
from app.backend.sources.titles_csv import read_titles_csv


def read(folder: Path, text: str) -> RawTitleTable:
    """Read a table with this content."""
    path = folder / "titles.csv"
    path.write_text(text, encoding="utf-8")
    return read_titles_csv(path, 2030, silent)


def test_everything_that_is_told_of_a_title_is_read(tmp_path: Path) -> None:
    """The whole documented form arrives."""
    found = read(
        tmp_path,
        "title_id,title,kind,year,minutes,genres,community_rating,overview,keywords,directors,cast\n"
        't1,Heat,movie,1995,170,"Crime,Drama",8.3,A heist.,heist|cop,Mann,Pacino|De Niro\n',
    )
    heat = found.titles["t1"]
    assert (heat.title, heat.kind, heat.year, heat.minutes) == ("Heat", "movie", 1995, 170)
    assert (heat.genres, heat.community_rating) == (("Crime", "Drama"), 8.3)
    assert (heat.overview, heat.keywords) == ("A heist.", ("heist", "cop"))
    assert (heat.directors, heat.cast) == (("Mann",), ("Pacino", "De Niro"))
    assert found.problems == {}


def test_a_cell_that_cannot_be_used_is_a_gap(tmp_path: Path) -> None:
    """A title keeps its other cells, and the gap is counted."""
    found = read(tmp_path, "title_id,kind,year,minutes\nt1,movie,3000,95\nt2,opera,1990,ninety\n")
    assert (found.titles["t1"].year, found.titles["t1"].minutes) == (None, 95)
    assert (found.titles["t2"].year, found.titles["t2"].minutes) == (1990, None)
    assert found.problems == {
        "year_unreadable": Counted(1, 2),
        "kind_unreadable": Counted(1, 3),
        "minutes_unreadable": Counted(1, 3),
    }


def test_an_id_counts_once(tmp_path: Path) -> None:
    """The first line of an id is read; later ones, and lines without, are counted."""
    found = read(tmp_path, "title_id;title\nt1;Heat\nt1;Other\n;None\n")
    assert found.titles["t1"].title == "Heat"
    assert found.problems == {
        "title_id_repeated": Counted(1, 3),
        "title_id_missing": Counted(1, 4),
    }


def test_columns_that_nobody_reads_are_named(tmp_path: Path) -> None:
    """What a table holds beyond the form is said."""
    assert read(tmp_path, "title_id,budget\nt1,7\n").ignored_columns == ("budget",)


@pytest.mark.parametrize("text", ["title,year\nHeat,1995\n", "title_id,title\n", ""])
def test_a_table_without_ids_or_rows_is_refused(tmp_path: Path, text: str) -> None:
    """Titles are found by their ids."""
    with pytest.raises(SourceMalformed):
        read(tmp_path, text)
