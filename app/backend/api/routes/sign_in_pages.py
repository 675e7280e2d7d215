"""The pages where people own Encore, sign in and out, and say who may do what."""

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Form, Query, Request, Response

from app.backend.api import cookies
from app.backend.api.access import Caller, marks_of_request
from app.backend.api.addresses import MOST_NEXT, led_to, local_path
from app.backend.api.dependencies import CallerDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.settings_view import ROLES as ROLE_WORDS
from app.backend.api.settings_view import SCOPES as SCOPE_WORDS
from app.backend.api.settings_view import named
from app.backend.api.templates import render
from app.backend.api.tongue import tongue_of
from app.backend.domain.access import LONGEST_PASSWORD, ROLES, SHORTEST_PASSWORD, Scope
from app.backend.domain.errors import AccessError, EncoreError, Forbidden, InvalidInput
from app.backend.domain.evening import LONGEST_NAME
from app.backend.workflows import accounts, keys, sign_in
from app.backend.workflows.household import Household
from app.backend.workflows.keys import Wanted

router = APIRouter(route_class=Guarded, include_in_schema=False)

NameField = Annotated[str, Form(min_length=1, max_length=LONGEST_NAME)]
PasswordField = Annotated[str, Form(min_length=1, max_length=LONGEST_PASSWORD)]


@router.get("/setup")
def setup_page(request: Request, household: HouseholdDep, caller: CallerDep) -> Response:
    """Ask who owns this Encore, as long as nobody does."""
    with household.database.reading() as session:
        is_owned = accounts.has_owner(session)
    if is_owned:
        return led_to(request, "/login")
    return _setup(request, caller)


@router.post("/setup")
def set_up(  # a form's fields
    request: Request,
    household: HouseholdDep,
    caller: CallerDep,
    name: NameField,
    password: PasswordField,
    again: PasswordField,
) -> Response:
    """Make the owner and sign them in."""
    try:
        if caller.kind != "unclaimed":
            raise Forbidden("The first owner is made at the machine itself.")
        if password != again:
            raise InvalidInput("The two passwords differ; type them again.")
        with household.database.writing() as session:
            made = accounts.make_owner(session, name, password, household.clock)
            token = sign_in.open_session(session, made.id, household.clock)
    except EncoreError as error:
        return _setup(request, caller, error)
    answer = led_to(request, "/")
    cookies.give(request, answer, token)
    return answer


@router.get("/login")
def login_page(
    request: Request,
    household: HouseholdDep,
    next_: Annotated[str, Query(alias="next", max_length=MOST_NEXT)] = "/",
) -> Response:
    """Ask for a name and a password."""
    return _login(request, household, next_)


@router.post("/login")
def log_in(
    request: Request,
    household: HouseholdDep,
    name: NameField,
    password: PasswordField,
    next_: Annotated[str, Form(alias="next", max_length=MOST_NEXT)] = "/",
) -> Response:
    """Sign in and go where one wanted to go."""
    old = marks_of_request(request.scope).session
    client = request.client.host if request.client else ""
    try:
        token = sign_in.sign_in(household.database, name, password, client, household.clock)
    except AccessError as error:
        return _login(request, household, next_, error)
    if old is not None:
        with household.database.writing() as session:
            sign_in.sign_out(session, old)
    answer = led_to(request, local_path(next_))
    cookies.give(request, answer, token)
    return answer


@router.post("/logout")
def log_out(request: Request, household: HouseholdDep) -> Response:
    """Sign out."""
    token = marks_of_request(request.scope).session
    if token is not None:
        with household.database.writing() as session:
            sign_in.sign_out(session, token)
    answer = led_to(request, "/login")
    cookies.take(request, answer)
    return answer


@router.get("/access")
def access_page(request: Request, household: HouseholdDep) -> Response:
    """Show who may sign in, and which keys there are."""
    return _access(request, household)


