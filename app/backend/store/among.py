"""Whether a column has one of many values, asked in one way however many there are.

A list of them in the statement itself would be written, and read again by the database, each time.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session


def among(
    session: Session, column: InstrumentedAttribute[Any], values: Iterable[int | str]
) -> ColumnElement[bool]:
    """Return the condition that a column has one of some values."""
    given = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(given, ARRAY(column.type)))
    listed = func.json_each(json.dumps(given)).table_valued("value")
    return column.in_(select(listed.c.value))
