"""How many members were named for each evening."""

from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.backend.store.promised import described
from app.backend.store.tables import Slate

Company: TypeAlias = dict[int, int]


def read_company(session: Session) -> Company:
    """Return the number of members of each slate for which any were named, by its id.

    Tables made elsewhere do not tell who watched: of them nothing is read.
    """
    if not described(session, "feedback").has_codes:
        return {}
    named = func.json_array_length(Slate.members)
    rows = session.execute(select(Slate.id, named).where(named > 0))
    return {int(slate): int(count) for slate, count in rows}
