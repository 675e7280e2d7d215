"""The quick taste: which titles are shown, what a tick says, and what it does not say."""

import numpy as np
import pytest
from sqlalchemy import select

from app.backend.domain.context import Context
from app.backend.domain.errors import Conflict, InvalidInput
from app.backend.domain.evidence import QUICK_TASTE, QUICK_TASTE_POLICY
from app.backend.features.encode import Codes
from app.backend.store import observation_reads
from app.backend.store.choice_rows import read_choices
from app.backend.store.reads import read_slate, read_unanswered
from app.backend.store.tables import Feedback, Recommendation, Slate
from app.backend.store.training_rows import read_feedback
from app.backend.workflows import people, quick_taste
from app.backend.workflows.catalogue import read_catalogue
from app.backend.workflows.feedback import choose
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.quality import quality_report
from app.backend.workflows.quick_taste import SIZE, Impressions, KnownTitles, Ticked
from app.backend.workflows.ranked import RankedCatalogue
from app.backend.workflows.training_options import Schedule
from tests.workflows.evenings import Ticking, ask

NONE: Codes = np.zeros(0, dtype=np.int64)

pytestmark = pytest.mark.usefixtures("small_library")


@pytest.fixture
def ranked(household: Household, small_library: Imported) -> RankedCatalogue:
    """The library as the rules see it."""
    with household.database.reading() as session:
        catalogue = read_catalogue(session, household.clock().year + 2)
        return RankedCatalogue(catalogue, household.shelf.serving(session))


def show(ranked: RankedCatalogue, turn: int = 0, said: Codes = NONE) -> KnownTitles:
    """Return one set of titles to tick."""
    return quick_taste.known_titles(ranked, said, turn)


def tick(
    household: Household,
    ranked: RankedCatalogue,
    count: int = 3,
    newcomer: str = "",
    schedule: Schedule | None = None,
) -> tuple[Ticked, Impressions]:
    """Tick the first few titles of the first set."""
    ids = tuple(title.id for title in show(ranked).titles)
    ticked = Ticked(ids, frozenset(ids[:count]), newcomer=newcomer)
    shown = quick_taste.impressions(ranked, ticked)
    with household.database.writing() as session:
        assert quick_taste.save(session, ticked, shown, household.clock, schedule) == count
    return ticked, shown


def test_a_set_is_varied_and_always_the_same(ranked: RankedCatalogue) -> None:
    """Fifteen titles of most genres and of several decades; the same question, the same answer."""
    found = show(ranked)
    assert found == show(ranked)
    assert len({title.id for title in found.titles}) == SIZE
    assert len({genre for title in found.titles for genre in title.genres}) >= 10
    assert len({title.year for title in found.titles}) >= 6


def test_sets_share_no_title_until_the_first_comes_again(ranked: RankedCatalogue) -> None:
    """Going on shows every title once, and then begins anew."""
    sets = show(ranked).sets
    seen = [title.id for turn in range(sets) for title in show(ranked, turn).titles]
    assert sorted(seen) == ranked.catalogue.ids.tolist()
    assert show(ranked, sets) == show(ranked)


def test_the_best_rated_come_before_the_unrated(ranked: RankedCatalogue) -> None:
    """The world's rating stands for how known a title is."""
    first = [title.community_rating or 0 for title in show(ranked).titles]
    last = [title.community_rating or 0 for title in show(ranked, 2).titles]
    assert np.mean(first) > np.mean(last) + 2


def test_what_was_rated_needs_no_tick(household: Household, ranked: RankedCatalogue) -> None:
    """A title with a verdict is not shown again; when all have one, nothing is."""
    ticked, _ = tick(household, ranked)
    with household.database.reading() as session:
        said = quick_taste.rated(session)
    assert set(said.tolist()) == set(ticked.liked)
    shown = {title.id for turn in range(3) for title in show(ranked, turn, said).titles}
    assert shown == set(ranked.catalogue.ids.tolist()) - ticked.liked
    assert show(ranked, said=ranked.catalogue.ids) == KnownTitles((), 0)


def test_a_tick_is_a_verdict_and_a_gap_is_none(
    household: Household, ranked: RankedCatalogue
) -> None:
    """Ticked: 4 and again, said by the quick taste of no evening. Not ticked: not a word."""
    ticked, shown = tick(household, ranked, newcomer="Anna")
    with household.database.reading() as session:
        rows = session.execute(
            select(
                Feedback.slate_id,
                Feedback.media_id,
                Feedback.context_code,
                Feedback.rating,
                Feedback.would_watch_again,
                Feedback.source,
            )
        ).all()
        slate = read_slate(session, rows[0].slate_id)
        names = [person.name for person in people.everybody(session)]
    assert {row.media_id for row in rows} == ticked.liked
    nothing_said = Context(None, None, None).code
    assert {tuple(row)[2:] for row in rows} == {(nothing_said, 4, True, QUICK_TASTE)}
    assert slate is not None
    assert (slate.policy, slate.members, names) == (QUICK_TASTE_POLICY, ("Anna",), ["Anna"])
    assert [pick.propensity for pick in slate.picks] == [1.0] * SIZE
    assert [pick.media_id for pick in slate.picks] == list(ticked.shown)
    believed = [pick.probability for pick in shown.picks]
    assert [pick.probability for pick in slate.picks] == believed
    assert len(set(believed)) > 1


