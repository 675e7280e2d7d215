"""What members say of titles, for tests of where that goes."""

from app.backend.domain.evening import Verdict
from app.backend.workflows import feedback
from app.backend.workflows.household import Household
from tests.store.evening import shown_again, slate_of


def say(
    household: Household,
    media_id: int,
    rating: int,
    member: str | None = "Anna",
    source: str = "household",
) -> int:
    """Have a member rate a title on an evening of its own; return the verdict's id."""
    clock = household.clock
    with household.database.writing() as session:
        (pick,) = shown_again(session, slate_of([media_id], clock())).picks
        said = Verdict(pick.recommendation_id, rating, True, member, source=source)
        return feedback.rate(session, said, clock).id
