"""Atomic files of RecBole become interactions, with tokens as contexts."""

from pathlib import Path

import pytest

from app.backend.domain.dataset import Counted, Interactions
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.progress import silent
from app.backend.sources.data_set import form_of, read_data_set

HEADER = "user_id:token\titem_id:token\trating:float\ttimestamp:float"


def read(folder: Path, text: str, name: str = "ml.inter") -> Interactions:
    """Read an atomic file with this content."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    assert form_of(path) == "recbole"
    return read_data_set(None, path, 2030, silent).interactions


def test_ratings_and_times_are_read(tmp_path: Path) -> None:
    """The usual four columns are members, titles, ratings and seconds."""
    found = read(tmp_path, f'{HEADER}\n1\t1193\t5\t978300760\n"2\t661\t3.5\t978302109\n')
    assert found.member.texts() == ["1", '"2']
    assert found.title.texts() == ["1193", "661"]
    assert found.rating.tolist() == [5.0, 3.5]
    assert found.moment.tolist() == [978_300_760_000, 978_302_109_000]


def test_tokens_are_contexts_and_the_rest_is_named(tmp_path: Path) -> None:
    """A further token column is a context; numbers and sequences are not read, and said so."""
    header = f"{HEADER}\tplace:token\tage:float\ttags:token_seq"
    found = read(tmp_path, f"{header}\n1\t2\t5\t0\tHome\t33\ta b\n1\t3\t4\t9\t\t34\tc\n")
    assert found.contexts["place"].texts() == ["home", ""]
    assert list(found.contexts) == ["place"]
    assert found.ignored_columns == ("age", "tags")


def test_a_label_stands_in_for_a_rating(tmp_path: Path) -> None:
    """A label of 1 is liked and one of 0 is not; anything else is counted."""
    text = "user_id:token\titem_id:token\tlabel:float\n1\t2\t1.0\n1\t3\t0\n1\t4\tx\n"
    found = read(tmp_path, text)
    assert found.rating.tolist() == [5.0, 1.0]
    assert found.left_out == {"rating_unreadable": Counted(1, 4)}


def test_the_form_is_told_without_the_suffix(tmp_path: Path) -> None:
    """The types in the header tell an atomic file."""
    assert len(read(tmp_path, f"{HEADER}\n1\t2\t5\t0\n", "ratings.txt")) == 1


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("user_id:token\titem_id:token", "'rating'"),
        ("user_id:token\trating:float", "'item_id'"),
        ("user_id\titem_id\trating", "without a type"),
        ("user_id:token,item_id:token,rating:float", "without a type|no column"),
        (f"{HEADER}\trating:float", "more than one column"),
    ],
)
def test_a_header_of_another_form_is_refused(tmp_path: Path, header: str, says: str) -> None:
    """The error names the column that is missing or wrong."""
    with pytest.raises(SourceMalformed, match=says):
        read(tmp_path, f"{header}\n1\t2\t5\t0\n")
