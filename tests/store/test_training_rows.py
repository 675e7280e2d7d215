"""Feedback is read from any database with the promised columns, whatever types they have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pytest
from sqlalchemy import (
    Column,
    Double,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    create_engine,
    insert,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.backend.domain.context import Context
from app.backend.domain.errors import DatabaseUnreachable
from app.backend.domain.evidence import FeedbackRows
from app.backend.features.dataset import TrainingSet, build
from app.backend.store.library_rows import read_titles
from app.backend.store.promised import OPTIONAL, PROMISED
from app.backend.store.training_rows import read_feedback

WORDS: Final = {"title", "genres", "mood", "group_size", "session_length", "kind", "source"}
FUNNY: Final = '{"mood": "funny"}'
MEDIA: Final[list[tuple[Any, ...]]] = [
    (1, "Alpha", "Comedy", 95, 1999),
    (2, "Beta", "Drama", 130, 2015),
]
SHOWN: Final[list[tuple[Any, ...]]] = [
    (10, 1, FUNNY, "solo", "short"),
    (11, 2, FUNNY, "couple", "binge"),
]
FEEDBACK: Final[list[tuple[Any, ...]]] = [(1, 10, 5, 1), (2, 11, 4, 0)]


@dataclass(slots=True)
class Made:
    """A database made by someone else: column types, further columns, and the rows."""

    number: TypeEngine[Any] = field(default_factory=Integer)
    further: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def read(self, url: str) -> FeedbackRows:
        """Make the tables, write the rows, and read them as training does."""
        engine = create_engine(url)
        with Session(engine) as session:
            self.write(session)
            found = read_feedback(session)
        engine.dispose()
        return found

    def write(self, session: Session) -> None:
        """Make the tables and write the rows."""
        for name in PROMISED:
            self.write_table(session, name)

    def write_table(self, session: Session, name: str) -> None:
        """Make one table and write its rows."""
        usual = {"media": MEDIA, "recommendations": SHOWN, "feedback": FEEDBACK}
        named = (*PROMISED[name], *self.further.get(name, ()))
        table = Table(name, MetaData(), *(Column(one, self._type(one)) for one in named))
        table.create(session.connection())
        for row in self.rows.get(name, usual[name]):
            values = zip(named, row, strict=True)
            session.execute(insert(table).values({k: self._as_typed(k, v) for k, v in values}))

    def _type(self, column: str) -> TypeEngine[Any]:
        return String(200) if column in WORDS else self.number

    def _as_typed(self, column: str, value: object) -> object:
        is_text = isinstance(self._type(column), String)
        return str(value) if is_text and value is not None else value


def trained_on(rows: FeedbackRows) -> TrainingSet:
    """Return what training would read."""
    return build(rows, latest_year=2028)


@pytest.mark.parametrize(
    "number",
    [Integer(), String(50), Numeric(12, 1), Double()],
    ids=["int", "text", "numeric", "float"],
)
def test_the_type_of_a_number_does_not_matter(
    number: TypeEngine[Any], empty_database_url: str
) -> None:
    """Ids, ratings, answers, minutes and years may be integers, texts, decimals or floats."""
    training = trained_on(Made(number).read(empty_database_url))
    assert training.y.tolist() == [1, 0]
    assert training.feedback_id.tolist() == [1, 2]
    assert training.slate.tolist() == [10, 11]
    assert training.X[:, 10:17].tolist() == [[1, 0, 0, 0, 0, 95, 1999], [0, 0, 1, 0, 0, 130, 2015]]
    assert [check.id for check in training.checks if check.count] == []


def test_ids_need_not_be_numbers(empty_database_url: str) -> None:
    """Ids like UUIDs keep rows, titles and slates apart, the same in every reading."""
    made = Made(String(50))
    made.rows = {
        "media": [(f"m-{row[0]}", *row[1:]) for row in MEDIA],
        "recommendations": [(f"r-{row[0]}", f"m-{row[1]}", *row[2:]) for row in SHOWN],
        "feedback": [(f"f-{row[0]}", f"r-{row[1]}", *row[2:]) for row in FEEDBACK],
    }
    training = trained_on(made.read(empty_database_url))
    assert sorted(training.y.tolist()) == [0, 1]
    assert len(set(training.slate.tolist())) == len(set(training.X[:, -1].tolist())) == 2
    assert (training.X[:, -1] == np.floor(training.X[:, -1])).all()


def test_columns_that_encore_does_not_know_are_ignored(empty_database_url: str) -> None:
    """Further columns of any name and content change nothing."""
    plain = ("notes", "weight")
    made = Made(further={"media": plain, "recommendations": plain, "feedback": plain})
    made.number = String(50)
    made.rows = {
        name: [(*row, "a note", "heavy") for row in rows]
        for name, rows in {"media": MEDIA, "recommendations": SHOWN, "feedback": FEEDBACK}.items()
    }
    training = trained_on(made.read(empty_database_url))
    assert training.y.tolist() == [1, 0]
    assert [check.id for check in training.checks if check.count] == []


def test_columns_of_encores_names_with_other_content_do_no_harm(empty_database_url: str) -> None:
    """What someone else keeps under the names of Encore's further columns never breaks a row."""
    made = Made(String(50), further=OPTIONAL)
    made.rows = {
        "media": [(*row, "film", "n/a", "", "elsewhere", *([None] * 7)) for row in MEDIA],
        "recommendations": [(*row, "evening-a") for row in SHOWN],
        "feedback": [(*row, "someone", "web", "yesterday") for row in FEEDBACK],
    }
    training = trained_on(made.read(empty_database_url))
    assert training.y.tolist() == [1, 0]
    assert len(set(training.slate.tolist())) == 1
    assert training.X[:, 0].tolist() == [1, 1]


