"""Which version serves: promoted by hand, rolled back, verified, and answerable for any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.backend.domain.clock import Clock
from app.backend.domain.errors import (
    ArtefactDamaged,
    ArtefactMissing,
    Conflict,
    ModelError,
)
from app.backend.domain.runs import Promotion, Version, lineage
from app.backend.registry.versions import open_version, read_beside
from app.backend.store import versions
from app.backend.store.session import Database, ReadSession, take_turns
from app.backend.workflows import browse
from app.backend.workflows.damage import set_version_aside
from app.backend.workflows.serving import Shelf

RULES: Final = "rules"


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wishes that another version served, why, and who is thought to serve now.

    `expected` is a version, `rules`, or `None` where it does not matter.
    """

    actor: str
    reason: str = ""
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when something served; `version` is `None` where the rules did.

    `until` is `None` where it still does.
    """

    version: str | None
    since: datetime | None
    until: datetime | None
    reason: str
    kind: str
    actor: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of a version's files: whole, damaged, missing, unusable, set aside or pruned."""

    version: str
    state: str
    finding: str

    @property
    def is_fault(self) -> bool:
        """Whether something is wrong that nobody had decided."""
        return self.state in {"damaged", "missing", "unusable"}


def promote(database: Database, shelf: Shelf, name: str, wish: Wish, clock: Clock) -> Promotion:
    """Let a version serve from now on; its files are verified first.

    Raises
    ------
    NotFound
        Where there is no such version.
    Conflict
        Where it serves already, was set aside or pruned.
    ModelError
        Where its files cannot be trusted or read.
    ChampionChanged
        Where another version serves than was expected.
    """
    with database.reading() as session:
        version = browse.version(session, name)
    _insist_on_usable(version)
    open_version(shelf.folder, version.version, version.digest)
    reason = wish.reason or "Promoted by hand."
    with database.writing() as session:
        take_turns(session, "promotion")
        serving = versions.champion_name(session)
        if serving == version.version:
            raise Conflict(f"Version {version.version} serves already.")
        promotion = Promotion(version.version, clock(), reason, "hand", wish.actor)
        versions.promote(session, promotion, _expected(wish, serving))
    return promotion


def roll_back(database: Database, shelf: Shelf, wish: Wish, clock: Clock) -> Promotion:
    """Let what served before serve again, be it the rules.

    Versions that were set aside or pruned are passed over.

    Raises
    ------
    Conflict
        Where the rules serve and nothing served before them.
    ModelError
        Where the files of what served before cannot be trusted or read; it may be promoted or the
        rules put back by another call.
    ChampionChanged
        Where another version serves than was expected.
    """
    with database.writing() as session:
        take_turns(session, "promotion")
        serving = versions.champion_name(session)
        served = lineage(versions.read_ledger(session))
        if len(served) < 2:
            raise Conflict("The rules serve, and nothing served before them: no way back.")
        target = _usable(session, served[:-1])
        if target is not None:
            open_version(shelf.folder, target.version, target.digest)
        name = None if target is None else target.version
        reason = wish.reason or f"Rolled back from {serving or 'the rules'} by hand."
        promotion = Promotion(name, clock(), reason, "rollback", wish.actor)
        versions.promote(session, promotion, _expected(wish, serving))
    return promotion


def history(session: ReadSession) -> list[Period]:
    """Return what served when, the newest first; before the first decision, the rules."""
    ledger = versions.read_ledger(session)
    first = ledger[0].promoted_at if ledger else None
    periods = [Period(None, None, first, "Nothing was learnt yet.", "start", "Encore")]
    for at, one in enumerate(ledger):
        until = ledger[at + 1].promoted_at if at + 1 < len(ledger) else None
        periods.append(Period(one.version, one.promoted_at, until, one.reason, one.kind, one.actor))
    return periods[::-1]


def served_at(session: ReadSession, at: datetime) -> Period:
    """Return what served at a moment."""
    return next(one for one in history(session) if one.since is None or one.since <= at)


def verify(
    database: Database, shelf: Shelf, clock: Clock, names: Sequence[str] = ()
) -> list[Verified]:
    """Hash and open versions, all of them by default; what is damaged is set aside.

    Raises
    ------
    NotFound
        Where there is no version of a name.
    """
    with database.reading() as session:
        if names:
            wanted = [browse.version(session, name) for name in dict.fromkeys(names)]
        else:
            wanted = versions.read_versions(session)
    return [_verified(database, shelf, version, clock) for version in wanted]


def _verified(database: Database, shelf: Shelf, version: Version, clock: Clock) -> Verified:
    name = version.version
    if version.pruned_at is not None:
        return Verified(name, "pruned", f"Its files were taken away {version.pruned_at:%Y-%m-%d}.")
    if version.set_aside_at is not None:
        return Verified(name, "set aside", version.set_aside_because or "")
    try:
        open_version(shelf.folder, name, version.digest)
        for file, digest in (version.files or {}).items():
            read_beside(shelf.folder, name, file, digest)
    except ArtefactMissing as error:
        return Verified(name, "missing", error.message)
    except ArtefactDamaged as error:
        moved = set_version_aside(database, shelf, version, clock)
        told = " It was set aside." if moved else ""
        return Verified(name, "damaged", f"{error.message}{told}")
    except ModelError as error:
        return Verified(name, "unusable", error.message)
    return Verified(name, "whole", "Its bytes are those that were recorded.")


def _insist_on_usable(version: Version) -> None:
    if version.pruned_at is not None:
        raise Conflict(
            f"Version {version.version} was pruned; its files are gone. Train again, or restore "
            "them from a backup."
        )
    if version.set_aside_at is not None:
        raise Conflict(f"Version {version.version} was set aside: {version.set_aside_because}")


def _usable(session: Session, served: Sequence[str | None]) -> Version | None:
    for name in reversed(served):
        found = None if name is None else versions.read_version(session, name)
        if name is None or (found is not None and found.is_usable):
            return found
    return None


def _expected(wish: Wish, serving: str | None) -> str | None:
    if wish.expected is None:
        return serving
    return None if wish.expected == RULES else wish.expected
