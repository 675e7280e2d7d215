"""Own Encore, sign in and out, and say who may do what."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, status

from app.backend.api import cookies
from app.backend.api.access import insist, marks_of_request
from app.backend.api.access_schemas import (
    AccountChange,
    AccountOut,
    AccountRequest,
    AccountsOut,
    CallerOut,
    Credentials,
    KeyOut,
    KeyRequest,
    KeysOut,
    NewKeyOut,
    NewOwner,
    PasswordChange,
)
from app.backend.api.dependencies import CallerDep, HouseholdDep
from app.backend.api.guarded import Guarded
from app.backend.api.schemas import WRONG, ErrorEnvelope, Id, Name
from app.backend.domain.errors import Forbidden
from app.backend.workflows import accounts, keys, sign_in
from app.backend.workflows.keys import Wanted

router = APIRouter(route_class=Guarded, tags=["access"])

NOBODY = {"model": ErrorEnvelope, "description": "There is nobody of that name and password."}
NO_ACCOUNT = {"model": ErrorEnvelope, "description": "There is no such account."}
TOO_MANY = {"model": ErrorEnvelope, "description": "Too many wrong passwords; try again later."}
LAST_OWNER = {"model": ErrorEnvelope, "description": "Nobody would own this Encore any more."}

AccountName = Annotated[Name, Path()]


@router.post(
    "/owner",
    status_code=status.HTTP_201_CREATED,
    responses={
        403: {"model": ErrorEnvelope, "description": "Not from this machine."},
        409: {"model": ErrorEnvelope, "description": "There is an owner."},
        422: WRONG,
    },
)
def create_owner(
    household: HouseholdDep, caller: CallerDep, said: NewOwner, request: Request, out: Response
) -> AccountOut:
    """Own this Encore, as the first who asks at the machine itself; the caller is signed in."""
    with household.database.writing() as session:
        if caller.kind != "unclaimed" and not accounts.has_owner(session):
            raise Forbidden(
                "The first owner is made at the machine itself: open Encore there, or run: encore "
                "accounts add NAME --role owner"
            )
        made = accounts.make_owner(session, said.name, said.password, household.clock)
        token = sign_in.open_session(session, made.id, household.clock)
    cookies.give(request, out, token)
    return AccountOut.model_validate(made)


@router.get("/me", responses={401: NOBODY})
def get_me(caller: CallerDep) -> CallerOut:
    """Tell who the caller is, and what they may do."""
    if caller.kind == "nobody":
        insist(caller, None)
    return CallerOut(
        name=caller.name,
        kind=caller.kind,
        scopes=sorted(caller.scopes),
        expires_at=None if caller.grant is None else caller.grant.expires_at,
    )


@router.post(
    "/sessions",
    status_code=status.HTTP_201_CREATED,
    responses={401: NOBODY, 422: WRONG, 429: TOO_MANY},
)
def create_session(
    household: HouseholdDep, said: Credentials, request: Request, out: Response
) -> CallerOut:
    """Sign in: the answer brings a cookie that scripts cannot read."""
    old = marks_of_request(request.scope).session
    client = request.client.host if request.client else ""
    token = sign_in.sign_in(household.database, said.name, said.password, client, household.clock)
    if old is not None:
        with household.database.writing() as session:
            sign_in.sign_out(session, old)
    cookies.give(request, out, token)
    found = sign_in.holder_of_session(household.database, token, household.clock)
    assert found is not None  # noqa: S101  # it was just made
    grant = found[0]
    return CallerOut(
        name=grant.name,
        kind=grant.kind,
        scopes=sorted(grant.scopes),
        expires_at=grant.expires_at,
    )


@router.delete("/sessions/current", status_code=status.HTTP_204_NO_CONTENT)
def end_session(household: HouseholdDep, request: Request, out: Response) -> None:
    """Sign out; without a session nothing happens."""
    token = marks_of_request(request.scope).session
    if token is not None:
        with household.database.writing() as session:
            sign_in.sign_out(session, token)
    cookies.take(request, out)


@router.put(
    "/me/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={401: NOBODY, 403: {"model": ErrorEnvelope}, 422: WRONG, 429: TOO_MANY},
)
def change_password(
    household: HouseholdDep,
    caller: CallerDep,
    said: PasswordChange,
    request: Request,
    out: Response,
) -> None:
    """Change the caller's own password; every session of theirs ends, but for a new one."""
    if caller.kind == "nobody":
        insist(caller, None)
    if caller.kind != "session":
        raise Forbidden("Only who has signed in with a password can change it.")
    client = request.client.host if request.client else ""
    sign_in.sign_in(household.database, caller.name, said.current_password, client, household.clock)
    with household.database.writing() as session:
        account = accounts.set_password(session, caller.name, said.new_password)
        token = sign_in.open_session(session, account.id, household.clock)
    cookies.give(request, out, token)


