"""A source becomes the library: read, normalise, write in batches, count everything."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.evidence import DEMO
from app.backend.domain.progress import Progress, Step
from app.backend.domain.runs import Promotion
from app.backend.domain.title import ImportCounts, Refusal, TitleRecord
from app.backend.features.genres import in_house, name_key, normalise, stored_text
from app.backend.sources.library_source import LibrarySource
from app.backend.store import reads, versions, writes
from app.backend.store.session import WriteSession, take_turns
from app.backend.workflows.shelf import known_aliases

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the counts add up to what was read."""

    counts: ImportCounts
    unknown_genres: dict[str, int]
    without_minutes: int
    demo_titles_retired: int


def import_library(
    session: WriteSession,
    source: LibrarySource,
    clock: Clock,
    progress: Progress,
    name: str | None = None,
) -> Imported:
    """Bring a source's titles into the library, all in the caller's one transaction.

    The first real library takes the demo's place: its titles leave the shelf, its simulated
    feedback no longer trains, and the rules serve until there is a model of this household.
    Titles are kept under `name`, where it is given, rather than under the source's own.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where the source as a whole cannot be read.
    """
    at, counts, total = clock(), ImportCounts(), source.total()
    # Nobody says meanwhile what a genre stands for.
    take_turns(session, "library")
    aliases = known_aliases(session)
    unknown: Counter[str] = Counter()
    without_minutes = 0
    for batch in _batches(source):
        records = [entry for entry in batch if isinstance(entry, TitleRecord)]
        counts.refused += [entry for entry in batch if isinstance(entry, Refusal)]
        names = (name for record in records for name in normalise(record.genres).unknown)
        unknown.update(name for name in names if name_key(name) not in aliases)
        without_minutes += sum(record.minutes is None for record in records)
        prepared = [(record, stored_text(record.genres)) for record in records]
        told = partial(in_house, aliases=aliases)
        writes.write_titles(session, name or source.name, prepared, counts, at, told)
        progress(Step("Reading titles", counts.read, total))
    is_real = name != DEMO and counts.read > len(counts.refused)
    retired = _end_demo(session, clock) if is_real else 0
    return Imported(counts, dict(unknown.most_common()), without_minutes, retired)


def _batches(source: LibrarySource) -> Iterator[list[TitleRecord | Refusal]]:
    entries = source.read()
    while batch := list(islice(entries, BATCH)):
        yield batch


def _end_demo(session: WriteSession, clock: Clock) -> int:
    if not reads.is_demo(session):
        return 0
    retired = writes.retire_demo(session, clock())
    if versions.champion_name(session) is not None:
        reason = "A real library took the demo's place, so the demo's model no longer serves."
        moved = Promotion(None, clock(), reason, "library", "import")
        versions.write_promotion(session, moved)
    return retired
