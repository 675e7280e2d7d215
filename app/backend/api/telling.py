"""Says in another language what was said in English below the edges, and is kept as English.

A pattern is a message with named places, such as `{genre} suits {evening}.`; what a sentence has in
such a place is said in the other language in its turn, as the place's shape asks for. To match
takes time in proportion to the sentence: no place gives back what it took.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol, TypeAlias

from app.backend.api import (
    sentences,
    sentences_of_data,
    sentences_of_faults,
    sentences_of_histories,
    sentences_of_home,
    sentences_of_sources,
)
from app.backend.api.sentences import WORDS

# A message, and what a sentence has in its places.
Found: TypeAlias = tuple[str, Mapping[str, str]]

# Sentences are short; what is longer was written by somebody.
LONGEST: Final = 1_200
MOST_PARTS: Final = 12

_PLACE: Final = re.compile(r"{(\w+)}")
_END: Final = re.compile(r"(?<=[.!?]) (?=\S)")


class Speaker(Protocol):
    """Whoever says sentences in a language."""

    def gettext(self, message: str) -> str:
        """Return a message in the language."""

    def told(self, sentence: str) -> str:
        """Return a sentence in the language."""

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as the language writes it."""

    def share(self, share: float) -> str:
        """Return a part of 1 in percent."""

    def listed(self, names: Sequence[str]) -> str:
        """Return names as the language lists them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand in a place, and how it is said."""

    pattern: str
    said: Callable[[Speaker, str], str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message, and what finds it in a sentence."""

    message: str
    pattern: re.Pattern[str]


def told(sentence: str, speaker: Speaker) -> str:
    """Return a sentence, or several, in the speaker's language; what is unknown, as it is."""
    return " ".join(_said(part, found, speaker) for part, found in _parts(sentence))


def is_known(sentence: str) -> bool:
    """Say whether all of a sentence, or of several, is known."""
    return all(found is not None for _, found in _parts(sentence))


def every_message() -> Sequence[str]:
    """Return every message that is known, in no order that matters."""
    return [*_constants(), *(phrase.message for phrase in _phrases())]


def _said(part: str, found: Found | None, speaker: Speaker) -> str:
    if found is None:
        return part
    message, values = found
    said = {name: _shape(name).said(speaker, value) for name, value in values.items()}
    # A message without places may hold brackets of its own.
    return speaker.gettext(message).format(**said) if said else speaker.gettext(message)


def _parts(sentence: str) -> Iterator[tuple[str, Found | None]]:
    """Yield the parts of a text, each the longest that is known, or one sentence that is not."""
    whole = _found(sentence)
    pieces = [sentence] if whole else _END.split(sentence, MOST_PARTS - 1)
    at = 0
    while at < len(pieces):
        for end in range(len(pieces), at, -1):
            part = " ".join(pieces[at:end])
            found = _found(part)
            if found is not None or end == at + 1:
                yield part, found
                at = end
                break


def _found(sentence: str) -> Found | None:
    if sentence in _constants():
        return sentence, {}
    if len(sentence) > LONGEST:
        return None
    for phrase in _phrases():
        if match := phrase.pattern.fullmatch(sentence):
            return phrase.message, match.groupdict()
    return None


@cache
def _constants() -> frozenset[str]:
    words = [word for words in WORDS.values() for word in words]
    return frozenset([*words, *(one for one in _all() if not _PLACE.search(one))])


@cache
def _phrases() -> tuple[Phrase, ...]:
    """Return what has places; what begins with words, or says more of them, is asked first."""
    found = [one for one in _all() if _PLACE.search(one)]
    found.sort(key=lambda one: (one.startswith("{"), -len(_PLACE.sub("", one))))
    return tuple(Phrase(one, _compiled(one)) for one in found)


def _all() -> list[str]:
    modules = (
        sentences,
        sentences_of_data,
        sentences_of_faults,
        sentences_of_histories,
        sentences_of_home,
        sentences_of_sources,
    )
    return [one for module in modules for group in module.EVERY for one in group]


def _compiled(message: str) -> re.Pattern[str]:
    """Return what matches a message: each place takes up to the first sight of what follows it."""
    first, *rest = _PLACE.split(message)
    told = [re.escape(first)]
    for at in range(0, len(rest), 2):
        name, after = rest[at], re.escape(rest[at + 1])
        shape = _shape(name).pattern
        # What a text begins with must not be another sentence of it.
        shape = _SHAPES["text"].pattern if shape == _ANYTHING and not any(told) else shape
        place = f"(?P<{name}>{shape})"
        is_last = at + 2 == len(rest)
        told.append(f"{place}{after}" if is_last else f"(?>{place}{after})")
    return re.compile("".join(told))


@cache
def _shape(name: str) -> Shape:
    kind = sentences.KINDS.get(name, "text")
    if kind in WORDS:
        return Shape(_one_of(WORDS[kind]), lambda speaker, word: speaker.gettext(word))
    if kind in sentences.LISTS:
        one = _one_of(WORDS[sentences.LISTS[kind]])
        return Shape(rf"(?:{one})(?:, (?:{one}))*(?: and (?:{one}))?", _said_list)
    return _SHAPES[kind]


def _one_of(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _said_number(speaker: Speaker, text: str) -> str:
    return speaker.number(float(text), len(text.partition(".")[2]))


def _said_list(speaker: Speaker, text: str) -> str:
    names = re.split(r", | and ", text)
    return speaker.listed([speaker.gettext(name) for name in names])


_ANYTHING: Final = r".+?"
_SHAPES: Final[Mapping[str, Shape]] = {
    "text": Shape(r"(?:(?![.!?] ).)+?", lambda _, text: text),
    "anything": Shape(_ANYTHING, lambda _, text: text),
    # A name without spaces, such as that of a version.
    "name": Shape(r"\S+?", lambda _, name: name),
    "whole": Shape(r"\d+", lambda _, text: text),
    "decimal": Shape(r"-?\d+(?:\.\d+)?", _said_number),
    "share": Shape(r"\d+%", lambda speaker, text: speaker.share(int(text[:-1]) / 100)),
    "sentence": Shape(r".+", lambda speaker, text: speaker.told(text)),
}
