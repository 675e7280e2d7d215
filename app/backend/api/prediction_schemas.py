"""What goes over the wire of predictions: strict, bounded, documented."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.backend.api.schemas import WHOLE, Id, Name, Strict
from app.backend.domain.context import Context, GroupSize, Mood, SessionLength
from app.backend.domain.title import FIRST_YEAR, LONGEST_MINUTES
from app.backend.features.genres import LONGEST_NAME, MOST_NAMES
from app.backend.workflows.predictions import AskedTitle, Question

MOST_TITLES: Final = 200
MOST_CONTEXTS: Final = 36
LAST_YEAR: Final = 2_200

Genre: TypeAlias = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]+$"),
]


class ContextAsked(Strict):
    """An evening; what is null is not said."""

    mood: Mood | None = None
    group_size: GroupSize | None = None
    session_length: SessionLength | None = None

    def context(self) -> Context:
        """Return it as the model knows it."""
        return Context(self.mood, self.group_size, self.session_length)


class KnownTitle(Strict):
    """A title of the library, by its number."""

    media_id: Id

    def asked(self) -> AskedTitle:
        """Return it as it is judged."""
        return AskedTitle(self.media_id)


class FullTitle(Strict):
    """Any title; `minutes` is one sitting, and what is null is not known."""

    kind: Literal["movie", "series"] = "movie"
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), WHOLE] | None = None
    minutes: Annotated[float, Field(gt=0, le=LONGEST_MINUTES, allow_inf_nan=False)] | None = None
    genres: Annotated[list[Genre], Field(max_length=MOST_NAMES, default_factory=list)]
    community_rating: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None

    def asked(self) -> AskedTitle:
        """Return it as it is judged."""
        return AskedTitle(
            None,
            self.kind,
            self.year,
            self.minutes,
            tuple(self.genres),
            self.community_rating,
        )


Title: TypeAlias = Annotated[KnownTitle | FullTitle, Field(union_mode="left_to_right")]


class PredictionRequest(Strict):
    """Titles and evenings: every title is judged in every evening, for those present."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "titles": [
                        {"kind": "movie", "year": 1999, "minutes": 95, "genres": ["Comedy"]},
                        {"kind": "series", "minutes": 45, "genres": ["Drama", "Krimi"]},
                    ],
                    "contexts": [
                        {"mood": "funny", "group_size": "couple", "session_length": "short"},
                        {"mood": "relaxing"},
                    ],
                }
            ]
        },
    )

    titles: Annotated[list[Title], Field(min_length=1, max_length=MOST_TITLES)]
    contexts: Annotated[list[ContextAsked], Field(min_length=1, max_length=MOST_CONTEXTS)]
    members: Annotated[list[Name], Field(max_length=20, default_factory=list)]
    contributions: bool = False

    def question(self) -> Question:
        """Return it as it is answered."""
        return Question(
            tuple(title.asked() for title in self.titles),
            tuple(context.context() for context in self.contexts),
            tuple(self.members),
            self.contributions,
        )


class ContributionOut(BaseModel):
    """A part of a logit: what it adds, and how much more than for the average of the titles."""

    name: str
    share: float
    gain: float


class PredictionOut(BaseModel):
    """P(rating >= 4 and would watch again) of a title in an evening, and how sure that is.

    `interval` holds the probability with 90 %, as the model believes. `contributions` add up to
    `logit_mean`; null where they were not asked for, or the model's family cannot be taken apart.
    """

    context: ContextAsked
    probability: float
    interval: tuple[float, float]
    logit_mean: float
    logit_standard_deviation: float
    contributions: list[ContributionOut] | None


class TitlePredictionsOut(BaseModel):
    """A title's predictions, in the order of the contexts."""

    media_id: int | None
    unknown_genres: list[str]
    predictions: list[PredictionOut]


class PredictionsOut(BaseModel):
    """What was asked, judged: titles in the order in which they were sent."""

    model_version: str | None
    served_by: str
    titles: list[TitlePredictionsOut]
