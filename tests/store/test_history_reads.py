"""The history is what something was said of, read by key: newest first, in pages that stay."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from app.backend.domain.evening import StoredPick, StoredSlate, Verdict
from app.backend.domain.evidence import ELSEWHERE_POLICY, NOT_DRAWN, QUICK_TASTE_POLICY
from app.backend.domain.history import FILTERS, Filter
from app.backend.domain.signals import NEVER, NOT_TONIGHT, SEEN
from app.backend.store import history_reads, retractions, signals, writes
from app.backend.store.session import Database
from app.backend.store.tables import Media, Recommendation
from tests.store.evening import shown, shown_again, slate_of
from tests.workflows.evenings import FRIDAY_EVENING

LATER = FRIDAY_EVENING + timedelta(hours=2)


def rate(
    database: Database, pick: StoredPick, rating: int, member: str | None = None, days: int = 0
) -> int:
    """Say how a pick was."""
    with database.writing() as session:
        verdict = Verdict(pick.recommendation_id, rating, rating > 3, member)
        return writes.write_verdict(session, verdict, LATER + timedelta(days=days)).id


def once_more(database: Database, slate: StoredSlate) -> StoredSlate:
    """Show the titles of a slate in another."""
    with database.writing() as session:
        return shown_again(session, slate_of([pick.media_id for pick in slate.picks]))


def lived(database: Database) -> list[StoredPick]:
    """Let each thing happen to one of six picks, and nothing to the last; return them."""
    first = shown(database)
    picks = [*first.picks, *once_more(database, first).picks]
    with database.writing() as session:
        writes.mark_watched(session, picks[0].recommendation_id, LATER)
        writes.dismiss(session, picks[2].recommendation_id, LATER)
        signals.write_signal(session, picks[3].recommendation_id, NOT_TONIGHT, LATER)
        signals.write_signal(session, picks[4].recommendation_id, SEEN, LATER)
    rate(database, picks[1], 5)
    rate(database, picks[4], 2)
    return picks


def read(
    database: Database,
    which: Filter = "all",
    words: str = "",
    before: int | None = None,
    most: int = 30,
) -> list[int]:
    """Return the ids of a page."""
    with database.reading() as session:
        found = history_reads.read_before(session, before, most, which, words)
    return [one.recommendation_id for one in found]


@pytest.mark.parametrize(
    ("which", "places"),
    [("all", (4, 3, 2, 1, 0)), ("watched", (1, 0)), ("rated", (4, 1)), ("aside", (4, 3))],
)
def test_what_happened_is_listed_the_newest_first(
    database: Database, which: Filter, places: tuple[int, ...]
) -> None:
    """What was watched, rated, dismissed or set aside; a card that was only shown is not there."""
    picks = lived(database)
    assert read(database, which) == [picks[place].recommendation_id for place in places]


def test_what_was_taken_back_is_not_listed(database: Database) -> None:
    """A signal, a verdict and a viewing that nobody stands by leave no trace on the page."""
    picks = lived(database)
    verdict = rate(database, picks[5], 3)
    with database.writing() as session:
        signals.take_back_signal(session, picks[3].recommendation_id, NOT_TONIGHT, LATER)
        retractions.take_back_verdict(session, verdict, LATER)
        assert retractions.unwatch(session, picks[5].recommendation_id)
        retractions.ask_again(session, picks[2].recommendation_id)
    kept = [picks[place].recommendation_id for place in (4, 1, 0)]
    assert read(database) == kept


def test_an_entry_tells_everything(database: Database) -> None:
    """Context, company, moments, the signal, and the last verdict of each member."""
    picks = lived(database)
    rate(database, picks[4], 4, "Ada")
    last = rate(database, picks[4], 1, "Ada", days=1)
    with database.reading() as session:
        entry = history_reads.read_one(session, picks[4].recommendation_id)
        assert history_reads.read_one(session, 10**9) is None
    assert entry is not None
    assert (entry.title, entry.kind, entry.mood) == (picks[4].title, "movie", "funny")
    assert (entry.group_size, entry.session_length) == ("couple", "short")
    assert entry.members == ("Ada", "Grace")
    assert (entry.shown_at, entry.watched_at, entry.signal) == (FRIDAY_EVENING, None, SEEN)
    said = [(one.member, one.rating, one.would_watch_again) for one in entry.verdicts]
    assert said == [(None, 2, False), ("Ada", 1, False)]
    assert entry.verdicts[1].feedback_id == last
    assert entry.verdicts[1].at == LATER + timedelta(days=1)


def test_pages_stay_where_they_are(database: Database) -> None:
    """What is added meanwhile comes before the first page, and moves no later one."""
    picks = lived(database)
    first = read(database, most=2)
    rate(database, once_more(database, shown(database)).picks[0], 4)
    rest = read(database, before=first[-1])
    assert first + rest == [picks[place].recommendation_id for place in (4, 3, 2, 1, 0)]
    with database.reading() as session:
        forwards = history_reads.read_after(session, 0, 3)
        ids = [one.recommendation_id for one in forwards]
        assert ids == [picks[place].recommendation_id for place in (0, 1, 2)]


def test_words_are_found_in_titles(database: Database) -> None:
    """In whatever case, in any part; the signs of patterns are letters like others."""
    picks = lived(database)
    with database.writing() as session:
        session.get_one(Media, picks[0].media_id).title = "100% _Wolf_\\"
    with database.reading() as session:
        titles = {one.id: one.title for one in session.query(Media)}
    for words in ("100%", "_wolf_", "\\", "% _"):
        found = read(database, words=words)
        assert found, words
        assert {titles[picks[0].media_id]} == {
            titles[pick.media_id] for pick in picks if pick.recommendation_id in found
        }
    for words in ("%", "_"):
        assert read(database, words=words) == read(database, words="wolf")
    assert read(database, words="1_0") == []


def test_evenings_are_counted_without_what_was_not_drawn(database: Database) -> None:
    """A slate for which nobody asked of an evening is none."""
    first = shown(database)
    second, third = once_more(database, first), once_more(database, first)
    with database.writing() as session:
        for slate, policy in ((second, QUICK_TASTE_POLICY), (third, ELSEWHERE_POLICY)):
            session.execute(
                text("UPDATE slates SET policy = :policy WHERE id = :id"),
                {"policy": policy, "id": slate.id},
            )
    with database.reading() as session:
        assert history_reads.count_evenings(session, NOT_DRAWN) == 1


def test_never_is_told_as_it_was_said(database: Database) -> None:
    """Also where the title was hidden before: how that is kept is nobody's business."""
    pick = shown(database).picks[0]
    with database.writing() as session:
        signals.hide_title(session, pick.media_id, LATER)
        signals.write_signal(session, pick.recommendation_id, NEVER, LATER)
    with database.reading() as session:
        (entry,) = history_reads.read_before(session, None, 9, "aside", "")
    assert entry.signal == NEVER


