"""What was chosen of each slate is read whole, in order, and the same from either database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from sqlalchemy import delete, event, insert, select, text, update
from sqlalchemy.orm import Session

from app.backend.domain.clock import day_number
from app.backend.domain.context import CODE_COUNT, Context
from app.backend.domain.evening import StoredSlate, Verdict
from app.backend.domain.evidence import DEMO, ChoiceRows
from app.backend.domain.signals import SEEN
from app.backend.store import writes
from app.backend.store.choice_rows import read_choices
from app.backend.store.schema import upgrade
from app.backend.store.session import Database, open_database
from app.backend.store.signals import take_back_signal, write_signal
from app.backend.store.tables import Feedback, Media, Recommendation, Slate
from tests.bare_database import FURTHER, TABLES, Bare, clean_rows, stored
from tests.store.evening import library_of, shown
from tests.workflows.evenings import FRIDAY_EVENING, record

CODE: Final = Context("funny", "couple", "short").code
BATCHES: Final = (1, 2, 7, 1_000)
LATER: Final = FRIDAY_EVENING + timedelta(hours=3)
Row = tuple[int, int, int, bool]


def read(database: Database, batch_rows: int = 1_000) -> list[Row]:
    """Read the choices, row by row."""
    with database.reading() as session:
        found = read_choices(session, batch_rows)
    assert_typed(found)
    columns = (found.slate_id, found.media_id, found.context_code, found.is_chosen)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def assert_typed(found: ChoiceRows) -> None:
    """Insist on the types and the one length of the columns."""
    for column in (found.slate_id, found.media_id, found.context_code):
        assert column.dtype == np.int64
        assert column.shape == found.is_chosen.shape
    assert found.is_chosen.dtype == np.bool_


def watch(database: Database, slate: StoredSlate, *places: int) -> None:
    """Say of the picks at some places that they are watched."""
    with database.writing() as session:
        for place in places:
            writes.mark_watched(session, slate.picks[place].recommendation_id, LATER)


def rate(database: Database, slate: StoredSlate, place: int, source: str = "household") -> None:
    """Rate the pick at a place."""
    verdict = Verdict(slate.picks[place].recommendation_id, 5, True, source=source)
    with database.writing() as session:
        writes.write_verdict(session, verdict, LATER)


def rows_of(slate: StoredSlate, *chosen: int) -> list[Row]:
    """Return the rows that a slate of the tests ought to give."""
    return [
        (slate.id, pick.media_id, CODE, place in chosen) for place, pick in enumerate(slate.picks)
    ]


def write_many(session: Session, slates: int, seed: int) -> None:
    """Write slates of one to five titles, chosen by watching, rating, both or neither."""
    rng = np.random.default_rng(seed)
    titles = session.scalars(select(Media.id)).all()
    impressions: list[Mapping[str, object]] = []
    verdicts: list[Mapping[str, object]] = []
    for slate in rng.choice(3 * slates, slates, replace=False).tolist():
        code = int(rng.integers(CODE_COUNT))
        session.execute(insert(Slate).values(slate_row(slate + 1, code)))
        for position in rng.permutation(int(rng.integers(1, 6))).tolist():
            about = {
                "slate_id": slate + 1, "media_id": int(rng.choice(titles)), "context_code": code,
            }  # fmt: skip
            watched = LATER if rng.random() < 0.3 else None
            number = len(impressions) * 3 + 5
            impressions.append({"id": number} | impression_row(position + 1, watched) | about)
            if rng.random() < 0.3:
                verdicts += [verdict_row(number) | about] * int(rng.integers(1, 3))
    for number in rng.permutation(len(impressions)).tolist():
        session.execute(insert(Recommendation).values(impressions[number]))
    session.execute(insert(Feedback), verdicts)


def slate_row(number: int, code: int) -> dict[str, object]:
    """Return a slate that may be written."""
    return {
        "id": number, "requested_at": FRIDAY_EVENING, "mood": "funny", "group_size": "solo",
        "session_length": "short", "context_code": code, "members": [], "policy": "tests",
        "seed": 1, "candidates": 9, "left_out": {},
    }  # fmt: skip


def impression_row(position: int, watched: object) -> dict[str, object]:
    """Return an impression that may be written, but for what it is about."""
    return {
        "position": position, "watched_at": watched, "mood": "{}", "group_size": "solo",
        "session_length": "short", "propensity": 0.5, "policy": "tests", "probability": 0.5,
        "features": {}, "reasons": [], "shown_at": FRIDAY_EVENING,
    }  # fmt: skip


def verdict_row(recommendation_id: int) -> dict[str, object]:
    """Return feedback that may be written, but for what it is about."""
    return {
        "recommendation_id": recommendation_id, "rating": 1, "would_watch_again": False,
        "day": day_number(LATER), "source": "household", "created_at": LATER,
    }  # fmt: skip


def expected(session: Session) -> list[Row]:
    """Return the choices, found row by row."""
    rated = set(session.scalars(select(Feedback.recommendation_id)))
    slates: dict[int, list[tuple[int, Row]]] = defaultdict(list)
    for one in session.scalars(select(Recommendation)):
        is_chosen = one.watched_at is not None or one.id in rated
        row = (one.slate_id, one.media_id, one.context_code, is_chosen)
        slates[one.slate_id].append((one.position, row))
    found: list[Row] = []
    for slate in sorted(slates):
        rows = [row for _, row in sorted(slates[slate])]
        found += rows if {row[3] for row in rows} == {True, False} else []
    return found


def test_a_watched_pick_is_chosen_and_the_others_are_not(database: Database) -> None:
    """All picks of the slate come, in the order of their places."""
    slate = shown(database)
    watch(database, slate, 1)
    assert read(database) == rows_of(slate, 1)


def test_feedback_alone_says_that_a_pick_was_chosen(database: Database) -> None:
    """Also where nobody noted that it was watched, and once however often it was rated."""
    slate = shown(database)
    rate(database, slate, 2)
    with database.writing() as session:
        session.execute(update(Recommendation).values(watched_at=None))
        verdict = Verdict(slate.picks[2].recommendation_id, 1, False)
        writes.write_verdict(session, verdict, LATER)
        session.execute(update(Recommendation).values(watched_at=None))
    assert read(database) == rows_of(slate, 2)


def test_what_was_seen_before_was_not_chosen(database: Database) -> None:
    """Nor by being rated, as long as that stands; what was watched as well was chosen."""
    slate = shown(database)
    for place in (0, 1):
        pick = slate.picks[place].recommendation_id
        with database.writing() as session:
            write_signal(session, pick, SEEN, LATER)
        rate(database, slate, place)
    assert read(database) == []
    watch(database, slate, 2)
    assert read(database) == rows_of(slate, 2)
    watch(database, slate, 1)
    assert read(database) == rows_of(slate, 1, 2)
    with database.writing() as session:
        take_back_signal(session, slate.picks[1].recommendation_id, SEEN, LATER)
    assert read(database) == rows_of(slate, 1, 2)


def test_a_slate_without_a_choice_says_nothing(database: Database) -> None:
    """Nothing chosen, everything chosen, or a pick dismissed: none tells what was preferred."""
    for places in ((), (0, 1, 2)):
        watch(database, shown(database), *places)
    with database.writing() as session:
        writes.dismiss(session, shown_in(session)[0], LATER)
    assert read(database) == []


def shown_in(session: Session) -> Sequence[int]:
    """Return the ids of all impressions."""
    return session.scalars(select(Recommendation.id).order_by(Recommendation.id)).all()


def test_nothing_shown_is_nothing_read(database: Database) -> None:
    """Empty tables give empty columns."""
    assert read(database) == []


@pytest.mark.parametrize("batch_rows", BATCHES)
def test_any_history_is_read_as_row_by_row(database: Database, batch_rows: int) -> None:
    """In any order of ids, with gaps, in batches that cut slates in two."""
    library_of(database, *(record(f"Title {number}") for number in range(7)))
    with database.writing() as session:
        write_many(session, 60, seed=batch_rows)
        session.execute(
            delete(Recommendation).where(
                Recommendation.id % 11 == 0,
                Recommendation.id.not_in(select(Feedback.recommendation_id)),
            )
        )
    with database.reading() as session:
        wanted = expected(session)
    assert len({row[0] for row in wanted}) > 20
    assert read(database, batch_rows) == wanted


def test_numbers_that_need_more_than_one_text_are_read(database: Database) -> None:
    """Ids that do not fit one packed number with the rest come out as they went in."""
    slate, far = shown(database), 2**52
    watch(database, slate, 0)
    about = {"slate_id": far + 1, "context_code": 79}
    with database.writing() as session:
        values = session.execute(select(Media.__table__)).mappings().first()
        assert values is not None
        heat = dict(values) | {"id": far + 3, "source_key": "far"}
        session.execute(insert(Media).values(heat))
        session.execute(insert(Slate).values(slate_row(far + 1, 79)))
        for place, title in enumerate((far + 3, slate.picks[0].media_id)):
            row = impression_row(place + 1, LATER if place else None)
            row |= {"id": far + place, "media_id": title}
            session.execute(insert(Recommendation).values(row | about))
    far_rows = [(far + 1, far + 3, 79, False), (far + 1, slate.picks[0].media_id, 79, True)]
    assert read(database) == rows_of(slate, 0) + far_rows


def test_reading_asks_no_more_for_more_rows(database: Database) -> None:
    """A batch is two statements, and gaps in the ids are leapt over."""
    counts = []
    for slates in (2, 9):
        for _ in range(slates):
            watch(database, shown(database), 0)
        counts.append(statements(database))
    assert counts[0] == counts[1]
    with database.writing() as session:
        last = shown_in(session)[-1]
        moved = update(Recommendation).where(Recommendation.id == last)
        session.execute(moved.values(id=last + 10**9))
    assert statements(database) == counts[0] + 2


def statements(database: Database) -> int:
    """Count what is asked of impressions while choices are read."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    read(database)
    event.remove(database.engine, "before_cursor_execute", note)
    return sum("FROM recommendations" in one for one in asked)


