"""One model over one catalogue: everything about a request that no chance decides."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from typing import Final

import numpy as np

from app.backend.domain.context import SESSION_LENGTHS, Context
from app.backend.domain.errors import LibraryEmpty, NothingFits
from app.backend.domain.evening import AsKnown, Pick
from app.backend.domain.model import Moments
from app.backend.domain.randomness import uniforms
from app.backend.features.basis import title_basis
from app.backend.features.encode import Codes, Floats, for_context
from app.backend.features.posterior import MixedPosterior
from app.backend.features.rules import default_rules
from app.backend.features.serving import finite, moments_for
from app.backend.features.word_columns import WordColumns
from app.backend.ranking.candidates import (
    AGE_UNKNOWN,
    SEEN_BEFORE,
    SHOWN_TONIGHT,
    TOO_OLD_FOR,
    VETO,
    Candidates,
    Limits,
    Resting,
    fitting,
)
from app.backend.ranking.contributions import Seen, taken_apart
from app.backend.ranking.reasons import fallback, sentences
from app.backend.ranking.slate import Deck, Policy, best_first, traits_of
from app.backend.ranking.veto import after_veto
from app.backend.workflows.catalogue import Catalogue
from app.backend.workflows.memory import give_back
from app.backend.workflows.serving import Serving

HOUSEHOLD: Final = "home"
POLICY: Final = Policy()
# Whatever is good has a chance of every place.
SURPRISE: Final = Policy(exploration=1.0, pool=60, temperature=1.0)
POLICY_NAME: Final = POLICY.name
SURPRISE_NAME: Final = SURPRISE.name


@dataclass(slots=True, eq=False)
class RankedCatalogue:
    """A catalogue as one model sees it.

    Attributes
    ----------
    catalogue : Catalogue
    serving : Serving
        The model.
    columns : WordColumns or None
        `None` where its family is not linear in what is said: such a model is asked row by row.
    """

    catalogue: Catalogue
    serving: Serving
    columns: WordColumns | None = field(init=False)
    # What fits some limits, for those who are done with the same titles.
    _fitting: dict[Limits, tuple[Resting, Candidates]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """See the titles with the model's eyes."""
        model, encoded = self.serving.predictor, self.catalogue.encoded
        self.columns = None
        if isinstance(model, MixedPosterior):
            with np.errstate(all="ignore"):
                self.columns = WordColumns(model, encoded)

    def warm_up(self) -> None:
        """Work out beforehand what every evening needs."""
        if self.columns is not None:
            with np.errstate(all="ignore"):
                self.columns.warm()
            give_back()

    def moments(
        self, code: int, present: tuple[int, ...] = (), rows: Codes | None = None
    ) -> Moments:
        """Return the belief about every title, or those of some rows, for those present.

        Raises
        ------
        ArtefactDamaged
            Where the model's numbers give no probability.
        """
        if self.columns is None:
            encoded = self.catalogue.encoded
            X = for_context(code, encoded if rows is None else encoded[rows])
            return moments_for(self.serving.predictor, X, present)
        with np.errstate(all="ignore"):
            return finite(self.columns.moments(code, present, rows))

    def traits(self, rows: Codes) -> Floats:
        """Return what titles, by their position, may have in common: shape (len(rows), k)."""
        return traits_of(title_basis(for_context(0, self.catalogue.encoded[rows])))

    def evening(
        self,
        context: Context,
        present: Mapping[int, str],
        done: Resting,
        size: int,
        age_limit: int | None = None,
    ) -> "Evening":
        """Return what a context brings for those present.

        Parameters
        ----------
        context : Context
        present : mapping of int to str
            The members who watch: ids and names. Empty: the household.
        done : Resting
            What is not to be shown.
        size : int
            How many titles a slate has: vetoes leave at least so many.
        age_limit : int or None
            The strictest of those present, in years.

        Raises
        ------
        LibraryEmpty
            Where there is no title at all.
        NothingFits
            Where the choices exclude every title.
        """
        candidates = self._candidates(context, done, age_limit)
        company = tuple(present)
        moments = self.moments(context.code, company)
        vocal = self._vocal(company)
        if len(vocal) > 1:
            own = [self.moments(context.code, (member,)).probability for member in vocal]
            rows = candidates.rows
            kept = after_veto(np.array(own)[:, rows], moments.probability[rows], size)
            candidates = candidates.only(kept, VETO)
        return Evening(self, context, present, candidates, moments)

    def _candidates(self, context: Context, done: Resting, age_limit: int | None) -> Candidates:
        count = len(self.catalogue.titles)
        if not count:
            raise LibraryEmpty(
                "There is no title to choose from yet. Bring a library with: encore import nfo "
                "FOLDER or encore import csv FILE; or look around with: encore demo"
            )
        candidates = self._that_fit(context.session_length, done, age_limit)
        if not len(candidates.rows):
            others = (length for length in SESSION_LENGTHS if length != context.session_length)
            counts = {
                length: len(self._that_fit(length, done, age_limit).rows) for length in others
            }
            would_fit = {length: count for length, count in counts.items() if count}
            raise NothingFits(
                f"None of the {count} titles fits. {_way_out(would_fit, candidates.left_out)}",
                {"excluded": dict(candidates.left_out), "would_fit": would_fit},
            )
        return candidates

    def _that_fit(self, length: str | None, done: Resting, age_limit: int | None) -> Candidates:
        limits = Limits(default_rules().limit_minutes.get(length or ""), age_limit)
        if len(done.shown):
            return fitting(self.catalogue.measures, limits, done)
        kept = self._fitting.get(limits)
        if kept is None or kept[0] is not done:
            kept = self._fitting[limits] = done, fitting(self.catalogue.measures, limits, done)
        return kept[1]

    def _vocal(self, present: tuple[int, ...]) -> list[int]:
        """Return who of those present has effects of their own."""
        if self.columns is None:
            return []
        known = self.columns.posterior.side.member_ids
        return [member for member in present if member in known]


