"""What a mixed model knows beside X: what each title is about, and which members have effects."""

from dataclasses import dataclass, field

import numpy as np

from app.backend.features.encode import Codes, Floats


def _no_ids() -> Codes:
    return np.zeros(0, dtype=np.int64)


def _no_vectors() -> Floats:
    return np.zeros((0, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Tables by id; whoever is not in them has zeros.

    Attributes
    ----------
    text_ids : ndarray of int64, shape (titles,), ascending
    text_vectors : ndarray of float64, shape (titles, d)
        What each title's words say it is about.
    member_ids : ndarray of int64, shape (members,), ascending
        Members who have effects of their own.
    """

    text_ids: Codes = field(default_factory=_no_ids)
    text_vectors: Floats = field(default_factory=_no_vectors)
    member_ids: Codes = field(default_factory=_no_ids)

    @property
    def extras(self) -> tuple[int, int]:
        """How many text columns and members there are."""
        return self.text_vectors.shape[1], len(self.member_ids)

    def text_of(self, media_ids: Codes) -> Floats:
        """Return what titles are about, shape (n, d)."""
        found = np.zeros((len(media_ids), self.text_vectors.shape[1]))
        rows, at = places(self.text_ids, media_ids)
        found[rows] = self.text_vectors[at]
        return found

    def presence(self, members: Codes) -> Floats:
        """Return each member's share of those present, shape (n, members).

        Parameters
        ----------
        members : ndarray of int64, shape (n, k)
            Who is present in each row; 0 is nobody. One without effects of their own takes their
            share all the same: it stays with the household.
        """
        share = np.zeros((len(members), len(self.member_ids)))
        present = np.maximum((members > 0).sum(axis=1), 1)
        for column in members.T:
            rows, at = places(self.member_ids, column)
            share[rows, at] += 1.0
        return np.asarray(share / present[:, None])


def places(ids: Codes, wanted: Codes) -> tuple[Codes, Codes]:
    """Return which of the wanted ids are known, and where: two arrays of positions."""
    at = np.searchsorted(ids, wanted)
    inside = at < len(ids)
    hit = np.zeros(len(wanted), dtype=bool)
    hit[inside] = ids[at[inside]] == wanted[inside]
    rows = np.flatnonzero(hit)
    return rows, at[rows]
