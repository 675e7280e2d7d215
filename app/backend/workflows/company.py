"""Who is present, and what that changes: whose taste counts, and what somebody vetoes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from app.backend.domain.model import Moments, Predictor
from app.backend.features.encode import Codes, Floats
from app.backend.features.posterior import MixedPosterior
from app.backend.features.serving import moments_for
from app.backend.ranking.veto import after_veto
from app.backend.store import reads

# Newcomers are numbered downwards from here: ids that no member has.
_LAST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Judgement:
    """The candidates that remain after vetoes, and the belief about them.

    Attributes
    ----------
    rows : ndarray of int64
        Which candidates remain, ascending.
    moments : Moments
        Of those that remain, for all who are present.
    """

    rows: Codes
    moments: Moments


def who_is_present(session: Session, names: Sequence[str]) -> Mapping[int, str]:
    """Return the members of these names by id.

    One who never said anything has an id that no model knows: they count, as the household.
    """
    if not names:
        return {}
    ids = {name: member for member, name in reads.read_member_names(session).items()}
    named = enumerate(dict.fromkeys(names))
    return {ids.get(name, _LAST_ID - number): name for number, name in named}


def judged(predictor: Predictor, X: Floats, present: tuple[int, ...], fewest: int) -> Judgement:
    """Score candidates for those present, less what one of them vetoes.

    Parameters
    ----------
    predictor : Predictor
    X : ndarray of float64, shape (n, FEATURE_COUNT)
        The candidates in one context.
    present : tuple of int
        Ids of the members who watch. Empty: the household.
    fewest : int
        How many candidates remain at least, where there are so many.
    """
    moments = moments_for(predictor, X, present)
    vocal = _with_effects(predictor, present)
    own = [moments_for(predictor, X, (member,)).probability for member in vocal]
    rows = after_veto(np.reshape(own, (len(vocal), len(X))), moments.probability, fewest)
    return Judgement(rows, Moments(moments.mean[rows], moments.variance[rows]))


def _with_effects(predictor: Predictor, present: tuple[int, ...]) -> list[int]:
    if not isinstance(predictor, MixedPosterior):
        return []
    return [member for member in present if member in predictor.side.member_ids]
