"""Where the marks of a card's pictures stand; the templates draw them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.registry.card_numbers import fixed, percent, percent_span, signed, span

# The square of promises and what was kept, with room for its words.
SIDE: Final = 280
LEFT: Final = 44
TOP: Final = 12
# Rivals: names, then a scale with zero in its middle.
NAMES_WIDTH: Final = 124
SCALE_WIDTH: Final = 226
RIVAL_HEIGHT: Final = 40
SHARE_HEIGHT: Final = 30
SHARES_WIDTH: Final = 150
SMALLEST_MARK: Final = 3.0
LARGEST_MARK: Final = 8.0


def calibration_picture(
    ours: Sequence[Mapping[str, Any]], rules: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a plot of what was liked over what was promised, an interval for each group."""
    most = max((one["rows"] for one in ours), default=1)
    told = "; ".join(
        f"promised {percent(one['mean'])}, liked {percent(one['share'])} "
        f"({percent_span([one['low'], one['high']])}), {one['rows']:,} rows"
        for one in ours
    )
    return {
        "side": SIDE,
        "left": LEFT,
        "top": TOP,
        "ticks": [
            {"at": round(SIDE * share, 1), "x": _x(share), "y": _y(share), "name": percent(share)}
            for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        ],
        "ours": [_mark(one, most) for one in ours],
        "rules": [_mark(one, most) for one in rules],
        "description": f"This model: {told}.",
    }


def rivals_picture(rivals: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any] | None:
    """Return the model's log loss less each rival's on one scale; `None` without an interval."""
    known = [(name, one) for name, one in rivals if one["log_loss_interval"] is not None]
    if not known:
        return None
    most = max(abs(edge) for _, one in known for edge in one["log_loss_interval"]) or 1.0
    middle, scale = NAMES_WIDTH + SCALE_WIDTH / 2, SCALE_WIDTH / 2 / most

    def place(value: float) -> float:
        return round(middle + scale * value, 1)

    return {
        "height": RIVAL_HEIGHT * len(known),
        "middle": middle,
        "left": NAMES_WIDTH,
        "right": NAMES_WIDTH + SCALE_WIDTH,
        "most": fixed(most, 2),
        "rows": [
            {
                "name": name,
                "y": RIVAL_HEIGHT * at,
                "low": place(one["log_loss_interval"][0]),
                "high": place(one["log_loss_interval"][1]),
                "at": place(one["log_loss"]),
                "side": side(one["log_loss_interval"]),
            }
            for at, (name, one) in enumerate(known)
        ],
        "description": "; ".join(
            f"against {name.lower()} {signed(one['log_loss'])} ({span(one['log_loss_interval'])})"
            for name, one in known
        ),
    }


def side(interval: Sequence[float]) -> str:
    """Return on which side of zero a difference lies: better, worse, or open."""
    if interval[1] < 0.0:
        return "better"
    return "worse" if interval[0] > 0.0 else "open"


def shares_picture(rows: Sequence[tuple[str, float, float]]) -> dict[str, Any] | None:
    """Return bars of what each group decides, within an evening and over all."""
    if not rows:
        return None
    scale = SHARES_WIDTH / max(0.01, *(max(within, overall) for _, within, overall in rows))
    return {
        "height": SHARE_HEIGHT * len(rows),
        "bars": [
            {
                "name": name,
                "y": SHARE_HEIGHT * at,
                "within": percent(within),
                "overall": percent(overall),
                "within_width": round(scale * max(within, 0.0), 1),
                "overall_width": round(scale * max(overall, 0.0), 1),
            }
            for at, (name, within, overall) in enumerate(rows)
        ],
        "description": "; ".join(
            f"{name} {percent(within)} and {percent(overall)}" for name, within, overall in rows
        ),
    }


def _mark(one: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return a mark whose area grows with its rows, and the ends of its interval."""
    spread = (LARGEST_MARK - SMALLEST_MARK) * (one["rows"] / most) ** 0.5
    return {
        "x": _x(one["mean"]),
        "y": _y(one["share"]),
        "low": _y(one["low"]),
        "high": _y(one["high"]),
        "radius": round(min(SMALLEST_MARK + spread, LARGEST_MARK), 1),
        "title": f"Promised {percent(one['mean'])}, liked {percent(one['share'])}",
    }


def _x(share: float) -> float:
    return round(LEFT + SIDE * share, 1)


def _y(share: float) -> float:
    return round(TOP + SIDE * (1.0 - share), 1)
