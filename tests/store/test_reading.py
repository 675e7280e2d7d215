"""However feedback is read, packed or row by row, in large or small batches, it is the same."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.backend.domain.clock import day_number
from app.backend.domain.context import Context
from app.backend.domain.evening import Verdict
from app.backend.domain.evidence import DAY_MS, DEMO, NO_TITLE, FeedbackRows
from app.backend.domain.randomness import derived_seed
from app.backend.store.columns import TYPES, Contexts, TitlePositions, put_together
from app.backend.store.library_rows import read_titles
from app.backend.store.promised import PROMISED, described
from app.backend.store.session import Database, open_database
from app.backend.store.single_rows import read_singly
from app.backend.store.tables import Feedback, Recommendation
from app.backend.store.training_rows import FEW, read_feedback
from app.backend.store.writes import write_verdict
from tests.bare_database import FURTHER, TABLES, Bare, clean_rows, mood, stored
from tests.store.evening import library_of, media, shown, shown_again, slate_of
from tests.workflows.evenings import FRIDAY_EVENING, record

Row = tuple[Any, ...]

BATCHES: Final = (1, 2, 7, 1_000)
BEYOND: Final = 2**53
NO_PRIMARY_KEY: Final = TABLES.replace(" PRIMARY KEY", "")
LIBRARY: Final[list[Sequence[Any]]] = [
    (number, f"Title {number}", "Comedy", 95, 1999) for number in (1, 2, 3, 40, BEYOND + 1)
]


def sometimes(usual: Sequence[object], odd: Sequence[object]) -> st.SearchStrategy[object]:
    """Draw one of the usual values, or an odd one now and then."""
    return st.sampled_from([*list(usual) * (1 + 2 * len(odd) // len(usual)), *odd])


MOODS: Final = sometimes(
    [mood("funny"), mood("action")],
    [
        None,
        "",
        "happy",
        "{",
        '{"mood": 3}',
        '{"mood": ' * 60,
        b"\xff",
        b"funny",
        7,
        7.5,
        "[[",
        "\x00",
    ],
)
WORDS: Final = sometimes(["solo", "couple", "short"], [None, "", " SOLO", "Solo", 3, b"solo", "0"])
MOMENTS: Final = sometimes(
    ["2026-01-01 10:00:00", "2026-01-01T23:59:59.9996+02:00", "2026-01-02"],
    [
        None,
        "",
        "now",
        "soon",
        "12:00",
        "2026-13-01",
        "2026-01-01 25:00",
        "2026-01-01 10",
        "20260101",
        "2026-W01-1",
        " 2026-01-01 ",
        "1969-12-31",
        "9999-12-31T23:59:59",
        "2460000.5",
        "0000-00-00 00:00:00",
        "2026-01-01 10:00:00Z",
        "2026-01-01T10:00:00,25",
        b"2026-01-01",
        2_460_000.5,
        1_767_225_600,
        1_767_225_600_123,
        0,
        -1,
        2**62,
    ],
) | st.datetimes(datetime(1970, 1, 1), datetime(2285, 1, 1)).map(str)  # noqa: DTZ001  # as UTC
IMPRESSIONS: Final = st.tuples(
    sometimes([1, 2, 3, 40], [None, 0, -1, 7, "x", "3", 2.5, BEYOND + 1, b"1"]),
    MOODS,
    WORDS,
    WORDS,
    sometimes([1, 2], [None, 0, -5, "evening", "7", 2.0, 1.5, BEYOND]),
)
VERDICTS: Final = st.tuples(
    sometimes(range(10, 16), [None, 0, 99, "12", "x", 13.0, 13.5, BEYOND + 1, b"12"]),
    sometimes(range(1, 6), [None, 0, 6, -1, 4.5, 4.0, "5", " 4.0 ", "four", float("inf"), b"5"]),
    sometimes([0, 1], [None, 2, -1, 1.0, 0.5, "1", "yes", "No", "", True, b"1"]),
    sometimes([None, 1, 2], [0, -1, "Ada", "3", 2.5, BEYOND, b"1"]),
    sometimes([None, "web", DEMO], ["Demo", "demo ", "", 3, b"demo"]),
    MOMENTS,
)
# How ids are declared, and which are found there.
KEYS: Final[Mapping[str, st.SearchStrategy[Any]]] = {
    "INTEGER PRIMARY KEY": st.integers(0, 60) | st.sampled_from([-7, BEYOND - 1, BEYOND, 2**62]),
    "TEXT PRIMARY KEY": st.integers(1, 60).map(str) | st.sampled_from(["f-1", "F-1", "1e3", "٣"]),
    "PRIMARY KEY": st.integers(0, 60) | st.sampled_from(["7", "f-1", b"7", -7, BEYOND]),
}


@st.composite
def databases(draw: st.DrawFn) -> tuple[str, Bare]:
    """Return tables as somebody else might declare them, and clean and dirty rows for them."""
    key = draw(st.sampled_from(list(KEYS)))
    words = draw(st.sampled_from(["TEXT", ""]))
    tables = TABLES.replace("INTEGER PRIMARY KEY", key).replace("TEXT,", f"{words},") + FURTHER
    impressions = draw(st.lists(IMPRESSIONS, min_size=3, max_size=8))
    ids = draw(st.lists(KEYS[key], unique_by=lambda one: (type(one), one), max_size=20))
    return tables, Bare(
        LIBRARY,
        [(number, *one) for number, one in enumerate(impressions, start=10)],
        [(one, *draw(VERDICTS)) for one in ids],
    )


def read_each_row(session: Session) -> FeedbackRows:
    """Read every row by itself: what any other reading is measured by."""
    tables = {name: described(session, name) for name in PROMISED}
    titles, contexts = read_titles(session), Contexts()
    part = read_singly(session, tables, None, TitlePositions(titles.id), contexts)
    return put_together([part], contexts, titles)


def told(rows: FeedbackRows, *but: str) -> list[Row]:
    """Return what each row says, its context in full, and no number as None."""
    names = [name for name in TYPES if name not in {"context", "rating", *but}]
    said = [rows.contexts[at] if at >= 0 else None for at in rows.context.tolist()]
    ratings = [None if np.isnan(rating) else rating for rating in rows.rating.tolist()]
    columns = [getattr(rows, name).tolist() for name in names]
    return list(zip(*columns, said, ratings, strict=True))


def stamps(rows: FeedbackRows) -> list[tuple[int, int]]:
    """Return each row's moment and id."""
    return list(zip(rows.moment.tolist(), rows.feedback_id.tolist(), strict=True))


