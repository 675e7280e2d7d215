"""One action of a few, drawn for an evening: ranked, rewarded, and learnt from like any pick."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from app.backend.domain.clock import Clock
from app.backend.domain.context import Context
from app.backend.domain.errors import EventReused, NotFound, NothingFits
from app.backend.domain.evening import AsKnown, Pick, ShownSlate, Verdict
from app.backend.domain.randomness import derived_seed
from app.backend.store import rank_events
from app.backend.store.access_tables import RankEvent
from app.backend.store.rank_events import SOURCE, NewEvent
from app.backend.store.session import WriteSession
from app.backend.store.slate_writes import write_slates
from app.backend.workflows.feedback import rate
from app.backend.workflows.personalizer_actions import Features, RawAction, Reading
from app.backend.workflows.personalizer_draw import (
    POLICY_NAME,
    Candidate,
    Drawn,
    candidates,
    drawn_of,
)
from app.backend.workflows.serving import Serving
from app.backend.workflows.training_options import Schedule

AGAIN_FROM: Final = 0.75
EXCLUDED: Final = "excluded"


@dataclass(frozen=True, slots=True)
class RankRequest:
    """What is to be ranked, for which evening. `is_deferred`: it may never be shown."""

    event_id: str
    actions: tuple[RawAction, ...]
    context_features: Features = ()
    excluded: frozenset[str] = frozenset()
    is_deferred: bool = False

    def each_action(self) -> Sequence[RawAction]:
        """Return each action once: of two with one id, the first."""
        first: dict[str, RawAction] = {}
        for action in self.actions:
            first.setdefault(action.id, action)
        return list(first.values())

    def digest(self) -> str:
        """Return a digest of everything but the event's id."""
        actions = [[action.id, list(action.features)] for action in self.actions]
        excluded, context = sorted(self.excluded), list(self.context_features)
        told = json.dumps([actions, context, excluded, self.is_deferred], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RankAnswer:
    """What was drawn.

    Attributes
    ----------
    event_id : str
    ranking : tuple of (str, float)
        Every action with its exact chance of having been drawn. What was excluded stands where it
        stood, with chance 0; the drawn action is the first of the others, which follow by how
        likely they are to please.
    reward_action_id : str
        The drawn action.
    ignored : tuple of str
        Names of features that were not understood, and `+n` for n others.
    """

    event_id: str
    ranking: tuple[tuple[str, float], ...]
    reward_action_id: str
    ignored: tuple[str, ...]


def rank(session: WriteSession, request: RankRequest, serving: Serving, clock: Clock) -> RankAnswer:
    """Draw one action and remember it; the same event again is answered as before.

    Raises
    ------
    InvalidInput
        Where features cannot be.
    NothingFits
        Where every action is excluded.
    EventReused
        Where the event's id came with another request.
    ArtefactDamaged
        Where the model's numbers give no probability.
    """
    reading, at = Reading(), clock()
    context = reading.context(request.context_features)
    actions = [reading.action(raw, at.year + 2) for raw in request.each_action()]
    eligible = [action for action in actions if action.id not in request.excluded]
    if not eligible:
        gone = {"excluded": {EXCLUDED: len(actions)}}
        raise NothingFits("Every action is excluded; leave at least one.", gone)
    known = rank_events.hold_event(session, request.event_id)
    if known is not None:
        return _as_before(known, request)
    found = candidates(session, eligible, at.year + 2)
    seed = derived_seed(SOURCE, request.event_id)
    drawn = drawn_of(found, context, serving, seed)
    shown = ShownSlate(
        requested_at=at,
        **_said(context),
        members=(),
        policy=POLICY_NAME,
        model_version=serving.version,
        seed=seed,
        candidates=len(found),
        left_out=_left_out(len(actions) - len(found)),
        picks=(_pick(session, found, drawn, at),),
    )
    answer = RankAnswer(
        request.event_id,
        _ranking(request, found, drawn),
        found[drawn.order[0]].id,
        reading.told(),
    )
    rank_events.add_event(session, _event(session, request, answer, shown), at)
    return answer


def activate(
    session: WriteSession, event_id: str, clock: Clock, schedule: Schedule | None = None
) -> None:
    """Let an event count as shown, from now on; doing it twice changes nothing.

    Raises
    ------
    NotFound
        Where there is no such event.
    """
    event = _held(session, event_id)
    if event.is_active:
        return
    event.recommendation_id = _write(session, _unpacked(event.answer["impression"], clock()))
    event.is_active = True
    event.answer = {"answer": event.answer["answer"]}
    session.flush()
    _learn(session, event, clock, schedule)


def reward(
    session: WriteSession,
    event_id: str,
    value: float,
    clock: Clock,
    schedule: Schedule | None = None,
) -> None:
    """Keep what an event was worth: the first that is said counts, once the event is shown.

    Parameters
    ----------
    session : WriteSession
    event_id : str
    value : float
        Finite.
    clock : Clock
    schedule : Schedule or None
        When to train by itself.

    Raises
    ------
    NotFound
        Where there is no such event.
    """
    event = _held(session, event_id)
    if event.reward is None:
        event.reward = value
        session.flush()
        _learn(session, event, clock, schedule)


def verdict_of(recommendation_id: int, value: float) -> Verdict:
    """Return a reward as a verdict: a success from 0.75 on. Beyond 0 and 1 the bounds count.

    Examples
    --------
    >>> [verdict_of(1, value).rating for value in (-1.0, 0.0, 0.5, 0.7, 0.75, 9.0)]
    [1, 1, 3, 4, 4, 5]
    >>> [verdict_of(1, value).would_watch_again for value in (0.7, 0.75)]
    [False, True]
    """
    within = min(max(value, 0.0), 1.0)
    rating = 1 + round(4 * within)
    return Verdict(recommendation_id, rating, within >= AGAIN_FROM, source=SOURCE)


def _as_before(event: RankEvent, request: RankRequest) -> RankAnswer:
    if event.request_hash != request.digest():
        raise EventReused(
            "The event id was used for another rank request; send each with an id of its own, or "
            "with none."
        )
    told = event.answer["answer"]
    return RankAnswer(
        told["event_id"],
        tuple((action, chance) for action, chance in told["ranking"]),
        told["reward_action_id"],
        tuple(told["ignored"]),
    )


def _said(context: Context) -> dict[str, Any]:
    """Return what was said: what was not is an empty text, and 0 in its part of the code."""
    return {
        "mood": context.mood or "",
        "group_size": context.group_size or "",
        "session_length": context.session_length or "",
        "context_code": context.code,
    }


def _left_out(count: int) -> dict[str, int]:
    return {EXCLUDED: count} if count else {}


def _event(
    session: WriteSession, request: RankRequest, answer: RankAnswer, shown: ShownSlate
) -> NewEvent:
    """Return an event, and write its impression down, or keep it until it is shown."""
    told: dict[str, Any] = {"answer": asdict(answer)}
    if request.is_deferred:
        told["impression"] = asdict(shown) | {"requested_at": None}
        return NewEvent(request.event_id, request.digest(), told, None)
    return NewEvent(request.event_id, request.digest(), told, _write(session, shown))


def _ranking(
    request: RankRequest, found: Sequence[Candidate], drawn: Drawn
) -> tuple[tuple[str, float], ...]:
    in_order = ((found[at].id, drawn.chances[at]) for at in drawn.order)
    return tuple(
        (action.id, 0.0) if action.id in request.excluded else next(in_order)
        for action in request.each_action()
    )


def _pick(session: WriteSession, found: Sequence[Candidate], drawn: Drawn, at: datetime) -> Pick:
    """Return the impression of what was drawn, which is kept as a title if it is none yet."""
    candidate = found[drawn.order[0]]
    title, chance = candidate.title, drawn.chances[drawn.order[0]]
    if candidate.is_known:
        media_id = title.id
        # Two actions may be one title: how likely that was shown is what is learnt from.
        same = (at for at, one in enumerate(found) if one.is_known and one.title.id == title.id)
        chance = min(sum(drawn.chances[at] for at in same), 1.0)
    else:
        media_id = rank_events.keep_action(session, candidate.id, candidate.row, at)
    return Pick(media_id, 1, chance, drawn.probability, (), AsKnown.of(title))


def _write(session: WriteSession, shown: ShownSlate) -> int:
    ((_, (recommendation_id,)),) = write_slates(session.connection(), [shown])
    return recommendation_id


def _unpacked(told: Mapping[str, Any], at: datetime) -> ShownSlate:
    """Return an impression that was kept until it was shown."""
    (pick,) = told["picks"]
    known = AsKnown(**{**pick["features"], "genres": tuple(pick["features"]["genres"])})
    picks = (Pick(**{**pick, "reasons": tuple(pick["reasons"]), "features": known}),)
    members = tuple(told["members"])
    return ShownSlate(**{**told, "requested_at": at, "members": members, "picks": picks})


def _held(session: WriteSession, event_id: str) -> RankEvent:
    event = rank_events.hold_event(session, event_id)
    if event is None:
        raise NotFound("There is no such event; ask for a rank first, and use its eventId.")
    return event


def _learn(
    session: WriteSession, event: RankEvent, clock: Clock, schedule: Schedule | None
) -> None:
    """Rate what was both shown and rewarded."""
    if event.recommendation_id is not None and event.reward is not None:
        rate(session, verdict_of(event.recommendation_id, event.reward), clock, schedule)
