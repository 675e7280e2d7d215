"""Reads what a household has said something of already."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.backend.store.tables import Feedback


def read_rated(session: Session) -> NDArray[np.int64]:
    """Read which titles there is a verdict on: ids of the library, each once."""
    query = select(Feedback.media_id).distinct()
    return np.array(session.scalars(query).all(), dtype=np.int64)
