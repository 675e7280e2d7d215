"""What titles say of themselves is read from any library, in the order of its ids."""

from sqlalchemy import event, text

from app.backend.store.library_rows import read_title_texts, read_titles
from app.backend.store.session import Database
from tests.bare_database import TABLES, Bare, clean_rows, stored
from tests.store.evening import library_of
from tests.workflows.evenings import record


def test_texts_stand_beside_their_titles(database: Database) -> None:
    """One row a title, removed ones included; names come as one text."""
    library_of(database, record("Heat", cast=("Al Pacino", "Val Kilmer")), record("Fargo"))
    library_of(database, record("Up", overview="A house flies."), source="demo")
    with database.writing() as session:
        session.execute(text("UPDATE media SET removed_at = added_at WHERE source = 'demo'"))
    with database.reading() as session:
        texts, titles = read_title_texts(session), read_titles(session)
    assert texts.id.tolist() == titles.id.tolist()
    assert list(texts.cast) == ["Al Pacino|Val Kilmer", None, None]
    assert list(texts.overview) == [None, None, "A house flies."]
    assert list(texts.keywords) == list(texts.directors) == [None, None, None]


def test_a_library_of_any_size_is_one_query(database: Database) -> None:
    """Beside those that ask which columns there are."""
    library_of(database, *(record(f"Title {number}") for number in range(600)))
    asked: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with database.reading() as session:
        assert len(read_title_texts(session).id) == 600
    assert sum("overview" in one and "SELECT" in one for one in asked) == 1


def test_a_bare_library_has_no_texts() -> None:
    """With the promised columns alone, every text is nothing."""
    with stored(clean_rows()) as session:
        texts = read_title_texts(session)
    assert texts.id.tolist() == [1, 2, 3]
    for column in (texts.overview, texts.keywords, texts.directors, texts.cast):
        assert list(column) == [None, None, None]


def test_an_empty_library_has_empty_columns() -> None:
    """Nothing is read of nothing."""
    with stored(Bare()) as session:
        texts = read_title_texts(session)
    assert texts.id.tolist() == list(texts.overview) == list(texts.cast) == []


def test_texts_of_a_library_made_elsewhere_are_passed_on() -> None:
    """Whatever stands in a column of that name, beside columns that are not there."""
    further = TABLES.replace("duration, year", "duration, year, keywords")
    rows = Bare(media=[(1, "A", "", 1, 1, "a, b"), (2, "B", "", 1, 1, 7), (3, "C", "", 1, 1, b"x")])
    with stored(rows, further) as session:
        texts = read_title_texts(session)
    assert list(texts.keywords) == ["a, b", 7, b"x"]
    assert list(texts.cast) == [None, None, None]