@router.get("/accounts")
def list_accounts(household: HouseholdDep) -> AccountsOut:
    """List everybody who may sign in, by name."""
    with household.database.reading() as session:
        found = accounts.everybody(session)
    return AccountsOut(accounts=[AccountOut.model_validate(one) for one in found])


@router.post(
    "/accounts",
    status_code=status.HTTP_201_CREATED,
    responses={409: {"model": ErrorEnvelope, "description": "The name is taken."}, 422: WRONG},
)
def create_account(household: HouseholdDep, said: AccountRequest) -> AccountOut:
    """Let somebody sign in."""
    with household.database.writing() as session:
        made = accounts.add(session, said.name, said.role, said.password, household.clock)
    return AccountOut.model_validate(made)


@router.patch("/accounts/{name}", responses={404: NO_ACCOUNT, 409: LAST_OWNER, 422: WRONG})
def change_account(household: HouseholdDep, name: AccountName, said: AccountChange) -> AccountOut:
    """Give somebody another role, at once, or another password, which ends their sessions."""
    with household.database.writing() as session:
        found = accounts.found(session, name)
        if said.role is not None:
            found = accounts.set_role(session, name, said.role)
        if said.password is not None:
            found = accounts.set_password(session, name, said.password)
    return AccountOut.model_validate(found)


@router.delete(
    "/accounts/{name}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses={404: NO_ACCOUNT, 409: LAST_OWNER, 422: WRONG},
)
def delete_account(household: HouseholdDep, name: AccountName) -> None:
    """Take an account and its sessions away; what it rated stays the household's."""
    with household.database.writing() as session:
        accounts.remove(session, name)


@router.get("/keys")
def list_keys(household: HouseholdDep) -> KeysOut:
    """List the latest keys, the newest first; no key can be read again."""
    with household.database.reading() as session:
        found = keys.latest(session)
    return KeysOut(keys=[KeyOut.model_validate(one) for one in found])


@router.post(
    "/keys",
    status_code=status.HTTP_201_CREATED,
    responses={
        403: {"model": ErrorEnvelope, "description": "More than the caller may do."},
        422: WRONG,
    },
)
def create_key(
    household: HouseholdDep, caller: CallerDep, said: KeyRequest, out: Response
) -> NewKeyOut:
    """Make a key; it is shown this once. It may do no more than the caller."""
    if not caller.scopes.issuperset(said.scopes):
        raise Forbidden("A key may do no more than the one who makes it.")
    wanted = Wanted(said.name, said.scopes, said.days, caller.name or caller.kind)
    with household.database.writing() as session:
        key, facts = keys.make(session, wanted, household.clock)
    out.headers["Cache-Control"] = "no-store"
    told = KeyOut.model_validate(facts).model_dump()
    return NewKeyOut(**told, key=key)


@router.delete(
    "/keys/{key_id}",
    responses={404: {"model": ErrorEnvelope, "description": "There is no such key."}, 422: WRONG},
)
def revoke_key(household: HouseholdDep, key_id: Annotated[Id, Path()]) -> KeyOut:
    """Let a key count no longer, from the next request on."""
    with household.database.writing() as session:
        return KeyOut.model_validate(keys.revoke(session, key_id, household.clock))
