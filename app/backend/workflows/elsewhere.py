"""Whether it is asked how something was that was watched elsewhere, and where the answer goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.backend.domain.context import ANY_MOOD, UNKNOWN_CODE
from app.backend.domain.evening import AsKnown, Pick, ShownSlate
from app.backend.domain.evidence import ELSEWHERE_POLICY
from app.backend.features.titles import understand
from app.backend.store import playbacks
from app.backend.store.playbacks import Asked, Whose
from app.backend.store.session import WriteSession
from app.backend.store.slate_writes import write_slates
from app.backend.workflows import feedback

# What became of it.
ASKED: Final = "asked"
KNOWN: Final = "known"
NOTED: Final = "noted"

# An evening's picks are watched on it, or on the next.
OF_AN_EVENING: Final = timedelta(hours=36)
# What is told again within is the same viewing; of a series, the same evening's.
ONE_VIEWING: Final = timedelta(hours=20)
# What nobody wanted to be asked about rests so long.
DISMISSED_RESTS: Final = timedelta(days=30)
# Who finishes more titles within an hour is marking, not watching.
MOST_AN_HOUR: Final = 4
# No model was asked.
_NO_PROMISE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Told:
    """What a server told of a member and a title.

    Attributes
    ----------
    source : str
        The name of the source.
    member : str
        The member's name.
    whose : Whose
    rating : int or None
        What they said there, from 1 to 5.
    at : datetime
    """

    source: str
    member: str
    whose: Whose
    rating: int | None
    at: datetime


def watched(session: WriteSession, told: Told) -> str:
    """Ask how something was that was watched to its end, unless that is asked or answered.

    It is asked of the impression that it was watched for, if it was picked lately, else of one of
    its own. A title asks once a viewing, and not again while the question is open.

    Returns
    -------
    str
        `ASKED`; `KNOWN` where the question is there; `NOTED` where nobody is asked.
    """
    last = playbacks.read_asked(session, told.whose)
    if last is not None and (last.is_open or told.at - last.told_at < _rest(last)):
        playbacks.told_again(session, last.playback_id, told.rating)
        return KNOWN
    shown = playbacks.read_impression(session, told.whose, told.at - OF_AN_EVENING)
    if shown is not None and shown.is_settled:
        _remember(session, told, shown.recommendation_id)
        return NOTED
    if shown is not None:
        _ask(session, told, shown.recommendation_id)
        return KNOWN if shown.is_watched else ASKED
    an_hour_ago = told.at - timedelta(hours=1)
    if playbacks.count_told(session, told.whose.member_id, an_hour_ago) >= MOST_AN_HOUR:
        return NOTED
    _ask(session, told, _impression_of_its_own(session, told))
    return ASKED


def rated(session: WriteSession, told: Told) -> str:
    """Let a rating stand in the answer to a question that is open anyway.

    Returns
    -------
    str
        `KNOWN`, or `NOTED` where there is no such question.
    """
    last = playbacks.read_asked(session, told.whose)
    if last is not None and last.is_open:
        playbacks.told_again(session, last.playback_id, told.rating, times=0)
        return KNOWN
    shown = playbacks.read_impression(session, told.whose, told.at - OF_AN_EVENING)
    if shown is None or shown.is_settled or not shown.is_watched:
        return NOTED
    _remember(session, told, shown.recommendation_id)
    return KNOWN


def _rest(last: Asked) -> timedelta:
    return DISMISSED_RESTS if last.is_dismissed else ONE_VIEWING


def _ask(session: WriteSession, told: Told, recommendation_id: int) -> None:
    feedback.choose(session, recommendation_id, lambda: told.at)
    _remember(session, told, recommendation_id)


def _remember(session: WriteSession, told: Told, recommendation_id: int) -> None:
    playbacks.add_playback(
        session, told.source, told.whose, recommendation_id, told.rating, told.at
    )


def _impression_of_its_own(session: WriteSession, told: Told) -> int:
    """Write down an impression of what was watched without having been picked here; its id."""
    raw = playbacks.read_raw_title(session, told.whose.media_id)
    (title,) = understand(raw, told.at.year + 2).on_the_shelf()
    pick = Pick(title.id, 1, 1.0, _NO_PROMISE, (), AsKnown.of(title))
    slate = ShownSlate(
        requested_at=told.at,
        mood=ANY_MOOD,
        group_size=ANY_MOOD,
        session_length=ANY_MOOD,
        context_code=UNKNOWN_CODE,
        members=(told.member,),
        policy=ELSEWHERE_POLICY,
        model_version=None,
        seed=0,
        candidates=1,
        left_out={},
        picks=(pick,),
    )
    ((_, (recommendation_id,)),) = write_slates(session.connection(), [slate])
    return recommendation_id
