"""The shelf as its page shows it: counts, sources and lists, and what the household says of them.

Titles that were asked to be ranked (`rank_events`) are hidden for good, and are no part of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from sqlalchemy import ColumnElement, Integer, Select, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.backend.domain.errors import NotFound
from app.backend.domain.title import comparable, genre_names
from app.backend.store.batches import in_batches
from app.backend.store.generations import LIBRARY, advance
from app.backend.store.rank_events import SOURCE as RANKED
from app.backend.store.session import take_turns
from app.backend.store.tables import Media

Which: TypeAlias = Literal["shown", "without_minutes", "own_minutes", "hidden"]

_MINUTES: Final = func.coalesce(Media.own_minutes, Media.duration)
_TOLD: Final = func.coalesce(Media.source_genres, Media.genres)
_IN_THE_LIBRARY: Final = (Media.source != RANKED) & Media.removed_at.is_(None)
_SHOWN: Final = _IN_THE_LIBRARY & ~Media.is_hidden
_NO_MINUTES: Final = or_(_MINUTES.is_(None), _MINUTES <= 0)
_LISTED: Final[Mapping[Which, ColumnElement[bool]]] = {
    "shown": _SHOWN,
    "without_minutes": _SHOWN & _NO_MINUTES,
    "own_minutes": _IN_THE_LIBRARY & Media.own_minutes.is_not(None),
    "hidden": _IN_THE_LIBRARY & Media.is_hidden,
}
_NAME: Final = func.lower(Media.title)


@dataclass(frozen=True, slots=True)
class ShelfCounts:
    """How many titles may be shown, and of which kinds; `hidden` and `own_minutes` beside them."""

    titles: int
    movies: int
    series: int
    without_minutes: int
    own_minutes: int
    hidden: int


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """How many titles of the library a source brought, and when one of them changed last."""

    name: str
    titles: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ShelfTitle:
    """A title as a list of the shelf has it; minutes are of one sitting."""

    media_id: int
    title: str
    kind: str
    year: int | None
    minutes: int | None
    own_minutes: int | None
    genres: tuple[str, ...]
    age_rating: str | None
    is_hidden: bool
    source: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which titles of a list are asked for: by a part of the name, by kind, after which title."""

    which: Which = "shown"
    name: str = ""
    kind: str = ""
    after: int | None = None


def read_counts(session: Session) -> ShelfCounts:
    """Count the titles of the library."""
    query = select(
        *(
            _count(which)
            for which in (
                _SHOWN,
                _SHOWN & (Media.kind != "series"),
                _SHOWN & (Media.kind == "series"),
                _LISTED["without_minutes"],
                _LISTED["own_minutes"],
                _LISTED["hidden"],
            )
        )
    )
    return ShelfCounts(*(count or 0 for count in session.execute(query).one()))


def read_sources(session: Session) -> list[SourceFacts]:
    """Read where the titles are from, the source of most of them first."""
    count = func.count(Media.id)
    query = (
        select(Media.source, count, func.max(Media.updated_at))
        .where(_IN_THE_LIBRARY)
        .group_by(Media.source)
        .order_by(count.desc(), Media.source)
    )
    return [SourceFacts(*row) for row in session.execute(query)]


def read_titles(session: Session, wanted: Wanted, limit: int) -> list[ShelfTitle]:
    """Read a page of a list, by name; after a title that is gone by now, the first page."""
    query = select(Media).where(_LISTED[wanted.which])
    if wanted.kind:
        is_series = Media.kind == "series"
        query = query.where(is_series if wanted.kind == "series" else ~is_series)
    if wanted.name.strip():
        query = query.where(_is_called(wanted.name))
    query = _after(session, query, wanted.after).order_by(_NAME, Media.id).limit(limit)
    return [_title(row) for row in session.scalars(query)]


def read_title(session: Session, media_id: int) -> ShelfTitle:
    """Read a title of the library, shown or hidden.

    Raises
    ------
    NotFound
        Where there is none of that number.
    """
    return _title(_held(session, media_id))


def read_told_genres(session: Session) -> list[str]:
    """Read the different texts of genres, as sources have them, that are told otherwise here."""
    query = select(Media.source_genres).where(Media.source_genres.is_not(None)).distinct()
    return [text for text in session.scalars(query) if text is not None]


def write_own_minutes(session: Session, media_id: int, minutes: int | None, at: datetime) -> None:
    """Keep how long a title is, as the household says; `None` leaves it to the source.

    Raises
    ------
    NotFound
        Where there is no such title.
    """
    title = _held(session, media_id)
    if title.own_minutes != minutes:
        title.own_minutes, title.updated_at = minutes, at
        session.flush()
        advance(session, LIBRARY)


def tell_genres_anew(session: Session, in_house: Callable[[str], str], at: datetime) -> int:
    """Write every title's genres as the household calls them; say how many changed."""
    take_turns(session, "library")
    session.flush()
    pairs = session.execute(
        select(_TOLD, Media.genres).where(Media.source != RANKED).group_by(_TOLD, Media.genres)
    )
    changed = {told for told, genres in pairs if in_house(told) != genres}
    rows = [
        {
            "id": media_id,
            "genres": in_house(told),
            "source_genres": None if in_house(told) == told else told,
            "updated_at": at,
        }
        for some in in_batches(sorted(changed))
        for media_id, told in session.execute(
            select(Media.id, _TOLD).where(Media.source != RANKED, _TOLD.in_(some))
        )
    ]
    if rows:
        session.execute(update(Media), rows)
        advance(session, LIBRARY)
    session.expire_all()
    return len(rows)


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0), type_=Integer)


def _is_called(name: str) -> ColumnElement[bool]:
    # The folded name stands second in `identity`: it finds what differs in the case of any letter,
    # and a renamed title under its former name.
    folded = comparable(name)
    for sign in "/%_":
        folded = folded.replace(sign, f"/{sign}")
    by_identity = Media.identity.like(f"%|%{folded}%|%", escape="/")
    return or_(by_identity, Media.title.icontains(name.strip(), autoescape=True))


def _after(session: Session, query: Select[Media], media_id: int | None) -> Select[Media]:
    if media_id is None:
        return query
    last = session.execute(select(_NAME, Media.id).where(Media.id == media_id)).one_or_none()
    return query if last is None else query.where(tuple_(_NAME, Media.id) > tuple_(*last))


def _held(session: Session, media_id: int) -> Media:
    """Find a title of the library."""
    found = session.scalar(select(Media).where(Media.id == media_id, _IN_THE_LIBRARY))
    if found is None:
        raise NotFound(f"There is no title {media_id} in the library.")
    return found


def _title(row: Media) -> ShelfTitle:
    return ShelfTitle(
        media_id=row.id,
        title=row.title,
        kind=row.kind,
        year=row.year,
        minutes=row.minutes,
        own_minutes=row.own_minutes,
        genres=genre_names(row.genres),
        age_rating=row.age_rating,
        is_hidden=row.is_hidden,
        source=row.source,
    )