@dataclass(frozen=True, slots=True)
class Card:
    """What a request is told of a title, wherever it stands on the slate."""

    media_id: int
    probability: float
    reasons: tuple[str, ...]
    features: AsKnown
    row: int


@dataclass(slots=True, eq=False)
class Evening:
    """The best candidates of a request, ready to draw slates from.

    Attributes
    ----------
    ranked : RankedCatalogue
    context : Context
    present : mapping of int to str
    candidates : Candidates
    code : int
        Of the context.
    rows : ndarray of int64, ascending
        The shortlist, by position in the catalogue.
    deck : Deck
    """

    ranked: RankedCatalogue
    context: Context
    present: Mapping[int, str]
    candidates: Candidates
    moments: InitVar[Moments]
    code: int = field(init=False)
    rows: Codes = field(init=False)
    probability: list[float] = field(init=False)
    deck: Deck = field(init=False)
    _others: dict[Policy, Deck] = field(default_factory=dict)
    _average: tuple[Floats, float] | None = None
    _cards: dict[int, Card] = field(default_factory=dict)

    def __post_init__(self, moments: Moments) -> None:
        """Keep the best, and forget the others: a household may say many contexts."""
        self.code = self.context.code
        utility = moments.utility
        if len(self.candidates.rows) < len(utility):
            utility = utility[self.candidates.rows]
        best = np.sort(best_first(utility, POLICY.shortlist))
        self.rows = self.candidates.rows[best]
        shortlist = Moments(moments.mean[self.rows], moments.variance[self.rows])
        self.probability = shortlist.probability.tolist()
        self.deck = Deck(shortlist.utility, self.ranked.traits(self.rows), POLICY)

    def picks(self, size: int, seed: int, policy: Policy = POLICY) -> tuple[Pick, ...]:
        """Draw a slate by a policy; the same seed draws it again."""
        drawn = self._deck(policy).draw(size, uniforms(size, HOUSEHOLD, seed))
        return tuple(
            self._pick(at, position, propensity)
            for position, (at, propensity) in enumerate(
                zip(drawn.rows, drawn.propensities, strict=True), start=1
            )
        )

    def _deck(self, policy: Policy) -> Deck:
        if policy is POLICY:
            return self.deck
        found = self._others.get(policy)
        if found is None:
            found = self._others[policy] = Deck(self.deck.utility, self.deck.traits, policy)
        return found

    def _pick(self, at: int, position: int, propensity: float) -> Pick:
        card = self.card(at)
        return Pick(
            card.media_id, position, propensity, card.probability, card.reasons, card.features
        )

    def card(self, at: int) -> Card:
        """Return what is told of a title of the shortlist, by its position there."""
        found = self._cards.get(at)
        if found is None:
            row, catalogue = int(self.rows[at]), self.ranked.catalogue
            found = self._cards[at] = Card(
                int(catalogue.ids[row]),
                self.probability[at],
                self._said(row),
                AsKnown.of(catalogue.titles[row]),
                row,
            )
        return found

    def _said(self, row: int) -> tuple[str, ...]:
        columns, title = self.ranked.columns, self.ranked.catalogue.titles[row]
        if columns is None:
            return (fallback(title),)
        if self._average is None:
            rows = self.candidates.rows
            self._average = columns.basis[rows].mean(axis=0), float(columns.effects[rows].mean())
        seen = Seen(
            columns.context(self.context.code, tuple(self.present)),
            columns.basis[row],
            self._average[0],
            float(columns.effects[row]),
            self._average[1],
        )
        parts = taken_apart(columns.posterior, seen)
        return sentences(parts, title, self.context, self.present)


def _way_out(would_fit: Mapping[str, int], left_out: Mapping[str, int]) -> str:
    """Say what to do where nothing fits."""
    if would_fit:
        return "Choose another length of session."
    if SHOWN_TONIGHT in left_out:
        return "Ask afresh: all that is left was shown just now."
    if SEEN_BEFORE in left_out:
        return "Let titles be picked that were seen before."
    if TOO_OLD_FOR in left_out or AGE_UNKNOWN in left_out:
        return "Add titles that are rated for the age of everybody who watches."
    return "Add titles, or show hidden ones again."
