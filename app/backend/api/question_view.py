"""The question how something was, as its form begins: with what a media server told already."""

from collections.abc import Collection, Mapping
from typing import Any

from app.backend.api.source_names import source_name
from app.backend.api.tongue import Tongue
from app.backend.domain.evening import StoredPick
from app.backend.domain.signals import SEEN
from app.backend.workflows.notices import Prefilled


def questions(
    pending: Collection[StoredPick],
    told: Mapping[int, Prefilled],
    chosen: Collection[int],
    tongue: Tongue,
) -> list[dict[str, Any]]:
    """Return what is asked.

    Parameters
    ----------
    pending : collection of StoredPick
        What was watched, or seen before, and not yet answered.
    told : mapping of int to Prefilled
        What servers told of some of them.
    chosen : collection of int
        What may have been chosen just now: nobody can say yet how it was, unless a server told
        that it is over.
    tongue : Tongue
    """
    return [
        _question(pick, told.get(pick.recommendation_id), tongue)
        for pick in pending
        if pick.recommendation_id not in chosen or pick.recommendation_id in told
    ]


def _question(pick: StoredPick, told: Prefilled | None, tongue: Tongue) -> dict[str, Any]:
    return {
        "recommendation_id": pick.recommendation_id,
        "title": pick.title,
        "year": pick.year,
        "watched_at": pick.watched_at,
        "is_seen": pick.signal == SEEN,
        "told_by": None if told is None else source_name(told.source, tongue),
        "rating": None if told is None else told.rating,
        # Nobody but they can say whether they would watch it again.
        "again": None,
        "member": None if told is None else told.member,
    }
