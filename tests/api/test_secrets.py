"""Secrets stay with those who hold them: not in rows, logs, answers or backups."""

import logging
import zipfile
from pathlib import Path

import pytest

from app.backend.domain.errors import DatabaseUnreachable
from app.backend.domain.progress import silent
from app.backend.store.schema import upgrade
from app.backend.store.session import open_database
from app.backend.workflows.backup import back_up
from app.backend.workflows.household import Household
from tests.api.people import (
    ASKED,
    NEW_PASSWORD,
    OWN_PAGE,
    PASSWORD,
    Home,
    bearing,
    everything_in,
)

API = "/api/v1"
ADA = {"name": "ada", "password": PASSWORD}


def lived(home: Home) -> tuple[list[str], list[str]]:
    """Do all that handles a secret; return the secrets and whatever else was answered."""
    client = home.speaking("127.0.0.1")
    once = {"idempotency-key": "the-same", **OWN_PAGE}
    told = [client.post(f"{API}/owner", json=ADA, headers=once).text]
    secrets = [PASSWORD, NEW_PASSWORD, client.cookies["encore_session"]]
    made = [
        client.post(f"{API}/keys", json={"name": "tv", "scopes": ["read"]}, headers=once).json()
        for _ in range(2)
    ]
    secrets += [one.pop("key") for one in made]
    told += map(str, made)
    for method, path, said in (
        ("POST", "sessions", ADA),
        ("POST", "sessions", {"name": PASSWORD, "password": PASSWORD}),
        ("POST", "accounts", {"name": "grace", "role": "viewer", "password": PASSWORD}),
        ("PATCH", "accounts/grace", {"password": NEW_PASSWORD}),
        ("PUT", "me/password", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
        ("POST", "sessions", {"name": "ada", "password": PASSWORD, "more": PASSWORD}),
        ("GET", "me", None),
        ("GET", "accounts", None),
        ("GET", "keys", None),
        ("GET", "nothing", None),
    ):
        answer = client.request(method, f"{API}/{path}", json=said, headers=once)
        told += [answer.text, *answer.headers.get_list("location")]
        secrets += [one for one in client.cookies.values() if one]
    form = {"name": "ada", "password": PASSWORD, "next": "/model"}
    told.append(client.post("/login", data=form, headers=once).text)
    told.append(client.get("/access", headers={"accept": "text/html"}).text)
    for headers in (bearing(secrets[3]), {"cookie": f"encore_session={secrets[2]}"}):
        told.append(client.get(f"{API}/accounts", headers=headers).text)
    told.append(client.post(f"{API}/recommendations", json=ASKED, headers=OWN_PAGE).text)
    return sorted({*secrets}), told


def test_secrets_are_told_to_nobody(
    household: Household, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """T3, T17. Not by rows, log lines, answers, or backups: a copy of any of them opens nothing."""
    caplog.set_level(logging.DEBUG)
    home = Home.of(household)
    secrets, told = lived(home)
    assert len(secrets) >= 6
    file = tmp_path / "encore.zip"
    back_up(household.database, household.shelf, file, household.clock, silent)
    with zipfile.ZipFile(file) as packed:
        kept = "".join(packed.read(name).decode("latin-1") for name in packed.namelist())
    rows = everything_in(household.database)
    assert "$argon2id$" in rows
    assert "$argon2id$" in kept
    assert "$argon2id$" not in "".join(told)
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("httpx")]
    places = {"rows": rows, "backup": kept, "answers": "".join(told), "logs": "\n".join(ours)}
    for place, text in places.items():
        for secret in secrets:
            assert secret not in text, place


def test_what_is_kept_opens_nothing(household: Household) -> None:
    """T3. No value of any row is a key, a cookie or a password."""
    home = Home.of(household)
    lived(home)
    values = {part.strip("'\"()[],") for part in everything_in(household.database).split()}
    assert len(values) > 30
    for value in values:
        if value.isascii() and value:
            for headers in ({"authorization": f"Bearer {value}"}, {"x-api-key": value}):
                assert home.speaking().get(f"{API}/me", headers=headers).status_code == 401
            cookie = {"cookie": f"encore_session={value}"}
            assert home.speaking().get(f"{API}/me", headers=cookie).status_code == 401


def test_the_databases_password_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """T17. Where the database cannot be reached, the sentence does not say with which word."""
    caplog.set_level(logging.DEBUG)
    canary = "canary-in-the-mine"
    database = open_database(f"postgresql://ada:{canary}@127.0.0.1:9/encore?connect_timeout=1")
    with pytest.raises(DatabaseUnreachable) as caught:
        upgrade(database)
    database.close()
    for text in (str(caught.value.envelope()), repr(database), caplog.text):
        assert canary not in text
