"""Titles whose names are like another name: by the words that both have."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.backend.features.encode import Codes
from app.backend.store.history_rows import KnownTitle
from app.backend.workflows.matching import Told, plain_name, plain_names

_FAR: Final = 10_000
# What a title is called, and what it was called when it came.
_NAMES_A_TITLE: Final = 2


@dataclass(frozen=True, slots=True)
class Names:
    """Every name that titles have or had, to be looked up by its words.

    Attributes
    ----------
    titles : sequence of KnownTitle
    title_of : ndarray of int64, shape (n,)
        Which of them each name is of.
    sizes : ndarray of int64, shape (n,)
        How many words it has.
    with_word : mapping of str to ndarray of int64
        The names in which a word is.
    years : ndarray of int64, shape (titles,)
        0 where it is not known.
    """

    titles: Sequence[KnownTitle]
    title_of: Codes
    sizes: Codes
    with_word: Mapping[str, Codes]
    years: Codes

    @classmethod
    def of(cls, titles: Sequence[KnownTitle]) -> "Names":
        """Return the names of some titles."""
        names = [
            (number, frozenset(name.split()))
            for number, title in enumerate(titles)
            for name in plain_names(title)
        ]
        with_word: defaultdict[str, list[int]] = defaultdict(list)
        for row, (_, words) in enumerate(names):
            for word in words:
                with_word[word].append(row)
        return cls(
            titles,
            np.array([number for number, _ in names], dtype=np.int64),
            np.array([len(words) for _, words in names], dtype=np.int64),
            {word: np.array(rows, dtype=np.int64) for word, rows in with_word.items()},
            np.array([title.year or 0 for title in titles], dtype=np.int64),
        )

    def closest(self, told: Told, limit: int) -> list[KnownTitle]:
        """Return the titles that share most words with an entry, the most alike first."""
        words = set(plain_name(told.title).split())
        rows = [self.with_word[word] for word in words if word in self.with_word]
        if not rows:
            return []
        shared = np.bincount(np.concatenate(rows), minlength=len(self.sizes))
        likeness = shared / (len(words) + self.sizes - shared)
        last = min(_NAMES_A_TITLE * limit, len(likeness))
        least = np.partition(likeness, -last)[-last]
        found = np.flatnonzero((likeness >= least) & (shared > 0))
        ordered = found[np.lexsort((*self._what_speaks(told, found), -likeness[found]))]
        best = dict.fromkeys(self.title_of[ordered].tolist())
        return [self.titles[number] for number in list(best)[:limit]]

    def _what_speaks(self, told: Told, found: Codes) -> tuple[Codes, ...]:
        """Return what names are put in order by that are equally alike, the strongest last."""
        numbers = self.title_of[found]
        titles = [self.titles[number] for number in numbers.tolist()]
        years = self.years[numbers]
        apart = np.abs(years - (told.year or 0))
        apart[(years == 0) | (told.year is None)] = _FAR
        is_series = told.kind == "series"
        is_other = [bool(told.kind) and (one.kind == "series") != is_series for one in titles]
        ids = np.array([one.media_id for one in titles], dtype=np.int64)
        is_removed = np.array([one.is_removed for one in titles], dtype=np.int64)
        return ids, is_removed, apart, np.array(is_other, dtype=np.int64)


def closest(
    titles: Sequence[KnownTitle], entries: Sequence[Told], limit: int
) -> list[list[KnownTitle]]:
    """Return for each entry the titles that share most words with it, the most alike first."""
    names = Names.of(titles)
    return [names.closest(entry, limit) for entry in entries]
