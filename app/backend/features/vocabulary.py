"""The words of a data set, in the order of their codes: what makes two matrices speak alike."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.domain.dataset import Coded
from app.backend.features.encode import Codes, Matrix
from app.backend.features.rules import SUBSCORES
from app.backend.features.table import NUMBERS, Columns

_GENRE: Final = "genre_"


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Members, titles, genres and words of contexts that a data set speaks of.

    The code of a word is its place, counted from 1; 0 is nobody and not said, and one more than
    there are words is whatever is new.

    Attributes
    ----------
    members, titles : tuple of str
    contexts : tuple of str
        The things that are said of an evening.
    words : tuple of tuple of str
        What is said, for each of `contexts`.
    genres : tuple of str
    texts : ndarray of float64, shape (titles, d)
        What each title is about; d is 0 where nothing is told.
    """

    members: tuple[str, ...]
    titles: tuple[str, ...]
    contexts: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]
    genres: tuple[str, ...]
    texts: Matrix

    def __post_init__(self) -> None:
        """Refuse words that cannot be told apart.

        Raises
        ------
        ValueError
            Where a list has a word twice, or lists do not belong together.
        """
        lists = (self.members, self.titles, self.contexts, self.genres, *self.words)
        if any(len(set(words)) != len(words) for words in lists):
            raise ValueError("a word is there twice")
        if len(self.words) != len(self.contexts) or self.texts.shape[:1] != (len(self.titles),):
            raise ValueError("its lists of words do not belong together")
        if self.texts.ndim != 2:
            raise ValueError("its titles have no vectors")

    @property
    def columns(self) -> Columns:
        """What each column of a matrix over these words is."""
        rules = tuple(f"rules_{score}" for score in SUBSCORES)
        about = tuple(f"text_{number}" for number in range(1, self.texts.shape[1] + 1))
        genres = tuple(f"{_GENRE}{genre}" for genre in self.genres)
        parts = (("member", "title"), self.contexts, genres, NUMBERS, rules, about)
        places, start = [], 0
        for part in parts:
            places.append(tuple(range(start, start + len(part))))
            start += len(part)
        (member, title), of_contexts, of_genres, of_numbers, of_rules, of_texts = places
        names = tuple(name for part in parts for name in part)
        return Columns(member, title, of_contexts, of_genres, of_numbers, of_rules, names, of_texts)


def coded_by(words: tuple[str, ...], column: Coded) -> Codes:
    """Return the code of each row's word, int64 of shape (n,); the empty word has 0.

    Examples
    --------
    >>> column = Coded(("b", "", "new"), np.array([0, 1, 2, 0]))
    >>> coded_by(("a", "b"), column)
    array([2, 0, 3, 2])
    """
    place = {word: at for at, word in enumerate(words, start=1)} | {"": 0}
    number = [place.get(word, len(words) + 1) for word in column.words]
    return np.array(number, dtype=np.int64)[column.code]