def assert_same(found: FeedbackRows, expected: FeedbackRows) -> None:
    """Both say the same of the same rows, their moments at most a millisecond apart."""
    assert Counter(told(found, "moment")) == Counter(told(expected, "moment"))
    by_id = [sorted((one, at) for at, one in stamps(rows)) for rows in (found, expected)]
    assert all(abs(a - b) <= 1 for (_, a), (_, b) in zip(*by_id, strict=True))
    assert stamps(found) == sorted(stamps(found))


def assert_same_in_every_batch(session: Session) -> FeedbackRows:
    """Batches of any size give what reading each row gives; return it."""
    expected = read_each_row(session)
    for batch_rows in BATCHES:
        assert_same(read_feedback(session, batch_rows), expected)
    return expected


@settings(deadline=None, max_examples=150)
@given(databases(), st.sampled_from(BATCHES))
def test_packed_rows_are_those_read_singly(made: tuple[str, Bare], batch_rows: int) -> None:
    """Whatever a database holds, and however it declares its ids."""
    tables, bare = made
    with stored(bare, tables) as session:
        assert_same(read_feedback(session, batch_rows), read_each_row(session))


def test_the_size_of_a_batch_changes_nothing() -> None:
    """Not a value of a row, and not the order of rows without a moment or with the same one."""
    bare = clean_rows()
    bare.feedback = [(3 * n, 10 + n % 6, n % 7, n % 3) for n in range(30)]
    bare.recommendations.append((14, None, None, "solo", "epic"))
    with stored(bare) as session:
        expected = told(read_feedback(session))
        for batch_rows in BATCHES:
            assert told(read_feedback(session, batch_rows)) == expected
        assert [row[0] for row in expected] == [3 * n for n in range(30)]


