"""Actions as titles that a model can judge, and the draw of one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.backend.domain.context import Context
from app.backend.domain.evidence import RawTitles
from app.backend.domain.randomness import uniforms
from app.backend.domain.title import Title
from app.backend.features.encode import encode_titles, for_context
from app.backend.features.serving import moments_for
from app.backend.features.titles import understand
from app.backend.ranking.slate import Deck, Policy
from app.backend.store.rank_events import ActionRow, read_actions, read_library
from app.backend.store.session import WriteSession
from app.backend.workflows.personalizer_actions import Action
from app.backend.workflows.ranked import HOUSEHOLD
from app.backend.workflows.serving import Serving

MOST_ACTIONS: Final = 50
# Every action has a chance, so that each can be learnt of.
POLICY: Final = Policy(pool=MOST_ACTIONS)
POLICY_NAME: Final = f"{POLICY.name} rank"
# An action that was never kept has no number of its own yet.
UNNUMBERED: Final = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that may be drawn, as a title.

    `is_known` says whether it is a title that a source brought to the library.
    """

    id: str
    row: ActionRow
    title: Title
    is_known: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of some candidates.

    Attributes
    ----------
    chances : sequence of float
        Of each candidate; they sum to 1.
    order : sequence of int
        The candidates by how likely they are to please, but for the drawn one, which is first.
    probability : float
        What the model promises of the drawn one.
    """

    chances: Sequence[float]
    order: Sequence[int]
    probability: float


def candidates(
    session: WriteSession, actions: Sequence[Action], latest_year: int
) -> list[Candidate]:
    """Return actions as the titles that they are, or would be in the library."""
    named = [action.media_id for action in actions if action.media_id is not None]
    library = read_library(session, named)
    kept = read_actions(session, [action.id for action in actions])
    known = [library.get(action.media_id or UNNUMBERED) for action in actions]
    rows = [row or action.row for row, action in zip(known, actions, strict=True)]
    numbers = [
        kept.get(action.id, UNNUMBERED) if row is None else action.media_id
        for row, action in zip(known, actions, strict=True)
    ]
    titles = _understood(rows, np.array(numbers, dtype=np.int64), latest_year)
    return [
        Candidate(action.id, row, title, found is not None)
        for action, row, title, found in zip(actions, rows, titles, known, strict=True)
    ]


def _understood(
    rows: Sequence[ActionRow], numbers: NDArray[np.int64], latest_year: int
) -> list[Title]:
    """Read rows as training reads those of the library."""
    nothing = [None] * len(rows)
    raw = RawTitles(
        id=numbers,
        title=[row.title for row in rows],
        genres=[row.genres for row in rows],
        duration=[row.duration for row in rows],
        year=[row.year for row in rows],
        kind=[row.kind for row in rows],
        community_rating=[row.community_rating for row in rows],
        age_rating=nothing,
        source=nothing,
        is_set_aside=np.zeros(len(rows), dtype=bool),
    )
    return understand(raw, latest_year).on_the_shelf()


def drawn_of(found: Sequence[Candidate], context: Context, serving: Serving, seed: int) -> Drawn:
    """Draw one of some candidates, as the first place of a slate is drawn.

    Raises
    ------
    ArtefactDamaged
        Where the model's numbers give no probability.
    """
    X = for_context(context.code, encode_titles([one.title for one in found]))
    moments = moments_for(serving.predictor, X)
    # Nothing is on the slate yet that a title could have something in common with.
    deck = Deck(moments.utility, np.zeros((len(found), 1)), POLICY)
    (first,) = deck.draw(1, uniforms(1, HOUSEHOLD, seed)).rows
    chances = dict(zip(*deck.chances_of(), strict=True))
    others = [at for at in np.argsort(-moments.utility, kind="stable").tolist() if at != first]
    return Drawn(
        chances=[chances.get(at, 0.0) for at in range(len(found))],
        order=[first, *others],
        probability=float(moments.probability[first]),
    )
