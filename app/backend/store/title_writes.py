"""Writes titles as sources tell them, a batch at a time; whoever opened the session commits."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from app.backend.domain.title import ImportCounts, TitleRecord, joined_names
from app.backend.store.among import among
from app.backend.store.bulk import add_rows
from app.backend.store.generations import LIBRARY, advance
from app.backend.store.known_titles import (
    LONGEST_KEY,
    Filing,
    Known,
    New,
    Row,
    key_of,
    shared_ids,
)
from app.backend.store.session import take_turns
from app.backend.store.source_tables import TitleId
from app.backend.store.tables import Media


def write_titles(
    session: Session, filing: Filing, batch: Sequence[tuple[TitleRecord, str]], counts: ImportCounts
) -> list[int]:
    """Add or update a batch of titles, each with the text of its genres, and count what was done.

    A title is found by the server's item, by the source's own key, by an id that all share, or else
    by kind, name and year among the titles of other sources: two ways to the same shelf do not make
    two titles of it. An item that tells of another title than before has that one from now on, if
    it is there or another item still tells of the former one; else the title is told anew.

    Returns
    -------
    list of int
        The id of each title, in the order of the batch; copies have that of the first.
    """
    take_turns(session, "library")
    known = Known.read(session, filing, [record for record, _ in batch])
    added, changed, ids, copies = list[Row](), list[Row](), list[int | New](), set(known.shared)
    for record, genres in batch:
        values = _values(record, genres, filing.in_house(genres))
        found = known.find(record)
        if found is None:
            ids.append(known.expect(record, len(added)))
            added.append(_new(record, filing, values))
            counts.added += 1
        elif isinstance(found, New):
            ids.append(found)
            counts.duplicates += 1
        elif found["id"] in filing.touched:
            ids.append(found["id"])
            copies.add(found["id"])
            counts.duplicates += 1
        else:
            ids.append(found["id"])
            filing.touched.add(found["id"])
            values |= known.moved_key(record, found)
            if found["removed_at"] is None and all(found[k] == v for k, v in values.items()):
                counts.unchanged += 1
            else:
                renewed = {"removed_at": None, "updated_at": filing.at}
                changed.append({"id": found["id"], **values, **renewed})
                counts.updated += 1
    if changed:
        session.execute(update(Media), changed)
    new = _added(session, filing, added)
    media_ids = [new[one] if isinstance(one, New) else one for one in ids]
    filing.touched.update(media_ids)
    _write_ids(session, filing, list(zip(batch, media_ids, strict=True)), copies - known.renamed)
    session.expire_all()
    advance(session, LIBRARY)
    return media_ids


def _added(session: Session, filing: Filing, rows: Sequence[Row]) -> list[int]:
    """Add titles, and return the id of each; their keys, which differ, tell which is which."""
    if not rows:
        return []
    add_rows(session, Media, rows)
    keys = [row["source_key"] for row in rows]
    query = select(Media.source_key, Media.id).where(
        Media.source == filing.source, among(session, Media.source_key, keys)
    )
    ids = {row.source_key: row.id for row in session.execute(query)}
    return [ids[key] for key in keys]


def _write_ids(
    session: Session,
    filing: Filing,
    told: Sequence[tuple[tuple[TitleRecord, str], int]],
    copies: AbstractSet[int],
) -> None:
    """Keep which ids mean the titles; those that their own source no longer tells are forgotten.

    Of several copies of a title each may tell other ids: none of these is forgotten.
    """
    wanted = {(key, media_id) for (record, _), media_id in told for key in shared_ids(record)}
    query = (
        select(TitleId.key, TitleId.media_id, Media.source)
        .join(Media, Media.id == TitleId.media_id)
        .where(among(session, TitleId.media_id, {media_id for _, media_id in told}))
    )
    there = {(key, media_id): source for key, media_id, source in session.execute(query)}
    gone = [
        pair
        for pair, source in there.items()
        if source == filing.source and pair not in wanted and pair[1] not in copies
    ]
    if gone:
        session.execute(delete(TitleId).where(tuple_(TitleId.key, TitleId.media_id).in_(gone)))
    new = sorted(wanted - there.keys())
    add_rows(session, TitleId, [{"key": key, "media_id": media_id} for key, media_id in new])


def _new(record: TitleRecord, filing: Filing, values: Row) -> Row:
    return {
        **values,
        "source": filing.source,
        "source_key": key_of(record),
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
