"""Ratings from elsewhere become something to learn from: what was liked, and nobody says when."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.evidence import RatingRows
from app.backend.features.checks import as_one_key, last_of_each
from app.backend.features.dataset import POSITIVE_RATING, TrainingSet
from app.backend.features.encode import Codes
from app.backend.features.side import places

# Why an entry of a history is not learnt from, as is asked in this order; the first one counts.
SET_ASIDE: Final = "set_aside"
UNMATCHED: Final = "unmatched"
UNRATED: Final = "unrated"
WRITTEN_HERE: Final = "written_here"
SAID_HERE: Final = "said_here"
SUPERSEDED: Final = "superseded"
REASONS: Final[Mapping[str, str]] = {
    SET_ASIDE: "Somebody said that no title of this library is meant.",
    UNMATCHED: "Nobody knows which title is meant; assign it under Library, Histories.",
    UNRATED: "It was watched and not rated, and watching is not liking.",
    WRITTEN_HERE: "Encore itself wrote the rating to the media server.",
    SAID_HERE: "The same member, or the household, gave a verdict on the title here.",
    SUPERSEDED: "The same member rated the title again later, in another place.",
}

Flags = NDArray[np.bool_]


def _nothing() -> Codes:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Recalled:
    """Ratings from elsewhere that are learnt from, as columns of length k.

    Attributes
    ----------
    title : ndarray of int64
        Row in the encoded titles.
    member : ndarray of int64
        Who rated; 0 is the household.
    group : ndarray of int64
        Whoever rated in one place, from 0 without gaps: each is pleased in a way of their own.
    y : ndarray of int64
        1 where the rating is at least 4 and nobody said that they would not watch it again.
    read : int
        How many entries there are in all.
    left_out : mapping of str to int
        How many of them are not learnt from, by one of `REASONS`.
    """

    title: Codes = field(default_factory=_nothing)
    member: Codes = field(default_factory=_nothing)
    group: Codes = field(default_factory=_nothing)
    y: Codes = field(default_factory=_nothing)
    read: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_both_classes(self) -> bool:
        """Whether some ratings are positive and others are not."""
        return 0 < int(self.y.sum()) < len(self.y)

    def part(self, rows: Codes | Flags) -> "Recalled":
        """Return some of them, with the counts of the whole."""
        return replace(
            self,
            title=self.title[rows],
            member=self.member[rows],
            group=_numbered(self.group[rows]),
            y=self.y[rows],
        )

    def fingerprint(self, media_id: Codes) -> bytes:
        """Return a digest of all that a model could learn from.

        Parameters
        ----------
        media_id : ndarray of int64
            Of each encoded title.
        """
        ids = media_id[self.title]
        order = np.lexsort((self.y, self.group, ids))
        digest = hashlib.sha256()
        for column in (ids, self.member, self.group, self.y):
            digest.update(np.ascontiguousarray(column[order]).data)
        return digest.digest()


def understand_ratings(rows: RatingRows, training: TrainingSet, media_id: Codes) -> Recalled:
    """Choose which ratings are learnt from, and say why the others are not: one reason each.

    Whoever said something of a title here is believed here alone, and so is the household.

    Parameters
    ----------
    rows : RatingRows
    training : TrainingSet
        What was said here.
    media_id : ndarray of int64, ascending
        Of each encoded title.
    """
    title = np.full(len(rows.media_id), -1, dtype=np.int64)
    known, at = places(media_id, rows.media_id)
    title[known] = at
    is_used = np.ones(len(title), dtype=bool)
    left_out = {}
    for reason, hit in (
        (SET_ASIDE, rows.is_set_aside),
        (UNMATCHED, title < 0),
        (UNRATED, np.isnan(rows.rating)),
        (WRITTEN_HERE, rows.is_written_here),
        (SAID_HERE, _is_said_here(title, rows.member_id, training)),
    ):
        left_out[reason] = int((hit & is_used).sum())
        is_used &= ~hit
    last = _last_of_each(rows, title, is_used)
    left_out[SUPERSEDED] = int(is_used.sum()) - len(last)
    positive = (rows.rating[last] >= POSITIVE_RATING) & (rows.again[last] != 0)
    group = as_one_key(rows.source[last], rows.member_id[last])
    return Recalled(
        title=title[last],
        member=rows.member_id[last],
        group=_numbered(group),
        y=positive.astype(np.int64),
        read=len(title),
        left_out={reason: count for reason, count in left_out.items() if count},
    )


def _numbered(key: Codes) -> Codes:
    """Return groups numbered from 0, without gaps."""
    return np.unique(key, return_inverse=True)[1].astype(np.int64)


def _is_said_here(title: Codes, member: Codes, training: TrainingSet) -> Flags:
    """Mark what the same member, or the household, gave a verdict on here."""
    of_household = np.isin(title, training.title[training.member == 0])
    of_anybody = np.isin(title, training.title) & (member == 0)
    key = as_one_key(
        np.concatenate([training.title, title]), np.concatenate([training.member, member])
    )
    ours, theirs = key[: len(training.title)], key[len(training.title) :]
    return np.asarray(of_household | of_anybody | np.isin(theirs, ours), dtype=bool)


def _last_of_each(rows: RatingRows, title: Codes, is_used: Flags) -> Codes:
    """Return, of each member and title, the latest rating: positions, ascending."""
    at = np.flatnonzero(is_used)
    in_time = at[np.argsort(rows.moment[at], kind="stable")]
    kept = last_of_each(rows.member_id[in_time], title[in_time])
    return np.sort(in_time[kept])
