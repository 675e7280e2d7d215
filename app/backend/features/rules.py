"""The rules: the readable table `rules.toml` as matrices over context and title basis."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.title import KINDS
from app.backend.features.encode import Floats

SUBSCORES: Final = ("mood", "group", "session", "quality")


@dataclass(frozen=True, slots=True)
class Knots:
    """A belief about lengths: straight lines through (minutes, fit)."""

    minutes: tuple[float, ...]
    fit: tuple[float, ...]

    def at(self, minutes: Floats) -> Floats:
        """Return the fit at each length; constant beyond the outer knots."""
        return np.interp(minutes, self.minutes, self.fit)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is believed before any feedback.

    `mood` and `group` map (context word, genre) to a belief in -1..1; `session` maps (session,
    kind) to its knots; `limit_minutes` says how long one sitting may be, where there is a limit;
    `trust` has one factor for each of `SUBSCORES`.
    """

    mood: Mapping[str, Mapping[str, float]]
    group: Mapping[str, Mapping[str, float]]
    session: Mapping[tuple[str, str], Knots]
    limit_minutes: Mapping[str, int]
    trust: tuple[float, ...]


@cache
def default_rules() -> Rules:
    """Return the rules that Encore ships with."""
    text = resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    session = {
        (length, kind): _knots(table["session"][length][kind])
        for length in SESSION_LENGTHS
        for kind in KINDS
    }
    return Rules(
        mood={mood: table["mood"][mood] for mood in MOODS},
        group={size: table["group"][size] for size in GROUP_SIZES},
        session=session,
        limit_minutes={
            length: table["session"][length]["limit_minutes"]
            for length in SESSION_LENGTHS
            if "limit_minutes" in table["session"][length]
        },
        trust=tuple(table["trust"][name] for name in SUBSCORES),
    )


def _knots(pairs: list[list[float]]) -> Knots:
    return Knots(tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))
