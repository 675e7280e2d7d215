"""Slates and their impressions, many at a time: each recommendation waits for this."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache
from itertools import count as count_from
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Dialect, text

from app.backend.domain.context import mood_as_json
from app.backend.domain.evening import AsKnown, ShownSlate
from app.backend.store.plain_sql import fetched, written
from app.backend.store.tables import UtcDateTime

_SLATE: Final = (
    "id, requested_at, mood, group_size, session_length, context_code, members, policy, "
    "model_version, seed, candidates, left_out, instead_of"
)
_IMPRESSION: Final = (
    "id, slate_id, media_id, mood, group_size, session_length, context_code, position, "
    "propensity, policy, model_version, probability, features, reasons, shown_at"
)

_NEXT: Final = text(
    "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :wanted)"
)
_GREATEST: Final = "SELECT (SELECT max(id) FROM slates), (SELECT max(id) FROM recommendations)"

Row: TypeAlias = tuple[object, ...]


def write_slates(
    connection: Connection, slates: Sequence[ShownSlate]
) -> list[tuple[int, tuple[int, ...]]]:
    """Remember slates and their impressions.

    Returns
    -------
    list of (int, tuple of int)
        Each slate's id, and those of its impressions in order.
    """
    as_stored = _moments(connection.dialect)
    picks = sum(len(slate.picks) for slate in slates)
    slate_ids, fresh = _fresh_ids(connection, len(slates), picks)
    written: list[tuple[int, tuple[int, ...]]] = []
    slate_rows: list[Row] = []
    rows: list[Row] = []
    for slate in slates:
        slate_id, ids = next(slate_ids), tuple(next(fresh) for _ in slate.picks)
        moment = as_stored(slate.requested_at)
        slate_rows.append(_slate_row(slate_id, slate, moment))
        rows += _impression_rows(slate_id, slate, ids, moment)
        written.append((slate_id, ids))
    _insert(connection, "slates", _SLATE, slate_rows)
    _insert(connection, "recommendations", _IMPRESSION, rows)
    return written


def _slate_row(slate_id: int, slate: ShownSlate, moment: object) -> Row:
    return (
        slate_id,
        moment,
        slate.mood,
        slate.group_size,
        slate.session_length,
        slate.context_code,
        _names_as_json(slate.members),
        slate.policy,
        slate.model_version,
        slate.seed,
        slate.candidates,
        _counts_as_json(tuple(slate.left_out.items())),
        slate.instead_of,
    )


def _impression_rows(
    slate_id: int, slate: ShownSlate, ids: Sequence[int], moment: object
) -> Iterator[Row]:
    mood = mood_as_json(slate.mood)
    for number, pick in zip(ids, slate.picks, strict=True):
        yield (
            number,
            slate_id,
            pick.media_id,
            mood,
            slate.group_size,
            slate.session_length,
            slate.context_code,
            pick.position,
            pick.propensity,
            slate.policy,
            slate.model_version,
            pick.probability,
            _known_as_json(pick.features),
            _names_as_json(pick.reasons),
            moment,
        )


def _insert(connection: Connection, table: str, columns: str, rows: Sequence[Row]) -> None:
    """Write rows as the driver takes them: what lies between costs more than the database."""
    if rows:
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        marks = ", ".join([mark] * len(rows[0]))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608  # our names
        written(connection, statement, rows)


def _fresh_ids(
    connection: Connection, slates: int, picks: int
) -> tuple[Iterator[int], Iterator[int]]:
    """Return ids for slates and for impressions that nobody else will take.

    SQLite's only writer counts on from the greatest. PostgreSQL's sequences hand them out, so that
    of two writers one may have gaps.
    """
    if connection.dialect.name == "postgresql":
        wanted = (("slates", slates), ("recommendations", picks))
        drawn = [connection.execute(_NEXT, {"name": n, "wanted": count}) for n, count in wanted]
        return iter(drawn[0].scalars().all()), iter(drawn[1].scalars().all())
    last_slate, last = fetched(connection, _GREATEST)
    return count_from((last_slate or 0) + 1), count_from((last or 0) + 1)


@lru_cache(maxsize=4)
def _moments(dialect: Dialect) -> Callable[[Any], object]:
    """Return what the columns of moments make of one."""
    to_stored = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    return to_stored if to_stored is not None else lambda moment: moment


@lru_cache(maxsize=8_192)
def _known_as_json(known: AsKnown) -> str:
    return json.dumps(asdict(known))


@lru_cache(maxsize=1_024)
def _counts_as_json(counts: tuple[tuple[str, int], ...]) -> str:
    return json.dumps(dict(counts))


@lru_cache(maxsize=8_192)
def _names_as_json(names: tuple[str, ...]) -> str:
    return json.dumps(names)
