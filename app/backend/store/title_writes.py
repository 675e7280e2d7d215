"""Writes titles as sources tell them, a batch at a time; whoever opened the session commits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from app.backend.domain.evidence import DEMO
from app.backend.domain.title import ImportCounts, TitleRecord, joined_names
from app.backend.store.generations import LIBRARY, advance
from app.backend.store.session import take_turns
from app.backend.store.source_tables import SourceItemRow, TitleId
from app.backend.store.tables import Media

LONGEST_KEY: Final = 400
LONGEST_ID: Final = 240
# Ids that mean the same title whoever says them.
SHARED: Final = ("imdb:", "tmdb:", "tvdb:")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filing:
    """How the titles of one source are filed, all through one reading of it.

    Attributes
    ----------
    source : str
        The word under which they are kept.
    at : datetime
    in_house : callable
        Says genres as the household calls them; what the source says is kept beside.
    source_id : int or None
        The media server, where it is one: its items are found again by its own ids.
    touched : set of int
        Titles that this reading brought already: the same one again is a copy.
    """

    source: str
    at: datetime
    in_house: Callable[[str], str] = str
    source_id: int | None = None
    touched: set[int] = field(default_factory=set)


def write_titles(
    session: Session, filing: Filing, batch: Sequence[tuple[TitleRecord, str]], counts: ImportCounts
) -> list[int]:
    """Add or update a batch of titles, each with the text of its genres, and count what was done.

    A title is found by the server's item, by the source's own key, by an id that all share, or else
    by kind, name and year among the titles of other sources: two ways to the same shelf do not make
    two titles of it.

    Returns
    -------
    list of int
        The id of each title, in the order of the batch; copies have that of the first.
    """
    take_turns(session, "library")
    known = _Known.read(session, filing, [record for record, _ in batch])
    added, changed, ids = list[Row](), list[Row](), list[int | _New]()
    for record, genres in batch:
        values = _values(record, genres, filing.in_house(genres))
        found = known.find(record)
        if found is None:
            ids.append(known.expect(record, len(added)))
            added.append(_new(record, filing, values))
            counts.added += 1
        elif isinstance(found, _New) or found["id"] in filing.touched:
            ids.append(found if isinstance(found, _New) else found["id"])
            counts.duplicates += 1
        else:
            ids.append(found["id"])
            filing.touched.add(found["id"])
            values |= known.moved_key(record, found)
            if found["removed_at"] is None and all(found[k] == v for k, v in values.items()):
                counts.unchanged += 1
            else:
                changed.append(
                    {"id": found["id"], **values, "removed_at": None, "updated_at": filing.at}
                )
                counts.updated += 1
    media_ids = _written(session, added, changed, ids)
    filing.touched.update(media_ids)
    _write_ids(session, filing, batch, media_ids)
    advance(session, LIBRARY)
    return media_ids


class _New(int):
    """The place of a title among those that are being added."""


@dataclass(slots=True)
class _Known:
    """The titles that a batch may speak of."""

    filing: Filing
    by_item: Mapping[str, Row]
    by_key: Mapping[str, Row]
    by_id: Mapping[str, Row]
    by_identity: dict[str, Row]
    coming: dict[str, _New] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, filing: Filing, records: Sequence[TitleRecord]) -> "_Known":
        """Read what the database holds of a batch's titles."""
        keys = [_key(record) for record in records]
        own = _rows(session, Media.source == filing.source, Media.source_key.in_(keys))
        elsewhere = Media.source.not_in([filing.source, DEMO])
        alike = _rows(
            session, elsewhere, Media.identity.in_([one.identity[:LONGEST_KEY] for one in records])
        )
        shared = [key for record in records for key in shared_ids(record)]
        by_id = session.execute(
            select(TitleId.key, *_COLUMNS)
            .join(Media, Media.id == TitleId.media_id)
            .where(TitleId.key.in_(shared), Media.source != DEMO)
            .order_by(Media.id.desc())
        )
        return cls(
            filing,
            by_item=_of_items(session, filing, records),
            by_key={row["source_key"]: row for row in own},
            by_id={row["key"]: dict(row) for row in by_id.mappings()},
            by_identity={row["identity"]: row for row in alike},
        )

    def find(self, record: TitleRecord) -> "Row | _New | None":
        """Return the title that a record is of, if there is one or is about to be."""
        ids = (_key(record), *shared_ids(record))
        item = None if record.item is None else self.by_item.get(record.item.id)
        found = item or self.by_key.get(ids[0])
        if found is not None:
            return found
        coming = next((self.coming[key] for key in ids if key in self.coming), None)
        if coming is not None:
            return coming
        shared = next((self.by_id[key] for key in ids[1:] if key in self.by_id), None)
        if shared is not None and shared["kind"] == record.kind:
            return shared
        alike = self.by_identity.pop(record.identity[:LONGEST_KEY], None)
        return None if alike is None or alike["id"] in self.filing.touched else alike

    def expect(self, record: TitleRecord, place: int) -> _New:
        """Take note of a title that is going to be added."""
        new = _New(place)
        self.coming |= dict.fromkeys((_key(record), *shared_ids(record)), new)
        return new

    def moved_key(self, record: TitleRecord, found: Row) -> Row:
        """Return the key under which a server's item is kept from now on, where it is another."""
        key = _key(record)
        is_own = found["source"] == self.filing.source
        if not is_own or found["source_key"] == key or key in self.by_key or key in self.coming:
            return {}
        return {"source_key": key}


