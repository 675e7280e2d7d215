"""What features tell: free-form objects become a context, and titles that a model can judge."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from app.backend.domain.context import Context
from app.backend.domain.errors import InvalidInput
from app.backend.domain.title import KINDS, comparable
from app.backend.features.genres import normalise, split_names, stored_text
from app.backend.features.plain_rows import CONTEXT_WORDS
from app.backend.sources import fields
from app.backend.store.rank_events import ActionRow

DEEPEST: Final = 8
MOST_VALUES: Final = 5_000
LARGEST_ID: Final = 2**53
MOST_TOLD: Final = 20
NAMELESS: Final = "action"

_TELLABLE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,40}", re.ASCII)
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_BETWEEN_WORDS: Final = re.compile(r"[_\-\s]+")
_LIBRARY_ID: Final = re.compile(r"media:([1-9][0-9]{0,15})", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_CONTEXT_NAMES: Final[Mapping[str, str]] = {
    "mood": "mood",
    "groupsize": "group_size",
    "company": "group_size",
    "sessionlength": "session_length",
    "time": "session_length",
}
_ACTION_NAMES: Final[Mapping[str, str]] = {
    "mediaid": "media_id",
    "title": "title",
    "kind": "kind",
    "year": "year",
    "minutes": "duration",
    "duration": "duration",
    "genres": "genres",
    "genre": "genres",
    "communityrating": "community_rating",
    "rating": "community_rating",
}

Features: TypeAlias = Sequence[Mapping[str, Any]]
Reader: TypeAlias = Callable[[str, object], object]


@dataclass(frozen=True, slots=True)
class RawAction:
    """An action as it was sent."""

    id: str
    features: Features


@dataclass(frozen=True, slots=True)
class Action:
    """An action as it was understood. `media_id` is the title of the library that it says it is."""

    id: str
    media_id: int | None
    row: ActionRow


@dataclass(slots=True)
class Reading:
    """Reads the features of one request, and counts what it met.

    Attributes
    ----------
    ignored : set of str
        Names of features that say nothing to Encore, or whose values could not be understood.
    """

    ignored: set[str] = field(default_factory=set)
    _seen: int = 0

    def context(self, features: Features) -> Context:
        """Return the evening that features tell of; what they leave out is not said.

        Raises
        ------
        InvalidInput
            Where they are nested too deeply, are too many, or hold what is no JSON.
        """
        said = self._understood(features, _CONTEXT_NAMES, _part)
        return Context(*(said.get(part) for part in CONTEXT_WORDS))

    def action(self, raw: RawAction, latest_year: int) -> Action:
        """Return an action as a title; what its features leave out is unknown.

        Raises
        ------
        InvalidInput
            Where they are nested too deeply, are too many, or hold what is no JSON.
        """
        said = self._understood(raw.features, _ACTION_NAMES, _reader(latest_year))
        named = _LIBRARY_ID.fullmatch(raw.id)
        row = ActionRow(
            title=said.get("title") or fields.clean(raw.id, fields.LONGEST_TITLE) or NAMELESS,
            genres=said.get("genres", ""),
            duration=said.get("duration"),
            year=said.get("year"),
            kind=said.get("kind", KINDS[0]),
            community_rating=said.get("community_rating"),
        )
        return Action(raw.id, _media_id(named[1]) if named else said.get("media_id"), row)

    def told(self) -> tuple[str, ...]:
        """Return some of the names that were ignored, then `+n` for n others.

        Examples
        --------
        >>> Reading({"weather", "Büro", "device"}).told()
        ('device', 'weather', '+1')
        """
        names = sorted(name for name in self.ignored if _TELLABLE.fullmatch(name))[:MOST_TOLD]
        more = len(self.ignored) - len(names)
        return (*names, f"+{more}") if more else tuple(names)

    def _understood(
        self, features: Features, names: Mapping[str, str], read: Reader
    ) -> dict[str, Any]:
        """Return what is known by name and makes sense; the first that does counts."""
        found: dict[str, Any] = {}
        for name, value in self._leaves(features):
            meaning = names.get(_BETWEEN_WORDS.sub("", name).casefold())
            understood = None if meaning is None else read(meaning, value)
            if meaning is None or understood is None:
                self.ignored.add(name)
            else:
                found.setdefault(meaning, understood)
        return found

    def _leaves(self, features: Features) -> Iterator[tuple[str, object]]:
        """Yield each value that is no object with its name, in the order in which they stand.

        The plain values of a list are one value.
        """
        waiting: list[tuple[str, Any, int]] = [("", one, 1) for one in reversed(features)]
        while waiting:
            name, value, depth = waiting.pop()
            plain = [one for one in _listed(value) if not isinstance(one, dict | list)]
            self._insist(depth, name, plain)
            waiting += [(inner, one, depth + 1) for inner, one in reversed(_within(name, value))]
            if plain:
                yield name, plain if isinstance(value, list) else value

    def _insist(self, depth: int, name: str, plain: Sequence[object]) -> None:
        self._seen += 1 + len(plain)
        if depth > DEEPEST or self._seen > MOST_VALUES:
            raise InvalidInput(
                f"Features are nested at most {DEEPEST} deep, and a request has at most "
                f"{MOST_VALUES} of them; send fewer."
            )
        if not (_can_be_kept(name) and all(map(_can_be_kept, plain))):
            raise InvalidInput(
                "A feature holds a number that is not finite, or text that is none; correct it."
            )


def _within(name: str, value: object) -> list[tuple[str, Any]]:
    """Return what is nested in a value, with its name: what is in a list has the list's."""
    if isinstance(value, dict):
        return list(value.items())
    listed = value if isinstance(value, list) else []
    return [(name, one) for one in listed if isinstance(one, dict | list)]


def _listed(value: object) -> list[Any]:
    if isinstance(value, dict):
        return []
    return value if isinstance(value, list) else [value]


def _part(part: str, value: object) -> str | None:
    if not isinstance(value, str):
        return None
    said = comparable(value[:100])
    return said if said in CONTEXT_WORDS[part] else None


def _reader(latest_year: int) -> Reader:
    """Return what reads a feature of an action; it returns `None` for what makes no sense."""
    readers: dict[str, Callable[[str], object]] = {
        "title": fields.title,
        "kind": fields.kind,
        "year": lambda text: fields.year(text, latest_year),
        "duration": fields.minutes,
        "community_rating": fields.rating,
        "media_id": _media_id,
    }

    def read(name: str, value: object) -> object:
        if name == "genres":
            return _genres(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        try:
            return readers[name](str(value))
        except fields.FieldError:
            return None

    return read


def _genres(value: object) -> str | None:
    """Return the text that the library keeps of genres; `None` where none of them is known."""
    names = [name for text in _listed(value) if isinstance(text, str) for name in split_names(text)]
    return stored_text(fields.genres(names)) if normalise(names).known else None


def _media_id(text: str) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else 0
    return number if 1 <= number < LARGEST_ID else None


def _can_be_kept(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or _SURROGATES.search(value) is None
