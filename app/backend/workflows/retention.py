"""What is kept of versions: those that serve, could serve again, or are new; the rest may go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.runs import Promotion, Version, lineage
from app.backend.registry.versions import remove, size_of
from app.backend.store import versions
from app.backend.store.session import Database, take_turns
from app.backend.workflows.serving import Shelf
from app.backend.workflows.training_options import TrainingOptions

# Rolling back must work several times in a row, however many versions came since.
KEPT_TO_ROLL_BACK: Final = 3


@dataclass(frozen=True, slots=True)
class Pruned:
    """Which versions' files went, how many bytes that freed, and how many versions stay."""

    versions: tuple[str, ...]
    freed_bytes: int
    kept: int
    is_rehearsal: bool = False


def prune(
    database: Database, shelf: Shelf, keep: int, clock: Clock, *, rehearse: bool = False
) -> Pruned:
    """Take away the files of versions that are old and cannot serve again.

    The record of each stays: what it was, how it did, and when it served.

    Parameters
    ----------
    database : Database
    shelf : Shelf
    keep : int
        How many of the newest stay, beside those that serve or could be rolled back to.
    clock : Clock
    rehearse : bool
        Only say what would go.
    """
    at = clock()
    with database.writing() as session:
        take_turns(session, "promotion")
        known = [one for one in versions.read_versions(session) if one.is_usable]
        going = _going(known, versions.read_ledger(session), keep)
        for version in () if rehearse else going:
            versions.mark_version(session, version.version, {"pruned_at": at})
    names = tuple(version.version for version in going)
    count = size_of if rehearse else remove
    freed = sum(count(shelf.folder, name) for name in names)
    for name in names:
        shelf.forget(name)
    return Pruned(names, freed, len(known) - len(going), is_rehearsal=rehearse)


def keep_house(database: Database, shelf: Shelf, options: TrainingOptions, clock: Clock) -> None:
    """Do what follows a run: prune, if that is wished."""
    if options.keep_versions:
        prune(database, shelf, options.keep_versions, clock)


def _going(known: Sequence[Version], ledger: Sequence[Promotion], keep: int) -> list[Version]:
    served = [name for name in lineage(ledger) if name is not None]
    stays = {*served[-1 - KEPT_TO_ROLL_BACK :], *(one.version for one in known[:keep])}
    return [version for version in known if version.version not in stays]
