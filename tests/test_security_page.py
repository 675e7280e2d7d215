"""The page on security says what is so: its tests exist, and its table of roles is the code's."""

import ast
import re
from pathlib import Path

from app.backend.api.scopes import NEEDED, PUBLIC
from app.backend.domain.access import IDLE, LONGEST_PASSWORD, LONGEST_SESSION, ROLES, SCOPES
from app.backend.domain.access import SHORTEST_PASSWORD as SHORTEST
from app.backend.workflows.passwords import MEMORY_KIB, PASSES
from app.backend.workflows.throttle import LONGEST_WAIT, MISS_COMES_BACK, MISSES
from tests.api.access_matrix import kept

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = re.findall(r"^\| (T\d+) \|(.+)\|(.+)\|(.+)\|$", PAGE, re.MULTILINE)


def functions_of(path: Path) -> set[str]:
    """Return the names of the functions of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    """By its file and its name."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 30
    for file, name in named:
        assert name in functions_of(ROOT / file), f"{file}::{name}"


def test_every_threat_is_answered_or_said_not_to_be() -> None:
    """By a test, or by why there is none; their numbers have no gap."""
    assert [number for number, *_ in THREATS] == [f"T{n}" for n in range(1, 20)]
    for number, threat, control, test in THREATS:
        assert threat.strip(), number
        assert control.strip(), number
        assert "::" in test or "not yet, because" in test, number


def test_the_table_of_roles_is_the_codes() -> None:
    """Each scope has a row, with the roles that have it."""
    rows = re.findall(r"^\| `(\w+)` \|[^|]+\|([^|]*)\|([^|]*)\|([^|]*)\|$", PAGE, re.MULTILINE)
    assert [scope for scope, *_ in rows] == sorted(SCOPES, key=[one[0] for one in rows].index)
    for scope, *cells in rows:
        for role, cell in zip(("viewer", "trainer", "owner"), cells, strict=True):
            assert (cell.strip() == "yes") == (scope in ROLES[role]), (scope, role)


def test_what_is_open_to_everybody_is_told() -> None:
    """Each address that asks for no scope, but for those that sign in, stands on the page."""
    for operation, name, *_ in kept()[1:]:
        path = operation.partition(" ")[2]
        signs_in = path.startswith(("/api/v1/", "/login", "/logout", "/setup"))
        if NEEDED[name] == PUBLIC and not signs_in:
            told = "/v2/health/*" if path.startswith("/v2/health/") else path
            assert f"`{told}`" in PAGE, path


def test_numbers_are_the_codes() -> None:
    """What is said of passwords, sessions and waits."""
    text = " ".join(PAGE.split())
    minutes, seconds = LONGEST_WAIT.seconds // 60, MISS_COMES_BACK.seconds
    for told in (
        f"{SHORTEST} to {LONGEST_PASSWORD} characters",
        f"{IDLE.days} days unused, {LONGEST_SESSION.days} days in any case",
        f"at most {minutes} minutes",
        f"every {seconds} seconds",
        f"Argon2id hashes ({MEMORY_KIB / 1024:.0f} MiB, two passes)",
    ):
        assert told in text, told
    assert (PASSES, MISSES) == (2, 10)
