"""A request becomes a slate: candidates, scores, chance, reasons, and impressions on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.context import Context
from app.backend.domain.errors import LibraryEmpty, NothingFits
from app.backend.domain.evening import Pick, ShownSlate, StoredSlate
from app.backend.domain.randomness import derived_seed, generator
from app.backend.domain.title import Title
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.rules import default_rules
from app.backend.features.titles import understand
from app.backend.ranking.candidates import VETO, Candidates, fitting
from app.backend.ranking.reasons import reasons
from app.backend.ranking.slate import Drawn, Policy, draw, utilities
from app.backend.store import library_rows, reads, writes
from app.backend.store.session import WriteSession
from app.backend.workflows.company import judged, who_is_present
from app.backend.workflows.serving import Serving

HOUSEHOLD: Final = "home"
POLICY: Final = Policy()


@dataclass(frozen=True, slots=True)
class Request:
    """What a household asks for. All three parts of the context are said.

    `members` names who is present; nobody named means the household.
    """

    mood: str
    group_size: str
    session_length: str
    size: int = 4
    members: tuple[str, ...] = ()

    @property
    def context(self) -> Context:
        """The request's context."""
        return Context(self.mood, self.group_size, self.session_length)


def recommend(
    session: WriteSession, request: Request, serving: Serving, clock: Clock, seed: int
) -> StoredSlate:
    """Draw a slate for a request and write it down.

    Parameters
    ----------
    session : WriteSession
    request : Request
    serving : Serving
        What scores the titles.
    clock : Clock
    seed : int
        Of the draw; it is kept with the slate, so that the slate can be drawn again.

    Raises
    ------
    LibraryEmpty
        Where there is no title at all.
    NothingFits
        Where the choices exclude every title.
    """
    at = clock()
    candidates = candidates_for(session, request, at)
    present = who_is_present(session, request.members)
    X = for_context(request.context.code, encode_titles(candidates.titles))
    judgement = judged(serving.predictor, X, tuple(present), request.size)
    candidates = candidates.only(judgement.rows.tolist(), VETO)
    X = X[judgement.rows]
    rng = generator(derived_seed(HOUSEHOLD, seed))
    drawn = draw(utilities(judgement.moments), X, request.size, POLICY, rng)
    said = {
        row: reasons(serving.predictor, X, candidates.titles, request.context, row, present)
        for row in drawn.rows
    }
    picks = _picks(candidates, drawn, judgement.moments.probability, said)
    slate_id = writes.write_slate(session, _slate(request, serving, candidates, picks, at, seed))
    stored = reads.read_slate(session, slate_id)
    assert stored is not None  # noqa: S101  # it was written two lines above
    return stored


def candidates_for(session: WriteSession, request: Request, at: datetime) -> Candidates:
    """Return the titles that may be shown for a request, or say why there are none."""
    titles = understand(library_rows.read_titles(session), at.year + 2).on_the_shelf()
    if not titles:
        raise LibraryEmpty(
            "There is no title to choose from yet. Bring a library with: encore import nfo FOLDER "
            "or encore import csv FILE; or look around with: encore demo"
        )
    limit = default_rules().limit_minutes.get(request.session_length)
    candidates = fitting(titles, limit, reads.read_viewings(session), at)
    if not candidates.titles:
        raise NothingFits(
            f"None of the {len(titles)} titles fits. Choose a longer session, or add titles.",
            {"excluded": dict(candidates.left_out)},
        )
    return candidates


def _picks(
    candidates: Candidates,
    drawn: Drawn,
    probability: Floats,
    said: Mapping[int, tuple[str, ...]],
) -> tuple[Pick, ...]:
    return tuple(
        Pick(
            media_id=candidates.titles[row].id,
            position=position,
            propensity=propensity,
            probability=float(probability[row]),
            reasons=said[row],
            features=_as_known(candidates.titles[row]),
        )
        for position, (row, propensity) in enumerate(
            zip(drawn.rows, drawn.propensities, strict=True), start=1
        )
    )


def _slate(
    request: Request,
    serving: Serving,
    candidates: Candidates,
    picks: tuple[Pick, ...],
    at: datetime,
    seed: int,
) -> ShownSlate:
    return ShownSlate(
        requested_at=at,
        mood=request.mood,
        group_size=request.group_size,
        session_length=request.session_length,
        context_code=request.context.code,
        members=request.members,
        policy=POLICY.name,
        model_version=serving.version,
        seed=seed,
        candidates=len(candidates.titles),
        left_out=candidates.left_out,
        picks=picks,
    )


def _as_known(title: Title) -> dict[str, object]:
    """Return the values of a title that a model can read, as they are known now."""
    return {
        "kind": title.kind,
        "year": title.year,
        "minutes": title.minutes,
        "genres": list(title.genres),
        "community_rating": title.community_rating,
    }