def test_nobody_is_asked_how_it_was(household: Household, ranked: RankedCatalogue) -> None:
    """What was ticked has its verdict, and what was not was not watched."""
    tick(household, ranked)
    with household.database.reading() as session:
        assert read_unanswered(session, 5) == []


def test_what_was_ticked_rests(household: Household, ranked: RankedCatalogue) -> None:
    """Who liked a title has seen it: it is not picked for a while."""
    ticked, _ = tick(household, ranked, count=SIZE)
    picked = {pick.media_id for seed in range(20) for pick in ask(household, seed=seed).picks}
    assert picked
    assert not picked & ticked.liked


def test_ticks_are_no_choice_between_titles(household: Household, ranked: RankedCatalogue) -> None:
    """What was not ticked was not passed over for an evening, so that choices learn nothing."""
    tick(household, ranked)
    slate = ask(household)
    with household.database.writing() as session:
        choose(session, slate.picks[0].recommendation_id, household.clock)
    with household.database.reading() as session:
        rows = read_choices(session)
    assert set(rows.slate_id.tolist()) == {slate.id}


def test_training_reads_ticks_without_a_context(
    household: Household, ranked: RankedCatalogue
) -> None:
    """The rows are learnt from; nothing about them is malformed."""
    tick(household, ranked)
    with household.database.reading() as session:
        rows = read_feedback(session)
        checks = {one.id: one.count for one in quality_report(session, household.clock).checks}
    assert rows.rating.tolist() == [4.0, 4.0, 4.0]
    assert {context.code for context in rows.contexts} == {0}
    assert checks["mood_malformed"] == checks["mood_unknown"] == 0


def test_what_was_served_is_counted_without_it(
    household: Household, ranked: RankedCatalogue, clock: Ticking
) -> None:
    """Neither propensities nor served probabilities are those of a quick taste."""
    tick(household, ranked)
    with household.database.reading() as session:
        assert observation_reads.read_impressions(session, clock()).count == 0
        assert observation_reads.read_served(session, clock()) == []


def test_training_is_queued_where_it_is_due(household: Household, ranked: RankedCatalogue) -> None:
    """Ticks count as feedback, so that enough of them begin the first training."""
    tick(household, ranked, schedule=Schedule(after_feedbacks=3))
    with household.database.reading() as session:
        assert observation_reads.count_runs(session) == {"queued": 1}


@pytest.mark.parametrize(
    "ticked",
    [
        Ticked((1, 2, 3), frozenset()),
        Ticked((1, 2, 3), frozenset({4})),
        Ticked((1, 1), frozenset({1})),
        Ticked(tuple(range(1, SIZE + 2)), frozenset({1})),
    ],
    ids=["nothing", "not shown", "twice", "too many"],
)
def test_what_cannot_have_been_ticked_is_refused(ranked: RankedCatalogue, ticked: Ticked) -> None:
    """Nothing, what was not shown, and more than a set shows."""
    with pytest.raises(InvalidInput):
        quick_taste.impressions(ranked, ticked)


def test_a_title_that_is_gone_is_told_of(ranked: RankedCatalogue) -> None:
    """Where the library changed meanwhile, nothing is guessed."""
    with pytest.raises(Conflict, match="has changed"):
        quick_taste.impressions(ranked, Ticked((1, 999_999), frozenset({1})))


@pytest.mark.parametrize(("member", "newcomer"), [("", "\x07"), ("Nobody", "")])
def test_a_name_that_is_none_writes_nothing(
    household: Household, ranked: RankedCatalogue, member: str, newcomer: str
) -> None:
    """The transaction ends as it began."""
    ids = tuple(title.id for title in show(ranked).titles)
    ticked = Ticked(ids, frozenset(ids[:1]), 0, member, newcomer)
    shown = quick_taste.impressions(ranked, ticked)
    with pytest.raises(InvalidInput, match="name"), household.database.writing() as session:
        quick_taste.save(session, ticked, shown, household.clock)
    with household.database.reading() as session:
        for table in (Slate, Recommendation, Feedback):
            assert session.scalars(select(table.id)).all() == []


def test_a_newcomer_comes_once(household: Household, ranked: RankedCatalogue) -> None:
    """Who types a name that somebody has, in whatever case, is that one."""
    tick(household, ranked, count=1, newcomer="Anna")
    tick(household, ranked, count=2, newcomer=" anna")
    with household.database.reading() as session:
        assert [person.name for person in people.everybody(session)] == ["Anna"]
