"""T1. Every operation asks who calls, and lets past whom it should: no other.

`python -m tests.api.access_matrix` writes the matrix that is kept. So that a wrong one cannot be
kept unseen, rules that know nothing of how the guard decides are asked of it as well.
"""

import csv
import io
from collections.abc import Iterator

import pytest

from app.backend.api.app import create_app
from app.backend.api.guarded import Guarded
from app.backend.api.routing import UNVERSIONED, VERSIONED, every_route
from app.backend.api.scopes import NEEDED, NEVER_KEPT, PUBLIC
from app.backend.domain import access
from app.backend.workflows.household import Household
from tests.api import access_matrix
from tests.api.access_matrix import ROLES, SCOPES, Row

# What each kind of caller may do, written down once more, by hand.
MAY = {
    "unclaimed": set(SCOPES),
    "viewer session": {"watch", "predict", "read"},
    "trainer session": {"watch", "predict", "read", "train", "release"},
    "owner session": set(SCOPES),
    "proxy user": {"watch", "predict", "read"},
    "proxy owner": set(SCOPES),
    **{f"{scope} key": {scope} for scope in SCOPES},
}
STRANGERS = (
    "nobody elsewhere", "new from elsewhere", "nobody here", "revoked key", "expired key",
    "garbage key", "expired session", "garbage key here", "no proxy",
)  # fmt: skip
# By address alone: what strangers may ask for, and what only owners may.
OPEN = {
    "/healthz", "/readyz", "/ping", "/version", "/v2", "/v2/health/live", "/v2/health/ready",
    "/setup", "/login", "/logout", "/api/v1/owner", "/api/v1/sessions", "/api/v1/sessions/current",
    "/language", "/api/v1/me", "/api/v1/me/password",
    "/manifest.webmanifest", "/sw.js", "/offline",
    # Whose secret is in the address.
    "/webhooks/{secret}/jellyfin", "/webhooks/{secret}/plex", "/webhooks/{secret}/tautulli",
}  # fmt: skip
OWNERS = ("/access", "/api/v1/accounts", "/api/v1/keys")
TRAINERS = (
    "/welcome/demo",
    "/training", "/models", "/api/v1/library", "/api/v1/models", "/api/v1/training-runs",
    "/api/v1/sources", "/api/v1/histories", "/library/sources", "/library/histories",
)  # fmt: skip


def cells(rows: list[Row]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield method, path, name, column and cell of a matrix."""
    for operation, name, *values in rows[1:]:
        method, _, path = operation.partition(" ")
        for column, value in zip(rows[0][2:], values, strict=True):
            yield method, path, name, column, value


def test_every_caller_meets_every_operation_as_it_is_written() -> None:
    """The application answers as the matrix says; each has a row, and each row an operation."""
    found, kept = access_matrix.walk(), access_matrix.kept()
    told = io.StringIO()
    csv.writer(told, lineterminator="\n").writerows(found)
    assert {row[:2] for row in found} == {row[:2] for row in kept}, (
        "python -m tests.api.access_matrix"
    )
    assert told.getvalue().splitlines() == access_matrix.FILE.read_text().splitlines()


def test_what_is_written_is_what_scopes_and_roles_say() -> None:
    """A caller comes past where the scope is theirs; a stranger is asked who it is."""
    for method, path, name, column, value in cells(access_matrix.kept()):
        needed = NEEDED[name]
        where = f"{method} {path} as {column}"
        if name == "get_me":  # answers whoever is somebody
            assert value == ("401" if column in STRANGERS else "yes"), where
        elif needed == PUBLIC:
            assert value == "yes", where
        elif column in STRANGERS:
            assert value == "401", where
        else:
            assert value == ("yes" if needed in MAY[column] else "403"), where


def test_what_is_written_is_safe_whatever_the_scopes_say() -> None:
    """By address and method alone: what is open is listed, and what owners do is theirs."""
    columns = set(access_matrix.kept()[0][2:])
    assert columns == {*MAY, *STRANGERS}
    seen = set()
    for method, path, _, column, value in cells(access_matrix.kept()):
        where = f"{method} {path} as {column}"
        if column in STRANGERS and value == "yes":
            seen.add(path)
            assert path in OPEN, where
        if path.startswith(OWNERS) and value == "yes":
            assert column in {"unclaimed", "owner session", "manage key", "proxy owner"}, where
        if path.startswith(TRAINERS) and method != "GET":
            assert value != "yes" or not column.startswith(("viewer", "watch", "proxy user")), where
    assert seen == OPEN - {"/api/v1/me"}


def test_viewers_watch_and_look_and_change_nothing_else() -> None:
    """T18. All that a viewer can change: evenings, verdicts on them, and their own password."""
    changes = {
        name
        for method, _, name, column, value in cells(access_matrix.kept())
        if column == "viewer session" and value == "yes" and method != "GET"
        if NEEDED[name] not in {PUBLIC, "predict"}
    }
    assert changes == {
        "create_recommendation", "create_feedback", "mark_watched", "dismiss_question",
        "say_signal", "take_back_signal", "save_taste", "say_by_page", "take_back_by_page",
        "retract_feedback", "retract_by_page", "unwatch_by_page", "ask_again_by_page",
        "take_back_in_history", "hide_title", "show_title_again",
        "rank_actions", "reward_event", "activate_event", "ask", "watched", "rate", "dismiss",
    }  # fmt: skip


def test_every_route_is_guarded_and_named() -> None:
    """No route goes without the guard, and no name without a route."""
    for module in (*VERSIONED, *UNVERSIONED):
        assert all(isinstance(route, Guarded) for route in module.router.routes), module.__name__
    names = {route.name for _, route in every_route()}
    assert names == set(NEEDED)
    assert set(NEEDED.values()) == {PUBLIC, *SCOPES}
    assert names >= NEVER_KEPT


def test_beside_the_routes_there_is_the_style_and_the_description(household: Household) -> None:
    """What is no route of ours: files that are the same everywhere, and the API's description."""
    routes = create_app(household).routes
    beside = {path for route in routes if (path := getattr(route, "path", None)) is not None}
    assert beside == {"/api/v1/openapi.json", "/static"}
    assert len(routes) == len(beside) + len(VERSIONED) + len(UNVERSIONED)


def test_roles_are_as_they_are_written_here() -> None:
    """A change of a role is a change of these tests."""
    assert {*access.ROLES} == {*ROLES}
    for role in ROLES:
        assert access.ROLES[role] == MAY[f"{role} session"]
    assert {*SCOPES} == access.SCOPES


@pytest.mark.parametrize(
    "name",
    [
        "create_key",
        "create_session",
        "log_in",
        "change_password",
        "create_source",
        "change_source",
        "keep_own_key",
    ],
)
def test_secrets_are_never_kept_for_a_second_time(name: str) -> None:
    """What brings or takes a secret is not written down under an Idempotency-Key."""
    assert name in NEVER_KEPT
