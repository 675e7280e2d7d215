"""A quality report in the words, shapes and measures of its page."""

import math
from collections.abc import Sequence
from typing import Any, Final

from app.backend.api.templates import standalone
from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.features.checks import Check
from app.backend.features.drift import MOVED, SHIFTED
from app.backend.features.genres import display_name
from app.backend.features.quality import Balance, ContextCell, LabelNoise
from app.backend.workflows.quality import QualityReport

WIDTH: Final = 360
# The grid of contexts: a column of names, then cells.
NAMES_WIDTH: Final = 72
CELL_WIDTH: Final = 32
CELL_HEIGHT: Final = 30
HEAD_HEIGHT: Final = 40
FAINTEST: Final = 0.12
MOST_GENRES: Final = 12
BARS_FROM: Final = 96
BARS_WIDTH: Final = 200

COLUMNS: Final = {
    "genres": "Genres",
    "duration": "Length",
    "year": "Year",
    "community_rating": "Community rating",
    "mood": "Mood",
    "group_size": "Company",
    "session_length": "Session length",
    "member": "Who it was",
}


def quality_page(report: QualityReport) -> str:
    """Return a report as one HTML document that needs nothing else."""
    return standalone("quality_report.html", quality_context(report))


def quality_context(report: QualityReport) -> dict[str, Any]:
    """Return what the template of a report asks for."""
    left_out = [check for check in report.checks if check.action == "left out" and check.count]
    return {
        "rows_read": report.rows_read,
        "rows_used": report.rows_used,
        "fingerprint": report.fingerprint[:16],
        "flow": _flow(report, left_out),
        "left_out": [_told(check) for check in left_out],
        "changed": [_told(c) for c in report.checks if c.action != "left out" and c.count],
        "asked": len(report.checks),
        "balance": _percent(report.balance),
        "grid": _grid(report.coverage.contexts),
        "seen_contexts": sum(cell.balance.rows > 0 for cell in report.coverage.contexts),
        "titles": report.coverage.titles,
        "rated_share": _share(
            report.coverage.titles.rated_on_the_shelf, report.coverage.titles.on_the_shelf
        ),
        "genre_rows": _genres(report),
        "members": _members(report),
        "missing": _missing(report),
        "noise": _noise(report.coverage.noise),
        "drift": _drift(report),
        "split": report.split,
    }


def _told(check: Check) -> dict[str, Any]:
    return {
        "count": check.count,
        "question": check.question,
        "severity": check.severity,
        "done": check.done,
        "examples": ", ".join(str(example) for example in check.examples),
        "id": check.id,
    }


def _flow(report: QualityReport, left_out: Sequence[Check]) -> dict[str, Any]:
    """Return one bar: what is used, and after it each reason for which something is not."""
    parts = [("used", report.rows_used), *((check.id, check.count) for check in left_out)]
    scale = WIDTH / max(report.rows_read, 1)
    bars, start = [], 0.0
    for number, (name, count) in enumerate(parts):
        width = count * scale
        opacity = 1.0 if not number else max(0.25, 0.9 - 0.2 * (number - 1))
        bars.append(
            {"name": name, "count": count, "x": round(start, 2), "width": round(width, 2)}
            | {"opacity": round(opacity, 2), "is_used": not number}
        )
        start += width
    said = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in parts)
    return {"bars": bars, "width": WIDTH, "title": f"Of {report.rows_read} rows: {said}."}


def _grid(contexts: Sequence[ContextCell]) -> dict[str, Any]:
    """Return the 36 contexts as a grid: a row for each mood, a column for company and session."""
    most = max((cell.balance.rows for cell in contexts), default=0)
    columns = [(group, session) for group in GROUP_SIZES for session in SESSION_LENGTHS]
    cells = [
        {
            "x": NAMES_WIDTH + CELL_WIDTH * columns.index((cell.group_size, cell.session_length)),
            "y": HEAD_HEIGHT + CELL_HEIGHT * MOODS.index(cell.mood),
            "count": cell.balance.rows,
            "opacity": _strength(cell.balance.rows, most),
            "is_strong": _strength(cell.balance.rows, most) > 0.55,
            "title": _cell_title(cell),
        }
        for cell in contexts
    ]
    return {
        "cells": cells,
        "cell_width": CELL_WIDTH - 2,
        "cell_height": CELL_HEIGHT - 2,
        "width": NAMES_WIDTH + CELL_WIDTH * len(columns),
        "height": HEAD_HEIGHT + CELL_HEIGHT * len(MOODS),
        "rows": [
            {"name": mood.capitalize(), "y": HEAD_HEIGHT + CELL_HEIGHT * at}
            for at, mood in enumerate(MOODS)
        ],
        "groups": [
            {"name": group.capitalize(), "x": NAMES_WIDTH + CELL_WIDTH * 3 * at}
            for at, group in enumerate(GROUP_SIZES)
        ],
        "sessions": [
            {"name": session[0].upper(), "x": NAMES_WIDTH + CELL_WIDTH * at}
            for at, (_, session) in enumerate(columns)
        ],
    }