_COLUMNS: Final = (
    Media.id,
    Media.source,
    Media.source_key,
    Media.identity,
    Media.removed_at,
    Media.title,
    Media.genres,
    Media.source_genres,
    Media.duration,
    Media.year,
    Media.kind,
    Media.community_rating,
    Media.age_rating,
    Media.overview,
    Media.keywords,
    Media.directors,
    Media.cast,
)


def shared_ids(record: TitleRecord) -> list[str]:
    """Return the ids of a record that mean the same title whoever says them, each once."""
    told = (*record.other_ids, *([record.external_id] if record.external_id else ()))
    return [key for key in dict.fromkeys(told) if key.startswith(SHARED) and len(key) <= LONGEST_ID]


def _key(record: TitleRecord) -> str:
    return record.key[:LONGEST_KEY]


def _rows(session: Session, *which: Any) -> list[Row]:  # noqa: ANN401  # conditions
    query = select(*_COLUMNS).where(*which).order_by(Media.id)
    return [dict(row) for row in session.execute(query).mappings()]


def _of_items(session: Session, filing: Filing, records: Iterable[TitleRecord]) -> dict[str, Row]:
    if filing.source_id is None:
        return {}
    items = [record.item.id for record in records if record.item is not None]
    query = (
        select(SourceItemRow.item_id, *_COLUMNS)
        .join(Media, Media.id == SourceItemRow.media_id)
        .where(SourceItemRow.source_id == filing.source_id, SourceItemRow.item_id.in_(items))
    )
    return {row["item_id"]: dict(row) for row in session.execute(query).mappings()}


def _written(
    session: Session, added: list[Row], changed: list[Row], ids: Sequence["int | _New"]
) -> list[int]:
    new: Sequence[int] = ()
    if added:
        statement = insert(Media).returning(Media.id, sort_by_parameter_order=True)
        new = session.execute(statement, added).scalars().all()
    if changed:
        session.execute(update(Media), changed)
    session.expire_all()
    return [new[one] if isinstance(one, _New) else one for one in ids]


def _write_ids(
    session: Session,
    filing: Filing,
    batch: Sequence[tuple[TitleRecord, str]],
    media_ids: Sequence[int],
) -> None:
    """Keep which ids mean the titles; ids that their own source no longer tells are forgotten."""
    wanted = {
        (key, media_id)
        for (record, _), media_id in zip(batch, media_ids, strict=True)
        for key in shared_ids(record)
    }
    query = (
        select(TitleId.key, TitleId.media_id, Media.source)
        .join(Media, Media.id == TitleId.media_id)
        .where(TitleId.media_id.in_(set(media_ids)))
    )
    there = {(key, media_id): source for key, media_id, source in session.execute(query)}
    gone = [
        pair for pair, source in there.items() if source == filing.source and pair not in wanted
    ]
    if gone:
        session.execute(delete(TitleId).where(tuple_(TitleId.key, TitleId.media_id).in_(gone)))
    rows = [{"key": key, "media_id": media} for key, media in sorted(wanted - there.keys())]
    if rows:
        session.execute(insert(TitleId), rows)


def _new(record: TitleRecord, filing: Filing, values: Row) -> Row:
    return {
        **values,
        "source": filing.source,
        "source_key": _key(record),
        "identity": record.identity[:LONGEST_KEY],
        "is_hidden": False,
        "added_at": filing.at,
        "updated_at": filing.at,
    }


def _values(record: TitleRecord, told: str, genres: str) -> Row:
    return {
        "title": record.title,
        "genres": genres,
        "source_genres": None if genres == told else told,
        "duration": record.minutes,
        "year": record.year,
        "kind": record.kind,
        "community_rating": record.community_rating,
        "age_rating": record.age_rating,
        "overview": record.overview,
        "keywords": joined_names(record.keywords),
        "directors": joined_names(record.directors),
        "cast": joined_names(record.cast),
    }