@router.post("/access/accounts")
def add_account_by_page(
    request: Request,
    household: HouseholdDep,
    name: NameField,
    role: Annotated[str, Form(max_length=20)],
    password: Annotated[str, Form(max_length=LONGEST_PASSWORD)] = "",
) -> Response:
    """Let somebody sign in; without a password only a trusted proxy says who it is."""
    try:
        with household.database.writing() as session:
            accounts.add(session, name, role, password or None, household.clock)
    except EncoreError as error:
        return _access(request, household, error=error)
    return led_to(request, "/access")


@router.post("/access/accounts/role")
def change_role_by_page(
    request: Request,
    household: HouseholdDep,
    name: NameField,
    role: Annotated[str, Form(max_length=20)],
) -> Response:
    """Give somebody another role, at once."""
    try:
        with household.database.writing() as session:
            accounts.set_role(session, name, role)
    except EncoreError as error:
        return _access(request, household, error=error)
    return led_to(request, "/access")


@router.post("/access/accounts/removal")
def remove_account_by_page(request: Request, household: HouseholdDep, name: NameField) -> Response:
    """Take an account away."""
    try:
        with household.database.writing() as session:
            accounts.remove(session, name)
    except EncoreError as error:
        return _access(request, household, error=error)
    return led_to(request, "/access")


@router.post("/access/keys")
def make_key_by_page(
    request: Request,
    household: HouseholdDep,
    caller: CallerDep,
    name: NameField,
    scopes: Annotated[list[str], Form(max_length=6)] = [],  # noqa: B006  # FastAPI copies it
    days: Annotated[int, Form(ge=0, le=keys.MOST_DAYS)] = 365,
) -> Response:
    """Make a key and show it: this once. With 0 days it does not expire."""
    try:
        if not caller.scopes.issuperset(scopes):
            raise Forbidden("A key may do no more than the one who makes it.")
        wanted = Wanted(name, scopes, days or None, caller.name or caller.kind)
        with household.database.writing() as session:
            key, _ = keys.make(session, wanted, household.clock)
    except EncoreError as error:
        return _access(request, household, error=error)
    return _access(request, household, new_key=key)


@router.post("/access/keys/revocation")
def revoke_key_by_page(
    request: Request, household: HouseholdDep, key_id: Annotated[int, Form(ge=1, le=2**53)]
) -> Response:
    """Let a key count no longer."""
    with household.database.writing() as session:
        keys.revoke(session, key_id, household.clock)
    return led_to(request, "/access")


def _setup(request: Request, caller: Caller, error: EncoreError | None = None) -> Response:
    context = {
        "page": "setup",
        "problem": _problem(request, error),
        "is_here": caller.kind == "unclaimed",
        "shortest": SHORTEST_PASSWORD,
    }
    return render(request, "setup.html", context, 200 if error is None else error.status)


def _login(
    request: Request, household: Household, path: str, error: EncoreError | None = None
) -> Response:
    with household.database.reading() as session:
        is_owned = accounts.has_owner(session)
    context = {
        "page": "login",
        "problem": _problem(request, error),
        "next": local_path(path),
        "is_owned": is_owned,
    }
    return render(request, "login.html", context, 200 if error is None else error.status)


def _access(
    request: Request,
    household: Household,
    *,
    new_key: str | None = None,
    error: EncoreError | None = None,
) -> Response:
    tongue = tongue_of(request)
    with household.database.reading() as session:
        people, known = accounts.everybody(session), keys.latest(session)
    context: dict[str, Any] = {
        "page": "settings",
        "accounts": people,
        "keys": [key for key in known if key.revoked_at is None],
        "roles": named(list(ROLES), ROLE_WORDS, tongue),
        "scopes": named(get_args(Scope), SCOPE_WORDS, tongue),
        "new_key": new_key,
        "problem": _problem(request, error),
    }
    answer = render(request, "access.html", context, 200 if error is None else error.status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _problem(request: Request, error: EncoreError | None) -> str | None:
    return None if error is None else tongue_of(request).told(error.message)
