"""Who watches in this household: list them, add them, change them."""

from typing import Annotated

from fastapi import APIRouter, Path, status
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.backend.api.dependencies import HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.schemas import UNSAID, WHOLE, WRONG, ErrorEnvelope, Id, Name, Strict, Told
from app.backend.workflows import people
from app.backend.workflows.people import HIGHEST_AGE_LIMIT, Person

router = APIRouter(route_class=Guarded, tags=["members"])

AgeLimit = Annotated[int, Field(ge=0, le=HIGHEST_AGE_LIMIT), WHOLE]


class MemberOut(Told):
    """Somebody who watches. `age_limit` is in years; null: none. Who left keeps what they said."""

    id: int
    name: str
    age_limit: int | None
    is_here: bool


class MembersOut(BaseModel):
    """Everybody who watches or did, by name."""

    members: list[MemberOut]


class MemberIn(Strict):
    """Somebody to be added; who had left under that name comes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ben", "age_limit": 12}]})

    name: Name
    age_limit: AgeLimit | None = None


class MemberChange(Strict):
    """What is to be otherwise; what is not said stays. `age_limit` null takes the limit away."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"age_limit": 16}], "minProperties": 1}
    )

    name: Annotated[Name, UNSAID] = ""
    age_limit: AgeLimit | None = None
    is_here: Annotated[bool, UNSAID] = True

    @model_validator(mode="after")
    def _says_something(self) -> "MemberChange":
        if not self.model_fields_set:
            raise ValueError("say at least one of name, age_limit and is_here")
        return self


@router.get("/members")
def list_members(household: HouseholdDep) -> MembersOut:
    """List who watches in this household, and who did."""
    with household.database.reading() as session:
        found = [*people.everybody(session), *people.gone(session)]
    return MembersOut(members=[MemberOut.model_validate(person) for person in found])


@router.post(
    "/members",
    status_code=status.HTTP_201_CREATED,
    responses={
        409: {"model": ErrorEnvelope, "description": "Somebody has that name, or all is full."},
        422: WRONG,
    },
)
def create_member(household: HouseholdDep, said: MemberIn) -> MemberOut:
    """Add somebody."""
    with household.database.writing() as session:
        person = people.add(session, said.name, said.age_limit, household.clock)
    return MemberOut.model_validate(person)


@router.patch(
    "/members/{member_id}",
    responses={
        404: {"model": ErrorEnvelope, "description": "Nobody has that id."},
        409: {"model": ErrorEnvelope, "description": "Somebody has that name, or all is full."},
        422: WRONG,
    },
)
def change_member(
    household: HouseholdDep, member_id: Annotated[Id, Path()], said: MemberChange
) -> MemberOut:
    """Rename somebody, give them another age limit, let them leave, or bring them back."""
    with household.database.writing() as session:
        person = people.known(session, member_id)
        is_coming_or_going = "is_here" in said.model_fields_set
        if is_coming_or_going and said.is_here:
            person = people.come_back(session, member_id)
        person = people.change(session, member_id, *_changed(person, said))
        if is_coming_or_going and not said.is_here:
            person = people.leave(session, member_id, household.clock)
    return MemberOut.model_validate(person)


def _changed(person: Person, said: MemberChange) -> tuple[str, int | None]:
    is_limit_said = "age_limit" in said.model_fields_set
    return said.name or person.name, said.age_limit if is_limit_said else person.age_limit
