"""What a model goes by, in the words, shapes and measures of the page *Model*."""

from collections.abc import Sequence
from typing import Any, Final

from app.backend.features.genres import display_name
from app.backend.ranking.importance import Importance
from app.backend.ranking.taste import TasteTable
from app.backend.workflows.taste import RULES, Taste

# A heat map: a column of names, then cells.
NAMES_WIDTH: Final = 116
MAP_WIDTH: Final = 360
CELL_HEIGHT: Final = 24
HEAD_HEIGHT: Final = 28
# Cells stay pale enough for the page's ink to be read on them, in dark and in light.
STRONGEST: Final = 0.45
LEAST_SCALE: Final = 0.5
BARS_FROM: Final = 124
BARS_WIDTH: Final = 150
BAR_HEIGHT: Final = 30

GROUP_LABELS: Final = {
    "trust": "The rules",
    "title": "Single titles",
    "intercept": "Overall level",
    "mood": "Mood alone",
    "company": "Company alone",
    "session": "Session alone",
    "genre": "Genre",
    "mood_genre": "Mood and genre",
    "company_genre": "Company and genre",
    "length": "Length",
    "session_length": "Session and length",
    "era": "Era",
    "mood_other": "Mood and the rest",
    "text": "What it is about",
    "mood_text": "Mood and theme",
    "member": "Who it is",
    "member_genre": "Who and genre",
    "member_other": "Who and the rest",
    "member_text": "Who and theme",
}


def taste_context(taste: Taste) -> dict[str, Any]:
    """Return what the templates ask for."""
    moods, companies, sessions = taste.moods, taste.companies, taste.sessions
    means = [mean for table in (moods, companies, sessions) for line in table.mean for mean in line]
    # One scale for all maps: what matters less looks paler.
    most = max(LEAST_SCALE, *map(abs, means))
    return {
        "is_learnt": taste.version != RULES,
        "sentences": taste.sentences,
        "maps": [
            _map("mood", "By mood", "What each mood adds to each genre", moods, most),
            _map("company", "By company", "What each company adds to each genre", companies, most),
            _map("session", "By session", "What each session adds to each length", sessions, most),
        ],
        "genre_table": _numbers("Genre", moods, companies),
        "session_table": _numbers("Length", sessions),
        "importance": _importance(taste.importance),
        "titles": taste.titles,
    }


def _map(key: str, name: str, title: str, table: TasteTable, most: float) -> dict[str, Any]:
    width = (MAP_WIDTH - NAMES_WIDTH) // len(table.words)
    columns = [NAMES_WIDTH + width * at for at in range(len(table.words))]
    return {
        "key": key,
        "name": name,
        "title": f"{title}, in logits.",
        "description": " ".join(_extremes(table, row) for row in range(len(table.words))),
        "width": MAP_WIDTH,
        "height": HEAD_HEIGHT + CELL_HEIGHT * len(table.traits),
        "cell_width": width - 2,
        "cell_height": CELL_HEIGHT - 2,
        "heads": [
            {"name": word.capitalize(), "x": x + (width - 2) / 2}
            for word, x in zip(table.words, columns, strict=True)
        ],
        "rows": [
            {"name": _trait(trait), "y": HEAD_HEIGHT + CELL_HEIGHT * at}
            for at, trait in enumerate(table.traits)
        ],
        "cells": [
            {**_cell(table, row, at, most), "x": columns[row], "y": HEAD_HEIGHT + CELL_HEIGHT * at}
            for row in range(len(table.words))
            for at in range(len(table.traits))
        ],
    }


def _cell(table: TasteTable, row: int, at: int, most: float) -> dict[str, Any]:
    mean, deviation = table.mean[row][at], table.deviation[row][at]
    named = f"{table.words[row].capitalize()}, {_trait(table.traits[at])}"
    return {
        "title": f"{named}: {_signed(mean, 2)} ± {deviation:.2f}",
        "text": _signed(mean, 1),
        "is_for": mean > 0,
        "is_doubtful": abs(mean) < deviation,
        "opacity": round(STRONGEST * abs(mean) / most, 3),
    }


def _extremes(table: TasteTable, row: int) -> str:
    order = sorted(range(len(table.traits)), key=lambda at: table.mean[row][at])
    least, most = order[0], order[-1]
    return (
        f"{table.words[row].capitalize()}: most {_trait(table.traits[most])} "
        f"{_signed(table.mean[row][most], 1)}, least {_trait(table.traits[least])} "
        f"{_signed(table.mean[row][least], 1)}."
    )


def _numbers(first: str, *tables: TasteTable) -> dict[str, Any]:
    """Return tables that share their traits as one: a row for each trait."""
    return {
        "heads": [first, *(word.capitalize() for table in tables for word in table.words)],
        "rows": [
            {
                "name": _trait(trait),
                "cells": [
                    f"{_signed(means[at], 2)} ± {deviations[at]:.2f}"
                    for table in tables
                    for means, deviations in zip(table.mean, table.deviation, strict=True)
                ],
            }
            for at, trait in enumerate(tables[0].traits)
        ],
    }


def _importance(groups: Sequence[Importance]) -> dict[str, Any]:
    shown = [group for group in groups if not group.is_negligible]
    nothing = [GROUP_LABELS[group.group].lower() for group in groups if group.is_negligible]
    return {
        "height": BAR_HEIGHT * len(shown),
        "nothing": ", ".join(nothing),
        "bars": [
            {
                "name": GROUP_LABELS[group.group],
                "y": BAR_HEIGHT * at,
                "within": _percent(group.within),
                "overall": _percent(group.overall),
                "within_width": _width(group.within),
                "overall_width": _width(group.overall),
            }
            for at, group in enumerate(shown)
        ],
    }


def _trait(trait: str) -> str:
    name = display_name(trait)
    return name[0].upper() + name[1:]


def _signed(value: float, digits: int) -> str:
    """Write a number with its sign; what rounds to nothing has none."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{'+' if value > 0 else '−'}{text}"  # noqa: RUF001  # a minus as wide as the plus


def _percent(share: float) -> str:
    return f"{_signed(100 * share, 0).removeprefix('+')} %"


def _width(share: float) -> float:
    return round(BARS_WIDTH * min(max(share, 0.0), 1.0), 1)
