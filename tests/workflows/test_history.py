"""The history is read a page at a time, corrected, taken back and exported."""

import csv
import io
from collections.abc import Iterator

import pytest

from app.backend.domain.errors import Conflict, NotFound
from app.backend.domain.evening import StoredPick, StoredVerdict, Verdict
from app.backend.domain.progress import silent
from app.backend.domain.signals import SEEN
from app.backend.features.dataset import build
from app.backend.store.generations import read_now
from app.backend.store.training_rows import read_feedback
from app.backend.workflows import browse, feedback, history, signals
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported, import_library
from app.backend.workflows.recommend import Request
from app.backend.workflows.training_options import Schedule
from tests.workflows.evenings import ListSource, Ticking, ask, record

BINGE = Request("any", "couple", "binge", members=("Ada", "Bob"))


@pytest.fixture
def pick(household: Household, small_library: Imported) -> StoredPick:
    """A pick that was shown."""
    assert small_library.counts.added
    return ask(household).picks[0]


def tell(
    household: Household, pick: StoredPick, rating: int = 5, member: str | None = None
) -> StoredVerdict:
    """Rate a pick."""
    with household.database.writing() as session:
        verdict = Verdict(pick.recommendation_id, rating, rating > 3, member)
        return feedback.rate(session, verdict, household.clock)


def retract(household: Household, said: StoredVerdict) -> None:
    """Take a verdict back."""
    with household.database.writing() as session:
        history.retract(session, said.id, household.clock)


def pending(household: Household) -> list[int]:
    """Return what is asked about."""
    with household.database.reading() as session:
        return [one.recommendation_id for one in browse.unanswered(session)]


def lines(household: Household) -> list[dict[str, str]]:
    """Load the whole history, part after part, and read it as a program does."""

    def parts() -> Iterator[str]:
        after: int | None = 0
        while after is not None:
            with household.database.reading() as session:
                text, after = history.exported(session, after)
            yield text

    return list(csv.DictReader(io.StringIO("".join(parts()), newline="")))


def test_what_is_taken_back_is_not_learnt_and_asked_again(
    household: Household, pick: StoredPick
) -> None:
    """Training has the data that it had before, and Tonight the question."""
    tell(household, ask(household, seed=5).picks[1], 2)
    with household.database.reading() as session:
        before = build(read_feedback(session), 2026).fingerprint()
    said = tell(household, pick)
    assert pending(household) == []
    with household.database.reading() as session:
        assert build(read_feedback(session), 2026).fingerprint() != before
    retract(household, said)
    with household.database.reading() as session:
        assert build(read_feedback(session), 2026).fingerprint() == before
    assert pending(household) == [pick.recommendation_id]


def test_a_run_is_queued_by_what_is_said_after_taking_back(
    household: Household, pick: StoredPick, clock: Ticking
) -> None:
    """What was said anew has an id that no run has read."""
    said = tell(household, pick)
    household.train(0, silent)
    retract(household, said)
    verdict = Verdict(pick.recommendation_id, 4, would_watch_again=True)
    with household.database.writing() as session:
        feedback.rate(session, verdict, clock, Schedule(after_feedbacks=1))
    with household.database.reading() as session:
        states = [run.state for run in browse.models(session).runs]
    assert states == ["queued", "skipped"]


def test_what_was_rated_is_unwatched_only_afterwards(
    household: Household, pick: StoredPick
) -> None:
    """Where somebody said how it was, it was watched; pickers are told when it was not."""
    said = tell(household, pick)
    with pytest.raises(Conflict, match="first"), household.database.writing() as session:
        history.unwatch(session, pick.recommendation_id)
    retract(household, said)
    with household.database.reading() as session:
        before = read_now(session.connection())
    with household.database.writing() as session:
        history.unwatch(session, pick.recommendation_id)
    with household.database.reading() as session:
        assert read_now(session.connection()).viewings != before.viewings
    assert pending(household) == []


def test_a_dismissal_is_taken_back(household: Household, pick: StoredPick) -> None:
    """The question comes back."""
    with household.database.writing() as session:
        feedback.choose(session, pick.recommendation_id, household.clock)
        feedback.dismiss(session, pick.recommendation_id, household.clock)
    assert pending(household) == []
    with household.database.writing() as session:
        history.ask_again(session, pick.recommendation_id)
    assert pending(household) == [pick.recommendation_id]


def test_pages_hold_thirty(household: Household, pick: StoredPick, clock: Ticking) -> None:
    """The last one says that there is none after it."""
    told = {pick.recommendation_id}
    tell(household, pick)
    seed = 100
    while len(told) < history.MOST_A_PAGE + 3:
        clock.advance(days=400)
        seed += 1
        one = ask(household, BINGE, seed).picks[0]
        tell(household, one, 4)
        told.add(one.recommendation_id)
    with household.database.reading() as session:
        first = history.page(session, None, "all", "")
        rest = history.page(session, first.before, "all", " ")
        assert history.entry(session, pick.recommendation_id) == rest.entries[-1]
    assert (len(first.entries), len(rest.entries), rest.before) == (30, 3, None)
    assert first.evenings == len(told)
    assert {one.recommendation_id for one in first.entries + rest.entries} == told
    with household.database.reading() as session, pytest.raises(NotFound):
        history.entry(session, 10**9)


def test_the_export_has_a_line_for_each_verdict(
    household: Household, pick: StoredPick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one where there is none; columns as promised, whatever the size of the parts."""
    other = ask(household, BINGE, seed=3).picks[2]
    tell(household, pick, 2)
    tell(household, pick, 5, "Ada")
    with household.database.writing() as session:
        signals.say(session, other.recommendation_id, SEEN, household.clock)
    whole = lines(household)
    assert tuple(whole[0]) == history.COLUMNS
    assert [(one["title"], one["rating"], one["member"], one["signal"]) for one in whole] == [
        (pick.title, "2", "", ""),
        (pick.title, "5", "Ada", ""),
        (other.title, "", "", "seen"),
    ]
    assert [one["would_watch_again"] for one in whole] == ["no", "yes", ""]
    assert (whole[2]["mood"], whole[2]["members"]) == ("any", "Ada|Bob")
    assert (whole[0]["source"], whole[2]["rated_at"], whole[2]["watched_at"]) == (
        "household",
        "",
        "",
    )
    assert whole[0]["rated_at"] == whole[0]["watched_at"] == household.clock().isoformat()
    for size in (1, 2):
        monkeypatch.setattr(history, "BATCH", size)
        assert lines(household) == whole


@pytest.mark.parametrize("title", ["=1+1", "+1", "-5", "@A1", 'She said "1,5";\n=2'])
def test_no_cell_is_a_formula(household: Household, title: str) -> None:
    """An apostrophe stands before what a spreadsheet would carry out; the rest is as it is."""
    source = ListSource([record(title)])
    with household.database.writing() as session:
        import_library(session, source, household.clock, silent)
    pick = ask(household).picks[0]
    tell(household, pick, 5, "=HYPERLINK(1)")
    (line,) = lines(household)
    is_formula = pick.title[0] in "=+-@"
    assert line["title"] == f"'{pick.title}" if is_formula else pick.title
    assert line["member"] == "'=HYPERLINK(1)"
    assert line["rating"] == "5"


def test_an_empty_history_has_columns_alone(household: Household) -> None:
    """There is nothing to load after them."""
    with household.database.reading() as session:
        text, after = history.exported(session)
        page = history.page(session, None, "all", "")
    assert (text, after) == (",".join(history.COLUMNS) + "\r\n", None)
    assert (page.entries, page.before, page.evenings) == ((), None, 0)
