"""How the feedback of a database is packed: which fields a row has, and what they stand for."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Integer,
    String,
    Text,
    case,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.expression import ColumnClause

from app.backend.domain.context import CODE_COUNT
from app.backend.domain.evidence import DAY_MS, DEMO, NO_MOMENT, RawContext
from app.backend.store.columns import Columns, Contexts, TitlePositions
from app.backend.store.packing import (
    Field,
    Numbers,
    Pack,
    checked,
    joined,
    one_of,
    packs,
    size_for,
)
from app.backend.store.promised import Found
from app.backend.store.values import LARGEST_KEY

SAMPLED_ROWS: Final = 5_000
MOST_SPELLINGS: Final = 16
LONGEST_SPELLING: Final = 200
LARGEST_MOMENT: Final = 10**13
LAST_DAY: Final = 99_998
HIGHEST_RATING: Final = 5
Names = ReadOnlyColumnCollection[str, ColumnClause[Any]]

OWN_TABLES: Final = ("slates", "media", "members", "feedback")
SAID: Final = ("mood", "group_size", "session_length")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of the database for each row, and how the answer is understood.

    `is_checked` says that a field's marker means: read this row by itself. Where it is false, the
    tables' own constraints promise whole numbers in range. `is_in_id_order` says that rows come
    in the order of unique ids, so that the ids of a batch without gaps need not be asked for.
    """

    source: FromClause
    packs: tuple[Pack, ...]
    dialect: str
    is_checked: bool
    is_in_id_order: bool
    largest_id: int
    context: Callable[[Mapping[str, Numbers], Contexts], NDArray[np.int32]]

    def aggregates(self) -> list[ColumnElement[str]]:
        """Return the texts to ask for, one a pack."""
        return [joined(pack, self.dialect) for pack in self.packs]

    def odd(self, read: Mapping[str, Numbers]) -> NDArray[np.bool_]:
        """Mark the rows that have to be read by themselves."""
        odd = np.zeros(len(read["rating"]), dtype=bool)
        if self.is_checked:
            for field in (field for pack in self.packs for field in pack.fields):
                odd |= read[field.name] == field.marker
        return odd

    def columns(
        self, read: Mapping[str, Numbers], titles: TitlePositions, contexts: Contexts
    ) -> Columns:
        """Return the columns of feedback that the fields stand for."""
        nothing = np.broadcast_to(np.int64(0), len(read["feedback_id"]))
        return {
            "feedback_id": read["feedback_id"],
            "slate_id": read["slate_id"],
            "member_id": read.get("member_id", nothing),
            "context": self.context(read, contexts),
            "title": titles.of(read["media_id"]),
            "rating": read["rating"].astype(np.float64),
            "again": read["again"].astype(np.int8),
            "is_demo": read.get("is_demo", nothing) == 1,
            "moment": _moment(read, nothing),
        }


def plan_for(session: Session, tables: Mapping[str, Found]) -> Plan | None:
    """Return how to read these tables, `None` where row by row is the only way."""
    dialect = session.get_bind().dialect.name
    if tables["feedback"].has_codes:
        return _coded(session, tables["feedback"], dialect)
    if dialect != "sqlite" and not _are_typed(tables):
        return None
    return _spelled(session, tables, dialect)


def _coded(session: Session, feedback: Found, dialect: str) -> Plan:
    """Plan for Encore's own tables, whose feedback says by codes what it is about."""
    f = feedback.table.c
    largest = {name: _largest_id(session, name) for name in OWN_TABLES}
    fields = [
        Field("slate_id", f.slate_id, size_for(largest["slates"])),
        Field("media_id", f.media_id, size_for(largest["media"])),
        Field("context_code", f.context_code, CODE_COUNT),
        Field("rating", f.rating, size_for(HIGHEST_RATING)),
        Field("again", _as_number(f.would_watch_again, dialect), size_for(1)),
        Field("day", f.day, size_for(LAST_DAY)),
    ]
    if largest["members"]:
        member = func.coalesce(f.member_id, 0)
        fields.append(Field("member_id", member, size_for(largest["members"])))
    if _has_demo_titles(session):
        fields.append(Field("is_demo", case((f.source == DEMO, 1), else_=0), 2))
    is_sqlite = dialect == "sqlite"  # which scans a table by its ids
    if not is_sqlite:
        fields.append(Field("feedback_id", f.id, size_for(largest["feedback"])))
    return Plan(
        source=feedback.table,
        packs=packs(fields),
        dialect=dialect,
        is_checked=False,
        is_in_id_order=is_sqlite,
        largest_id=largest["feedback"],
        context=_by_code,
    )


def _spelled(session: Session, tables: Mapping[str, Found], dialect: str) -> Plan:
    """Plan for a database made elsewhere, whose contexts are texts."""
    feedback, shown = tables["feedback"], tables["recommendations"]
    f, r = feedback.table.c, shown.table.c
    said = [cast(r[name], Text) if dialect == "postgresql" else r[name] for name in SAID]
    spellings = [_spellings(session, column, r.id) for column in said]
    fields = _whole_fields(session, f, r, dialect)
    for name, column, texts in zip(SAID, said, spellings, strict=True):
        size = size_for(len(texts) - 1)
        fields.append(Field(name, one_of(column, texts, size), size))
    source = feedback.table.outerjoin(shown.table, f.recommendation_id == r.id)
    return Plan(
        source=source,
        packs=packs(fields),
        dialect=dialect,
        is_checked=True,
        is_in_id_order=False,
        largest_id=_largest_of(session, f.id),
        context=_by_spelling(spellings),
    )


