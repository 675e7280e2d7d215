"""Backups for the tests: rows of every table to keep, archives packed again, what is there."""

import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from app.backend.domain.progress import silent
from app.backend.store import dump
from app.backend.store.session import Database
from app.backend.store.tables import Table
from app.backend.workflows.archive import MANIFEST, table_name
from app.backend.workflows.household import Household
from app.backend.workflows.restore import Restored, restore, verified
from tests.workflows.evenings import FRIDAY_EVENING

Members = dict[str, bytes]

ACCESS: dict[str, dict[str, Any]] = {
    "accounts": {"id": 4, "name": "Ada", "role": "owner", "password_hash": "argon2…"},
    "members": {"id": 9, "name": 'Zoë "\\\n\u2028 🦊'},
    "api_keys": {
        "id": 2, "name": "lamp", "hint": "enc_1", "key_hash": "k" * 64, "scopes": ["read"],
        "created_by": "Ada", "expires_at": None, "last_used_at": None, "revoked_at": None,
    },
    "rank_events": {
        "event_id": "e-1", "request_hash": "h" * 64, "recommendation_id": 1, "is_active": True,
        "answer": {"ranking": [{"id": "a", "probability": 0.1}], "ä": None}, "reward": 0.1 + 0.2,
    },
    "sessions": {
        "id": 1, "token_hash": "t" * 64, "account_id": 4, "last_seen_at": FRIDAY_EVENING,
        "expires_at": FRIDAY_EVENING,
    },
    "login_attempts": {
        "subject": "Ada", "failures": 2, "last_at": FRIDAY_EVENING,
        "blocked_until": FRIDAY_EVENING,
    },
    "idempotency_keys": {
        "caller": "Ada", "key": "k", "request_hash": "h" * 64, "status": 200, "headers": {},
        "body": "{}",
    },
    "title_signals": {
        "id": 3, "recommendation_id": 1, "media_id": 1, "kind": "never", "said_at": FRIDAY_EVENING,
        "taken_back_at": None,
    },
    "retracted_feedback": {
        "id": 1, "recommendation_id": 1, "event_id": "e-2", "feedback": {"rating": 2},
        "retracted_at": FRIDAY_EVENING,
    },
    "genre_aliases": {"name": "krimi, spaßig", "genres": "Comedy,Crime"},
    "library_imports": {
        "id": 1, "source": "csv", "place": "shelf.csv", "state": "done", "read": 2, "total": None,
        "counts": {"added": 2}, "problem": None, "started_at": FRIDAY_EVENING,
        "finished_at": FRIDAY_EVENING,
    },
    "preferences": {
        "name": "schedule", "value": {"after_feedbacks": 5}, "updated_at": FRIDAY_EVENING,
    },
    "sources": {
        "id": 3, "name": "jellyfin", "kind": "jellyfin", "address": "http://nas.local:8096",
        "server_id": "f00d", "server_name": "Attic", "libraries": ["a", "b"], "link": None,
        "every_hours": 24, "writes_ratings": False, "read_until": FRIDAY_EVENING,
        "completed_at": None, "synced_at": None, "due_at": None, "asks": {"removals": 3},
    },
    "source_people": {
        "source_id": 3, "user_id": "u1", "user_name": "zoë", "member_id": 9, "read_until": None,
    },
    "source_items": {
        "source_id": 3, "item_id": "i1", "media_id": 1, "library": "a", "poster": "i1/tag",
    },
    "title_ids": {"key": "imdb:tt0000001", "media_id": 1},
    "withheld_titles": {"source_id": 3, "member_id": 9, "media_id": 1},
    "history_entries": {
        "id": 2, "source": "jellyfin", "member_id": 9, "key": "i1", "media_id": 1, "title": "",
        "kind": "", "year": None, "ids": [], "raw_rating": 7.5, "scale": 10.0, "rating": 4,
        "would_watch_again": None, "is_watched": True, "at": FRIDAY_EVENING,
        "noted_at": FRIDAY_EVENING, "is_assigned": False, "is_set_aside": False,
    },
    "playbacks": {
        "id": 1, "source": "jellyfin", "member_id": 9, "media_id": 1, "recommendation_id": 1,
        "rating": 4, "times": 2, "told_at": FRIDAY_EVENING,
    },
    "written_ratings": {
        "source_id": 3, "user_id": "u1", "item_id": "i1", "rating": 8.0,
        "written_at": FRIDAY_EVENING,
    },
}  # fmt: skip


def furnish(database: Database) -> None:
    """Write a row to each table that a demo leaves empty."""
    at = FRIDAY_EVENING + timedelta(microseconds=123_457)
    with database.writing() as session:
        for name, values in ACCESS.items():
            table = Table.metadata.tables[name]
            dated = {"created_at": at} if "created_at" in table.columns else {}
            session.execute(insert(table).values(**dated, **values))


def all_rows(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table that a backup keeps, in an order of their own."""
    found = {}
    with database.reading() as session:
        for name in dump.kept_tables():
            rows = session.execute(select(Table.metadata.tables[name])).mappings()
            found[name] = sorted((dict(row) for row in rows), key=repr)
    return found


def all_files(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def restored(path: Path, household: Household, *, force: bool = False) -> Restored:
    """Restore a backup, as the verb does."""
    with verified(path, silent) as archive:
        return restore(archive, household.database, household.shelf, silent, force=force)


def unpacked(path: Path) -> Members:
    """Return the members of an archive."""
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed_again(path: Path, members: Members) -> Path:
    """Write an archive of some members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def told_otherwise(members: Members, change: Callable[[dict[str, Any]], object]) -> Members:
    """Return members whose manifest was changed."""
    manifest = json.loads(members[MANIFEST])
    change(manifest)
    return {**members, MANIFEST: json.dumps(manifest).encode()}


def sealed_again(members: Members, table: str, lines: list[dict[str, Any]]) -> Members:
    """Return members in which a table has other rows, which the manifest vouches for."""
    content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)

    def vouch(manifest: dict[str, Any]) -> None:
        manifest["tables"][table] |= {
            "rows": len(lines),
            "bytes": len(content),
            "sha256": sha256(content).hexdigest(),
        }
        if lines:
            manifest["tables"][table]["columns"] = list(lines[0])

    return told_otherwise({**members, table_name(table): content}, vouch)


def lines_of(members: Members, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table in an archive."""
    return [json.loads(line) for line in members[table_name(table)].splitlines()]
