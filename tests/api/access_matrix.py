"""Who may do what, asked of the real application: every operation by every kind of credential.

`python -m tests.api.access_matrix` writes `access_matrix.csv` anew; read the difference before you
keep it. A cell says whether the caller came past the guard: `yes` is any answer but 401 and 403.
Bodies are none that could be understood, so nothing happens behind the guard.
"""

import asyncio
import csv
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import httpx2
from fastapi import FastAPI

from app.backend.api.app import create_app
from app.backend.api.routing import every_route
from app.backend.workflows import accounts, keys, sign_in
from app.backend.workflows.doorway import Doorway, networks
from app.backend.workflows.household import Household, open_household
from tests.workflows.evenings import Ticking

FILE: Final = Path(__file__).with_name("access_matrix.csv")
HERE: Final = "127.0.0.1"
ELSEWHERE: Final = "203.0.113.9"
PROXY: Final = "192.0.2.10"
SCOPES: Final = ("watch", "predict", "read", "train", "release", "manage")
ROLES: Final = ("viewer", "trainer", "owner")
BEHIND_A_PROXY: Final = Doorway(
    public_url="http://encore.example",
    sso_header="Remote-User",
    sso_from=networks(PROXY, "test"),
)
# What stands for a parameter of an address: nothing that exists.
_NOWHERE: Final = {"version": "20200101T000000-000000000000", "name": "nobody", "event_id": "e"}

Headers: TypeAlias = Mapping[str, str]
Row: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credential:
    """One column: which application is asked, from where, and with what in the headers."""

    app: FastAPI
    peer: str
    headers: Callable[[], Headers]


@dataclass(frozen=True, slots=True)
class Operation:
    """One row: a method at an address."""

    method: str
    path: str
    name: str

    @property
    def address(self) -> str:
        """The address with something in place of each parameter."""
        return re.sub(r"{(\w+)(?::\w+)?}", lambda one: _NOWHERE.get(one[1], "999999"), self.path)


def operations() -> list[Operation]:
    """Return every operation of the application."""
    return [
        Operation(method, prefix + route.path, route.name)
        for prefix, route in every_route()
        for method in sorted(route.methods or ())
    ]


@contextmanager
def credentials() -> Iterator[dict[str, Credential]]:
    """Yield every kind of caller: at an Encore that has an owner, and at one that has none."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        clock = Ticking()
        owned, new = (
            stack.enter_context(
                open_household(f"sqlite:///{folder}/{name}.db", Path(folder) / name, clock)
            )
            for name in ("owned", "new")
        )
        yield _columns(owned, new, clock)


def _columns(owned: Household, new: Household, clock: Ticking) -> dict[str, Credential]:
    app, behind = create_app(owned), create_app(owned, BEHIND_A_PROXY)
    _people(owned)
    expired, revoked = _key(owned, SCOPES, days=1), _key(owned, SCOPES, days=None)
    with owned.database.writing() as session:
        keys.revoke(session, 2, clock)
    over = _cookie(owned, "owner")
    clock.advance(days=31)
    every = {
        "nobody elsewhere": Credential(app, ELSEWHERE, dict),
        "unclaimed": Credential(create_app(new), HERE, dict),
        "new from elsewhere": Credential(create_app(new), ELSEWHERE, dict),
        "nobody here": Credential(app, HERE, dict),
    }
    for role in ROLES:
        every[f"{role} session"] = Credential(app, ELSEWHERE, _signing_in(owned, role))
    for scope in SCOPES:
        key = _key(owned, (scope,), days=None)
        every[f"{scope} key"] = Credential(app, ELSEWHERE, lambda key=key: _bearing(key))  # type: ignore[misc]  # mypy: a lambda's default
    for name, key in (("revoked", revoked), ("expired", expired), ("garbage", "enc_garbage")):
        every[f"{name} key"] = Credential(app, ELSEWHERE, lambda key=key: _bearing(key))  # type: ignore[misc]  # likewise
    every["expired session"] = Credential(app, ELSEWHERE, lambda: over)
    # At the machine itself, what is garbage opens no more than nothing does.
    every["garbage key here"] = Credential(app, HERE, lambda: _bearing("enc_garbage"))
    every["proxy user"] = Credential(behind, PROXY, lambda: _named("a stranger"))
    every["proxy owner"] = Credential(behind, PROXY, lambda: _named("owner"))
    every["no proxy"] = Credential(behind, ELSEWHERE, lambda: _named("owner"))
    return every


def _people(household: Household) -> None:
    with household.database.writing() as session:
        for role in ROLES:
            accounts.add(session, role, role, None, household.clock)


def _key(household: Household, scopes: Sequence[str], *, days: int | None) -> str:
    wanted = keys.Wanted("a key", scopes, days, "test")
    with household.database.writing() as session:
        return keys.make(session, wanted, household.clock)[0]


def _signing_in(household: Household, role: str) -> Callable[[], Headers]:
    # A session for each request: some of them end it.
    return lambda: _cookie(household, role)


def _cookie(household: Household, name: str) -> Headers:
    with household.database.writing() as session:
        account = accounts.found(session, name)
        token = sign_in.open_session(session, account.id, household.clock)
    return {"cookie": f"encore_session={token}", "sec-fetch-site": "same-origin"}


def _bearing(key: str) -> Headers:
    return {"authorization": f"Bearer {key}"}


def _named(user: str) -> Headers:
    return {"remote-user": user, "sec-fetch-site": "same-origin"}


async def answered(credential: Credential, operation: Operation) -> str:
    """Ask for an operation and return what goes into the cell."""
    transport = httpx2.ASGITransport(credential.app, client=(credential.peer, 50_000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.request(
            operation.method,
            operation.address,
            headers={"content-type": "application/json", **credential.headers()},
            content=None if operation.method == "GET" else b"{",
        )
    return str(answer.status_code) if answer.status_code in {401, 403} else "yes"


async def _walk(every: Mapping[str, Credential]) -> list[Row]:
    rows: list[Row] = [("operation", "name", *every)]
    for operation in operations():
        cells = [await answered(credential, operation) for credential in every.values()]
        rows.append((f"{operation.method} {operation.path}", operation.name, *cells))
    return [rows[0], *sorted(rows[1:])]


def walk() -> list[Row]:
    """Ask for every operation by every credential; the first row names the columns."""
    with credentials() as every:
        return asyncio.run(_walk(every))


def kept() -> list[Row]:
    """Return the matrix that is kept beside this module."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)]


def main() -> None:
    """Write the matrix."""
    with FILE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(walk())
    sys.stdout.write(f"{FILE}\n")


if __name__ == "__main__":
    main()
