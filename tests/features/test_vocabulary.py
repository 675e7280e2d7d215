"""Words keep their codes: another data set speaks in the words of the first."""

import numpy as np
import pytest

from app.backend.features.table import Columns
from app.backend.features.tabulate import tabulate, tabulate_by, vocabulary_of
from app.backend.features.vocabulary import Vocabulary
from tests.features.test_tabulate import HEAT, TWINS, dataset

FIRST = dataset(
    [("bo", "t2", 5.0), ("al", "t1", 2.0), ("bo", "t1", 4.0)],
    {"mood": ["funny", "", "sad"], "place": ["sofa", "bed", "sofa"]},
)


def test_a_data_set_in_its_own_words_is_itself() -> None:
    """Learning the words and using them is what tabulating does."""
    ours, known = tabulate(FIRST), vocabulary_of(FIRST)
    again = tabulate_by(FIRST, known)
    np.testing.assert_array_equal(again.X, ours.X)
    assert again.columns == ours.columns == known.columns
    assert (known.members, known.titles) == (("al", "bo"), ("t1", "t2"))


def test_other_data_speak_in_the_words_of_the_first() -> None:
    """Known words keep their code, new ones share one of their own, what is not said is 0."""
    known = vocabulary_of(FIRST)
    asked = dataset(
        [("bo", "t2", 5.0), ("cy", "t9", 5.0), ("di", "t1", 5.0)], {"place": ["bed", "tram", ""]}
    )
    table = tabulate_by(asked, known)
    columns = known.columns
    np.testing.assert_array_equal(table.member, [2, 3, 3])
    np.testing.assert_array_equal(table.title, [2, 3, 1])
    mood, place = columns.contexts
    np.testing.assert_array_equal(table.X[:, mood], [0, 0, 0])
    np.testing.assert_array_equal(table.X[:, place], [1, 3, 0])
    own = tabulate(FIRST)
    twins = [*columns.genres, *columns.numbers]
    np.testing.assert_array_equal(table.X[0, twins], own.X[0, twins])


def test_a_title_that_is_new_is_known_by_what_it_is() -> None:
    """Its genres and numbers are its own, of the genres that have a column."""
    known = vocabulary_of(FIRST)
    asked = dataset([("bo", "t1", 5.0)], titles=(HEAT,))
    table = tabulate_by(asked, known)
    own = tabulate(FIRST)
    at = list(own.columns.genres)
    np.testing.assert_array_equal(table.X[0, at], own.X[1, at])
    assert vocabulary_of(dataset([("bo", "t2", 5.0)], titles=(TWINS,))).genres != known.genres


@pytest.mark.parametrize(
    ("members", "contexts", "words", "texts"),
    [
        (("a", "a"), (), (), np.zeros((1, 0))),
        (("a",), ("mood",), (), np.zeros((1, 0))),
        (("a",), ("mood",), (("x", "x"),), np.zeros((1, 0))),
        (("a",), (), (), np.zeros((2, 0))),
        (("a",), (), (), np.zeros(1)),
    ],
)
def test_words_that_cannot_be_told_apart_are_refused(
    members: tuple[str, ...],
    contexts: tuple[str, ...],
    words: tuple[tuple[str, ...], ...],
    texts: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    """A word that is there twice, and lists that do not belong together."""
    with pytest.raises(ValueError, match=r"."):
        Vocabulary(members, ("t",), contexts, words, (), texts)


def test_columns_that_are_not_there_are_refused() -> None:
    """Each place has a name."""
    with pytest.raises(ValueError, match="name"):
        Columns(0, 2, (), (), (), (), ("member", "title"))
