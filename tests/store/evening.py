"""A slate for the tests of the store: three titles, each shown once."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.backend.domain.context import Context
from app.backend.domain.evening import AsKnown, Pick, ShownSlate, StoredPick, StoredSlate
from app.backend.domain.title import ImportCounts, TitleRecord
from app.backend.store.known_titles import Filing
from app.backend.store.reads import read_slate
from app.backend.store.session import Database
from app.backend.store.slate_writes import write_slates
from app.backend.store.tables import Media
from app.backend.store.title_writes import write_titles
from tests.workflows.evenings import FRIDAY_EVENING, record

NAMES = ("Airplane!", "Heat", "Fargo")


def library_of(
    database: Database, *records: TitleRecord, source: str = "list", at: datetime = FRIDAY_EVENING
) -> ImportCounts:
    """Write titles as one source's, and return the counts."""
    counts = ImportCounts()
    batch = [(one, ",".join(one.genres)) for one in records]
    with database.writing() as session:
        write_titles(session, Filing(source, at), batch, counts)
    return counts


def media(database: Database) -> list[Media]:
    """Read the whole library."""
    with database.reading() as session:
        found = list(session.scalars(select(Media).order_by(Media.id)))
        session.expunge_all()
    return found


def slate_of(media_ids: list[int], at: datetime = FRIDAY_EVENING) -> ShownSlate:
    """Return a slate of some titles, as a request makes one."""
    context = Context("funny", "couple", "short")
    return ShownSlate(
        requested_at=at,
        mood="funny",
        group_size="couple",
        session_length="short",
        context_code=context.code,
        members=("Ada", "Grace"),
        policy="greedy of the tests",
        model_version=None,
        seed=2**62 + 1,
        candidates=17,
        left_out={"too_long": 3},
        picks=tuple(
            Pick(
                media_id=media_id,
                position=position,
                propensity=0.1 + position / 7,
                probability=1 / (position + 2),
                reasons=("Comedy suits a funny mood.", f"It is number {position}."),
                features=AsKnown("movie", None, 95.0, ("comedy",), None),
            )
            for position, media_id in enumerate(media_ids, start=1)
        ),
    )


def shown(database: Database, at: datetime = FRIDAY_EVENING) -> StoredSlate:
    """Show three titles in one slate, and read it back; the titles are added where missing."""
    library_of(database, *(record(name) for name in NAMES))
    with database.writing() as session:
        return shown_again(
            session, replace(slate_of([one.id for one in media(database)]), requested_at=at)
        )


def shown_again(session: Session, slate: ShownSlate) -> StoredSlate:
    """Write a slate and read it back."""
    stored = read_slate(session, write_slates(session.connection(), [slate])[0][0])
    assert stored is not None
    return stored


def first_pick(database: Database) -> StoredPick:
    """Show three titles and return the pick in the first place."""
    return shown(database).picks[0]
