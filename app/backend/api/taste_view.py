"""What a model goes by, in the words, shapes and measures of the page *Model*."""

from collections.abc import Sequence
from typing import Any, Final

from app.backend.api.choices_view import label
from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue
from app.backend.features.genres import display_name
from app.backend.ranking.importance import Importance
from app.backend.ranking.taste import EVERY_TITLE, TasteTable
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
    "trust": N_("The rules"),
    "title": N_("Single titles"),
    "intercept": N_("Overall level"),
    "mood": N_("Mood alone"),
    "company": N_("Company alone"),
    "session": N_("Session alone"),
    "genre": N_("Genre"),
    "mood_genre": N_("Mood and genre"),
    "company_genre": N_("Company and genre"),
    "length": N_("Length"),
    "session_length": N_("Session and length"),
    "era": N_("Era"),
    "mood_other": N_("Mood and the rest"),
    "text": N_("What it is about"),
    "mood_text": N_("Mood and theme"),
    "member": N_("Who it is"),
    "member_genre": N_("Who and genre"),
    "member_other": N_("Who and the rest"),
    "member_text": N_("Who and theme"),
}


def taste_context(taste: Taste, tongue: Tongue) -> dict[str, Any]:
    """Return what the templates ask for."""
    return {
        "is_learnt": taste.version != RULES,
        "sentences": [tongue.told(sentence) for sentence in taste.sentences],
        "maps": _maps(taste, tongue),
        "genre_table": _numbers(tongue.gettext("Genre"), (taste.moods, taste.companies), tongue),
        "session_table": _numbers(tongue.gettext("Length"), (taste.sessions,), tongue),
        "importance": _importance(taste.importance, tongue),
        "titles": taste.titles,
    }


def _maps(taste: Taste, tongue: Tongue) -> list[dict[str, Any]]:
    tables = {"mood": taste.moods, "company": taste.companies, "session": taste.sessions}
    _ = tongue.gettext
    named = {
        "mood": (_("By mood"), _("What each mood adds to each genre, in logits.")),
        "company": (_("By company"), _("What each company adds to each genre, in logits.")),
        "session": (_("By session"), _("What each session adds to each length, in logits.")),
    }
    means = [abs(m) for table in tables.values() for line in table.mean for m in line]
    # One scale for all maps: what matters less looks paler.
    most = max(LEAST_SCALE, *means)
    return [
        {"key": key, "name": named[key][0], "title": named[key][1], **_map(table, most, tongue)}
        for key, table in tables.items()
    ]


def _map(table: TasteTable, most: float, tongue: Tongue) -> dict[str, Any]:
    width = (MAP_WIDTH - NAMES_WIDTH) // len(table.words)
    columns = [NAMES_WIDTH + width * at for at in range(len(table.words))]
    words = [label(word, tongue) for word in table.words]
    traits = [_trait(trait, tongue) for trait in table.traits]
    return {
        "description": " ".join(
            _extremes(word, traits, table.mean[row], tongue) for row, word in enumerate(words)
        ),
        "width": MAP_WIDTH,
        "height": HEAD_HEIGHT + CELL_HEIGHT * len(traits),
        "cell_width": width - 2,
        "cell_height": CELL_HEIGHT - 2,
        "heads": [
            {"name": word, "x": x + (width - 2) / 2} for word, x in zip(words, columns, strict=True)
        ],
        "rows": [
            {"name": trait, "y": HEAD_HEIGHT + CELL_HEIGHT * at} for at, trait in enumerate(traits)
        ],
        "cells": [
            {
                **_cell(table.mean[row][at], table.deviation[row][at], most, tongue),
                "name": f"{words[row]}, {traits[at]}",
                "x": columns[row],
                "y": HEAD_HEIGHT + CELL_HEIGHT * at,
            }
            for row in range(len(words))
            for at in range(len(traits))
        ],
    }


def _cell(mean: float, deviation: float, most: float, tongue: Tongue) -> dict[str, Any]:
    return {
        "value": _uncertain(mean, deviation, tongue),
        "text": _signed(mean, 1, tongue),
        "is_for": mean > 0,
        "is_doubtful": abs(mean) < deviation,
        "opacity": round(STRONGEST * abs(mean) / most, 3),
    }


def _extremes(word: str, traits: Sequence[str], means: Sequence[float], tongue: Tongue) -> str:
    order = sorted(range(len(traits)), key=lambda at: means[at])
    least, most = order[0], order[-1]
    return tongue.gettext("%(word)s: most %(most)s %(up)s, least %(least)s %(down)s.") % {
        "word": word,
        "most": traits[most],
        "up": _signed(means[most], 1, tongue),
        "least": traits[least],
        "down": _signed(means[least], 1, tongue),
    }


def _numbers(first: str, tables: Sequence[TasteTable], tongue: Tongue) -> dict[str, Any]:
    """Return tables that share their traits as one: a row for each trait."""
    return {
        "heads": [first, *(label(word, tongue) for table in tables for word in table.words)],
        "rows": [
            {
                "name": _trait(trait, tongue),
                "cells": [
                    _uncertain(means[at], deviations[at], tongue)
                    for table in tables
                    for means, deviations in zip(table.mean, table.deviation, strict=True)
                ],
            }
            for at, trait in enumerate(tables[0].traits)
        ],
    }


def _importance(groups: Sequence[Importance], tongue: Tongue) -> dict[str, Any]:
    shown = [group for group in groups if not group.is_negligible]
    nothing = [group.group for group in groups if group.is_negligible]
    return {
        "height": BAR_HEIGHT * len(shown),
        "nothing": [tongue.gettext(GROUP_LABELS[name]) for name in nothing],
        "bars": [
            {
                "name": tongue.gettext(GROUP_LABELS[group.group]),
                "y": BAR_HEIGHT * at,
                "within": tongue.share(_none_below(group.within)),
                "overall": tongue.share(_none_below(group.overall)),
                "within_width": _width(group.within),
                "overall_width": _width(group.overall),
            }
            for at, group in enumerate(shown)
        ],
    }


def _trait(trait: str, tongue: Tongue) -> str:
    """Name what a column is about: any title, a length, or a genre."""
    _ = tongue.gettext
    kind, is_length, rest = trait.partition(" of ")
    if trait == EVERY_TITLE:
        return _("Any title")
    if is_length:
        minutes = {"minutes": rest.partition(" ")[0]}
        if kind == "film":
            return _("Film of %(minutes)s min") % minutes
        return _("Episode of %(minutes)s min") % minutes
    return _(display_name(trait))


def _uncertain(mean: float, deviation: float, tongue: Tongue) -> str:
    return f"{_signed(mean, 2, tongue)} ± {tongue.number(deviation, 2)}"


def _signed(value: float, digits: int, tongue: Tongue) -> str:
    """Write a number with its sign; what rounds to nothing has none."""
    text = tongue.number(abs(value), digits)
    if not round(abs(value), digits):
        return text
    return f"{'+' if value > 0 else '−'}{text}"  # noqa: RUF001  # a minus as wide as the plus


def _none_below(share: float) -> float:
    """Return a share as it is told: one that rounds to nothing has no sign."""
    return share if round(100 * share) else 0.0


def _width(share: float) -> float:
    return round(BARS_WIDTH * min(max(share, 0.0), 1.0), 1)
