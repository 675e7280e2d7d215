"""Interactions as CSV: what is read, what is left out, and what is refused as a whole."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.dataset import Counted, Interactions
from app.backend.domain.errors import SourceMalformed, SourceUnreadable
from app.backend.domain.evidence import NO_MOMENT
from app.backend.domain.progress import silent
from app.backend.sources.data_set import form_of, read_data_set
from app.backend.sources.interactions_csv import read_interactions_csv
from app.backend.sources.text_table import LONGEST_LINE

HEADER = "member,title_id,rating"


def read(folder: Path, text: str | bytes) -> Interactions:
    """Read a file with this content."""
    path = folder / "interactions.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_interactions_csv(path, silent)


def rows(read_: Interactions) -> list[tuple[str, str, float]]:
    """Return who judged what and how."""
    return list(zip(read_.member.texts(), read_.title.texts(), read_.rating.tolist(), strict=True))


def test_the_required_columns_are_enough(tmp_path: Path) -> None:
    """Member, title and rating make an interaction; nothing else is known then."""
    found = read(tmp_path, f"{HEADER}\nann,t1,4.5\nbob,t2,2\n")
    assert rows(found) == [("ann", "t1", 4.5), ("bob", "t2", 2.0)]
    assert (found.moment == NO_MOMENT).all()
    assert (found.again == -1).all()
    assert found.contexts == {}
    assert (found.rows_read, found.left_out) == (2, {})


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_delimiter_is_told_by_the_header(tmp_path: Path, delimiter: str, newline: str) -> None:
    """Commas, semicolons and tabs are told apart; a byte order mark and blank lines are passed."""
    lines = ["\ufeffmember,title_id,rating,mood", "", "ann,t1,5,funny", "bob,t2,1,sad"]
    text = newline.join(line.replace(",", delimiter) for line in lines)
    found = read(tmp_path, text)
    assert rows(found) == [("ann", "t1", 5.0), ("bob", "t2", 1.0)]
    assert found.contexts["mood"].texts() == ["funny", "sad"]


def test_further_columns_are_contexts_in_any_words(tmp_path: Path) -> None:
    """A column that nobody foresaw is a context; case and spaces do not make two words."""
    found = read(tmp_path, f"{HEADER},mood,Weather\na,t,5,Wistful, Rain \na,u,4,wistful,rain\n")
    assert {name: column.words for name, column in found.contexts.items()} == {
        "mood": ("wistful",),
        "weather": ("rain",),
    }


def test_a_column_that_differs_by_row_is_no_context(tmp_path: Path) -> None:
    """Ids, texts and what belongs to titles are named as not read."""
    lines = [f"a,t,5,review {number},Heat" for number in range(50)]
    found = read(tmp_path, "\n".join([f"{HEADER},review,title", *lines]))
    assert found.contexts == {}
    assert set(found.ignored_columns) == {"review", "title"}


def test_known_names_of_other_data_sets_are_read(tmp_path: Path) -> None:
    """The header of MovieLens is understood as it is."""
    found = read(tmp_path, "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n")
    assert rows(found) == [("1", "31", 2.5)]
    assert found.moment.tolist() == [1_260_759_144_000]


@pytest.mark.parametrize(
    ("word", "again"),
    [("true", 1), ("Yes", 1), ("1", 1), ("FALSE", 0), ("no", 0), ("0", 0), ("1.0", 1)],
)
def test_a_yes_is_spelt_in_several_ways(tmp_path: Path, word: str, again: int) -> None:
    """True, yes and 1 are the same, and so are their opposites."""
    found = read(tmp_path, f"{HEADER},would_watch_again\na,t,5,{word}\n")
    assert found.again.tolist() == [again]


@pytest.mark.parametrize(
    ("word", "moment"),
    [
        ("2000-07-30T18:45:03Z", 964_982_703_000),
        ("2000-07-30T20:45:03+02:00", 964_982_703_000),
        ("2000-07-30 18:45:03", 964_982_703_000),
        ("964982703", 964_982_703_000),
        ("964982703.5", 964_982_703_500),
        ("964982703000", 964_982_703_000),
        ("", NO_MOMENT),
    ],
)
def test_times_are_iso_or_unix_seconds(tmp_path: Path, word: str, moment: int) -> None:
    """One moment in either spelling is one moment; no time is no reason to leave a row out."""
    assert read(tmp_path, f"{HEADER},shown_at\na,t,5,{word}\n").moment.tolist() == [moment]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",t,5,,", "member_missing"),
        ("a, ,5,,", "title_id_missing"),
        ("a,t,,,", "rating_missing"),
        ("a,t,good,,", "rating_unreadable"),
        ("a,t,0,,", "rating_outside_scale"),
        ("a,t,5.5,,", "rating_outside_scale"),
        ("a,t,-1,,", "rating_outside_scale"),
        ("a,t,5,perhaps,", "would_watch_again_unreadable"),
        ("a,t,4,,", "would_watch_again_missing"),
        ("a,t,5,yes,yesterday", "shown_at_unreadable"),
        ("a,t,5,yes,2000-13-01", "shown_at_unreadable"),
        ("a,t,5,yes", "wrong_number_of_cells"),
        ("a,t,5,yes,,,", "wrong_number_of_cells"),
        ('a,"t"u,5,yes,', "quotes_unreadable"),
    ],
)
def test_a_bad_row_is_left_out_by_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    """It is counted with its line, and the rows around it are read."""
    good = "a,t,5,yes,\na,u,1,,\n"
    found = read(tmp_path, f"{HEADER},would_watch_again,shown_at\n{good}{row}\n{good}")
    assert found.left_out == {reason: Counted(1, 4)}
    assert (len(found), found.rows_read) == (4, 5)


def test_bytes_that_are_no_text_spoil_their_row_only(tmp_path: Path) -> None:
    """A row that is not UTF-8 is left out."""
    found = read(tmp_path, HEADER.encode() + b"\nann,t,5\nb\xf6b,t,4\n")
    assert rows(found) == [("ann", "t", 5.0)]
    assert found.left_out == {"not_text": Counted(1, 3)}


def test_an_open_quote_costs_what_it_swallows_and_says_so(tmp_path: Path) -> None:
    """Every line that an open quote took is counted."""
    found = read(tmp_path, f'{HEADER}\na,t,5\na,"u,4\na,v,3\na,w,2\n')
    assert rows(found) == [("a", "t", 5.0)]
    assert found.left_out == {"quotes_unreadable": Counted(3, 3)}


def test_line_numbers_are_those_of_an_editor(tmp_path: Path) -> None:
    """A cell with line breaks counts as the lines that it takes."""
    found = read(tmp_path, f'{HEADER},mood\n\na,t,5,"two\nlines"\na,,4,funny\n')
    assert found.left_out == {"title_id_missing": Counted(1, 5)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (HEADER.encode(), "no rows"),
        (b"member,rating\na,5\n", "'title_id'"),
        (b"title_id,rating\nt,5\n", "'member'"),
        (b"member,title_id\na,t\n", "'rating'"),
        (b"member,title_id,rating,mood,Mood\na,t,5,x,y\n", "more than one column"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\xff\xfem\x00e\x00", "UTF-16"),
        (b"\x00\x01\x02\x03", "not a text file"),
        (HEADER.encode() + b"\n" + b"x" * (LONGEST_LINE + 1), "longer than"),
        (HEADER.encode() + b"\na,t,7\na,u,9\nb,t,3\n", "scale"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path, text: bytes, says: str) -> None:
    """The error names what is missing."""
    with pytest.raises(SourceMalformed, match=says):
        read(tmp_path, text)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    """A path that leads nowhere is no table."""
    with pytest.raises(SourceUnreadable, match="There is no file"):
        read_interactions_csv(tmp_path / "none.csv", silent)
    with pytest.raises(SourceUnreadable, match="folder"):
        read_interactions_csv(tmp_path, silent)


def test_rows_of_many_parts_come_in_order(tmp_path: Path) -> None:
    """A file longer than what is read at once is the same as its rows."""
    lines = [f"m{number % 70},t{number % 300},{number % 5 + 1}" for number in range(10_000)]
    found = read(tmp_path, "\n".join([HEADER, *lines]))
    assert [f"{m},{t},{r:g}" for m, t, r in rows(found)] == lines


WORD = st.text(
    st.characters(blacklist_categories=("C", "Z")) | st.sampled_from('",;\t\n '), max_size=8
)


@given(st.lists(st.tuples(WORD, WORD, st.sampled_from(["1", "4.5", "", "x"]), WORD), max_size=20))
def test_what_is_written_is_read_or_counted(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str, str, str]]
) -> None:
    """Whatever the cells hold, kept rows and left out rows add up, and kept words come back."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([("member", "title_id", "rating", "mood"), ("a", "t", "3", ""), *written])
    found = read(tmp_path_factory.mktemp("written"), text.getvalue())
    left_out = sum(counted.rows for counted in found.left_out.values())
    assert len(found) + left_out == found.rows_read == len(written) + 1
    words = {" ".join(member.split()) for member, *_ in written} | {"a"}
    assert len(set(found.member.texts())) <= len(words)
    assert np.isfinite(found.rating).all()


def test_titles_are_optional_and_the_form_is_told(tmp_path: Path) -> None:
    """A table in the form of Encore is one whatever its suffix."""
    path = tmp_path / "data.txt"
    path.write_text(f"{HEADER}\na,t,5\n", encoding="utf-8")
    assert form_of(path) == "csv"
    assert len(read_data_set(None, path, 2030, silent).interactions) == 1
