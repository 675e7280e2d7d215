"""What goes over the wire of lists: the library, what was shown, what was said of it."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.backend.api.poster_view import picture_path
from app.backend.api.schemas import WHOLE, SlateOut, Strict, Told
from app.backend.domain.title import LONGEST_MINUTES
from app.backend.workflows.lists import TitleFacts
from app.backend.workflows.standings import Whereabouts

MOST_RECORDS = 5_000

Line = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Word = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]


class TitleOut(Told):
    """A title of the library; `minutes` is one sitting, as the library has it.

    `link` opens it at its media server. `poster` is where its picture is, below Encore's own
    address. Either is null where there is none.
    """

    media_id: int
    title: str
    kind: str
    year: int | None
    minutes: int | None
    genres: list[str]
    community_rating: float | None
    age_rating: str | None
    source: str
    link: str | None
    poster: str | None

    @classmethod
    def of(cls, title: TitleFacts, place: Whereabouts | None) -> "TitleOut":
        """Tell a title, and where it stands."""
        return cls(
            **asdict(title),
            link=None if place is None else place.link,
            poster=picture_path(title.media_id, place),
        )


class TitlesOut(BaseModel):
    """Titles that may be shown, by their numbers."""

    titles: list[TitleOut]
    next_cursor: str | None


class SlatesOut(BaseModel):
    """Slates, the newest first."""

    slates: list[SlateOut]
    next_cursor: str | None


class VerdictOut(Told):
    """A verdict, and what it is about."""

    id: int
    recommendation_id: int
    media_id: int
    title: str
    rating: int
    would_watch_again: bool
    member: str | None
    created_at: datetime


class VerdictsOut(BaseModel):
    """Verdicts, the newest first."""

    feedback: list[VerdictOut]
    next_cursor: str | None


class TitleRecordIn(Strict):
    """A title to bring; `minutes` is one sitting, `id` the sender's own, such as imdb:tt0117571."""

    title: Line
    kind: Annotated[str, StringConstraints(pattern=r"^(movie|series)$")] = "movie"
    year: Annotated[int, Field(ge=1878, le=2200), WHOLE] | None = None
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MINUTES), WHOLE] | None = None
    genres: Annotated[list[Word], Field(max_length=16, default_factory=list)]
    community_rating: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] | None = None
    age_rating: Annotated[Line, Field(max_length=50)] | None = None
    id: (
        Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
        | None
    ) = None


class ImportRequest(Strict):
    """Titles to bring. Doing it again changes only what is new."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "titles": [
                        {
                            "title": "The Long Matinee",
                            "year": 1998,
                            "minutes": 101,
                            "genres": ["Comedy", "Krimi"],
                            "id": "imdb:tt0000001",
                        }
                    ]
                }
            ]
        },
    )

    titles: Annotated[list[TitleRecordIn], Field(min_length=1, max_length=MOST_RECORDS)]


class RefusalOut(Told):
    """What could not become a title, and why."""

    where: str
    reason: str


class ImportOut(BaseModel):
    """What became of everything that was sent: the four counts add up to what was read.

    `entries_found` are entries of histories of which nobody knew the title until it came now.
    """

    read: int
    added: int
    updated: int
    unchanged: int
    refused: int
    refusals: list[RefusalOut]
    unknown_genres: dict[str, int]
    without_minutes: int
    demo_titles_retired: int
    entries_found: int