@pytest.mark.parametrize("step", [2, 1_000, 2**40])
def test_gaps_between_ids_change_nothing(step: int) -> None:
    """Ids far apart give the rows that ids without gaps give."""
    clean = clean_rows()
    apart = replace(clean, feedback=[(n * step, *row) for n, *row in clean.feedback])
    with stored(clean) as near, stored(apart) as far:
        expected = told(read_feedback(near), "feedback_id")
        for batch_rows in BATCHES:
            found = read_feedback(far, batch_rows)
            assert told(found, "feedback_id") == expected
            assert found.feedback_id.tolist() == [n * step for n in (1, 2, 3, 4)]


def test_ids_that_no_float_holds_stay_apart() -> None:
    """Beyond 2**53 every id of feedback, impression, title and member has a number of its own."""
    large = [BEYOND - 1, BEYOND, BEYOND + 1, 2**63 - 1]
    bare = Bare(
        [(one, f"Title {one}", "Comedy", 95, 1999) for one in large],
        [(one, one, mood("funny"), "solo", "short", None) for one in large],
        [(one, one, 5, 1, one, None, None) for one in large],
    )
    with stored(bare, TABLES + FURTHER) as session:
        found = assert_same_in_every_batch(session)
    keys = {BEYOND - 1, *(derived_seed(str(one)) for one in large[1:])}
    for column in (found.feedback_id, found.slate_id, found.member_id):
        assert set(column.tolist()) == keys
    assert sorted(found.title.tolist()) == [0, 1, 2, 3]


def test_ids_without_a_primary_key_may_be_anything() -> None:
    """Repeated, missing, negative or no number: every row is read, once."""
    bare = clean_rows()
    ids = [3, 3, 3, None, None, -4, "7", "f-1", b"f", 5, 0]
    bare.feedback = [(one, 10 + n % 5, 1 + n % 5, n % 2) for n, one in enumerate(ids)]
    with stored(bare, NO_PRIMARY_KEY) as session:
        found = assert_same_in_every_batch(session)
    named = [7, *(derived_seed(str(one)) for one in ("f-1", b"f"))]
    assert sorted(found.feedback_id.tolist()) == sorted([3, 3, 3, 0, 0, -4, 5, 0, *named])


def test_no_title_is_not_a_title_with_an_odd_id() -> None:
    """An impression that names none is an orphan, whatever ids the library has."""
    bare = clean_rows()
    bare.media += [(-1, "Minus", "Comedy", 95, 1999), (0, "Zero", "Comedy", 95, 1999)]
    bare.recommendations[0] = (10, None, mood("funny"), "solo", "short")
    bare.recommendations[1] = (11, -1, mood("funny"), "solo", "short")
    with stored(bare) as session:
        found = assert_same_in_every_batch(session)
    at = dict(zip(found.feedback_id.tolist(), found.title.tolist(), strict=True))
    assert at[1] == NO_TITLE
    assert found.titles.id[at[2]] == -1


def test_an_empty_database_has_no_rows() -> None:
    """Without feedback, without impressions, without titles."""
    clean = clean_rows()
    for bare in (Bare(), replace(clean, feedback=[]), Bare(feedback=clean.feedback)):
        with stored(bare) as session:
            found = assert_same_in_every_batch(session)
        assert found.title.tolist() == [NO_TITLE] * len(bare.feedback)


@pytest.mark.parametrize("count", [FEW - 1, FEW, FEW + 1, FEW + 60])
def test_many_odd_rows_in_a_batch_are_read_like_few(count: int) -> None:
    """Whether they are asked for by their ids or the batch is read again."""
    bare = clean_rows()
    bare.feedback = [
        (n, 10 + n % 4, "5" if 30 <= n < 30 + count else 1 + n % 5, n % 2) for n in range(FEW + 90)
    ]
    with stored(bare) as session:
        found = read_feedback(session)
        assert_same(found, read_each_row(session))
    assert found.feedback_id.tolist() == list(range(FEW + 90))
    assert (found.rating[30 : 30 + count] == 5).all()


