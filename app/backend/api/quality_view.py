"""A quality report in the words, shapes and measures of its page."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.api.messages import N_
from app.backend.api.templates import standalone
from app.backend.api.tongue import ENGLISH, Tongue
from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.features.checks import Check
from app.backend.features.drift import MOVED, SHIFTED
from app.backend.features.genres import display_name
from app.backend.features.quality import Balance, ContextCell, LabelNoise
from app.backend.workflows.quality import Elsewhere, QualityReport

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
    "genres": N_("Genres"),
    "duration": N_("Length"),
    "year": N_("Year"),
    "community_rating": N_("Community rating"),
    "mood": N_("Mood"),
    "group_size": N_("Company"),
    "session_length": N_("Session length"),
    "member": N_("Who it was"),
}
CONTEXTS: Final = {
    "funny": N_("Funny"),
    "action": N_("Action"),
    "dramatic": N_("Dramatic"),
    "relaxing": N_("Relaxing"),
    "solo": N_("Solo"),
    "couple": N_("Couple"),
    "group": N_("Group"),
    "short": N_("Short"),
    "medium": N_("Medium"),
    "binge": N_("Binge"),
}
FEATURES: Final = {
    "mood": N_("Mood"),
    "company": N_("Company"),
    "session": N_("Session"),
    "duration": N_("Length"),
    "year": N_("Year"),
    "genre": N_("Genres"),
    "verdict": N_("Verdict"),
}
SEVERITIES: Final = {"error": N_("error"), "warning": N_("warning"), "note": N_("note")}
SHIFTS: Final = {"steady": N_("steady"), "shifted": N_("shifted"), "moved": N_("moved")}


def quality_page(report: QualityReport) -> str:
    """Return a report as one HTML document that needs nothing else."""
    return standalone("quality_report.html", quality_context(report, ENGLISH))


def quality_context(report: QualityReport, tongue: Tongue) -> dict[str, Any]:
    """Return what the template of a report asks for."""
    left_out = [check for check in report.checks if check.action == "left out" and check.count]
    return {
        "rows_read": report.rows_read,
        "rows_used": report.rows_used,
        "fingerprint": report.fingerprint[:16],
        "flow": _flow(report, left_out, tongue),
        "left_out": [_told(check, tongue) for check in left_out],
        "changed": [_told(c, tongue) for c in report.checks if c.action != "left out" and c.count],
        "asked": len(report.checks),
        "balance": _percent(report.balance, tongue),
        "grid": _grid(report.coverage.contexts, tongue),
        "contexts": len(report.coverage.contexts),
        "seen_contexts": sum(cell.balance.rows > 0 for cell in report.coverage.contexts),
        "titles": report.coverage.titles,
        "rated_share": _share(
            report.coverage.titles.rated_on_the_shelf,
            report.coverage.titles.on_the_shelf,
            tongue,
        ),
        "genre_rows": _genres(report, tongue),
        "members": _members(report, tongue),
        "missing": _missing(report, tongue),
        "noise": _noise(report.coverage.noise, tongue),
        "drift": _drift(report, tongue),
        "split": report.split,
        "elsewhere": _elsewhere(report.elsewhere, tongue),
    }


def _elsewhere(elsewhere: Elsewhere, tongue: Tongue) -> dict[str, Any] | None:
    if not elsewhere.read:
        return None
    reasons = [{"count": one.count, "told": tongue.told(one.reason)} for one in elsewhere.left_out]
    return {"read": elsewhere.read, "used": elsewhere.used, "left_out": reasons}


def _told(check: Check, tongue: Tongue) -> dict[str, Any]:
    return {
        "count": check.count,
        "question": tongue.told(check.question),
        "severity": tongue.gettext(SEVERITIES[check.severity]),
        "done": tongue.told(check.done),
        "examples": ", ".join(str(example) for example in check.examples),
        "id": check.id,
    }


def _flow(report: QualityReport, left_out: Sequence[Check], tongue: Tongue) -> dict[str, Any]:
    """Return one bar: what is used, and after it each reason for which something is not."""
    used = (tongue.gettext("used"), report.rows_used)
    parts = [used, *((check.id.replace("_", " "), check.count) for check in left_out)]
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
    said = ", ".join(f"{count} {name}" for name, count in parts)
    title = tongue.gettext("Of %(rows)s rows: %(parts)s.")
    title %= {"rows": report.rows_read, "parts": said}
    return {"bars": bars, "width": WIDTH, "title": title}


def _grid(contexts: Sequence[ContextCell], tongue: Tongue) -> dict[str, Any]:
    """Return the contexts as a grid: a row for each mood, a column for company and session."""
    names = {name: tongue.gettext(label) for name, label in CONTEXTS.items()}
    most = max((cell.balance.rows for cell in contexts), default=0)
    columns = [(group, session) for group in GROUP_SIZES for session in SESSION_LENGTHS]
    cells = [
        {
            "x": NAMES_WIDTH + CELL_WIDTH * columns.index((cell.group_size, cell.session_length)),
            "y": HEAD_HEIGHT + CELL_HEIGHT * MOODS.index(cell.mood),
            "count": cell.balance.rows,
            "opacity": _strength(cell.balance.rows, most),
            "is_strong": _strength(cell.balance.rows, most) > 0.55,
            "title": _cell_title(cell, names, tongue),
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
            {"name": names[mood], "y": HEAD_HEIGHT + CELL_HEIGHT * at}
            for at, mood in enumerate(MOODS)
        ],
        "groups": [
            {"name": names[group], "x": NAMES_WIDTH + CELL_WIDTH * 3 * at}
            for at, group in enumerate(GROUP_SIZES)
        ],
        "sessions": [
            {"name": names[session][0], "x": NAMES_WIDTH + CELL_WIDTH * at}
            for at, (_, session) in enumerate(columns)
        ],
    }


def _strength(rows: int, most: int) -> float:
    if not rows:
        return 0.0
    return round(FAINTEST + (1 - FAINTEST) * math.sqrt(rows / most), 2)


def _cell_title(cell: ContextCell, names: Mapping[str, str], tongue: Tongue) -> str:
    parts = (cell.mood, cell.group_size, cell.session_length)
    return tongue.gettext("%(context)s: %(rows)s rated, %(share)s liked") % {
        "context": ", ".join(names[part] for part in parts),
        "rows": cell.balance.rows,
        "share": _percent(cell.balance, tongue),
    }


def _genres(report: QualityReport, tongue: Tongue) -> dict[str, Any]:
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
                "name": tongue.told(display_name(genre.genre)),
                "y": 30 * at,
                "shelf": _share(genre.titles, shelf, tongue),
                "rated": _share(genre.balance.rows, rows, tongue),
                "shelf_width": round(BARS_WIDTH * genre.titles / max(shelf, 1), 1),
                "rated_width": round(BARS_WIDTH * genre.balance.rows / max(rows, 1), 1),
            }
            for at, genre in enumerate(shown)
        ],
    }


def _members(report: QualityReport, tongue: Tongue) -> list[dict[str, Any]]:
    _ = tongue.gettext
    return [
        {
            "name": report.member_names.get(
                member.member_id, _("Member %(number)s") % {"number": member.member_id}
            )
            if member.member_id
            else _("Nobody named"),
            "told": _("%(rows)s rated, %(share)s liked")
            % {"rows": member.balance.rows, "share": _percent(member.balance, tongue)},
        }
        for member in report.coverage.members
    ]


def _missing(report: QualityReport, tongue: Tongue) -> list[dict[str, Any]]:
    return [
        {
            "name": tongue.gettext(COLUMNS[missing.column]),
            "titles": missing.titles,
            "rows": missing.rows,
            "share": _share(missing.rows, report.rows_used, tongue),
        }
        for missing in report.coverage.missing
    ]


def _noise(noise: LabelNoise, tongue: Tongue) -> str:
    _ = tongue.gettext
    if not noise.repeated:
        return _("No title was rated twice in one context, so nothing can contradict itself.")
    told = tongue.ngettext(
        "Once one title was rated again by the same member in the same context.",
        "%(n)s times one title was rated again by the same member in the same context.",
        noise.repeated,
    ) % {"n": noise.repeated}
    if not noise.contradictory:
        return f"{told} {_('The verdicts agree.')}"
    contradictory = tongue.ngettext(
        "In one of these cases the verdicts contradict each other.",
        "In %(n)s of these cases the verdicts contradict each other.",
        noise.contradictory,
    ) % {"n": noise.contradictory}
    bound = _("So %(against)s of those %(rows)s verdicts no model can get right.")
    bound %= {"against": noise.rows_against, "rows": noise.rows}
    return f"{told} {contradictory} {bound}"


def _drift(report: QualityReport, tongue: Tongue) -> dict[str, Any]:
    """Return a bar for each feature, on a scale that ends beyond what calls for training."""
    scale = BARS_WIDTH / (2 * MOVED)
    return {
        "sentence": tongue.told(report.drift.sentence),
        "height": 28 * len(report.drift.shifts),
        "marks": [{"x": BARS_FROM + round(scale * at), "name": at} for at in (SHIFTED, MOVED)],
        "bars": [
            {
                "name": tongue.gettext(FEATURES[shift.feature]),
                "index": tongue.number(shift.index, 2),
                "is_steady": shift.verdict == "steady",
                "verdict": tongue.gettext(SHIFTS[shift.verdict]),
                "y": 28 * at,
                "width": round(min(scale * shift.index, BARS_WIDTH), 1),
            }
            for at, shift in enumerate(report.drift.shifts)
        ],
    }


def _percent(balance: Balance, tongue: Tongue) -> str:
    return tongue.gettext("none") if balance.share is None else tongue.share(balance.share)


def _share(part: int, whole: int, tongue: Tongue) -> str:
    return tongue.share(part / max(whole, 1))
