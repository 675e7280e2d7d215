"""Where titles stand at media servers, and which of them are no more; callers commit."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.backend.domain.title import SourceItem
from app.backend.store.among import among
from app.backend.store.batches import in_batches
from app.backend.store.bulk import add_rows
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


def read_lengths(session: Session, source_id: int) -> dict[str, int | None]:
    """Read how long an episode runs, of the items of a source that are series."""
    query = (
        select(SourceItemRow.item_id, Media.duration)
        .join(Media, Media.id == SourceItemRow.media_id)
        .where(SourceItemRow.source_id == source_id, Media.kind == "series")
    )
    return {row.item_id: row.duration for row in session.execute(query)}


def write_items(
    session: Session, source_id: int, items: Iterable[tuple[SourceItem, int]]
) -> set[int]:
    """Keep which titles some items are, and where their posters are.

    Returns
    -------
    set of int
        The titles that some of them were before.
    """
    wanted = {
        item.id: {"media_id": media_id, "library": item.library, "poster": item.poster}
        for item, media_id in items
    }
    query = select(
        SourceItemRow.item_id, SourceItemRow.media_id, SourceItemRow.library, SourceItemRow.poster
    ).where(SourceItemRow.source_id == source_id, among(session, SourceItemRow.item_id, wanted))
    there = {row["item_id"]: dict(row) for row in session.execute(query).mappings()}
    new, changed, former = list[dict[str, Any]](), list[dict[str, Any]](), set[int]()
    for item_id, values in wanted.items():
        row, before = {"item_id": item_id, **values}, there.get(item_id)
        if before is None:
            new.append({"source_id": source_id, **row})
        elif before != row:
            changed.append({"source_id": source_id, **row})
            former |= {before["media_id"]} - {values["media_id"]}
    add_rows(session, SourceItemRow, new)
    if changed:
        session.execute(update(SourceItemRow), changed)
    return former


def remove_items(
    session: Session, source_id: int, source: str, item_ids: Collection[str], at: datetime
) -> None:
    """Forget items; titles of which none tells any more leave."""
    gone: set[int] = set()
    of_source = SourceItemRow.source_id == source_id
    for some in in_batches(sorted(item_ids)):
        which = of_source & SourceItemRow.item_id.in_(some)
        gone.update(session.scalars(select(SourceItemRow.media_id).where(which)))
        session.execute(delete(SourceItemRow).where(which))
    leave_where_untold(session, source_id, source, gone, at)


def leave_where_untold(
    session: Session, source_id: int, source: str, media_ids: Collection[int], at: datetime
) -> None:
    """Have those of a source's titles leave of which none of its items tells any more."""
    told = select(SourceItemRow.media_id).where(SourceItemRow.source_id == source_id)
    for some in in_batches(sorted(media_ids)):
        still = set(session.scalars(told.where(SourceItemRow.media_id.in_(some))))
        leave(session, source, set(some) - still, at)


def remove_untouched(session: Session, source: str, touched: Collection[int], at: datetime) -> None:
    """Have a source's titles leave that a whole reading did not bring."""
    leave(session, source, titles_of(session, source) - set(touched), at)


def leave(session: Session, source: str, media_ids: Collection[int], at: datetime) -> int:
    """Take titles of a source off the shelf; those that stand at another one are its from now on.

    Returns
    -------
    int
        How many left the shelf.
    """
    removed = 0
    for some in in_batches(sorted(media_ids)):
        elsewhere = (
            select(SourceItemRow.media_id, Source.name)
            .join(Source, Source.id == SourceItemRow.source_id)
            .where(SourceItemRow.media_id.in_(some), Source.name != source)
            .order_by(Source.id.desc())
        )
        heirs = {row.media_id: row.name for row in session.execute(elsewhere)}
        removed += _take_off(session, source, sorted(set(some) - heirs.keys()), at)
        for media_id, heir in heirs.items():
            _hand_over(session, media_id, source, heir)
    return removed


def count_off_shelf(session: Session, media_ids: Collection[int]) -> int:
    """Count those of some titles that are not on the shelf."""
    query = select(func.count()).where(Media.removed_at.is_not(None))
    return session.scalar(query.where(among(session, Media.id, media_ids))) or 0


def titles_of(session: Session, source: str, source_id: int | None = None) -> set[int]:
    """Read which titles on the shelf are kept under a source; or also which stand at it."""
    on_shelf = select(Media.id).where(Media.removed_at.is_(None))
    found = set(session.scalars(on_shelf.where(Media.source == source)))
    if source_id is not None:
        standing = on_shelf.join(SourceItemRow, SourceItemRow.media_id == Media.id)
        found.update(session.scalars(standing.where(SourceItemRow.source_id == source_id)))
    return found


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


def _take_off(session: Session, source: str, media_ids: Sequence[int], at: datetime) -> int:
    found = session.execute(
        update(Media)
        .where(Media.id.in_(media_ids), Media.source == source, Media.removed_at.is_(None))
        .values(removed_at=at, updated_at=at)
        .execution_options(synchronize_session=False)
        .returning(Media.id)
    )
    removed = len(found.all())
    if removed:
        advance(session, LIBRARY)
    return removed


def _hand_over(session: Session, media_id: int, source: str, heir: str) -> None:
    """Have a title be another source's, unless that one has a title of the same key."""
    its = select(Media.source_key).where(Media.id == media_id).scalar_subquery()
    taken = select(Media.id).where(Media.source == heir, Media.source_key == its)
    if session.scalar(taken) is None:
        session.execute(
            update(Media)
            .where(Media.id == media_id, Media.source == source)
            .values(source=heir)
            .execution_options(synchronize_session=False)
        )