def _whole_fields(session: Session, f: Names, r: Names, dialect: str) -> list[Field]:
    """Return the fields that are whole numbers in a database made elsewhere, each checked."""
    slate = r.slate_id if "slate_id" in r else r.id
    values: dict[str, tuple[ColumnElement[Any], int]] = {
        "slate_id": (slate, _largest_of(session, slate)),
        "media_id": (r.media_id, _largest_of(session, r.media_id)),
        "rating": (f.rating, HIGHEST_RATING),
        "again": (_as_number(f.would_watch_again, dialect), 1),
        "feedback_id": (f.id, _largest_of(session, f.id)),
    }
    if "member_id" in f:
        values["member_id"] = (func.coalesce(f.member_id, 0), _largest_of(session, f.member_id))
    if "created_at" in f:
        values["moment"] = (_milliseconds(f.created_at, dialect), LARGEST_MOMENT)
    if "source" in f:
        values["is_demo"] = (case((f.source == DEMO, 1), else_=0), 1)
    sizes = {name: size_for(largest) for name, (_, largest) in values.items()}
    return [
        Field(name, checked(value, sizes[name], dialect), sizes[name])
        for name, (value, _) in values.items()
    ]


def _moment(read: Mapping[str, Numbers], nothing: Numbers) -> Numbers:
    if "day" in read:
        return read["day"] * DAY_MS
    return read.get("moment", np.full_like(nothing, NO_MOMENT))


def _by_code(read: Mapping[str, Numbers], contexts: Contexts) -> NDArray[np.int32]:
    codes = read["context_code"]
    return _looked_up(codes, lambda code: contexts.position(RawContext(code)))


def _by_spelling(
    spellings: Sequence[Sequence[str | None]],
) -> Callable[[Mapping[str, Numbers], Contexts], NDArray[np.int32]]:
    moods, groups, sessions = spellings

    def context(read: Mapping[str, Numbers], contexts: Contexts) -> NDArray[np.int32]:
        def position(number: int) -> int:
            rest, session = divmod(number, len(sessions))
            mood, group = divmod(rest, len(groups))
            said = RawContext(None, moods[mood], groups[group], sessions[session])
            return contexts.position(said)

        mood, group, session = (read[name] for name in SAID)
        return _looked_up((mood * len(groups) + group) * len(sessions) + session, position)

    return context


def _looked_up(numbers: Numbers, position: Callable[[int], int]) -> NDArray[np.int32]:
    """Return what a function says of each number, asked once for each distinct one."""
    seen = np.bincount(numbers)
    table = np.zeros(len(seen), dtype=np.int32)
    for number in np.flatnonzero(seen).tolist():
        table[number] = position(number)
    return table[numbers]


def _are_typed(tables: Mapping[str, Found]) -> bool:
    """Say whether columns that packs add up are numbers, and moments moments."""
    whole: dict[str, tuple[str, ...]] = {
        "recommendations": ("id", "media_id", "slate_id"),
        "feedback": ("id", "recommendation_id", "rating", "member_id"),
    }
    fits = [
        isinstance(found, Integer)
        for table, columns in whole.items()
        for column, found in tables[table].types.items()
        if column in columns
    ]
    feedback = tables["feedback"].types
    fits.append(isinstance(feedback["would_watch_again"], Boolean | Integer))
    fits.append(isinstance(feedback.get("created_at", DateTime()), DateTime))
    fits.append(isinstance(feedback.get("source", String()), String))
    return all(fits)


def _spellings(
    session: Session, column: ColumnElement[Any], by: ColumnElement[Any]
) -> list[str | None]:
    """Return the usual texts of a column, the most frequent first."""
    ends = [by.asc(), by.desc()]
    samples = [select(column).order_by(end).limit(SAMPLED_ROWS) for end in ends]
    found = Counter(value for sample in samples for value in session.execute(sample).scalars())
    return [text for text, _ in found.most_common() if _is_plain(text)][:MOST_SPELLINGS]


def _is_plain(text: object) -> bool:
    return text is None or (isinstance(text, str) and len(text) <= LONGEST_SPELLING)


def _as_number(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    return cast(column, Integer) if dialect == "postgresql" else column


def _milliseconds(column: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a moment in milliseconds since 1970, nothing where it is no date."""
    if dialect == "postgresql":
        return cast(func.floor(func.extract("epoch", column) * 1_000), BigInteger)
    # Without the pattern SQLite would read 'now' as now, and a number as a Julian day.
    days = func.julianday(column) - literal_column("2440587.5")
    told = cast(func.round(days * literal_column("86400000.0")), Integer)
    is_date = column.op("GLOB")("[0-9][0-9][0-9][0-9]-*")
    return case(((func.typeof(column) == "text") & is_date, told))


def _largest_id(session: Session, table: str) -> int:
    """Return the largest id of one of Encore's own tables, 0 where it is empty."""
    return _largest_of(session, sql_table(table, sql_column("id")).c.id)


def _largest_of(session: Session, column: ColumnElement[Any]) -> int:
    """Return the largest whole number of a column that can be an id, 0 where it has none."""
    largest = select(func.max(column)).where(column.between(0, LARGEST_KEY - 1))
    found = session.execute(largest).scalar()
    return found if isinstance(found, int) else 0


def _has_demo_titles(session: Session) -> bool:
    media = sql_table("media", sql_column("source"))
    found = session.execute(select(media.c.source).where(media.c.source == DEMO).limit(1))
    return found.first() is not None
