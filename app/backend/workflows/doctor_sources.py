"""Are media servers and folders read as they should be? Asked without them, and of themselves."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from app.backend.domain.errors import EncoreError
from app.backend.sources.keyring import Keyring
from app.backend.store import sources
from app.backend.store.import_rows import FAILED
from app.backend.store.session import ReadSession
from app.backend.store.sources import ConnectedSource
from app.backend.workflows.connections import PROMPT, SERVERS, server_of
from app.backend.workflows.findings import OK, PROBLEM, WARNING, Finding, Premises
from app.backend.workflows.imports import last_of_each
from app.backend.workflows.sync import insist_on_same_server

# Another source may be read first, and one that fails is tried again after an hour.
LONG_DUE: Final = timedelta(hours=3)


def source_findings(session: ReadSession, premises: Premises) -> Iterator[Finding]:
    """Yield a finding for each source: whether its key is here, when it was read, what it asks."""
    last = last_of_each(session)
    for one in sources.read_sources(session):
        ended = last.get((one.name, one.address))
        problem = ended.problem if ended is not None and ended.state == FAILED else None
        yield _read(one, premises, problem)


def server_findings(found: Sequence[ConnectedSource], premises: Premises) -> Iterator[Finding]:
    """Ask each source whether it can be read now, and takes its key."""
    for one in found:
        yield _asked(one, premises)


def _read(one: ConnectedSource, premises: Premises, problem: str | None) -> Finding:
    check = f"source {one.name}"
    again = f"encore sources sync {one.name}"
    try:
        if one.kind in SERVERS:
            _keyring(premises).read(one.id)
    except EncoreError as error:
        return Finding(check, PROBLEM, error.message, f"Write it: encore sources move {one.name}")
    if one.asks:
        asked = f"{one.asks.get('removals')} of {one.asks.get('titles')} titles"
        advice = f"Look whether a disk is missing there; else let them go: {again} --yes"
        return Finding(check, WARNING, f"It waits for an answer: {asked} are gone there.", advice)
    if problem is not None:
        return Finding(check, WARNING, f"It could not be read: {problem}", f"Then: {again}")
    if one.due_at is not None and one.due_at < premises.clock() - LONG_DUE:
        told = f"It was to be read at {_moment(one.due_at)}."
        return Finding(check, WARNING, told, f"Does encore serve run? Else: {again}")
    if one.synced_at is None:
        return Finding(check, WARNING, "It was never read.", f"The first time: {again}")
    return Finding(check, OK, f"{one.server_name} was read at {_moment(one.synced_at)}.")


def _asked(one: ConnectedSource, premises: Premises) -> Finding:
    check = f"server {one.name}"
    try:
        if one.kind in SERVERS:
            year = premises.clock().year + 2
            server = server_of(one, _keyring(premises).read(one.id), year, PROMPT)
            with closing(server):
                insist_on_same_server(server, one)
        elif not Path(one.address).is_dir():
            advice = "Is its disk there, and may it be read?"
            return Finding(check, PROBLEM, f"{one.address} is no folder.", advice)
    except EncoreError as error:
        return Finding(check, PROBLEM, error.message, "Then ask again: encore doctor --servers")
    return Finding(check, OK, f"{one.address} answers, and may be read.")


def _keyring(premises: Premises) -> Keyring:
    return Keyring(premises.models_dir.parent / "keys")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
