"""Interactions as a table of Encore's own form; columns it does not know are contexts."""

import re
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from app.backend.domain.dataset import HIGHEST_RATING, Coded, Interactions
from app.backend.domain.errors import SourceMalformed
from app.backend.domain.progress import Progress
from app.backend.sources.fields import clean, shown
from app.backend.sources.judgements import MOST_CONTEXT_WORDS, Judgements, understood
from app.backend.sources.text_table import (
    Header,
    guessed_header,
    named_once,
    read_table,
)

# What each column may be called, best name first, as `column_name` has it.
NAMES: Final = {
    "member": ("member", "user_id", "userid", "user", "member_id"),
    "title_id": ("title_id", "titleid", "item_id", "itemid", "item", "movie_id", "movieid"),
    "rating": ("rating",),
    "would_watch_again": ("would_watch_again",),
    "shown_at": ("shown_at", "timestamp"),
}
REQUIRED: Final = ("member", "title_id")
RATING: Final = "rating"
# What a title is belongs into the file of titles; it says nothing of the evening.
OF_TITLES: Final = frozenset(
    ("title", "kind", "year", "minutes", "genres", "community_rating")
) | frozenset(("overview", "keywords", "directors", "cast"))


def read_interactions_csv(path: Path, progress: Progress) -> Interactions:
    """Read interactions.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no such file, or it is no table with the required columns.
    """
    return _read(path, (*REQUIRED, RATING), progress)


def read_requests_csv(path: Path, progress: Progress) -> Interactions:
    """Read who asks about which title in which context; whatever verdicts there are are not read.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no such file, or it is no table with the required columns.
    """
    return _read(path, REQUIRED, progress)


def _read(path: Path, required: tuple[str, ...], progress: Progress) -> Interactions:
    table = read_table(path, partial(_header, required), _most_words, progress)
    names = table.header.names
    places = {role: place for role, place in _places(names).items() if place is not None}
    column: dict[str, Coded] = {}
    for role, place in places.items():
        found = table.columns[place]
        if found is not None:
            column[role] = found
    used = set(places.values())
    others = [at for at, name in enumerate(names) if at not in used and name]
    ignored = tuple(names[at] for at in others if names[at] in OF_TITLES)
    contexts = {names[at]: table.columns[at] for at in others if names[at] not in OF_TITLES}
    is_judged = RATING in required
    unjudged = Coded((str(HIGHEST_RATING),), np.zeros(len(table.line), dtype=np.int64))
    said = Judgements(
        line=table.line,
        member=column["member"],
        title=column["title_id"],
        rating=column[RATING] if is_judged else unjudged,
        again=column.get("would_watch_again") if is_judged else None,
        shown_at=column.get("shown_at"),
        contexts=contexts,
        broken=table.broken,
        ignored_columns=ignored,
    )
    return understood(said, str(path))


def column_name(name: str) -> str:
    """Return a column's name without case, and with `_` where it has a space.

    Examples
    --------
    >>> column_name(" Title ID ")
    'title_id'
    """
    return re.sub(r"[\s_]+", "_", clean(name, 100).casefold())


def _places(names: tuple[str, ...]) -> dict[str, int | None]:
    return {
        role: next((names.index(name) for name in called if name in names), None)
        for role, called in NAMES.items()
    }


def _header(required: tuple[str, ...], text: str, path: str, line: int) -> Header:
    def score(names: tuple[str, ...]) -> int:
        places = _places(tuple(map(column_name, names)))
        return sum(place is not None for place in places.values())

    guessed = guessed_header(text, line, score)
    names = tuple(map(column_name, guessed.names))
    places = _places(names)
    missing = [role for role in required if places[role] is None]
    if missing:
        raise SourceMalformed(
            f"{path} has no column {' and no column '.join(map(repr, missing))}; its first line "
            f"must name the columns {', '.join(required[:-1])} and {required[-1]}, but it is "
            f"{shown(text)}."
        )
    named_once(names, path)
    return Header(names, guessed.delimiter, line)


def _most_words(name: str) -> int | None:
    if name in OF_TITLES or not name:
        return 0
    read = {one for called in NAMES.values() for one in called}
    return None if name in read else 4 * MOST_CONTEXT_WORDS
