"""What data look like in a few counts, and how far they have moved: population stability."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from app.backend.domain.context import CODE_COUNT, GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.features import schema
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, context_table
from app.backend.features.genres import CANON

Profile: TypeAlias = Mapping[str, Mapping[str, int]]
Verdict: TypeAlias = Literal["steady", "shifted", "moved"]

UNKNOWN: Final = "unknown"
# The parts of a context, and what they are called in a profile.
PROFILED: Final = {"mood": "mood", "group_size": "company", "session_length": "session"}
MINUTES: Final = (30, 60, 90, 120, 150)
YEARS: Final = (1970, 1980, 1990, 2000, 2010, 2020)
# Below the first nothing need be done, from the second on the model should be trained anew
# (Siddiqi, Credit Risk Scorecards, 2006).
SHIFTED: Final = 0.1
MOVED: Final = 0.25
# Small samples differ by chance; what could be chance is not called a shift.
TIMES_CHANCE: Final = 2.0
_SMOOTHING: Final = 0.5


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one feature has moved.

    `index` is the population stability index, sum over bins of (now - then) ln(now / then);
    `by_chance` is what two samples of these sizes from the same source would show on average.
    """

    feature: str
    index: float
    by_chance: float
    verdict: Verdict


def profile(training: TrainingSet) -> dict[str, dict[str, int]]:
    """Count the rows in the bins of each feature."""
    counted = np.bincount(training.title, minlength=len(training.encoded_titles))
    found = {
        PROFILED[part]: {**counts, UNKNOWN: len(training.y) - sum(counts.values())}
        for part, counts in said_counts(training).items()
    }
    duration = _of_titles(training, schema.DURATION)
    year = _of_titles(training, schema.YEAR)
    found["duration"] = _binned(duration, counted, MINUTES, "minutes")
    found["year"] = _binned(year, counted, YEARS, "")
    at = np.array(schema.GENRE_COLUMNS) - len(schema.CONTEXT_COLUMNS)
    genres = counted @ training.encoded_titles[:, at]
    found["genre"] = _named(CANON, genres.astype(np.int64), 0)
    positives = int(training.y.sum())
    found["verdict"] = {"positive": positives, "negative": len(training.y) - positives}
    return found


def said_counts(training: TrainingSet) -> dict[str, dict[str, int]]:
    """Count the rows in which each mood, company and session length was said."""
    codes = np.bincount(training.context_code, minlength=CODE_COUNT)
    counts = iter((codes @ context_table()).astype(np.int64).tolist())
    parts = (MOODS, GROUP_SIZES, SESSION_LENGTHS)
    return {
        part: {word: next(counts) for word in words}
        for part, words in zip(PROFILED, parts, strict=True)
    }


def shifts(then: Profile, now: Profile) -> tuple[Shift, ...]:
    """Compare two profiles, feature by feature; those that only one of them has are passed over."""
    return tuple(_shift(feature, then[feature], now[feature]) for feature in now if feature in then)


def _shift(feature: str, then: Mapping[str, int], now: Mapping[str, int]) -> Shift:
    names = list(dict.fromkeys([*then, *now]))
    before, after = (
        np.array([counts.get(name, 0) for name in names], dtype=np.float64)
        for counts in (then, now)
    )
    seen = before + after > 0
    before, after = before[seen], after[seen]
    if not before.sum() or not after.sum():
        return Shift(feature, 0.0, 0.0, "steady")
    p, q = _shares(before), _shares(after)
    index = float(((q - p) * np.log(q / p)).sum())
    by_chance = float((len(before) - 1) * (1 / before.sum() + 1 / after.sum()))
    return Shift(feature, index, by_chance, _verdict(index, by_chance))


def _verdict(index: float, by_chance: float) -> Verdict:
    if index < max(SHIFTED, TIMES_CHANCE * by_chance):
        return "steady"
    return "moved" if index >= MOVED else "shifted"


def _shares(counts: Floats) -> Floats:
    smoothed = counts + _SMOOTHING
    return np.asarray(smoothed / smoothed.sum())


def _of_titles(training: TrainingSet, column: int) -> Floats:
    return training.encoded_titles[:, column - len(schema.CONTEXT_COLUMNS)]


def _binned(values: Floats, counted: Codes, edges: tuple[int, ...], unit: str) -> dict[str, int]:
    """Count rows by value: unknown, then below each edge, then from the last one on."""
    number = np.where(values > 0, np.searchsorted(edges, values, side="right") + 1, 0)
    counts = np.bincount(number, counted, len(edges) + 2).astype(np.int64)
    labels = [f"below {edge}" for edge in edges] + [f"from {edges[-1]}"]
    return _named([f"{label} {unit}".strip() for label in labels], counts[1:], int(counts[0]))


def _named(names: tuple[str, ...] | list[str], counts: Codes, unknown: int) -> dict[str, int]:
    return {**dict(zip(names, counts.tolist(), strict=True)), UNKNOWN: unknown}
