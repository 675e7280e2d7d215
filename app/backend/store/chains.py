"""Slates that were asked for in place of others: which titles all of them showed."""

from typing import Final

from sqlalchemy import Connection, literal, select

from app.backend.store.tables import Recommendation, Slate

MOST_STEPS: Final = 50


def read_shown(connection: Connection, slate_id: int | None) -> list[int] | None:
    """Read which titles a slate showed, and those that it was asked for in place of.

    Parameters
    ----------
    connection : Connection
    slate_id : int or None

    Returns
    -------
    list of int, or None
        Ids of titles, ascending, of the slate and of at most `MOST_STEPS` before it; `None` where
        there is no such slate. One before it may be gone: the chain ends there.
    """
    step = literal(0).label("step")
    chain = select(Slate.id, Slate.instead_of, step).where(Slate.id == slate_id).cte(recursive=True)
    before = select(Slate.id, Slate.instead_of, chain.c.step + 1).where(
        Slate.id == chain.c.instead_of, chain.c.step < MOST_STEPS
    )
    chain = chain.union_all(before)
    query = (
        select(Recommendation.media_id)
        .join(chain, Recommendation.slate_id == chain.c.id)
        .distinct()
        .order_by(Recommendation.media_id)
    )
    found = connection.execute(query).scalars().all()
    # A slate has at least one pick.
    return list(found) or None
