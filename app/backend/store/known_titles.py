"""Finding out which titles of the library some records are, whatever they are called by now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.backend.domain.evidence import DEMO
from app.backend.domain.title import SHARED_IDS, TitleRecord
from app.backend.store.among import among
from app.backend.store.batches import AT_ONCE
from app.backend.store.source_tables import SourceItemRow, TitleId
from app.backend.store.tables import Media

LONGEST_KEY: Final = 400
LONGEST_ID: Final = 240

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


class New(int):
    """The place of a title among those that are being added."""


@dataclass(slots=True)
class Known:
    """The titles that a batch may speak of.

    Attributes
    ----------
    filing : Filing
    by_item, by_key, by_id, by_identity : mapping of str to Row
        By the server's item, the source's own key, an id that all share, and kind, name and year.
    shared : set of int
        The titles of which several items of the server tell.
    told : set of str
        The keys of the batch's records.
    renamed : set of int
        The titles that became others.
    coming : mapping of str to New
        The titles that are being added, by their key and the ids that all share.
    """

    filing: Filing
    by_item: Mapping[str, Row]
    by_key: dict[str, Row]
    by_id: dict[str, Row]
    by_identity: dict[str, Row]
    shared: AbstractSet[int]
    told: AbstractSet[str]
    renamed: set[int] = field(default_factory=set)
    coming: dict[str, New] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, filing: Filing, records: Sequence[TitleRecord]) -> "Known":
        """Read what the database holds of a batch's titles."""
        keys = [key_of(record) for record in records]
        own = _rows(session, Media.source == filing.source, among(session, Media.source_key, keys))
        identities = [record.identity[:LONGEST_KEY] for record in records]
        elsewhere = Media.source.not_in([filing.source, DEMO])
        alike = _rows(session, elsewhere, among(session, Media.identity, identities))
        shared = [key for record in records for key in shared_ids(record)]
        by_id = session.execute(
            select(TitleId.key, *_COLUMNS)
            .join(Media, Media.id == TitleId.media_id)
            .where(among(session, TitleId.key, shared), Media.source != DEMO)
            .order_by(Media.id.desc())
        )
        by_item = _of_items(session, filing, records)
        return cls(
            filing,
            by_item=by_item,
            by_key={row["source_key"]: row for row in own},
            by_id={row["key"]: dict(row) for row in by_id.mappings()},
            by_identity={row["identity"]: row for row in alike},
            shared=_shared(session, filing, by_item.values()),
            told=set(keys),
        )

    def find(self, record: TitleRecord) -> "Row | New | None":
        """Return the title that a record is of, if there is one or is about to be."""
        item = None if record.item is None else self.by_item.get(record.item.id)
        if item is not None and self._agrees(item, record):
            return item
        named = self._named(record)
        if named is not None:
            return named
        if item is not None and self._is_free(item):
            self.by_key[key_of(record)] = item
            self.by_id |= dict.fromkeys(shared_ids(record), item)
            self.renamed.add(item["id"])
            return item
        alike = self.by_identity.pop(record.identity[:LONGEST_KEY], None)
        return None if alike is None or alike["id"] in self.filing.touched else alike

    def _agrees(self, row: Row, record: TitleRecord) -> bool:
        """Say whether a title is the one that a record tells of, however it is spelt by now."""
        if row["source_key"] == key_of(record) or row["identity"] == record.identity[:LONGEST_KEY]:
            return True
        known = (self.by_id.get(key) for key in shared_ids(record))
        return any(one is not None and one["id"] == row["id"] for one in known)

    def _is_free(self, row: Row) -> bool:
        """Say whether a title may become another one: nobody else tells of it any more."""
        is_told = row["id"] in self.filing.touched or row["source_key"] in self.told
        return not is_told and row["id"] not in self.shared

    def _named(self, record: TitleRecord) -> "Row | New | None":
        """Return the title that has a record's key, or an id that all share."""
        ids = (key_of(record), *shared_ids(record))
        found = self.by_key.get(ids[0])
        if found is not None:
            return found
        coming = next((self.coming[key] for key in ids if key in self.coming), None)
        if coming is not None:
            return coming
        shared = next((self.by_id[key] for key in ids[1:] if key in self.by_id), None)
        return shared if shared is not None and shared["kind"] == record.kind else None

    def expect(self, record: TitleRecord, place: int) -> New:
        """Take note of a title that is going to be added."""
        new = New(place)
        self.coming |= dict.fromkeys((key_of(record), *shared_ids(record)), new)
        return new

    def moved_key(self, record: TitleRecord, found: Row) -> Row:
        """Return the key under which a server's item is kept from now on, where it is another."""
        key, is_own = key_of(record), found["source"] == self.filing.source
        is_taken = key in self.coming or self.by_key.get(key, found)["id"] != found["id"]
        if not is_own or found["source_key"] == key or is_taken:
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


def shared_ids(record: TitleRecord) -> tuple[str, ...]:
    """Return the ids of a record that mean the same title whoever says them, each once."""
    return _shared_among(record.external_id, record.other_ids)


@lru_cache(maxsize=2 * AT_ONCE)
def _shared_among(external_id: str | None, other_ids: tuple[str, ...]) -> tuple[str, ...]:
    told = dict.fromkeys(filter(None, (*other_ids, external_id)))
    return tuple(key for key in told if key.startswith(SHARED_IDS) and len(key) <= LONGEST_ID)


def key_of(record: TitleRecord) -> str:
    """Return the key under which the record's source keeps it."""
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
        .where(SourceItemRow.source_id == filing.source_id)
        .where(among(session, SourceItemRow.item_id, items))
    )
    return {row["item_id"]: dict(row) for row in session.execute(query).mappings()}


def _shared(session: Session, filing: Filing, rows: Iterable[Row]) -> set[int]:
    """Return the titles of which several items of a server tell."""
    ids = {row["id"] for row in rows}
    query = (
        select(SourceItemRow.media_id)
        .where(SourceItemRow.source_id == filing.source_id)
        .where(among(session, SourceItemRow.media_id, ids))
        .group_by(SourceItemRow.media_id)
        .having(func.count() > 1)
    )
    return set(session.scalars(query)) if ids else set()
