"""What a model goes by: what a mood means to it, and how much each group of weights decides."""

from dataclasses import dataclass
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import Floats, encode_titles
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.titles import understand
from app.backend.ranking.importance import Importance, importance
from app.backend.ranking.taste import (
    TasteTable,
    company_table,
    mood_sentences,
    mood_table,
    session_table,
)
from app.backend.store import library_rows
from app.backend.store.session import ReadSession
from app.backend.workflows import browse
from app.backend.workflows.serving import UNTRAINED, Serving, Shelf

CHAMPION: Final = "champion"
RULES: Final = "rules"
# Shares of variance over so many titles, taken evenly, are those over the whole library.
MOST_TITLES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Taste:
    """What a model goes by.

    Attributes
    ----------
    version : str
        `rules` where the rules answer.
    sentences : tuple of str
        What each mood means, in words.
    moods, companies, sessions : TasteTable
        Posterior means and standard deviations, in logits.
    titles : int
        How many titles of the library `importance` was measured over.
    importance : tuple of Importance
        The greatest first; empty without a library.
    """

    version: str
    sentences: tuple[str, ...]
    moods: TasteTable
    companies: TasteTable
    sessions: TasteTable
    titles: int
    importance: tuple[Importance, ...]


def taste(session: ReadSession, shelf: Shelf, clock: Clock, name: str = CHAMPION) -> Taste:
    """Read a model.

    Parameters
    ----------
    session : ReadSession
    shelf : Shelf
    clock : Clock
    name : str
        A version; `champion` for what serves now, be it the rules; `rules`.

    Raises
    ------
    NotFound
        Where there is no such version.
    InvalidInput
        Where its family has no moods of its own.
    ModelError
        Where its files cannot be trusted or read.
    """
    if name == RULES:
        serving = Serving(rules_posterior(), None, UNTRAINED)
    elif name == CHAMPION:
        serving = shelf.serving(session)
    else:
        serving = shelf.opened(browse.version(session, name))
    return taste_of(session, serving, clock)


def taste_of(session: ReadSession, serving: Serving, clock: Clock) -> Taste:
    """Read what serves.

    Raises
    ------
    InvalidInput
        Where its family has no moods of its own.
    """
    predictor = serving.predictor
    if not isinstance(predictor, MixedPosterior):
        raise InvalidInput(
            f"Version {serving.version} is of the family {predictor.family}, in which a mood "
            "means the same for every title."
        )
    titles, moods = _titles(session, clock), mood_table(predictor)
    return Taste(
        version=serving.version or RULES,
        sentences=mood_sentences(moods, learnt=serving.version is not None),
        moods=moods,
        companies=company_table(predictor),
        sessions=session_table(predictor),
        titles=len(titles),
        importance=importance(predictor, titles),
    )


def _titles(session: ReadSession, clock: Clock) -> Floats:
    """Return titles of the library, encoded."""
    titles = understand(library_rows.read_titles(session), clock().year + 2).on_the_shelf()
    return encode_titles(titles[:: -(-len(titles) // MOST_TITLES) or 1])