@pytest.mark.parametrize("which", FILTERS)
def test_pages_are_read_by_key(lived_plan: list[str], which: str) -> None:
    """SQLite walks impressions backwards by their key and sorts nothing, whatever the filter."""
    plans = [line for line in lived_plan if line.startswith(f"{which}:")]
    assert any("SEARCH recommendations USING INTEGER PRIMARY KEY" in line for line in plans)
    assert not [line for line in plans if "TEMP B-TREE" in line]


@pytest.fixture
def lived_plan(database: Database) -> list[str]:
    """How each filter's page is read, a line for each step."""
    if database.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by what there is")
    asked: list[tuple[str, object]] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _cur, sql, values, _ctx, _many: asked.append((sql, values)),
    )
    lines = []
    for which in ("all", "watched", "rated", "aside"):
        asked.clear()
        with database.reading() as session:
            history_reads.read_before(session, 10**6, 30, which, "wolf")
        sql, values = next(one for one in asked if "FROM recommendations" in one[0])
        with database.engine.connect() as connection:
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)  # type: ignore[arg-type]  # as the driver got them
            lines += [f"{which}: {row[3]}" for row in found]
    return lines


def test_an_impression_alone_is_not_an_entry(database: Database) -> None:
    """A slate of which nothing was said has none."""
    slate = shown(database)
    assert read(database) == []
    with database.reading() as session:
        assert session.get(Recommendation, slate.picks[0].recommendation_id) is not None
