"""A version with other bytes than were recorded is set aside, and who served before serves."""

import logging

from app.backend.domain.clock import Clock
from app.backend.domain.errors import ArtefactDamaged, ModelError
from app.backend.domain.runs import Promotion, Version, lineage
from app.backend.registry.versions import open_version, set_aside
from app.backend.store import versions
from app.backend.store.session import Database, WriteSession, take_turns
from app.backend.workflows.serving import Shelf

ACTOR = "Encore"

_log = logging.getLogger(__name__)


def set_damaged_aside(database: Database, shelf: Shelf, clock: Clock) -> list[str]:
    """Set aside what serving found damaged; return the versions' names."""
    done = []
    for name in list(shelf.damaged):
        with database.reading() as session:
            version = versions.read_version(session, name)
        if (
            version is not None
            and version.is_usable
            and set_version_aside(database, shelf, version, clock)
        ):
            done.append(name)
        shelf.damaged.pop(name, None)
    return done


def set_version_aside(database: Database, shelf: Shelf, version: Version, clock: Clock) -> bool:
    """Look again, and set a version aside if it is damaged indeed; say whether it was.

    The database is told first: files that are set aside and not told of would look missing.
    """
    try:
        open_version(shelf.folder, version.version, version.digest)
    except ArtefactDamaged as error:
        reason = error.message
    except ModelError:
        return False
    else:
        shelf.forget(version.version)
        return False
    at = clock()
    with database.writing() as session:
        take_turns(session, "promotion")
        told = {"set_aside_at": at, "set_aside_because": reason}
        if not versions.mark_version(session, version.version, told):
            return False
        if versions.champion_name(session) == version.version:
            because = f"The model {version.version} cannot be used: {reason}"
            successor = Promotion(_successor(session, version), at, because, "damage", ACTOR)
            versions.write_promotion(session, successor)
    set_aside(shelf.folder, version.version)
    shelf.forget(version.version)
    _log.error("Version %s was set aside: %s", version.version, reason)
    return True


def _successor(session: WriteSession, damaged: Version) -> str | None:
    """Return who served before and still can; `None`: the rules."""
    for name in reversed(lineage(versions.read_ledger(session))):
        if name == damaged.version:
            continue
        found = None if name is None else versions.read_version(session, name)
        if name is None or (found is not None and found.is_usable):
            return name
    return None
