"""What one cell of a table or one tag of a file says; knows neither tables nor files."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from app.backend.domain.title import FIRST_YEAR, LONGEST_MINUTES, comparable
from app.backend.features.genres import LONGEST_NAME, MOST_NAMES

LONGEST_TITLE: Final = 300
LONGEST_ID: Final = 200
LONGEST_AGE_RATING: Final = 50
LONGEST_OVERVIEW: Final = 2_000
LONGEST_KEYWORD: Final = 64
MOST_KEYWORDS: Final = 50
LONGEST_PERSON: Final = 100
MOST_PEOPLE: Final = 10
HIGHEST_RATING: Final = 10.0

_KINDS: Final = {
    "movie": ("", "movie", "film", "feature", "short", "video", "tvmovie", "tvshort", "tvspecial"),
    "series": ("series", "tv", "show", "tvshow", "tvseries", "tvminiseries", "miniseries"),
}
_KIND_OF: Final = {name: kind for kind, names in _KINDS.items() for name in names}
# Control characters, halves of surrogate pairs, and what would turn the text around it backwards.
_UNWANTED: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u202a-\u202e\u2066-\u2069]+")
# One composed character stands for at most four in the text as given.
_MOST_PARTS: Final = 4
_LONGEST_NUMBER: Final = 100

_MINUTE: Final = r"(?:m|min|mins|minutes?)\.?"
_NUMBER: Final = r"(?:\d+[.,])?\d+|\d+\."
_MINUTES: Final = re.compile(rf"(-?)\s*({_NUMBER})\s*(?:{_MINUTE})?", re.ASCII)
_HOURS: Final = re.compile(
    rf"(\d{{1,4}})\s*(?:h|hrs?|hours?)\.?\s*(?:(\d{{1,4}})\s*(?:{_MINUTE})?)?", re.ASCII
)
_CLOCK: Final = re.compile(r"(\d{1,4}):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
_YEAR: Final = re.compile(r"-?\d{1,9}(?:\.0*)?", re.ASCII)
_YEAR_IN_DATE: Final = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_DECIMAL: Final = re.compile(_NUMBER, re.ASCII)
_IMDB: Final = re.compile(r"tt\d{5,12}", re.ASCII | re.IGNORECASE)
_WITH_PROVIDER: Final = re.compile(r"([a-z][a-z0-9]{1,19}):\s*(\S.*)", re.ASCII | re.IGNORECASE)


class FieldError(ValueError):
    """What a field says cannot be used; the text is the whole reason, for people."""


def clean(text: str, longest: int) -> str:
    r"""Return the text composed, without control characters, single-spaced and cut to `longest`.

    Examples
    --------
    >>> clean("  Ame\u0301lie\x00 \n Poulain ", 100)
    'Amélie Poulain'
    """
    # Most texts are as they should be, and seen to be so at once.
    if text.isascii() and text.isprintable() and "  " not in text and len(text) <= longest:
        return text.strip(" ")
    # Cut first as well: composing a long run of combining marks takes the square of its length.
    spaced = " ".join(_UNWANTED.sub(_space_if_any, text).split())[: longest * _MOST_PARTS]
    return unicodedata.normalize("NFC", spaced)[:longest].rstrip()


def title(text: str) -> str:
    """Return the name of a title, which must be there and fit.

    Examples
    --------
    >>> title(" Heat ")
    'Heat'
    """
    name = clean(text, LONGEST_TITLE + 1)
    if not any(character.isprintable() and character != " " for character in name):
        raise FieldError("has no title; write one")
    # The folded form, which is what titles are compared by, can be longer than the name.
    if max(len(name), len(comparable(name))) > LONGEST_TITLE:
        raise FieldError(f"title is longer than {LONGEST_TITLE} characters; shorten it")
    return name


def kind(text: str) -> str:
    """Return `movie` or `series` for the words that tables use; nothing means a movie.

    Examples
    --------
    >>> kind(""), kind("Film"), kind("TV Mini Series")
    ('movie', 'movie', 'series')
    """
    found = _KIND_OF.get(re.sub("[ _-]", "", comparable(clean(text, LONGEST_TITLE))))
    if found is None:
        raise FieldError(f"kind is {shown(text)}, which is neither movie nor series; write either")
    return found


def year(text: str, latest: int, name: str = "year") -> int | None:
    """Return the year, or `None` for nothing or 0.

    Examples
    --------
    >>> year("1999", 2030), year("1999.0", 2030), year("0", 2030)
    (1999, 1999, None)
    """
    text = clean(text, _LONGEST_NUMBER)
    if not text:
        return None
    if not _YEAR.fullmatch(text):
        raise FieldError(
            f"{name} is {shown(text)}, which is not a year; "
            "write a whole number such as 1999 or leave it empty"
        )
    value = int(text.partition(".")[0])
    if value and not FIRST_YEAR <= value <= latest:
        raise FieldError(
            f"{name} is {shown(text)}, which is not from {FIRST_YEAR} to {latest}; "
            "correct it or leave it empty"
        )
    return value or None


def year_of_date(text: str, latest: int, name: str) -> int | None:
    """Return the year of a date, or `None` for nothing or a date of zeros.

    Examples
    --------
    >>> year_of_date("1999-03-31", 2030, "premiered"), year_of_date("0000-00-00", 2030, "aired")
    (1999, None)
    """
    found = _YEAR_IN_DATE.search(clean(text, _LONGEST_NUMBER))
    return year(found[0] if found else text, latest, name)


def minutes(text: str, name: str = "minutes") -> int | None:
    """Return whole minutes, or `None` for nothing or 0.

    Examples
    --------
    >>> minutes("95 min"), minutes("1h 35m"), minutes("1:35"), minutes("94.6"), minutes("0")
    (95, 95, 95, 95, None)
    """
    text = clean(text, _LONGEST_NUMBER).casefold()
    if not text:
        return None
    if match := _MINUTES.fullmatch(text):
        value = float(match[2].replace(",", "."))
        if match[1] and value:
            raise FieldError(
                f"{name} is {shown(text)}, which is negative; "
                "write a whole number or leave it empty"
            )
    elif match := _HOURS.fullmatch(text) or _CLOCK.fullmatch(text):
        value = 60.0 * int(match[1]) + int(match[2] or 0)
    else:
        raise FieldError(
            f"{name} is {shown(text)}, which is not a number of minutes; "
            "write a whole number or leave it empty"
        )
    if value > LONGEST_MINUTES:
        raise FieldError(
            f"{name} is {shown(text)}, which is more than the {LONGEST_MINUTES} minutes of a day; "
            "write minutes, not seconds, or leave it empty"
        )
    return _rounded(value)


def minutes_of_seconds(text: str, name: str) -> int | None:
    """Return whole minutes for a number of seconds, or `None` for nothing or 0.

    Examples
    --------
    >>> minutes_of_seconds("5730", "durationinseconds")
    96
    """
    text = clean(text, _LONGEST_NUMBER)
    if not text:
        return None
    value = number(text)
    if value is None or value > LONGEST_MINUTES * 60:
        raise FieldError(
            f"{name} is {shown(text)}, which is not a number of seconds within a day; "
            "correct it or leave it empty"
        )
    return _rounded(value / 60)


def rating(text: str, name: str = "rating", highest: float = HIGHEST_RATING) -> float | None:
    """Return a rating on a scale of 0 to 10; nothing, or 0, means that nobody rated.

    Examples
    --------
    >>> rating("7,8"), rating("85", highest=100.0), rating("0.0")
    (7.8, 8.5, None)
    """
    text = clean(text, _LONGEST_NUMBER)
    if not text:
        return None
    value = number(text)
    if value is None or value > highest:
        raise FieldError(
            f"{name} is {shown(text)}, which is not a number from 0 to {highest:g}; "
            "correct it or leave it empty"
        )
    return round(value * HIGHEST_RATING / highest, 3) or None


def number(text: str) -> float | None:
    """Return a number that is not negative, or `None` where there is none.

    Examples
    --------
    >>> number("10"), number("7,8"), number("ten")
    (10.0, 7.8, None)
    """
    text = clean(text, _LONGEST_NUMBER)
    return float(text.replace(",", ".")) if _DECIMAL.fullmatch(text) else None


def genres(given: Iterable[str]) -> tuple[str, ...]:
    """Return the first names, each once, as they are written.

    Examples
    --------
    >>> genres(["Sci-Fi & Fantasy", " drama", "", "Drama"])
    ('Sci-Fi & Fantasy', 'drama')
    """
    return _names(given, LONGEST_NAME, MOST_NAMES)


def keywords(given: Iterable[str]) -> tuple[str, ...]:
    """Return the first keywords, each once, as they are written."""
    return _names(given, LONGEST_KEYWORD, MOST_KEYWORDS)


def people(given: Iterable[str]) -> tuple[str, ...]:
    """Return the first people, each once, as they are written."""
    return _names(given, LONGEST_PERSON, MOST_PEOPLE)


def external_id(text: str, of_kind: str, provider: str) -> str | None:
    """Return `imdb:tt…`, or provider, kind and id; only IMDb counts movies and series together.

    Examples
    --------
    >>> external_id("tt0117571", "movie", "csv"), external_id("tmdb:603", "movie", "csv")
    ('imdb:tt0117571', 'tmdb:movie:603')
    """
    value = clean(text, LONGEST_ID + 1)
    if len(value) > LONGEST_ID:
        raise FieldError(f"id is longer than {LONGEST_ID} characters; shorten it or leave it empty")
    if match := _WITH_PROVIDER.fullmatch(value):
        provider, value = match[1].lower(), match[2].removeprefix(f"{of_kind}:")
    if provider == "imdb" and re.fullmatch("[0-9]{1,12}", value) and int(value):
        value = f"tt{value:0>7}"
    if _IMDB.fullmatch(value):
        return f"imdb:{value.lower()}"
    return f"{provider}:{of_kind}:{value}" if value.strip("0") else None


def shown(text: str) -> str:
    """Return the text in quotes, short and on one line, as a message shows it."""
    short = clean(text, 41)
    return repr(short if len(short) <= 40 else short[:39] + "…")


def _names(given: Iterable[str], longest: int, most: int) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for one in given:
        name = clean(one, longest)
        if name:
            found.setdefault(comparable(name), name)
        if len(found) == most:
            break
    return tuple(found.values())


def _rounded(value: float) -> int | None:
    # Halves go upwards, and what rounds to nothing is unknown.
    return int(value + 0.5) or None


def _space_if_any(match: re.Match[str]) -> str:
    return " " if any(character.isspace() for character in match[0]) else ""
