"""Where titles stand at media servers, and which of them are no more; callers commit."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.backend.domain.title import SourceItem
from app.backend.store.batches import in_batches
from app.backend.store.generations import LIBRARY, advance
from app.backend.store.source_tables import Source, SourceItemRow
from app.backend.store.tables import Media


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a title stands: its server, its id there, and what fetches its poster."""

    media_id: int
    source_id: int
    kind: str
    address: str
    server_id: str
    server_name: str
    link: str | None
    item_id: str
    poster: str | None


def read_items(session: Session, source_id: int) -> dict[str, int]:
    """Read which title each item of a source is."""
    query = select(SourceItemRow.item_id, SourceItemRow.media_id)
    found = session.execute(query.where(SourceItemRow.source_id == source_id))
    return {row.item_id: row.media_id for row in found}


def write_items(session: Session, source_id: int, items: Iterable[tuple[SourceItem, int]]) -> None:
    """Keep which titles some items are, and where their posters are."""
    wanted = {item.id: (media_id, item.library, item.poster) for item, media_id in items}
    query = select(
        SourceItemRow.item_id, SourceItemRow.media_id, SourceItemRow.library, SourceItemRow.poster
    ).where(SourceItemRow.source_id == source_id, SourceItemRow.item_id.in_(wanted))
    there = {row[0]: tuple(row[1:]) for row in session.execute(query)}
    names = ("media_id", "library", "poster")
    rows: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for item_id, values in wanted.items():
        if there.get(item_id) != values:
            row = dict(zip(names, values, strict=True))
            rows[item_id in there].append({"source_id": source_id, "item_id": item_id, **row})
    if rows[False]:
        session.execute(insert(SourceItemRow), rows[False])
    if rows[True]:
        session.execute(update(SourceItemRow), rows[True])


def remove_items(
    session: Session, source_id: int, source: str, item_ids: Collection[str], at: datetime
) -> int:
    """Forget items; titles of the source that stand nowhere now leave the shelf. Say how many."""
    gone: set[int] = set()
    of_source = SourceItemRow.source_id == source_id
    for some in in_batches(sorted(item_ids)):
        which = of_source & SourceItemRow.item_id.in_(some)
        gone.update(session.scalars(select(SourceItemRow.media_id).where(which)))
        session.execute(delete(SourceItemRow).where(which))
    removed = 0
    for ids in in_batches(sorted(gone)):
        stands = select(SourceItemRow.media_id).where(SourceItemRow.media_id.in_(ids))
        removed += _take_off(
            session, at, Media.id.in_(ids), Media.source == source, Media.id.not_in(stands)
        )
    return removed


def remove_untouched(session: Session, source: str, touched: Collection[int], at: datetime) -> int:
    """Take a source's titles off the shelf that a whole reading did not bring; say how many."""
    gone = sorted(titles_of(session, source) - set(touched))
    return sum(_take_off(session, at, Media.id.in_(some)) for some in in_batches(gone))


def titles_of(session: Session, source: str) -> set[int]:
    """Read which titles of a source are on the shelf."""
    query = select(Media.id).where(Media.source == source, Media.removed_at.is_(None))
    return set(session.scalars(query))


def read_standings(session: Session, media_ids: Collection[int]) -> dict[int, Standing]:
    """Read where titles stand; of several places, one with a poster."""
    query = (
        select(
            SourceItemRow.media_id,
            Source.id,
            Source.kind,
            Source.address,
            Source.server_id,
            Source.server_name,
            Source.link,
            SourceItemRow.item_id,
            SourceItemRow.poster,
        )
        .join(Source, Source.id == SourceItemRow.source_id)
        .where(SourceItemRow.media_id.in_(media_ids))
        .order_by(SourceItemRow.poster.is_not(None), Source.id.desc(), SourceItemRow.item_id.desc())
    )
    return {row[0]: Standing(*row) for row in session.execute(query)} if media_ids else {}


def _take_off(session: Session, at: datetime, *which: Any) -> int:  # noqa: ANN401  # conditions
    found = session.execute(
        update(Media)
        .where(*which, Media.removed_at.is_(None))
        .values(removed_at=at, updated_at=at)
        .execution_options(synchronize_session=False)
        .returning(Media.id)
    )
    removed = len(found.all())
    if removed:
        advance(session, LIBRARY)
    return removed
