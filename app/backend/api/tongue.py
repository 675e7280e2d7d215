"""The language that a page is written in: its words, its dates and its numbers."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import Annotated, Final

from babel import Locale, dates, numbers
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from fastapi import Depends
from starlette.requests import Request

from app import frontend
from app.backend.api import telling
from app.backend.api.messages import N_
from app.backend.domain.clock import as_utc

__all__ = ["COOKIE", "ENGLISH", "LANGUAGES", "N_", "Tongue", "TongueDep", "tongue_for", "tongue_of"]

# What each language calls itself.
LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
COOKIE: Final = "encore_language"

_LOCALES: Final = {"en": "en_GB", "de": "de_DE"}
_LONGEST_WISH: Final = 500
# RFC 9110 §12.5.4, each part with one way to match it.
_WISH: Final = re.compile(
    r"([a-z]{1,8}|\*)(?:-[a-z0-9]{1,8})*(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, eq=False)
class Tongue:
    """A language, and its catalogue of messages.

    Attributes
    ----------
    language : str
        One of `LANGUAGES`.
    catalogue : NullTranslations
        Says messages in the language; a plain one leaves them English.
    """

    language: str
    catalogue: NullTranslations

    def gettext(self, message: str) -> str:
        """Return a message in this language, or as it is where the catalogue lacks it."""
        return self.catalogue.gettext(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """Return the form of a message that goes with a number."""
        return self.catalogue.ngettext(one, many, n)

    def told(self, sentence: str) -> str:
        """Return a sentence that was made in English, below the edges, in this language."""
        return sentence if self._is_source else _told(self, sentence)

    def listed(self, names: Sequence[str]) -> str:
        """Return names in one line: `Drama, Crime and War`."""
        return format_list(names, locale=self._locale)

    def moment(self, moment: datetime) -> str:
        """Return a day and a time in this machine's zone: `24 Nov 2026, 20:15`."""
        pattern: str = self._locale.datetime_formats["medium"]
        return pattern.format(self.clock(moment), self.day(moment))

    def day(self, moment: date) -> str:
        """Return a day, that of a moment in this machine's zone: `24 Nov 2026`."""
        at = _here(moment) if isinstance(moment, datetime) else moment
        told: str = dates.format_skeleton("yMMMd", at, None, locale=self._locale)
        return told

    def clock(self, moment: datetime) -> str:
        """Return a time of day in this machine's zone: `20:15`."""
        return f"{_here(moment):%H:%M}"

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number with so many digits after its mark: `1,234.5`, `1.234,5`."""
        pattern = "#,##0" if digits <= 0 else f"#,##0.{'0' * digits}"
        return numbers.format_decimal(value, pattern, locale=self._locale)

    def share(self, share: float) -> str:
        """Return a part of 1 in percent: `73%`."""
        return numbers.format_percent(share, locale=self._locale)

    @property
    def _is_source(self) -> bool:
        """Whether the messages themselves are in this language."""
        return type(self.catalogue) is NullTranslations

    @property
    def _locale(self) -> Locale:
        return _locale(self.language)


@lru_cache(maxsize=4_096)
def _told(tongue: Tongue, sentence: str) -> str:
    return telling.told(sentence, tongue)


ENGLISH: Final = Tongue("en", NullTranslations())


@cache
def tongue_for(language: str) -> Tongue:
    """Return a language with its catalogue; English is what the messages themselves are in."""
    if language == ENGLISH.language:
        return ENGLISH
    path = resources.files(frontend).joinpath("locales", language, "LC_MESSAGES", "encore.po")
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, language))
    compiled.seek(0)
    return Tongue(language, GNUTranslations(compiled))


def tongue_of(request: Request) -> Tongue:
    """Return the language that was chosen, or that the browser wishes for, or English."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return tongue_for(chosen)
    return tongue_for(_wished(", ".join(request.headers.getlist("accept-language"))))


async def _tongue(request: Request) -> Tongue:
    return tongue_of(request)


# For routes: `tongue: TongueDep`.
TongueDep = Annotated[Tongue, Depends(_tongue)]


def _wished(header: str) -> str:
    """Return the language that a browser wishes for most; what cannot be read wishes for English.

    Examples
    --------
    >>> _wished("de-AT, en;q=0.8"), _wished("fr, en;q=0.2, de;q=0.4"), _wished("de;q=2")
    ('de', 'de', 'en')
    """
    wishes: dict[str, float] = {}
    for wish in header.split(",") if len(header) <= _LONGEST_WISH else ():
        if not wish.strip(" \t"):
            continue
        found = _WISH.fullmatch(wish.strip(" \t"))
        if found is None:
            return ENGLISH.language
        name = found[1].casefold().replace("*", ENGLISH.language)
        wishes[name] = max(wishes.get(name, 0.0), float(found[2] or 1))
    known = [name for name, weight in wishes.items() if name in LANGUAGES and weight > 0]
    return max(known, key=lambda name: wishes[name], default=ENGLISH.language)


def _here(moment: datetime) -> datetime:
    return as_utc(moment).astimezone()


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES[language])
