"""Slates become choices to learn from: which of the titles shown together was taken."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.evidence import ChoiceRows, is_of_a_choice
from app.backend.features.encode import Codes

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ChoiceCounts:
    """What became of the slates and impressions that were read: what is used, and why not the rest.

    Attributes
    ----------
    slates_read, impressions_read : int
    unknown_titles : int
        Impressions of titles that are not in the library.
    one_sided_slates : int
        Slates that were left out because of the others they had nothing chosen, or nothing else.
    one_sided_impressions : int
        Impressions that were left out with them.
    """

    slates_read: int = 0
    impressions_read: int = 0
    unknown_titles: int = 0
    one_sided_slates: int = 0
    one_sided_impressions: int = 0

    @property
    def slates_used(self) -> int:
        """How many slates are learnt from."""
        return self.slates_read - self.one_sided_slates

    @property
    def impressions_used(self) -> int:
        """How many impressions are learnt from."""
        return self.impressions_read - self.unknown_titles - self.one_sided_impressions


@dataclass(frozen=True, slots=True)
class Choices:
    """Impressions of slates, each with something chosen and something not, as columns.

    Attributes
    ----------
    slate, context_code : ndarray of int64, shape (m,)
    title : ndarray of int64, shape (m,)
        Row in the encoded titles.
    is_chosen : ndarray of bool, shape (m,)
    counts : ChoiceCounts
        Of everything that was read, also where these are only some of the slates.
    """

    slate: Codes
    context_code: Codes
    title: Codes
    is_chosen: Flags
    counts: ChoiceCounts = ChoiceCounts()

    def of_slates(self, slate_ids: Codes) -> "Choices":
        """Return the choices of some slates, with the counts of the whole."""
        return self._part(np.isin(self.slate, slate_ids))

    def fingerprint(self) -> str:
        """Return a digest of all that a model could learn from."""
        digest = hashlib.sha256()
        for column in (self.slate, self.context_code, self.title, self.is_chosen):
            digest.update(np.ascontiguousarray(column).data)
        return digest.hexdigest()

    def _part(self, rows: Flags) -> "Choices":
        return replace(
            self,
            slate=self.slate[rows],
            context_code=self.context_code[rows],
            title=self.title[rows],
            is_chosen=self.is_chosen[rows],
        )


def no_choices() -> Choices:
    """Return the choices of a household that has made none."""
    nothing = np.zeros(0, dtype=np.int64)
    return Choices(nothing, nothing, nothing, np.zeros(0, dtype=bool))


def understand_choices(rows: ChoiceRows, media_id: Codes) -> Choices:
    """Find the titles of the impressions, and keep the slates that still hold a choice.

    An impression of a title that is not in the library is left out; then a slate of which nothing
    was chosen, or nothing else is left. The others keep their order.

    Parameters
    ----------
    rows : ChoiceRows
    media_id : ndarray of int64
        Of each encoded title, in their order; of two titles with one id the later one counts.
    """
    title = _positions(rows.media_id, media_id)
    known = title >= 0
    kept = known.copy()
    kept[known] = is_of_a_choice(rows.slate_id[known], rows.is_chosen[known])
    slates_read = len(np.unique(rows.slate_id))
    slates_used = len(np.unique(rows.slate_id[kept]))
    return Choices(
        slate=rows.slate_id[kept],
        context_code=rows.context_code[kept],
        title=title[kept],
        is_chosen=rows.is_chosen[kept],
        counts=ChoiceCounts(
            slates_read=slates_read,
            impressions_read=len(known),
            unknown_titles=int(np.count_nonzero(~known)),
            one_sided_slates=slates_read - slates_used,
            one_sided_impressions=int(np.count_nonzero(known & ~kept)),
        ),
    )


def _positions(wanted: Codes, media_id: Codes) -> Codes:
    """Return where each id stands, -1 where it does not."""
    if not len(media_id):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(media_id, kind="stable")
    in_order = media_id[order]
    at = np.searchsorted(in_order, wanted, side="right") - 1
    return np.where((at >= 0) & (in_order[at] == wanted), order[at], -1).astype(np.int64)
