"""What is not to be shown: watched or seen lately, refused, unwanted tonight, or just shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.backend.domain.errors import NotFound
from app.backend.domain.signals import EVENING
from app.backend.features.side import places
from app.backend.ranking.candidates import Resting, resting
from app.backend.store.chains import read_shown
from app.backend.store.reads import read_viewings
from app.backend.store.signals import read_not_tonight
from app.backend.workflows.catalogue import Catalogue
from app.backend.workflows.company import Company


def read_resting(session: Session, catalogue: Catalogue, at: datetime) -> Resting:
    """Read which titles of a catalogue the household is done with at a moment."""
    unwanted = read_not_tonight(session, at - EVENING)
    return resting(catalogue.ids, read_viewings(session), at, unwanted)


def without_seen(
    done: Resting, catalogue: Catalogue, company: Company, members: Sequence[str], with_seen: bool
) -> Resting:
    """Return what the household is done with, and what those present saw or may not see elsewhere.

    Nobody named means the household: what anybody saw, and nothing withheld. With `with_seen`,
    having seen a title is nothing against it.
    """
    seen = company.seen_by(() if with_seen else members)
    withheld = company.withheld_from(members)
    if not (len(seen) or len(withheld)):
        return done
    rows = [np.sort(places(catalogue.ids, ids)[1]) for ids in (seen, withheld)]
    return replace(done, seen=rows[0][:0] if with_seen else rows[0], withheld=rows[1])


def without_shown(
    connection: Connection, catalogue: Catalogue, slate_id: int, done: Resting
) -> Resting:
    """Return what the household is done with, and what a slate and those before it showed.

    Raises
    ------
    NotFound
        Where there is no such slate.
    """
    shown = read_shown(connection, slate_id)
    if shown is None:
        raise NotFound(f"There is no slate {slate_id}; use the id of one that was shown, or none.")
    _, rows = places(catalogue.ids, np.array(shown, dtype=np.int64))
    return replace(done, shown=rows)