def _strength(rows: int, most: int) -> float:
    if not rows:
        return 0.0
    return round(FAINTEST + (1 - FAINTEST) * math.sqrt(rows / most), 2)


def _cell_title(cell: ContextCell) -> str:
    said = f"{cell.mood}, {cell.group_size}, {cell.session_length}"
    return f"{said}: {cell.balance.rows} rated, {_percent(cell.balance)} liked"


def _genres(report: QualityReport) -> dict[str, Any]:
    """Return each genre's share of the shelf beside its share of what was rated."""
    shelf, rows = report.coverage.titles.on_the_shelf, report.rows_used
    found = [genre for genre in report.coverage.genres if genre.titles or genre.balance.rows]
    found.sort(key=lambda genre: (-genre.titles, genre.genre))
    shown = found[:MOST_GENRES]
    return {
        "height": 30 * len(shown),
        "more": len(found) - len(shown),
        "bars": [
            {
                "name": display_name(genre.genre),
                "y": 30 * at,
                "shelf": _share(genre.titles, shelf),
                "rated": _share(genre.balance.rows, rows),
                "shelf_width": round(BARS_WIDTH * genre.titles / max(shelf, 1), 1),
                "rated_width": round(BARS_WIDTH * genre.balance.rows / max(rows, 1), 1),
            }
            for at, genre in enumerate(shown)
        ],
    }


def _members(report: QualityReport) -> list[dict[str, Any]]:
    return [
        {
            "name": report.member_names.get(member.member_id, f"Member {member.member_id}")
            if member.member_id
            else "Nobody named",
            "rows": member.balance.rows,
            "liked": _percent(member.balance),
        }
        for member in report.coverage.members
    ]


def _missing(report: QualityReport) -> list[dict[str, Any]]:
    return [
        {
            "name": COLUMNS[missing.column],
            "titles": missing.titles,
            "rows": missing.rows,
            "share": _share(missing.rows, report.rows_used),
        }
        for missing in report.coverage.missing
    ]


def _noise(noise: LabelNoise) -> str:
    if not noise.repeated:
        return "No title was rated twice in one context, so nothing can contradict itself."
    times = "Once" if noise.repeated == 1 else f"{noise.repeated} times"
    told = f"{times} one title was rated again by the same member in the same context"
    if not noise.contradictory:
        return f"{told}, and the verdicts agree."
    return (
        f"{told}; in {noise.contradictory} of these cases the verdicts contradict each other. "
        f"So {noise.rows_against} of those {noise.rows} verdicts no model can get right."
    )


def _drift(report: QualityReport) -> dict[str, Any]:
    """Return a bar for each feature, on a scale that ends beyond what calls for training."""
    scale = BARS_WIDTH / (2 * MOVED)
    return {
        "sentence": report.drift.sentence,
        "height": 28 * len(report.drift.shifts),
        "marks": [{"x": BARS_FROM + round(scale * at), "name": at} for at in (SHIFTED, MOVED)],
        "bars": [
            {
                "name": shift.feature.capitalize(),
                "index": f"{shift.index:.2f}",
                "verdict": shift.verdict,
                "y": 28 * at,
                "width": round(min(scale * shift.index, BARS_WIDTH), 1),
            }
            for at, shift in enumerate(report.drift.shifts)
        ],
    }


def _percent(balance: Balance) -> str:
    return "none" if balance.share is None else f"{balance.share:.0%}"


def _share(part: int, whole: int) -> int:
    return round(100 * part / max(whole, 1))