def test_rows_come_in_the_order_of_time(empty_database_url: str) -> None:
    """By the moment where there is one, those without it last; else by id."""
    made = Made(further={"feedback": ("created_at",)})
    moments = [30, 10, None, 20]
    made.rows["feedback"] = [(n, 10, 5, 1, at) for n, at in enumerate(moments, start=1)]
    assert made.read(empty_database_url).feedback_id.tolist() == [2, 4, 1, 3]


def test_without_moments_rows_come_in_the_order_of_their_ids(empty_database_url: str) -> None:
    """However they were written."""
    made = Made()
    made.rows["feedback"] = [(3, 10, 5, 1), (1, 11, 5, 1), (2, 10, 1, 1)]
    assert made.read(empty_database_url).feedback_id.tolist() == [1, 2, 3]


def test_missing_ids_are_orphans(empty_database_url: str) -> None:
    """A verdict on nothing, and an impression of nothing, are kept in place and counted."""
    made = Made()
    made.rows = {
        "recommendations": [*SHOWN, (12, None, FUNNY, "solo", "short")],
        "feedback": [*FEEDBACK, (3, None, 5, 1), (4, 12, 5, 1)],
    }
    training = trained_on(made.read(empty_database_url))
    found = {check.id: check.examples for check in training.checks if check.count}
    assert found == {"orphan_recommendation": (3,), "orphan_title": (4,)}
    assert training.rows_read == 4


def test_a_missing_table_or_column_is_named(empty_database_url: str) -> None:
    """The sentence says which table, and which of its columns."""
    engine = create_engine(empty_database_url)
    with Session(engine) as session:
        Made().write(session)
        for name, columns in PROMISED.items():
            session.execute(text(f"ALTER TABLE {name} DROP COLUMN {columns[-1]}"))
            with pytest.raises(DatabaseUnreachable, match=f"'{name}' lacks {columns[-1]}"):
                read_feedback(session)
            session.execute(text(f"DROP TABLE {name}"))
            with pytest.raises(DatabaseUnreachable, match=f"no table '{name}'"):
                read_feedback(session)
            Made().write_table(session, name)
    engine.dispose()


def test_the_library_of_a_bare_database_is_all_on_the_shelf(empty_database_url: str) -> None:
    """Without columns that say otherwise, no title is set aside."""
    engine = create_engine(empty_database_url)
    with Session(engine) as session:
        Made().write(session)
        titles = read_titles(session)
    engine.dispose()
    assert titles.id.tolist() == [1, 2]
    assert list(titles.title) == ["Alpha", "Beta"]
    assert titles.is_set_aside.tolist() == [False, False]


def test_a_rating_may_be_any_text(empty_database_url: str) -> None:
    """Texts that read as numbers and answers count as such; the rest is missing, not an error."""
    made = Made(String(50))
    ratings = ["5", " 4.0 ", "four", "nan", "1e999", "-1", "0x5"]
    answers = ["yes", "TRUE", "1", "no", "f", "0", "perhaps"]
    made.rows["feedback"] = [
        (n, 10, rating, answer)
        for n, (rating, answer) in enumerate(zip(ratings, answers, strict=True), start=1)
    ]
    found = made.read(empty_database_url)
    assert found.rating[:2].tolist() == [5, 4]
    assert np.isnan(found.rating[[2, 3, 6]]).all()
    assert found.again.tolist() == [1, 1, 1, 0, 0, 0, -1]


def test_the_words_count_where_a_code_is_not_vouched_for(empty_database_url: str) -> None:
    """In tables made elsewhere a column of codes says nothing; the promised columns do."""
    made = Made(further={"recommendations": ("context_code",)})
    code = Context("dramatic", None, "short").code
    made.rows["recommendations"] = [
        (10, 1, '{"mood": "dramatic"}', "group", "short", code),
        (11, 2, '{"mood": "dramatic"}', "crowd", "short", code),
    ]
    training = trained_on(made.read(empty_database_url))
    assert training.X[:, :10].tolist() == [
        [0, 0, 1, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 1, 0, 0, 0, 0, 1, 0, 0],
    ]
    found = {check.id: check.examples for check in training.checks if check.count}
    assert found == {"company_unknown": (2,)}
