"""When two titles of a source are the same, and how an import is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.title import ImportCounts, Refusal, TitleRecord, comparable


def record(title: str, kind: str = "movie", year: int | None = 1999) -> TitleRecord:
    """Return a record of which only the name matters."""
    return TitleRecord(title, kind, year, None, (), "line 2")


@pytest.mark.parametrize(
    "spelling",
    ["amélie", " AMÉLIE\t", "Ame\u0301lie", "ＡＭÉＬＩＥ", "Amélie\u00a0"],
)
def test_spellings_of_one_name_compare_equal(spelling: str) -> None:
    """Case, width, spacing and the way accents are written make no other title."""
    assert record(spelling).identity == record("Amélie").identity


def test_what_differs_is_another_title() -> None:
    """A remake, a series of the film, and a title of unknown year are titles of their own."""
    records = [
        record("Fargo"),
        record("Fargo", year=1996),
        record("Fargo", year=None),
        record("Fargo", kind="series"),
        record("Far go"),
    ]
    assert len({one.identity for one in records}) == len(records)


def test_a_sources_own_id_comes_first() -> None:
    """With an id of its own a title is kept under it, else under its identity."""
    named = TitleRecord("Fargo", "movie", 1996, 98, (), "line 2", external_id="imdb:tt0116282")
    assert named.key == "imdb:tt0116282"
    assert record("Fargo").key == record("Fargo").identity == "movie|fargo|1999"


@given(st.text())
def test_comparing_twice_changes_nothing_more(text: str) -> None:
    """What was made comparable has no outer or double spaces left."""
    once = comparable(text)
    assert once == once.strip()
    assert "  " not in once


def test_counts_add_up_to_what_was_read() -> None:
    """Added, updated, unchanged and refused are all there is; each import counts for itself."""
    counts = ImportCounts(added=3, updated=2, unchanged=4)
    counts.refused.append(Refusal("line 9", "has no title."))
    assert counts.read == 10
    assert ImportCounts().read == 0
