"""Which titles members have seen elsewhere, and which a media server does not show them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.backend.store.source_tables import HistoryEntryRow, WithheldTitle

HOUSEHOLD = 0


@dataclass(frozen=True, slots=True)
class MemberHistories:
    """Titles by member; `HOUSEHOLD` stands for all of them.

    Attributes
    ----------
    seen : mapping of int to ndarray of int64
        Ids of titles that somebody watched elsewhere, and did not say that they would again.
    withheld : mapping of int to ndarray of int64
        Ids of titles that a media server does not show to somebody.
    """

    seen: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    withheld: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)


def read_member_histories(session: Session) -> MemberHistories:
    """Read what every member has seen elsewhere, and what is withheld from them."""
    entry = HistoryEntryRow
    seen = select(entry.member_id, entry.media_id).where(
        entry.is_watched,
        ~entry.is_set_aside,
        entry.media_id.is_not(None),
        entry.would_watch_again.is_not(True),
    )
    withheld = select(WithheldTitle.member_id, WithheldTitle.media_id)
    return MemberHistories(_by_member(session.execute(seen)), _by_member(session.execute(withheld)))


def has_seen_elsewhere(session: Session) -> bool:
    """Say whether anybody watched a title of the library elsewhere."""
    entry = HistoryEntryRow
    query = select(entry.id).where(entry.is_watched, entry.media_id.is_not(None)).limit(1)
    return session.scalar(query) is not None


def _by_member(rows: Iterable[Row[int | None, int]]) -> dict[int, NDArray[np.int64]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for member_id, media_id in rows:
        found[member_id or HOUSEHOLD].add(media_id)
    return {member: np.array(sorted(ids), dtype=np.int64) for member, ids in found.items()}
