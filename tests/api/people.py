"""People and programs at the door, for the tests: accounts, cookies and keys without a hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.backend.api.app import AT_HOME, create_app
from app.backend.store.access_tables import METADATA
from app.backend.store.session import Database
from app.backend.workflows import accounts, keys, sign_in
from app.backend.workflows.doorway import Doorway
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with

PASSWORD: Final = "a long evening in"  # noqa: S105  # the tests' own
NEW_PASSWORD: Final = "three reels of film"  # noqa: S105  # likewise
ELSEWHERE: Final = "203.0.113.9"
OWN_PAGE: Final = {"sec-fetch-site": "same-origin"}
ASKED: Final = {"mood": "funny", "group_size": "couple", "session_length": "medium"}


@dataclass(frozen=True, slots=True)
class Home:
    """A household at the door."""

    household: Household
    app: FastAPI

    @classmethod
    def of(cls, household: Household, doorway: Doorway = AT_HOME) -> "Home":
        """Open the door of a household."""
        return cls(household, create_app(household, doorway))

    def speaking(self, peer: str = ELSEWHERE, host: str = "localhost") -> TestClient:
        """Return somebody who speaks from an address."""
        return speaking_with(self.app, peer, host)

    def add(self, name: str, role: str = "viewer", password: str | None = None) -> None:
        """Add an account."""
        with self.household.database.writing() as session:
            accounts.add(session, name, role, password, self.household.clock)

    def cookie(self, name: str) -> str:
        """Open a session for somebody and return its secret."""
        with self.household.database.writing() as session:
            found = accounts.found(session, name)
            return sign_in.open_session(session, found.id, self.household.clock)

    def signed_in(self, name: str, peer: str = ELSEWHERE) -> TestClient:
        """Return somebody who has signed in, and whose browser sends what browsers send."""
        client = self.speaking(peer)
        client.cookies.set("encore_session", self.cookie(name))
        client.headers.update(OWN_PAGE)
        return client

    def key(self, *scopes: str, days: int | None = None, name: str = "a key") -> tuple[str, int]:
        """Make a key and return it with its number."""
        return made_key(self.household, scopes, days, name)


def made_key(
    household: Household, scopes: Sequence[str], days: int | None, name: str = "a key"
) -> tuple[str, int]:
    """Make a key and return it with its number."""
    with household.database.writing() as session:
        key, facts = keys.make(session, keys.Wanted(name, scopes, days, "test"), household.clock)
    return key, facts.id


def bearing(key: str) -> Mapping[str, str]:
    """Return the headers of a program."""
    return {"authorization": f"Bearer {key}"}


def code_of(answer: httpx2.Response) -> tuple[int, str]:
    """Return the status of a failure, and its code."""
    return answer.status_code, answer.json()["error"]["code"]


def cookie_of(answer: httpx2.Response) -> str:
    """Return the line that gives a cookie."""
    return str(answer.headers["set-cookie"])


def everything_in(database: Database) -> str:
    """Return every value of every row, as text."""
    with database.reading() as session:
        return "\n".join(
            repr(tuple(row))
            for table in METADATA.sorted_tables
            for row in session.execute(select(table))
        )