def test_the_demos_choices_go_with_its_titles(database: Database) -> None:
    """While the demo lasts they are read; afterwards whole slates are left out, others not."""
    library_of(database, *(record(name) for name in ("Up", "Brazil")), source=DEMO)
    simulated, mine = shown(database), shown(database)
    rate(database, simulated, 0, source=DEMO)
    rate(database, mine, 0)
    assert read(database) == rows_of(simulated, 0) + rows_of(mine, 0)
    with database.writing() as session:
        writes.retire_demo(session, LATER)
    assert read(database) == rows_of(mine, 0)


def test_a_demo_title_that_is_hidden_takes_its_slates_with_it(database: Database) -> None:
    """Those that simulated evenings rated it in; a slate about another title stays."""
    library_of(database, *(record(name) for name in ("Up", "Brazil")), source=DEMO)
    first, second = shown(database), shown(database)
    rate(database, first, 0, source=DEMO)
    rate(database, second, 1, source=DEMO)
    with database.writing() as session:
        hidden = update(Media).where(Media.id == first.picks[0].media_id)
        session.execute(hidden.values(is_hidden=True))
    assert read(database) == rows_of(second, 1)


def test_what_encore_never_writes_is_left_out(database: Database) -> None:
    """An impression with an impossible place or context does not take its slate with it."""
    slates = [shown(database) for _ in range(3)]
    wrong = ({"position": -1}, {"context_code": CODE_COUNT}, {"context_code": -1})
    for slate, values in zip(slates, wrong, strict=True):
        watch(database, slate, 0)
        with database.writing() as session:
            of_it = update(Recommendation).where(
                Recommendation.id == slate.picks[1].recommendation_id
            )
            session.execute(of_it.values(values))
    wanted = [rows_of(slate, 0) for slate in slates]
    assert read(database) == [row for rows in wanted for row in (rows[0], rows[2])]


def test_tables_made_elsewhere_tell_of_no_choice() -> None:
    """Neither the promised columns nor slates of somebody else's making are read."""
    for tables in (TABLES, TABLES + FURTHER):
        with stored(clean_rows() if tables == TABLES else Bare(), tables) as session:
            found = read_choices(session)
        assert_typed(found)
        assert len(found.slate_id) == 0


def test_on_sqlite_odd_types_are_left_out(tmp_path: Path) -> None:
    """A column may hold anything there: a fraction or a word is no place and no context."""
    with closing(open_database(f"sqlite:///{tmp_path / 'encore.db'}")) as database:
        upgrade(database)
        slate = shown(database)
        watch(database, slate, 0)
        second = slate.picks[1].recommendation_id
        for wrong in ("position = 2.5", "position = 'two'", "context_code = '79x'"):
            with database.writing() as session:
                said = f"UPDATE recommendations SET {wrong} WHERE id = {second}"  # noqa: S608
                session.execute(text(said))
            rows = rows_of(slate, 0)
            assert read(database) == [rows[0], rows[2]]