def make_typed(session: Session, key: TypeEngine[Any], rows: Mapping[str, Sequence[Row]]) -> None:
    """Make tables whose columns have the types that they should have, and write rows."""
    types: dict[str, TypeEngine[Any]] = {
        "rating": SmallInteger(),
        "would_watch_again": Boolean(),
        "source": String(20),
        "created_at": DateTime(timezone=True),
    }
    types |= dict.fromkeys(("title", "genres", "mood", "group_size", "session_length"), Text())
    types |= dict.fromkeys(("duration", "year"), Integer())
    more = {"feedback": ("member_id", "source", "created_at"), "recommendations": ("slate_id",)}
    for name, columns in PROMISED.items():
        named = (*columns, *more.get(name, ()))
        made = Table(name, MetaData(), *(Column(one, types.get(one, key)) for one in named))
        made.create(session.connection())
        for row in rows[name]:
            session.execute(insert(made), dict(zip(named, row, strict=True)))


def test_typed_columns_read_the_same_packed_and_singly(empty_database_url: str) -> None:
    """Missing values, numbers out of range and moments of any time, in either database."""
    at = datetime(2026, 1, 1, 23, 59, 59, 999_600, UTC)
    moments = [at, None, at.replace(year=1969), at.replace(year=2300), at - timedelta(hours=3)]
    shown_ones = [(1, mood("funny")), (2, None), (None, "{"), (7, mood("action")), (3, "\n")]
    rows: dict[str, list[Row]] = {
        "media": [(n, f"Title {n}", "Comedy", 95, 1999) for n in (1, 2, 3)],
        "recommendations": [
            (10 + n, title, said, "solo", None if n == 2 else "short", n if n % 2 else None)
            for n, (title, said) in enumerate(shown_ones)
        ],
        "feedback": [
            (n, 10 + n % 6, n % 9 - 1, None if n % 5 == 0 else n % 2 == 0, n % 3 or None,
             (DEMO, None, "web")[n % 3], moments[n % len(moments)])
            for n in (*range(1, 40), -3)
        ],
    }  # fmt: skip
    with closing(open_database(empty_database_url)) as database, database.writing() as session:
        make_typed(session, Integer(), rows)
        found = assert_same_in_every_batch(session)
    assert sorted(found.feedback_id.tolist()) == sorted(row[0] for row in rows["feedback"])
    assert found.is_demo.sum() == sum(row[5] == DEMO for row in rows["feedback"])


def test_uuids_keep_rows_apart(empty_database_url: str) -> None:
    """As a type of their own or as texts, in either database."""
    a, b, c = (UUID(int=2**127 + number) for number in (10, 11, 12))
    rows: dict[str, list[Row]] = {
        "media": [(a, "Alpha", "Comedy", 95, 1999), (b, "Beta", "Drama", 95, 1999)],
        "recommendations": [
            (one, of_it, mood("funny"), "solo", "short", slate)
            for one, of_it, slate in ((a, b, a), (b, a, a), (c, c, None))
        ],
        "feedback": [(one, one, 5, True, of_it, None, None) for one, of_it in ((a, c), (c, None))],
    }
    with closing(open_database(empty_database_url)) as database, database.writing() as session:
        make_typed(session, Uuid(), rows)
        found = assert_same_in_every_batch(session)
    assert len({*found.feedback_id.tolist(), *found.member_id.tolist()}) == 3
    assert Counter(found.title.tolist()) == {1: 1, NO_TITLE: 1}
    assert len(set(found.slate_id.tolist())) == 2


SAID: Final = [
    Context("funny", "couple", "short"),
    Context("relaxing", "group", "binge"),
    Context("action", "solo", "medium"),
]


def live(database: Database, evenings: int = 5) -> None:
    """Let members rate slates of the demo and of a library, not in the order of time."""
    library_of(database, *(record(f"Film {n}") for n in range(4)))
    library_of(database, *(record(f"Demo film {n}") for n in range(2)), source=DEMO)
    ids = [title.id for title in media(database)]
    with database.writing() as session:
        for evening in range(evenings):
            said = SAID[evening % len(SAID)]
            slate = replace(
                slate_of(ids[evening % 4 :][:3]),
                context_code=said.code,
                **{name: getattr(said, name) for name in ("mood", "group_size", "session_length")},
            )
            at = FRIDAY_EVENING + timedelta(days=evening * 3 % evenings)
            for n, pick in enumerate(shown_again(session, slate).picks):
                verdict = Verdict(
                    pick.recommendation_id,
                    1 + (evening + n) % 5,
                    would_watch_again=n != 1,
                    member=(None, "Ada", "Grace")[(evening + n) % 3],
                    source=DEMO if pick.title.startswith("Demo") else "household",
                )
                write_verdict(session, verdict, at + timedelta(hours=2 * n))


