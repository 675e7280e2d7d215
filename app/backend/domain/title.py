"""One thing in the library that can be watched: as a source tells it, as the library keeps it."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("movie", "series")
FIRST_YEAR: Final = 1878
LONGEST_MINUTES: Final = 1_440
NAME_SEPARATOR: Final = "|"
# How ids begin that mean the same title whoever says them.
SHARED_IDS: Final = ("imdb:", "tmdb:", "tvdb:")


@dataclass(frozen=True, slots=True)
class Title:
    """A title of the library. `minutes` is one sitting: a film, or one episode of a series."""

    id: int
    title: str
    kind: str = "movie"
    year: int | None = None
    minutes: float | None = None
    genres: tuple[str, ...] = ()
    community_rating: float | None = None
    age_rating: str | None = None


@dataclass(frozen=True, slots=True)
class SourceItem:
    """A title as a media server files it.

    Attributes
    ----------
    id : str
        The server's own id of it, in one spelling.
    library : str
        The id of the server's library that holds it; empty where that is not told.
    poster : str or None
        What the server's client needs to fetch its poster; it changes when the picture does.
    """

    id: str
    library: str = ""
    poster: str | None = None


@dataclass(frozen=True, slots=True)
class TitleRecord:
    """A title as a source tells it, with its genres in the source's own words.

    `where` names the line or file it came from, for messages. `external_id` is the source's own
    stable id (`imdb:tt0117571`) or `None`. `community_rating` is on a scale of 0 to 10. `cast`
    begins with who is named first. `other_ids` are ids like `external_id` that mean the same title;
    `item` is set where a media server holds it.
    """

    title: str
    kind: str
    year: int | None
    minutes: int | None
    genres: tuple[str, ...]
    where: str
    external_id: str | None = None
    community_rating: float | None = None
    age_rating: str | None = None
    overview: str | None = None
    keywords: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    cast: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    item: SourceItem | None = None

    @property
    def identity(self) -> str:
        """What makes two records the same title where there is no id in common.

        Examples
        --------
        >>> TitleRecord("  The  MATRIX ", "movie", 1999, 136, (), "line 2").identity
        'movie|the matrix|1999'
        """
        year = "" if self.year is None else str(self.year)
        return f"{self.kind}|{comparable(self.title)}|{year}"

    @property
    def key(self) -> str:
        """The id under which the source's title is kept."""
        return self.external_id or self.identity


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something a source held that could not become a title, and why."""

    where: str
    reason: str


@dataclass(slots=True)
class ImportCounts:
    """What became of everything that a source held: the counts add up to what was read.

    Duplicates are the same title once more, from another library; `removed`, which is no part of
    what was read, are titles that are not there any more.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    duplicates: int = 0
    removed: int = 0

    @property
    def read(self) -> int:
        """How many entries the source held."""
        told = self.added + self.updated + self.unchanged + self.duplicates
        return told + len(self.refused)


def comparable(text: str) -> str:
    r"""Fold case, width and spacing, so that two spellings of one name compare equal.

    Examples
    --------
    >>> comparable(" Amélie\t ") == comparable("AMÉLIE")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def genre_names(text: str) -> tuple[str, ...]:
    """Return the genres of a title, as the library writes them with commas between.

    Examples
    --------
    >>> genre_names("Comedy,Krimi"), genre_names("")
    (('Comedy', 'Krimi'), ())
    """
    return tuple(name for name in text.split(",") if name)


def joined_names(names: Iterable[str]) -> str | None:
    """Return names as one text, `None` where there is none.

    A separator inside a name becomes a space, so that splitting finds the names again.

    Examples
    --------
    >>> joined_names(["heist", "los|angeles"]), joined_names([" ", "|"])
    ('heist|los angeles', None)
    """
    plain = (" ".join(name.replace(NAME_SEPARATOR, " ").split()) for name in names)
    return NAME_SEPARATOR.join(filter(None, plain)) or None
