"""The shelf: what there is to choose from, and what the household says of it itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import InvalidInput
from app.backend.domain.title import LONGEST_MINUTES
from app.backend.features.genres import (
    CANON,
    display_name,
    in_house,
    name_key,
    normalise,
    split_names,
    stored_text,
)
from app.backend.store import genre_aliases, reads, shelf
from app.backend.store.session import ReadSession, WriteSession
from app.backend.store.shelf import ShelfCounts, ShelfTitle, SourceFacts, Wanted
from app.backend.workflows import signals

__all__ = ["ShelfCounts", "ShelfTitle", "SourceFacts", "Wanted"]

PAGE_TITLES: Final = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """The library in numbers: its titles, their genres by how many have them, and its sources."""

    counts: ShelfCounts
    genres: tuple[tuple[str, int], ...]
    unknown_genres: tuple[tuple[str, int], ...]
    sources: tuple[SourceFacts, ...]


@dataclass(frozen=True, slots=True)
class Alias:
    """What the household calls a genre: `genres` are canonical, and none where it is no genre."""

    key: str
    name: str
    genres: tuple[str, ...]


def overview(session: ReadSession) -> Overview:
    """Return the library in numbers."""
    known: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for text, count in sorted(reads.read_genre_texts(session).items()):
        genres = normalise(split_names(text))
        for name in genres.known:
            known[name] += count
        for name in genres.unknown:
            unknown[spelt.setdefault(name_key(name), name)] += count
    return Overview(
        counts=shelf.read_counts(session),
        genres=tuple((display_name(genre), count) for genre, count in known.most_common()),
        unknown_genres=tuple(unknown.most_common()),
        sources=tuple(sources(session)),
    )


def sources(session: ReadSession) -> list[SourceFacts]:
    """Return where the titles are from, the source of most of them first."""
    return shelf.read_sources(session)


def titles(session: ReadSession, wanted: Wanted) -> list[ShelfTitle]:
    """Return a page of a list, and one title more where there is a next page."""
    return shelf.read_titles(session, wanted, PAGE_TITLES + 1)


def aliases(session: ReadSession) -> list[Alias]:
    """Return what the household calls genres, each name as a source spells it."""
    spelt: dict[str, str] = {}
    for text in shelf.read_told_genres(session):
        for name in normalise(split_names(text)).unknown:
            spelt.setdefault(name_key(name), name)
    found = known_aliases(session)
    return [Alias(key, spelt.get(key, key), genres) for key, genres in found.items()]


def assign_genres(
    session: WriteSession, assigned: Mapping[str, Sequence[str]], clock: Clock
) -> int:
    """Say what names stand for, and write it into every title that has them; say into how many.

    Parameters
    ----------
    session : WriteSession
    assigned : mapping of str to sequence of str
        Canonical genres by the name that nobody knows; none where it says nothing about genre.
    clock : Clock

    Raises
    ------
    InvalidInput
        Where a name says nothing, is known anyway, or what it stands for is no genre of Encore's.
    """
    for name, genres in assigned.items():
        _insist_on_unknown(name)
        if foreign := sorted(set(genres) - set(CANON)):
            raise InvalidInput(f"{foreign[0]!r} is none of Encore's genres; choose from the list.")
        text = stored_text(display_name(genre) for genre in genres)
        genre_aliases.write_alias(session, name_key(name), text, clock())
    return _tell_anew(session, clock)


def forget_genre(session: WriteSession, key: str, clock: Clock) -> int:
    """Take back what a name stands for; its titles have the name again. Say how many they are."""
    if not genre_aliases.remove_alias(session, key):
        return 0
    return _tell_anew(session, clock)


def known_aliases(session: ReadSession | WriteSession) -> dict[str, tuple[str, ...]]:
    """Return which canonical genres names stand for here, by `name_key`."""
    found = genre_aliases.read_aliases(session)
    return {key: normalise(split_names(genres)).known for key, genres in found.items()}


def set_minutes(session: WriteSession, minutes: Mapping[int, int | None], clock: Clock) -> None:
    """Say how long titles are, by their numbers; `None` leaves one to its source.

    Raises
    ------
    InvalidInput
        Where a length cannot be.
    NotFound
        Where there is no such title.
    """
    at = clock()
    for media_id, length in minutes.items():
        if length is not None and not 1 <= length <= LONGEST_MINUTES:
            raise InvalidInput(
                f"A length is a whole number of minutes from 1 to {LONGEST_MINUTES}."
            )
        shelf.write_own_minutes(session, media_id, length, at)


def hide(session: WriteSession, media_id: int, clock: Clock) -> None:
    """Hide a title of the library until it is shown again.

    Raises
    ------
    NotFound
        Where there is no such title: what was asked to be ranked is none.
    """
    signals.hide(session, shelf.read_title(session, media_id).media_id, clock)


def show_again(session: WriteSession, media_id: int, clock: Clock) -> None:
    """Show a title of the library that was hidden.

    Raises
    ------
    NotFound
        Where there is no such title: what was asked to be ranked is none.
    """
    signals.show_again(session, shelf.read_title(session, media_id).media_id, clock)


def _insist_on_unknown(name: str) -> None:
    names = normalise(split_names(name))
    if names.known or len(names.unknown) != 1:
        raise InvalidInput(f"{name!r} is not one name that Encore does not know; reload the page.")


def _tell_anew(session: WriteSession, clock: Clock) -> int:
    aliases = known_aliases(session)
    return shelf.tell_genres_anew(session, partial(in_house, aliases=aliases), clock())
