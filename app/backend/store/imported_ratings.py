"""Reads what members rated elsewhere, for training; judges nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.backend.domain.evidence import NO_ANSWER, NO_TITLE, RatingRows
from app.backend.store.source_tables import HistoryEntryRow, Source, SourcePerson, WrittenRating


def read_ratings(session: Session) -> RatingRows:
    """Read every entry of every history, rated or not, matched or not."""
    entry = HistoryEntryRow
    account = and_(SourcePerson.source_id == Source.id, SourcePerson.member_id == entry.member_id)
    written = and_(
        WrittenRating.source_id == Source.id,
        WrittenRating.user_id == SourcePerson.user_id,
        WrittenRating.item_id == entry.key,
    )
    query = (
        select(
            entry.source,
            entry.media_id,
            entry.member_id,
            entry.rating,
            entry.would_watch_again,
            entry.at,
            entry.is_set_aside,
            entry.raw_rating,
            WrittenRating.rating,
        )
        .outerjoin(Source, Source.name == entry.source)
        .outerjoin(SourcePerson, account)
        .outerjoin(WrittenRating, written)
        .order_by(entry.id)
    )
    return _columns(session.execute(query).all())


def _columns(rows: Sequence[Sequence[Any]]) -> RatingRows:
    names, media, members, ratings, again, at, aside, raw, written = (
        zip(*rows, strict=True) if rows else ((),) * 9
    )
    sources = sorted(set(names))
    place = {name: number for number, name in enumerate(sources)}
    return RatingRows(
        media_id=np.array([NO_TITLE if one is None else one for one in media], dtype=np.int64),
        member_id=np.array([one or 0 for one in members], dtype=np.int64),
        rating=np.array([np.nan if one is None else one for one in ratings], dtype=np.float64),
        again=np.array([NO_ANSWER if one is None else one for one in again], dtype=np.int8),
        moment=np.array([0 if one is None else _ms(one) for one in at], dtype=np.int64),
        source=np.array([place[name] for name in names], dtype=np.int64),
        is_set_aside=np.array(aside, dtype=bool),
        is_written_here=np.array(
            [one is not None and one == told for one, told in zip(raw, written, strict=True)],
            dtype=bool,
        ),
        sources=sources,
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1_000)
