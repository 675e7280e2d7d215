"""Choices of the household that are kept in the database; whoever opened the session commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.backend.store.house_tables import Preference
from app.backend.store.session import take_turns


def read_preference(session: Session, name: str) -> Mapping[str, Any] | None:
    """Read a choice; `None` where none was made."""
    found = session.get(Preference, name)
    return None if found is None else found.value


def write_preference(session: Session, name: str, value: Mapping[str, Any], at: datetime) -> None:
    """Keep a choice, in place of the one before."""
    take_turns(session, "preferences")
    session.merge(Preference(name=name, value=dict(value), updated_at=at))
    session.flush()
