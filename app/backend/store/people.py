"""Members: reads and writes; whoever opened the session commits."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.backend.store.generations import VIEWINGS, advance
from app.backend.store.session import take_turns
from app.backend.store.tables import Member


def read_everybody(session: Session) -> list[Member]:
    """Read who there is and was, by their ids."""
    return list(session.scalars(select(Member).order_by(Member.id)))


def read_member(session: Session, member_id: int) -> Member | None:
    """Read one member."""
    return session.get(Member, member_id)


def hold(session: Session) -> None:
    """Let nobody else change who there is until the transaction ends."""
    take_turns(session, "members")


def add_member(session: Session, name: str, age_limit: int | None, at: datetime) -> Member:
    """Add a member."""
    member = Member(name=name, age_limit=age_limit, created_at=at)
    session.add(member)
    changed(session)
    return member


def changed(session: Session) -> None:
    """Write what was changed of members, and let processes read them again."""
    session.flush()
    advance(session, VIEWINGS)
