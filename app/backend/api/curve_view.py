"""Two pictures of how good the models are: over what was learnt from, and as promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue
from app.backend.domain.runs import ADDITIVE, CHALLENGER, RULES, Run, fairly_compared

NAMES: Final = {
    CHALLENGER: N_("The model"),
    RULES: N_("The rules"),
    ADDITIVE: N_("Plain logistic"),
}
FEWEST_POINTS: Final = 2
MOST_TICKS: Final = 6
DIGITS: Final = 3

WIDTH: Final = 640
HEIGHT: Final = 300
LEFT: Final = 48
RIGHT: Final = 508
TOP: Final = 16
BOTTOM: Final = 252
LINE: Final = 18

SIDE: Final = 260
PLOT_LEFT: Final = 44
PLOT_TOP: Final = 12
SMALLEST_DOT: Final = 3.0
LARGEST_DOT: Final = 9.0


@dataclass(frozen=True, slots=True)
class Point:
    """What one training came to: the log loss of each model on evenings it had not learnt from."""

    evenings: int
    losses: Mapping[str, float]


def points(runs: Sequence[Run]) -> list[Point]:
    """Return what the judged trainings came to, by how much they had; of the same much, the last.

    Parameters
    ----------
    runs : sequence of Run
        The newest first.
    """
    found: dict[int, Point] = {}
    for run in runs:
        fair = fairly_compared(run.comparison or {})
        losses = {name: float(fair[name]["log_loss"]) for name in NAMES if name in fair}
        if losses and run.rows_used is not None and run.rows_used not in found:
            found[run.rows_used] = Point(run.rows_used, losses)
    return [found[evenings] for evenings in sorted(found)]


def learning_curve(runs: Sequence[Run], tongue: Tongue) -> dict[str, Any] | None:
    """Draw log loss over the evenings learnt from; `None` where there are too few trainings."""
    told = points(runs)
    if len(told) < FEWEST_POINTS:
        return None
    frame = _Frame.around(told)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "lines": _labelled([_line(name, told, frame, tongue) for name in _present(told)]),
        "x_ticks": _x_ticks(told, frame, tongue),
        "y_ticks": [
            {"y": frame.y(value), "name": tongue.number(value, 2)} for value in frame.levels()
        ],
        "left": LEFT,
        "right": RIGHT,
        "bottom": BOTTOM,
        "heads": [tongue.gettext(NAMES[name]) for name in _present(told)],
        "rows": [_row(point, _present(told), tongue) for point in told],
    }


def calibration(comparison: Mapping[str, Any] | None, tongue: Tongue) -> dict[str, Any] | None:
    """Draw what was liked over what was promised, by groups; `None` where nothing was measured."""
    groups = (comparison or {}).get("calibration", {}).get(CHALLENGER)
    if not groups:
        return None
    most = max(group["rows"] for group in groups)
    return {
        "side": SIDE,
        "left": PLOT_LEFT,
        "top": PLOT_TOP,
        "ticks": [_tick(fifth / 5, tongue) for fifth in range(6)],
        "marks": [_mark(group, most, tongue) for group in groups],
    }


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where numbers lie on the picture of a curve."""

    fewest: int
    most: int
    least: float
    greatest: float

    @classmethod
    def around(cls, told: Sequence[Point]) -> "_Frame":
        losses = [loss for point in told for loss in point.losses.values()]
        room = max(0.02, 0.1 * (max(losses) - min(losses)))
        least = max(0.0, min(losses) - room)
        return cls(told[0].evenings, told[-1].evenings, least, max(losses) + room)

    def x(self, evenings: int) -> float:
        share = (evenings - self.fewest) / max(self.most - self.fewest, 1)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    def y(self, loss: float) -> float:
        share = (loss - self.least) / (self.greatest - self.least)
        return round(BOTTOM - share * (BOTTOM - TOP), 1)

    def levels(self) -> list[float]:
        return [self.least + fifth / 4 * (self.greatest - self.least) for fifth in range(5)]


def _present(told: Sequence[Point]) -> list[str]:
    return [name for name in NAMES if any(name in point.losses for point in told)]


def _line(name: str, told: Sequence[Point], frame: _Frame, tongue: Tongue) -> dict[str, Any]:
    at = [
        (frame.x(point.evenings), frame.y(point.losses[name]))
        for point in told
        if name in point.losses
    ]
    return {
        "key": name,
        "name": tongue.gettext(NAMES[name]),
        "points": " ".join(f"{x},{y}" for x, y in at),
        "marks": [{"x": x, "y": y} for x, y in at],
        "label_y": at[-1][1],
    }


def _labelled(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Move the names at the ends of lines apart, so that each can be read."""
    lowest = TOP - LINE / 2
    for line in sorted(lines, key=lambda one: one["label_y"]):
        line["label_y"] = lowest = max(line["label_y"], lowest + LINE)
    return lines


def _x_ticks(told: Sequence[Point], frame: _Frame, tongue: Tongue) -> list[dict[str, Any]]:
    step = max(1, -(-len(told) // MOST_TICKS))
    shown = [*told[:-1:step], told[-1]]
    return [{"x": frame.x(one.evenings), "name": tongue.number(one.evenings)} for one in shown]


def _row(point: Point, names: Sequence[str], tongue: Tongue) -> dict[str, Any]:
    losses = (point.losses.get(name) for name in names)
    return {
        "evenings": tongue.number(point.evenings),
        "cells": ["" if loss is None else tongue.number(loss, DIGITS) for loss in losses],
    }


def _tick(share: float, tongue: Tongue) -> dict[str, Any]:
    return {
        "x": PLOT_LEFT + share * SIDE,
        "y": PLOT_TOP + (1 - share) * SIDE,
        "name": tongue.share(share),
    }


def _mark(group: Mapping[str, Any], most: int, tongue: Tongue) -> dict[str, Any]:
    size = SMALLEST_DOT + (LARGEST_DOT - SMALLEST_DOT) * (group["rows"] / most) ** 0.5
    return {
        "x": round(PLOT_LEFT + group["mean"] * SIDE, 1),
        "y": round(PLOT_TOP + (1 - group["share"]) * SIDE, 1),
        "low": round(PLOT_TOP + (1 - group["low"]) * SIDE, 1),
        "high": round(PLOT_TOP + (1 - group["high"]) * SIDE, 1),
        "radius": round(size, 1),
        "rows": tongue.number(group["rows"]),
        "promised": tongue.share(group["mean"]),
        "liked": tongue.share(group["share"]),
        "from": tongue.share(group["low"]),
        "to": tongue.share(group["high"]),
    }
