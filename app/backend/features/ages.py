"""Age ratings of many countries as the age from which a title may be seen."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

import numpy as np

from app.backend.features.encode import Floats

LONGEST: Final = 200
# A rating may come with its reasons, and with those of other countries.
_RATED: Final = re.compile(r"^rated\s+|\s+for\s.*$|(?<=tv-14|tv-pg|tv-ma)-[dlsv]+$")
_SEVERAL: Final = re.compile(r"\s+/\s+|[|,;]")


@dataclass(frozen=True, slots=True)
class _AgeTable:
    """What is written on titles: words of any country, words of one, and what is around numbers."""

    words: Mapping[str, int]
    of: Mapping[str, Mapping[str, int]]
    country: re.Pattern[str]
    codes: Mapping[str, str]
    number: re.Pattern[str]
    greatest: int


@lru_cache(maxsize=4_096)
def least_age(text: str | None) -> int | None:
    """Return from which age on one may see what is rated so; `None` where that is not known.

    Of several ratings the strictest counts. Never raises, whatever the text.

    Examples
    --------
    >>> [least_age(one) for one in ("PG-13", "US:TV-Y7", "FSK 16", "gb/12A", "Rated R for gore")]
    [13, 7, 16, 12, 17]
    >>> least_age("Not Rated"), least_age(None)
    (None, None)
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    said = _RATED.sub("", " ".join(text.casefold().split()))
    found = [_one(part.strip()) for part in _SEVERAL.split(said)]
    return max((age for age in found if age is not None), default=None)


def least_ages(texts: Sequence[str | None]) -> Floats:
    """Return the least age of each rating, NaN where it is not known: shape (len(texts),)."""
    ages = [least_age(text) for text in texts]
    return np.array([np.nan if age is None else age for age in ages], dtype=np.float64)


def _one(said: str) -> int | None:
    """Return the age of one rating, with a country before it or without."""
    table = _ages()
    named = table.country.match(said)
    if named is None:
        return _age(table, said, {})
    return _age(table, said[named.end() :].strip(), table.of.get(table.codes[named["name"]], {}))


def _age(table: _AgeTable, said: str, own: Mapping[str, int]) -> int | None:
    known = own.get(said, table.words.get(said))
    if known is not None:
        return known
    number = table.number.match(said)
    if number is None or int(number["age"]) > table.greatest:
        return None
    return int(number["age"])


@cache
def _ages() -> _AgeTable:
    text = resources.files(__package__).joinpath("age_ratings.toml").read_text(encoding="utf-8")
    read: dict[str, Any] = tomllib.loads(text)
    codes = {name: code for code, names in read["countries"].items() for name in names}
    before, after = (_either(read[name]) for name in ("before_numbers", "after_numbers"))
    return _AgeTable(
        words=read["words"],
        of=read["of"],
        country=re.compile(rf"(?P<name>{_either(codes)})\s*[:/\- ]\s*"),
        codes=codes,
        number=re.compile(rf"(?:(?:{before})[ .\-]*)?(?P<age>[0-9]{{1,2}})[ ]?(?:{after})?$"),
        greatest=read["greatest"],
    )


def _either(words: Sequence[str] | Mapping[str, str]) -> str:
    """Return a pattern for any of some words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
