"""What goes over the wire of rank and reward, under the names that clients know."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from app.backend.api.schemas import Strict
from app.backend.workflows.personalizer_draw import MOST_ACTIONS

LONGEST_ID: Final = 256
MOST_OBJECTS: Final = 100
LARGEST_REWARD: Final = 1e6
EVENT_PATTERN: Final = r"^[\x21-\x7e]+$"

ActionId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
RankEventId = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_ID, pattern=EVENT_PATTERN)
]
FeatureObjects = Annotated[list[dict[str, Any]], Field(max_length=MOST_OBJECTS)]


class RankableAction(Strict):
    """One of the actions. `features` are objects of any shape, nested at most 8 deep."""

    id: ActionId
    features: FeatureObjects


class RankRequestIn(Strict):
    """What is to be ranked, and what is known of the evening; without `eventId` one is made.

    Of two actions with one id the first counts. With `deferActivation` nothing counts as shown
    until the event is activated.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        json_schema_extra={
            "examples": [
                {
                    "contextFeatures": [{"mood": "funny"}, {"company": "couple"}],
                    "actions": [
                        {"id": "heat", "features": [{"genres": ["Crime"], "minutes": 170}]},
                        {"id": "airplane", "features": [{"genres": ["Comedy"], "minutes": 88}]},
                    ],
                    "eventId": "evening-1",
                }
            ]
        },
    )

    context_features: FeatureObjects | None = None
    actions: Annotated[list[RankableAction], Field(min_length=1, max_length=MOST_ACTIONS)]
    excluded_actions: Annotated[list[ActionId], Field(max_length=MOST_ACTIONS)] | None = None
    event_id: RankEventId | None = None
    defer_activation: bool | None = None


class RankedActionOut(BaseModel):
    """An action, and its exact chance of having been the one to be shown."""

    id: str
    probability: float


class RankOut(BaseModel):
    """What was drawn. Of `ranking`, what was excluded keeps its place, with probability 0."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    ranking: list[RankedActionOut]
    event_id: str
    reward_action_id: str


class RewardRequest(Strict):
    """What an event was worth: 0 to 1. From 0.75 on it was a success."""

    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"value": 1.0}]}
    )

    value: Annotated[float, Field(ge=-LARGEST_REWARD, le=LARGEST_REWARD, allow_inf_nan=False)]
