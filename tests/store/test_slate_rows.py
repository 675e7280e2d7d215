"""How many members were named for an evening is read where it is known."""

from app.backend.store.session import Database
from app.backend.store.slate_rows import read_company
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.recommend import Request
from tests.workflows.evenings import ask


def test_members_of_an_evening_are_counted(household: Household, small_library: Imported) -> None:
    """Evenings for which nobody was named are not told of."""
    assert small_library.counts.added
    ask(household)
    two = ask(household, Request("funny", "couple", "short", members=("Ada", "Bo")))
    with household.database.reading() as session:
        assert read_company(session) == {two.id: 2}


def test_an_empty_database_tells_of_nobody(database: Database) -> None:
    """Without slates there is nothing to count."""
    with database.reading() as session:
        assert read_company(session) == {}
