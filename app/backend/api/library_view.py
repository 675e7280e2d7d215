"""What the pages of the library show: titles, sources and genres in words."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from app.backend.api.source_names import source_name
from app.backend.api.tongue import Tongue
from app.backend.features.genres import CANON, display_name, normalise
from app.backend.workflows.shelf import (
    PAGE_TITLES,
    Alias,
    Overview,
    ShelfTitle,
    SourceFacts,
    Wanted,
)

# What a form says where a name says nothing about genre.
NO_GENRE: Final = "none"
MOST_UNKNOWN: Final = 40


def counts_of(found: Overview, tongue: Tongue) -> list[dict[str, Any]]:
    """Show the library in numbers, each with the page that says more, where there is one."""
    _, counts = tongue.gettext, found.counts
    rows = (
        (_("Titles"), counts.titles, ""),
        (_("Films"), counts.movies, ""),
        (_("Series"), counts.series, ""),
        (_("Without a length"), counts.without_minutes, "/library/lengths"),
        (_("Unknown genres"), len(found.unknown_genres), "/library/genres"),
        (_("Hidden"), counts.hidden, "/library/hidden"),
    )
    return [{"name": name, "count": tongue.number(n), "path": path} for name, n, path in rows]


def genre_bars(genres: Sequence[tuple[str, int]], titles: int, tongue: Tongue) -> list[Any]:
    """Show how many titles have each genre, as a share of the library in percent."""
    return [
        {
            "name": tongue.told(name),
            "count": tongue.ngettext("%(n)s title", "%(n)s titles", count)
            % {"n": tongue.number(count)},
            "share": round(100 * count / max(titles, 1)),
            "share_told": tongue.share(count / max(titles, 1)),
        }
        for name, count in genres
    ]


def title_row(title: ShelfTitle, tongue: Tongue) -> dict[str, Any]:
    """Show a title as a row of a list."""
    _ = tongue.gettext
    known = normalise(title.genres)
    genres = [tongue.told(display_name(genre)) for genre in known.known]
    return {
        "id": title.media_id,
        "title": title.title,
        "year": title.year,
        "kind_label": _("Series") if title.kind == "series" else _("Film"),
        "is_series": title.kind == "series",
        "minutes_label": minutes_label(title.minutes, title.kind, tongue),
        "own_minutes": title.own_minutes,
        "genres": [*genres, *known.unknown],
        "age_rating": title.age_rating,
        "is_hidden": title.is_hidden,
    }


def minutes_label(minutes: int | None, kind: str, tongue: Tongue) -> str:
    """Say how long one sitting is."""
    _ = tongue.gettext
    if minutes is None or minutes <= 0:
        return _("length unknown")
    if kind == "series":
        return _("about %(minutes)s min an episode") % {"minutes": minutes}
    return _("%(minutes)s min") % {"minutes": minutes}


def page_of_titles(
    found: Sequence[ShelfTitle],
    wanted: Wanted,
    path: str,
    tongue: Tongue,
    cursor: str = "after",
) -> dict[str, Any]:
    """Show a page of a list, of which one title more than fits was read.

    `cursor` is how the address calls the title after which a page begins.
    """
    shown = found[:PAGE_TITLES]
    asked = {"q": wanted.name, "kind": wanted.kind}
    kept = {name: said for name, said in asked.items() if said}
    more = {**kept, cursor: shown[-1].media_id} if len(found) > PAGE_TITLES else None
    return {
        "rows": [title_row(title, tongue) for title in shown],
        "after": wanted.after,
        "first": f"{path}?{urlencode(kept)}" if wanted.after is not None else None,
        "next": f"{path}?{urlencode(more)}" if more else None,
    }


def source_rows(sources: Sequence[SourceFacts], tongue: Tongue) -> list[dict[str, Any]]:
    """Show where the titles are from."""
    return [
        {
            "name": source_name(one.name, tongue),
            "titles": tongue.ngettext("%(n)s title", "%(n)s titles", one.titles)
            % {"n": tongue.number(one.titles)},
            "changed": tongue.gettext("last change %(moment)s")
            % {"moment": tongue.moment(one.changed_at)},
        }
        for one in sources
    ]


def unknown_rows(unknown: Sequence[tuple[str, int]], tongue: Tongue) -> list[dict[str, Any]]:
    """Show the names that nobody knows, those that most titles have."""
    return [
        {
            "name": name,
            "titles": tongue.ngettext("%(n)s title", "%(n)s titles", count)
            % {"n": tongue.number(count)},
        }
        for name, count in unknown[:MOST_UNKNOWN]
    ]


def alias_rows(aliases: Sequence[Alias], tongue: Tongue) -> list[dict[str, Any]]:
    """Show what the household calls genres."""
    return [
        {
            "key": alias.key,
            "name": alias.name,
            "genres": [tongue.told(display_name(genre)) for genre in alias.genres],
        }
        for alias in aliases
    ]


def genre_choices(tongue: Tongue) -> list[tuple[str, str]]:
    """Return Encore's own genres with their names, in the order of these."""
    named = [(genre, tongue.told(display_name(genre))) for genre in CANON]
    return sorted(named, key=lambda one: one[1].casefold())
