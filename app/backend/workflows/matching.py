"""Which title of the library an entry from elsewhere means: by ids, else by name and year."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.backend.domain.title import comparable
from app.backend.store.history_rows import KnownTitle

_ARTICLES: Final = frozenset(
    ["the", "a", "an", "der", "die", "das", "le", "la", "les", "el", "los", "il"]
)
_APOSTROPHES: Final = frozenset("'\u2018\u2019\u02bc\u2032`\u00b4")
_NO_WORD: Final = re.compile(r"[^\w\s]|_")
_FAR: Final = 10_000


class Told(Protocol):
    """What an entry tells of its title; an empty kind is either, no year is unknown."""

    @property
    def title(self) -> str:
        """Its name."""

    @property
    def kind(self) -> str:
        """`movie`, `series`, or empty."""

    @property
    def year(self) -> int | None:
        """The year it came out."""

    @property
    def ids(self) -> tuple[str, ...]:
        """As `TitleRecord.external_id`."""


@dataclass(frozen=True, slots=True)
class Match:
    """The title that is meant; none where nothing fits, or `candidates` fit equally well."""

    media_id: int | None
    candidates: int


@dataclass(frozen=True, slots=True)
class Matcher:
    """The library, to look entries up in.

    Attributes
    ----------
    by_id : mapping of str to sequence of KnownTitle
        By ids that mean a title everywhere.
    ids_of : mapping of int to set of str
        The same the other way round.
    by_name : mapping of str to sequence of KnownTitle
        By every plain name that a title has or had.
    """

    by_id: Mapping[str, Sequence[KnownTitle]]
    ids_of: Mapping[int, frozenset[str]]
    by_name: Mapping[str, Sequence[KnownTitle]]

    @classmethod
    def of(cls, titles: Sequence[KnownTitle], ids: Iterable[tuple[str, int]]) -> "Matcher":
        """Return the matcher of some titles and their ids."""
        known = {title.media_id: title for title in titles}
        by_id: defaultdict[str, list[KnownTitle]] = defaultdict(list)
        ids_of: defaultdict[int, set[str]] = defaultdict(set)
        by_name: defaultdict[str, list[KnownTitle]] = defaultdict(list)
        for key, media_id in ids:
            if media_id in known:
                by_id[key].append(known[media_id])
                ids_of[media_id].add(key)
        for title in titles:
            for name in plain_names(title):
                by_name[name].append(title)
        return cls(by_id, {key: frozenset(told) for key, told in ids_of.items()}, by_name)

    def find(self, told: Told) -> Match:
        """Return which title an entry means.

        An id in common decides. Else the name must be the same but for articles, punctuation and
        case, the kind where it is told, and the year, or one beside it; and no id may contradict.
        """
        of_ids = {one.media_id: one for key in told.ids for one in self.by_id.get(key, ())}
        if of_ids:
            return _best(list(of_ids.values()))
        alike = [
            one
            for one in self.by_name.get(plain_name(told.title), ())
            if _may_be(told.kind, one.kind) and not self._is_another(one, told.ids)
        ]
        same_year = [one for one in alike if one.year == told.year]
        return _best(same_year or [one for one in alike if _years_apart(told, one) == 1])

    def _is_another(self, title: KnownTitle, ids: Sequence[str]) -> bool:
        """Say whether ids of one provider tell that a title of that name is another one."""
        told = {_provider(key) for key in ids}
        return any(_provider(key) in told for key in self.ids_of.get(title.media_id, ()))


def plain_name(title: str) -> str:
    """Return a name without what spellings of it differ in.

    Examples
    --------
    >>> plain_name("The Good, the Bad & the Ugly"), plain_name("Ocean\u2019s Eleven")
    ('good the bad and the ugly', 'oceans eleven')
    >>> plain_name("The"), plain_name("$"), plain_name("...")
    ('the', '$', '...')
    """
    folded = comparable(title)
    words = _NO_WORD.sub(_gap, folded.replace("&", " and ")).split()
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join(words) or folded


def plain_names(title: KnownTitle) -> set[str]:
    """Return the plain names that a title has, and had when it came."""
    former = title.identity.partition("|")[2].rpartition("|")[0]
    if former in {"", comparable(title.title)}:
        return {plain_name(title.title)} - {""}
    return {plain_name(title.title), plain_name(former)} - {""}


def _gap(match: re.Match[str]) -> str:
    sign = match[0]
    if sign in _APOSTROPHES:
        return ""
    return " " if unicodedata.category(sign).startswith("P") else sign


def _best(found: Sequence[KnownTitle]) -> Match:
    """Return the only title that fits; what is on the shelf fits better than what left it."""
    fits = [one for one in found if not one.is_removed] or found
    return Match(fits[0].media_id if len(fits) == 1 else None, len(fits))


def _may_be(told: str, kind: str) -> bool:
    return not told or (told == "series") == (kind == "series")


def _years_apart(told: Told, title: KnownTitle) -> int:
    if told.year is None or title.year is None:
        return _FAR
    return abs(told.year - title.year)


def _provider(key: str) -> str:
    return key.rpartition(":")[0]
