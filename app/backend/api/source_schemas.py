"""What goes over the wire of sources: strict, bounded, documented; no key ever comes back."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.backend.api.list_schemas import Line
from app.backend.api.schemas import UNSAID, WHOLE, Name, Strict, Told
from app.backend.api.source_forms import LONGEST_ADDRESS, MOST_LIBRARIES
from app.backend.workflows.people import MOST_PEOPLE
from app.backend.workflows.source_values import LONGEST_TOKEN, MOST_HOURS

LONGEST_LINK = 1_000

# A server's address or a folder's path.
Address = Annotated[
    str,
    StringConstraints(min_length=3, max_length=LONGEST_ADDRESS, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
Key = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_TOKEN, pattern=r"^[\x20-\x7e]+$")
]
Link = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_LINK)]
Hours = Annotated[int, Field(ge=1, le=MOST_HOURS), WHOLE]


def _example(**values: Any) -> ConfigDict:  # noqa: ANN401  # JSON
    return ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [values]})


class SourceRequest(Strict):
    """A source to connect: a media server with its key, or a folder by its whole path.

    `libraries` are the names or ids of those to read; none means all. `every_hours` null: it is
    read when it is asked to be.
    """

    model_config = _example(
        kind="jellyfin", address="http://nas.local:8096", key="0123456789abcdef0123456789abcdef"
    )

    kind: Literal["jellyfin", "plex", "nfo"]
    address: Address
    key: Key | None = None
    libraries: Annotated[list[Line], Field(max_length=MOST_LIBRARIES, default_factory=list)]
    every_hours: Hours | None = 24


class SourceChange(Strict):
    """What is to be otherwise; what is not said stays.

    Another `address` of a server needs its `key` once more. `libraries` null: all of them; `link`
    null: links are written as usual; `every_hours` null: it is read when it is asked to be.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"every_hours": 6}], "minProperties": 1}
    )

    address: Annotated[Address, UNSAID] = ""
    key: Annotated[Key, UNSAID] = ""
    libraries: Annotated[list[Line], Field(min_length=1, max_length=MOST_LIBRARIES)] | None = None
    link: Link | None = None
    every_hours: Hours | None = None
    writes_ratings: Annotated[bool, UNSAID] = False

    @model_validator(mode="after")
    def _says_something(self) -> "SourceChange":
        if not self.model_fields_set:
            raise ValueError("say at least one of what can be changed")
        return self


class RemovalsOut(BaseModel):
    """What a sync asks before it takes titles away: how many of how many would go."""

    removals: int
    titles: int


class SourceOut(Told):
    """A source that is read again and again; `name` is what its titles have as their source.

    `libraries` is empty where all are read. `due_at` is when it is read next by itself. `asks` is
    what a sync wants to know: one with `confirm_removals` lets titles go, `kept-titles` keeps them.
    """

    id: int
    name: str
    kind: str
    address: str
    server_name: str
    libraries: list[str]
    link: str | None
    every_hours: int | None
    writes_ratings: bool
    synced_at: datetime | None
    due_at: datetime | None
    asks: RemovalsOut | None
    created_at: datetime


class SourcesOut(BaseModel):
    """Everything that is connected, the oldest first."""

    sources: list[SourceOut]


class DisconnectedOut(BaseModel):
    """How many titles left the shelf with their source."""

    removed: int


class ServerLibraryOut(Told):
    """A library of films or series at a server."""

    id: str
    name: str


class ServerLibrariesOut(BaseModel):
    """The libraries of films or series that a server has."""

    libraries: list[ServerLibraryOut]


class ServerAccountOut(BaseModel):
    """An account at a server. `member` is whose it is here, null where nobody's.

    `has_key` says whether a key of its own is kept.
    """

    account_id: str
    account_name: str
    member: str | None
    has_key: bool


class ServerAccountsOut(BaseModel):
    """The accounts that a server has."""

    accounts: list[ServerAccountOut]


class SourcePerson(Strict):
    """Whose an account of a server is; `account` is its id or its name there."""

    account: Annotated[Line, Field(max_length=200)]
    member: Name


class PeopleRequest(Strict):
    """Whose accounts are whose. What accounts did that are not named is forgotten."""

    model_config = _example(people=[{"account": "anna", "member": "Anna"}])

    people: Annotated[list[SourcePerson], Field(max_length=MOST_PEOPLE)]


class SourcePersonOut(BaseModel):
    """Whose an account of a server is."""

    account_id: str
    account_name: str
    member: str


class SourcePeopleOut(BaseModel):
    """Whose accounts of a source are known, by the names of the members."""

    people: list[SourcePersonOut]


class AccountKey(Strict):
    """The key that an account of a Plex server has of its own."""

    model_config = _example(key="xYz0123456789abcdefg")

    key: Key


class SyncRequest(Strict):
    """How to read a source; nothing needs to be said.

    With `whole` all of it is read, also what did not change. With `confirm_removals` titles may go,
    however many.
    """

    model_config = _example(whole=False, confirm_removals=False)

    whole: bool = False
    confirm_removals: bool = False


class WebhookOut(BaseModel):
    """Where a program tells what was watched at a source; whoever knows the address may tell."""

    teller: str
    url: str


class WebhooksOut(BaseModel):
    """Where a server's own webhooks, or a program beside it, may call."""

    webhooks: list[WebhookOut]


class RatingWriteOut(Told):
    """A rating to be written, on the server's scale; null takes back what was written before."""

    account: str
    member: str
    title: str
    rating: float | None
    before: float | None


class RatingPlanOut(BaseModel):
    """What would be written to a server now: how many, and the first of them.

    `kept` were rated otherwise there, and stay; `without_key` are of accounts that have no key of
    their own.
    """

    planned: int
    writes: list[RatingWriteOut]
    kept: int
    without_key: int


class RatingsWrittenOut(Told):
    """What became of the ratings that were to be written.

    `same` are rated so there already, `kept` otherwise, which stays. `absent` are gone, or the
    account may not see them. `failed` are tried again the next time, as are those `waiting`, for
    which there was no time; `problems` says why some failed.
    """

    written: int
    taken_back: int
    same: int
    kept: int
    absent: int
    failed: int
    waiting: int
    problems: list[str]
