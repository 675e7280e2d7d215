"""What a household calls genres; whoever opened the session commits."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.backend.store.house_tables import GenreAlias
from app.backend.store.session import take_turns


def read_aliases(session: Session) -> Mapping[str, str]:
    """Read what each name stands for, as `'A,B'`; nothing where it says nothing about genre."""
    query = select(GenreAlias.name, GenreAlias.genres).order_by(GenreAlias.name)
    return {row.name: row.genres for row in session.execute(query)}


def write_alias(session: Session, name: str, genres: str, at: datetime) -> None:
    """Keep what a name stands for, in place of what it stood for before."""
    take_turns(session, "library")
    known = session.get(GenreAlias, name)
    if known is None:
        session.add(GenreAlias(name=name, genres=genres, created_at=at))
    else:
        known.genres = genres
    session.flush()


def remove_alias(session: Session, name: str) -> bool:
    """Forget what a name stands for; say whether it stood for something."""
    take_turns(session, "library")
    found = session.execute(
        delete(GenreAlias).where(GenreAlias.name == name).returning(GenreAlias.name)
    )
    return found.first() is not None
