"""Genre names of many sources and languages as Encore's own 22; knows no titles and no scores."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import islice
from typing import Any, Final

from app.backend.domain.title import comparable

CANON: Final[tuple[str, ...]] = (
    "comedy",
    "action",
    "drama",
    "thriller",
    "scifi",
    "adventure",
    "animation",
    "biography",
    "crime",
    "documentary",
    "family",
    "fantasy",
    "history",
    "horror",
    "music",
    "mystery",
    "romance",
    "sport",
    "war",
    "western",
    "reality",
    "talk",
)
MOST_NAMES: Final = 16
LONGEST_NAME: Final = 64
LONGEST_KEY: Final = 200

_JOINING_WORDS: Final = frozenset({"and", "und", "et", "y", "e", "ed", "i", "en", "og", "och"})
_JOINS: Final = re.compile(rf"[&+,;|/]|\b(?:{'|'.join(sorted(_JOINING_WORDS))})\b")
_LIST_SEPARATORS: Final = re.compile("[,;|]")
_SEPARATORS: Final = re.compile("[,;|/]")
# Letters whose stroke or ligature Unicode does not take apart.
_PLAIN_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True, slots=True)
class Genres:
    """What names stand for: canonical keys in `CANON` order, and names nobody knows, as given."""

    known: tuple[str, ...]
    unknown: tuple[str, ...]


def display_name(genre: str) -> str:
    """Return the English name of a canonical genre; any other name as it is.

    Examples
    --------
    >>> display_name("scifi"), display_name("Bergfilm")
    ('Sci-Fi', 'Bergfilm')
    """
    return _table().display.get(genre, genre)


def split_names(text: str | None) -> tuple[str, ...]:
    """Split one text into at most `MOST_NAMES` genre names of at most `LONGEST_NAME` characters.

    Names end at a comma, semicolon, bar or slash; a name that is known with its slash stays whole.

    Examples
    --------
    >>> split_names("Drama, Sci-Fi & Fantasy|Krimi / Thriller"), split_names(None)
    (('Drama', 'Sci-Fi & Fantasy', 'Krimi', 'Thriller'), ())
    """
    chunks = _LIST_SEPARATORS.split(text or "")
    names = (_trimmed(name) for chunk in chunks for name in _at_slashes(chunk))
    return tuple(islice(filter(None, names), MOST_NAMES))


def normalise(names: Iterable[str]) -> Genres:
    """Translate genre names, each on its own; names that say nothing about genre vanish.

    Examples
    --------
    >>> normalise(["Akcja i Przygoda", "Komödie", "Bergfilm", "Téléfilm"])
    Genres(known=('comedy', 'action', 'adventure'), unknown=('Bergfilm',))
    """
    known: set[str] = set()
    unknown: dict[str, str] = {}
    for given in names:
        name = _trimmed(given)
        meaning = _meaning(name)
        if meaning is None:
            unknown.setdefault(_folded(_as_cell(name)), name)
        else:
            known.update(meaning)
    return Genres(tuple(genre for genre in CANON if genre in known), tuple(unknown.values()))


def stored_text(names: Iterable[str]) -> str:
    """Return the text that the column `media.genres` keeps for these names.

    Reading it back with `split_names` and storing it again changes nothing, so it holds at most
    `MOST_NAMES` names, and separators inside an unknown name become spaces.

    Examples
    --------
    >>> stored_text(["Science Fiction", "Bergfilm", "Comedy"])
    'Comedy,Sci-Fi,Bergfilm'
    """
    genres = normalise(names)
    shown = [*map(display_name, genres.known), *map(_as_cell, genres.unknown)]
    return ",".join(shown[:MOST_NAMES])


def name_key(name: str) -> str:
    """Return what all spellings of a name have in common, in at most `LONGEST_KEY` characters.

    Examples
    --------
    >>> name_key(" Berg-Film"), name_key("bergfilm")
    ('bergfilm', 'bergfilm')
    """
    return _folded(_as_cell(_trimmed(name)))[:LONGEST_KEY]


def in_house(text: str, aliases: Mapping[str, tuple[str, ...]]) -> str:
    """Return a stored text with the names that nobody knows as a household calls them.

    Parameters
    ----------
    text : str
        As `stored_text` returns it.
    aliases : mapping of str to tuple of str
        Canonical genres by `name_key`; none where the name says nothing about genre.

    Examples
    --------
    >>> in_house("Drama,Bergfilm", {"bergfilm": ("adventure",)}), in_house("Drama,Bergfilm", {})
    ('Drama,Adventure', 'Drama,Bergfilm')
    """
    names = normalise(split_names(text))
    keys = [name_key(name) for name in names.unknown]
    found = [genre for key in keys for genre in aliases.get(key, ())]
    left = [name for name, key in zip(names.unknown, keys, strict=True) if key not in aliases]
    if len(left) == len(keys):
        return text
    return stored_text([*map(display_name, (*names.known, *found)), *left])


@dataclass(frozen=True, slots=True)
class _Table:
    """`genre_names.toml`: folded name → canonical genres (none where it is to be ignored)."""

    meanings: Mapping[str, tuple[str, ...]]
    slashed: frozenset[str]
    display: Mapping[str, str]


@cache
def _table() -> _Table:
    text = resources.files(__package__).joinpath("genre_names.toml").read_text(encoding="utf-8")
    raw: dict[str, Any] = tomllib.loads(text)
    spelt: dict[str, tuple[str, ...]] = dict.fromkeys(raw["ignored"], ())
    spelt |= {name: (genre,) for genre, names in raw["names"].items() for name in names}
    spelt |= {name: tuple(genres) for name, genres in raw["compounds"].items()}
    return _Table(
        meanings={_folded(name): genres for name, genres in spelt.items()},
        slashed=frozenset(_folded(name) for name in spelt if "/" in name),
        display=raw["display"],
    )


@lru_cache(maxsize=4_096)
def _meaning(name: str) -> tuple[str, ...] | None:
    """Return the genres one trimmed name stands for, `None` where nobody knows it."""
    cell = _as_cell(name)
    if not cell:
        return ()
    # Failing that, what `stored_text` would keep is read, so that storing is idempotent.
    found = _joined_meaning(name)
    return _joined_meaning(cell) if found is None else found


def _joined_meaning(name: str) -> tuple[str, ...] | None:
    meanings = _table().meanings
    whole = meanings.get(_folded(name))
    if whole is not None:
        return whole
    parts = [part for part in _JOINS.split(comparable(name)) if part.strip()]
    found: list[str] = []
    for part in parts:
        meaning = meanings.get(_folded(part))
        if meaning is None:
            return None
        found.extend(meaning)
    return tuple(found) if parts else None


def _at_slashes(chunk: str) -> list[str]:
    if "/" not in chunk:
        return [chunk]
    name = chunk.strip()
    whole = len(name) <= LONGEST_NAME and _folded(name) in _table().slashed
    return [name] if whole else name.split("/")


def _trimmed(name: str) -> str:
    return name.strip()[:LONGEST_NAME].strip()


@lru_cache(maxsize=4_096)
def _as_cell(name: str) -> str:
    """Make a name fit to stand between commas in a database: no separators, no control codes."""
    spaced = _SEPARATORS.sub(" ", name)
    printable = (" " if unicodedata.category(char) in {"Cc", "Cs"} else char for char in spaced)
    return " ".join("".join(printable).split())


@lru_cache(maxsize=4_096)
def _folded(name: str) -> str:
    """Reduce a name to its letters and digits without case, width, accents and joining words."""
    letters = unicodedata.normalize("NFKD", comparable(name)).translate(_PLAIN_LETTERS)
    words = "".join(
        char if char.isalnum() or unicodedata.category(char).startswith("M") else " "
        for char in letters
        if not unicodedata.combining(char)
    ).split()
    return "".join(word for word in words if word not in _JOINING_WORDS) or comparable(name)
