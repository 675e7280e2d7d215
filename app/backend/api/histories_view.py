"""What the pages of histories show: what was brought, what was not found, what people said."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from app.backend.api.pick_view import kind_label
from app.backend.api.source_names import source_name
from app.backend.api.tongue import Tongue
from app.backend.workflows.histories import Decision, HistoryFacts, ImportedEntry, KnownTitle
from app.backend.workflows.shelf import ShelfTitle

PAGE_ENTRIES: Final = 20
MOST_GUESSES: Final = 5
# What a form says where an entry means none of the household's titles.
NOTHING: Final = "none"


def facts_rows(found: Sequence[HistoryFacts], tongue: Tongue) -> list[dict[str, Any]]:
    """Show how much was brought from where, and for whom."""
    return [
        {
            "source": source_name(one.source, tongue),
            "member": one.member,
            "entries": tongue.number(one.entries),
            "matched": tongue.number(one.matched),
            "unmatched": tongue.number(one.unmatched),
            "set_aside": tongue.number(one.set_aside),
        }
        for one in found
    ]


def entry_row(entry: ImportedEntry, tongue: Tongue) -> dict[str, Any]:
    """Show an entry: which title it tells of, and what was said of that."""
    stars = None if entry.rating is None else tongue.gettext("%(stars)s of 5")
    return {
        "id": entry.id,
        "title": entry.title,
        "year": entry.year,
        "kind_label": kind_label(entry.kind, tongue) if entry.kind else None,
        "source": source_name(entry.source, tongue),
        "member": entry.member,
        "stars": None if stars is None else stars % {"stars": entry.rating},
        "at": entry.at,
    }


def unmatched_rows(
    entries: Sequence[ImportedEntry], guesses: Sequence[Sequence[KnownTitle]], tongue: Tongue
) -> list[dict[str, Any]]:
    """Show entries of which nobody knows the title, each with those that it could mean."""
    return [
        {**entry_row(entry, tongue), "guesses": [guess_row(one, tongue) for one in found]}
        for entry, found in zip(entries, guesses, strict=True)
    ]


def decision_rows(found: Sequence[Decision], tongue: Tongue) -> list[dict[str, Any]]:
    """Show what somebody said that entries mean; no title: none of the household's."""
    return [
        {**entry_row(one.entry, tongue), "means": one.title, "means_year": one.year}
        for one in found
    ]


def guess_row(title: KnownTitle | ShelfTitle, tongue: Tongue) -> dict[str, Any]:
    """Show a title that an entry could mean; one that left the shelf was watched all the same."""
    year = "" if title.year is None else f" ({title.year})"
    return {
        "id": title.media_id,
        "name": f"{title.title}{year}",
        "kind_label": kind_label(title.kind, tongue),
        "is_removed": isinstance(title, KnownTitle) and title.is_removed,
    }


def pages_of(
    path: str, found: Sequence[int], asked: Mapping[str, int], name: str
) -> dict[str, Any]:
    """Return where the next page of a list begins, of which one more than fits was read.

    Parameters
    ----------
    path : str
    found : sequence of int
        The ids that were read.
    asked : mapping of str to int
        The ids after which the lists of the page begin.
    name : str
        Which of them this list is.
    """
    kept = {other: after for other, after in asked.items() if after and other != name}
    more = {**kept, name: found[PAGE_ENTRIES - 1]} if len(found) > PAGE_ENTRIES else None
    return {
        "first": f"{path}?{urlencode(kept)}".rstrip("?") if asked.get(name) else None,
        "next": None if more is None else f"{path}?{urlencode(more)}",
    }
