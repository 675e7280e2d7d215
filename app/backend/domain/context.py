"""What a household says about its evening, and the small integer that stands for it."""

import json
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Mood: TypeAlias = Literal["funny", "action", "dramatic", "relaxing"]
# What a household may ask for: a mood, or none in particular.
AskedMood: TypeAlias = Literal["funny", "action", "dramatic", "relaxing", "any"]
GroupSize: TypeAlias = Literal["solo", "couple", "group"]
SessionLength: TypeAlias = Literal["short", "medium", "binge"]

MOODS: Final[tuple[str, ...]] = get_args(Mood)
GROUP_SIZES: Final[tuple[str, ...]] = get_args(GroupSize)
SESSION_LENGTHS: Final[tuple[str, ...]] = get_args(SessionLength)
ANY_MOOD: Final = "any"

UNKNOWN_CODE: Final = 0
CODE_COUNT: Final = (len(MOODS) + 1) * (len(GROUP_SIZES) + 1) * (len(SESSION_LENGTHS) + 1)


@dataclass(frozen=True, slots=True)
class Context:
    """Mood, company and time of one request; `None` where it was not said or not understood."""

    mood: str | None
    group_size: str | None
    session_length: str | None

    @property
    def code(self) -> int:
        """The context as one integer below `CODE_COUNT`; a part that is unknown counts as 0.

        Examples
        --------
        >>> Context("funny", "solo", "short").code
        21
        >>> Context(None, None, None).code
        0
        """
        mood = _position(self.mood, MOODS)
        group = _position(self.group_size, GROUP_SIZES)
        session = _position(self.session_length, SESSION_LENGTHS)
        return (mood * (len(GROUP_SIZES) + 1) + group) * (len(SESSION_LENGTHS) + 1) + session

    @classmethod
    def asked(cls, mood: str, group_size: str, session_length: str) -> "Context":
        """Return the context of a request: any mood is none.

        Examples
        --------
        >>> Context.asked("any", "solo", "short").code
        5
        """
        return cls(None if mood == ANY_MOOD else mood, group_size, session_length)

    @classmethod
    def from_code(cls, code: int) -> "Context":
        """Return the context that `code` stands for.

        Raises
        ------
        ValueError
            Where `code` is not one of the `CODE_COUNT` codes.

        Examples
        --------
        >>> Context.from_code(21)
        Context(mood='funny', group_size='solo', session_length='short')
        """
        if not 0 <= code < CODE_COUNT:
            raise ValueError(f"{code} is no context code")
        rest, session = divmod(code, len(SESSION_LENGTHS) + 1)
        mood, group = divmod(rest, len(GROUP_SIZES) + 1)
        return cls(_name(mood, MOODS), _name(group, GROUP_SIZES), _name(session, SESSION_LENGTHS))


def every_context() -> tuple[Context, ...]:
    """Return the 36 contexts with a mood that a household can say."""
    return tuple(
        Context(mood, group, session)
        for mood in MOODS
        for group in GROUP_SIZES
        for session in SESSION_LENGTHS
    )


def mood_as_json(mood: str) -> str:
    """Write a mood the way the column `recommendations.mood` keeps it."""
    return json.dumps({"mood": mood})


def mood_from_json(text: object) -> str | None:
    """Read a mood from the column `recommendations.mood`; `None` where it cannot be understood.

    Never raises, whatever the column holds. A known mood is returned as it is; a well-formed
    mood outside `MOODS` is returned too, so that the caller can count it apart from malformed
    text.

    Examples
    --------
    >>> mood_from_json('{"mood": "funny"}'), mood_from_json('{"mood": 3}'), mood_from_json("happy")
    ('funny', None, None)
    """
    if isinstance(text, dict):
        value: object = text.get("mood")
    elif isinstance(text, str | bytes) and len(text) <= 1_000:
        try:
            parsed: object = json.loads(text)
        except (ValueError, RecursionError):
            return None
        value = parsed.get("mood") if isinstance(parsed, dict) else None
    else:
        return None
    return value.strip().casefold() if isinstance(value, str) and value.strip() else None


def _position(value: str | None, names: tuple[str, ...]) -> int:
    return names.index(value) + 1 if value in names else UNKNOWN_CODE


def _name(position: int, names: tuple[str, ...]) -> str | None:
    return names[position - 1] if position else None
