"""A slate that was just drawn, as `SlateOut` describes it, with nothing in between."""

from starlette.types import Scope

from app.backend.api.addresses import API_PREFIX, base_of
from app.backend.workflows.recommend import Answered
from app.backend.workflows.serving import served_by


def slate_address(scope: Scope, answered: Answered) -> str:
    """Return where a slate can be seen again."""
    return f"{base_of(scope)}{API_PREFIX}/slates/{answered.slate_id}"


def slate_told(answered: Answered) -> dict[str, object]:
    """Return what a slate's JSON has: as `SlateOut` of the slate would say it."""
    shown, evening = answered.drawn.shown, answered.drawn.evening
    facts = evening.ranked.catalogue.facts
    picks = [
        {
            "recommendation_id": number,
            "media_id": pick.media_id,
            "position": pick.position,
            **facts(pick.media_id),
            "probability": pick.probability,
            "propensity": pick.propensity,
            "reasons": pick.reasons,
            "watched_at": None,
            "signal": None,
        }
        for number, pick in zip(answered.ids, shown.picks, strict=True)
    ]
    return {
        "id": answered.slate_id,
        "requested_at": shown.requested_at,
        "mood": shown.mood,
        "group_size": shown.group_size,
        "session_length": shown.session_length,
        "members": shown.members,
        "model_version": shown.model_version,
        "served_by": served_by(answered.serving),
        "policy": shown.policy,
        "seed": shown.seed,
        "candidates": shown.candidates,
        "left_out": shown.left_out,
        "instead_of": shown.instead_of,
        "picks": picks,
    }