def joined(session: Session) -> list[Row]:
    """Return what impressions say of each row of feedback, in the order of days and ids."""
    of_it = select(Feedback, Recommendation).join(
        Recommendation, Feedback.recommendation_id == Recommendation.id
    )
    rows = [
        (
            day_number(given.created_at) * DAY_MS,
            given.id,
            pick.slate_id,
            pick.media_id,
            pick.context_code,
            given.rating,
            given.would_watch_again,
            given.member_id or 0,
            given.source == DEMO,
        )
        for given, pick in session.execute(of_it)
    ]
    return sorted(rows)


def read_own(session: Session, batch_rows: int) -> list[Row]:
    """Return what reading for training says of each row of feedback."""
    found = read_feedback(session, batch_rows)
    columns = (
        found.moment,
        found.feedback_id,
        found.slate_id,
        found.titles.id[found.title],
        np.array([found.contexts[at].code for at in found.context]),
        found.rating,
        found.again,
        found.member_id,
        found.is_demo,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("deleted", [(), (1,), (8,), (15,), (1, 2, 5, 7, 8, 9, 14), range(16)])
def test_encores_own_feedback_says_what_its_impressions_say(
    database: Database, deleted: Sequence[int]
) -> None:
    """By its codes alone, whatever the size of a batch and wherever rows are missing."""
    live(database)
    with database.writing() as session:
        for number in deleted:
            session.execute(text("DELETE FROM feedback WHERE id = :id"), {"id": number})
    with database.reading() as session:
        expected = joined(session)
        assert len(expected) == len(set(range(1, 16)) - set(deleted))
        for batch_rows in BATCHES:
            assert read_own(session, batch_rows) == expected


def test_without_members_or_a_demo_nobody_is_named(database: Database) -> None:
    """The columns are there all the same."""
    with database.reading() as session:
        assert read_own(session, 2) == []
    picks = shown(database).picks
    with database.writing() as session:
        for pick in picks:
            write_verdict(session, Verdict(pick.recommendation_id, 5, True), FRIDAY_EVENING)
    with database.reading() as session:
        assert read_own(session, 2) == joined(session)
        found = read_feedback(session)
    assert (found.member_id.tolist(), found.is_demo.tolist()) == ([0, 0, 0], [False] * 3)


@pytest.fixture
def own_sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated SQLite file."""
    path = tmp_path / "own.db"
    shutil.copy(sqlite_template, path)
    with closing(open_database(f"sqlite:///{path}")) as opened:
        yield opened


def test_sqlite_scans_its_own_feedback_by_id(own_sqlite: Database) -> None:
    """So that rows come in the order of their ids, without being asked for them."""
    live(own_sqlite)
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, said: str, values: object, *_: object) -> None:
        if "group_concat" in said:
            asked.append((said, values))

    event.listen(own_sqlite.engine, "before_cursor_execute", note)
    with own_sqlite.reading() as session:
        read_feedback(session, batch_rows=8)
        plans = [
            session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", values).all()
            for said, values in tuple(asked)
        ]
    assert len(plans) == 2
    for plan in plans:
        assert [row[-1] for row in plan] == [
            "SEARCH feedback USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
        ]


def test_own_rows_that_are_not_whole_numbers_are_read_singly(own_sqlite: Database) -> None:
    """A rating that someone wrote as a fraction costs the batch its pace, and nothing else."""
    live(own_sqlite)
    with own_sqlite.writing() as session:
        session.execute(text("UPDATE feedback SET rating = 4.5 WHERE id = 2"))
    with own_sqlite.reading() as session:
        found, expected = read_feedback(session), read_each_row(session)
    assert told(found) == told(expected)
    assert found.rating[found.feedback_id == 2].tolist() == [4.5]
