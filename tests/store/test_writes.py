"""What is written is counted, written once, and kept with what was known when it was shown."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.backend.domain.context import Context
from app.backend.domain.errors import EventReused, NotFound
from app.backend.domain.evening import StoredVerdict, Verdict
from app.backend.domain.evidence import DEMO
from app.backend.store import writes
from app.backend.store.reads import read_slate
from app.backend.store.session import Database
from app.backend.store.slate_writes import write_slates
from app.backend.store.tables import Feedback, Member, Recommendation, Table
from tests.store.evening import first_pick, library_of, media, shown, slate_of
from tests.store.test_session import in_threads
from tests.workflows.evenings import FRIDAY_EVENING, record

# Who may sign in stays, and so do the numbers by which processes see that all is gone.
KEPT = {"accounts", "sessions", "api_keys", "login_attempts", "generations"}
LATER = FRIDAY_EVENING + timedelta(hours=3)


def say(database: Database, verdict: Verdict) -> StoredVerdict:
    """Write a verdict down, three hours after the slate was shown."""
    with database.writing() as session:
        return writes.write_verdict(session, verdict, LATER)


def count(database: Database, table: type[Table]) -> int:
    """Count the rows of a table."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_titles_are_added_updated_and_left_unchanged(database: Database) -> None:
    """The counts say what was done with each title, and only what changed is touched."""
    heat, fargo = record("Heat", year=1995), record("Fargo", year=1996)
    first = library_of(database, heat, fargo)
    again = library_of(database, heat, fargo, at=LATER)
    changed = library_of(database, replace(heat, minutes=170), fargo, record("Up"), at=LATER)
    assert (first.added, first.updated, first.unchanged) == (2, 0, 0)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)
    assert (changed.added, changed.updated, changed.unchanged) == (1, 1, 1)
    assert [(one.title, one.duration, one.updated_at) for one in media(database)] == [
        ("Heat", 170, LATER),
        ("Fargo", 90, FRIDAY_EVENING),
        ("Up", 90, LATER),
    ]


def test_a_change_of_any_value_is_an_update(database: Database) -> None:
    """Each value that a source tells is compared, and its change is kept and stays."""
    changes: dict[str, object] = {
        "kind": "series",
        "year": None,
        "minutes": None,
        "genres": ("Drama",),
        "community_rating": 7.35,
        "age_rating": "R",
        "overview": "A heist.",
        "keywords": ("heist", "los angeles"),
        "directors": ("Michael Mann",),
        "cast": ("Al Pacino", "Robert De Niro"),
    }
    library_of(database, record("Heat", external_id="imdb:tt0113277"))
    told: dict[str, object] = {}
    for name, value in changes.items():
        told[name] = value
        heat = record("Heat", external_id="imdb:tt0113277", **told)
        assert library_of(database, heat).updated == 1, name
        assert library_of(database, heat).unchanged == 1, name
    assert len(media(database)) == 1


def test_a_title_with_an_id_may_be_renamed(database: Database) -> None:
    """The source's own id makes it the same title, whatever it is called now."""
    library_of(database, record("Shichinin no samurai", external_id="imdb:tt0047478"))
    library_of(database, record("Seven Samurai", external_id="imdb:tt0047478"))
    assert [one.title for one in media(database)] == ["Seven Samurai"]


def test_two_ways_to_one_shelf_make_one_title(database: Database) -> None:
    """Kind, name and year find a title of another source, however it is spelt."""
    library_of(database, record("The Matrix", year=1999), source="csv")
    other = record(" the MATRIX", year=1999, external_id="imdb:tt0133093")
    assert library_of(database, other, source="nfo").updated == 1
    assert library_of(database, other, source="nfo").unchanged == 1
    assert len(media(database)) == 1


def test_another_kind_name_or_year_is_another_title(database: Database) -> None:
    """A remake or a series of the same name is not taken for the film."""
    matrix = record("The Matrix", year=1999)
    library_of(database, matrix, source="csv")
    others = (replace(matrix, year=2003), replace(matrix, kind="series"), record("Matrix"))
    assert library_of(database, *others, source="nfo").added == 3


def test_twins_of_one_source_stay_two_titles(database: Database) -> None:
    """Two ids with the same name and year are two titles, also beside another source's one."""
    twins = [record("Hamlet", external_id=f"imdb:tt{number}") for number in (1, 2)]
    library_of(database, record("Hamlet"), source="csv")
    assert library_of(database, *twins, source="nfo").added == 1
    assert library_of(database, *twins, source="nfo").unchanged == 2


def test_the_demo_is_nobodys_other_source(database: Database) -> None:
    """A real title never becomes a title of the demo, which is about to leave."""
    library_of(database, record("Heat"), source=DEMO)
    assert library_of(database, record("Heat"), source="csv").added == 1


def test_a_title_that_was_taken_off_the_shelf_comes_back(database: Database) -> None:
    """A source that tells of a removed title again puts it back, which is an update."""
    library_of(database, record("Heat"), source=DEMO)
    with database.writing() as session:
        assert writes.retire_demo(session, LATER) == 1
        assert writes.retire_demo(session, LATER) == 0
    assert media(database)[0].removed_at == LATER
    assert library_of(database, record("Heat"), source=DEMO).updated == 1
    assert media(database)[0].removed_at is None


def test_a_slate_keeps_how_chance_chose_it(database: Database) -> None:
    """Position, propensity, policy, seed, features and reasons come back exactly as written."""
    slate = shown(database)
    written = slate_of([pick.media_id for pick in slate.picks])
    assert (slate.seed, slate.policy) == (2**62 + 1, "greedy of the tests")
    assert (slate.mood, slate.group_size, slate.session_length) == ("funny", "couple", "short")
    assert (slate.candidates, slate.left_out, slate.members) == (
        17,
        {"too_long": 3},
        ("Ada", "Grace"),
    )
    assert slate.requested_at == FRIDAY_EVENING
    for stored, pick in zip(slate.picks, written.picks, strict=True):
        assert (stored.position, stored.propensity, stored.probability, stored.reasons) == (
            pick.position,
            pick.propensity,
            pick.probability,
            pick.reasons,
        )
    with database.reading() as session:
        rows = session.scalars(select(Recommendation).order_by(Recommendation.position)).all()
        assert [row.features for row in rows] == [
            json.loads(json.dumps(asdict(pick.features))) for pick in written.picks
        ]


def test_an_impression_says_its_context_in_words_and_as_a_code(database: Database) -> None:
    """The promised columns hold readable words, and the code stands for the same ones."""
    shown(database)
    with database.reading() as session:
        row = session.scalars(select(Recommendation)).first()
        assert row is not None
        assert (row.mood, row.group_size, row.session_length) == (
            '{"mood": "funny"}',
            "couple",
            "short",
        )
        assert Context.from_code(row.context_code) == Context("funny", "couple", "short")


def test_an_impossible_propensity_is_refused(database: Database) -> None:
    """A slate with a propensity outside (0, 1] is not kept at all."""
    library_of(database, record("Heat"))
    slate = slate_of([media(database)[0].id])
    for propensity in (0.0, -0.1, 1.1):
        impossible = replace(slate, picks=(replace(slate.picks[0], propensity=propensity),))
        with pytest.raises(IntegrityError), database.writing() as session:
            write_slates(session.connection(), [impossible])
    with database.reading() as session:
        assert read_slate(session, 1) is None


def test_a_verdict_said_twice_is_written_once(database: Database) -> None:
    """With an event id or without, the same verdict again is the same row."""
    pick = first_pick(database)
    for event in (None, "evening-1"):
        verdict = Verdict(pick.recommendation_id, 4, would_watch_again=True, event_id=event)
        first, again = say(database, verdict), say(database, verdict)
        assert again == replace(first, is_new=False)
    assert count(database, Feedback) == 1


def test_a_changed_mind_is_a_new_row_and_the_last_word(database: Database) -> None:
    """Each correction is added, back to the first verdict too; nothing is overwritten."""
    pick = first_pick(database)
    good, bad = (Verdict(pick.recommendation_id, stars, would_watch_again=True) for stars in (5, 1))
    ids = [say(database, verdict).id for verdict in (good, bad, good, good)]
    assert ids[0] < ids[1] < ids[2] == ids[3]
    assert count(database, Feedback) == 3


def test_each_member_has_a_verdict_of_their_own(database: Database) -> None:
    """The same words by someone else are another verdict, and a name makes one member."""
    pick = first_pick(database)
    verdicts = [
        Verdict(pick.recommendation_id, 5, would_watch_again=True, member=member)
        for member in (None, "Ada", "Grace", "Ada")
    ]
    assert [say(database, verdict).is_new for verdict in verdicts] == [True, True, True, False]
    assert count(database, Member) == 2


def test_an_event_id_cannot_stand_for_another_verdict(database: Database) -> None:
    """The id of a verdict with other words, on another pick or by someone else, is refused."""
    first, second, _ = shown(database).picks
    said = Verdict(first.recommendation_id, 4, True, member="Ada", event_id="evening-1")
    say(database, said)
    for other in (
        replace(said, rating=3),
        replace(said, would_watch_again=False),
        replace(said, member="Grace"),
        replace(said, member=None),
        replace(said, recommendation_id=second.recommendation_id),
    ):
        with pytest.raises(EventReused, match="evening-1"):
            say(database, other)
    assert not say(database, said).is_new
    assert count(database, Feedback) == 1


def test_a_verdict_on_nothing_is_refused(database: Database) -> None:
    """Rating, watching or dismissing a pick that was never shown is not found."""
    with pytest.raises(NotFound, match="no recommendation 7"):
        say(database, Verdict(7, 5, would_watch_again=True))
    for way in (writes.mark_watched, writes.dismiss):
        with pytest.raises(NotFound), database.writing() as session:
            way(session, 7, LATER)


def test_a_pick_is_watched_when_it_was_first_said_so(database: Database) -> None:
    """A verdict says that it was watched; a moment that is known already stays."""
    slate = shown(database)
    early, rated = slate.picks[0].recommendation_id, slate.picks[1].recommendation_id
    with database.writing() as session:
        writes.mark_watched(session, early, FRIDAY_EVENING)
        writes.mark_watched(session, early, LATER)
    for pick in (early, rated):
        say(database, Verdict(pick, 5, would_watch_again=True))
    with database.reading() as session:
        again = read_slate(session, slate.id)
    assert again is not None
    assert [pick.watched_at for pick in again.picks[:2]] == [FRIDAY_EVENING, LATER]


def test_the_same_event_sent_sixteen_times_at_once_is_one_row(database: Database) -> None:
    """All sixteen senders get the same id, and one of them hears that it is new."""
    pick = first_pick(database)
    verdict = Verdict(pick.recommendation_id, 5, True, member="Ada", event_id="evening-1")
    answers: list[StoredVerdict] = []
    in_threads(lambda _: answers.append(say(database, verdict)))
    assert len({answer.id for answer in answers}) == 1
    assert sum(answer.is_new for answer in answers) == 1
    assert count(database, Feedback) == 1


def test_one_event_id_for_many_picks_at_once_names_one_of_them(database: Database) -> None:
    """One sender is heard, the others are told that the id is taken."""
    picks = shown(database).picks
    refused: list[int] = []

    def send(number: int) -> None:
        pick = picks[number % len(picks)].recommendation_id
        try:
            say(database, Verdict(pick, 5, would_watch_again=True, event_id="evening-1"))
        except EventReused:
            refused.append(number)

    in_threads(send, count=3)
    assert (count(database, Feedback), len(refused)) == (1, 2)


def test_a_new_member_who_says_much_at_once_is_one_member(database: Database) -> None:
    """Verdicts on three picks by a name that nobody knew yet: three rows, one member."""
    picks = shown(database).picks

    def praise(number: int) -> None:
        say(database, Verdict(picks[number].recommendation_id, 5, True, member="Ada"))

    in_threads(praise, count=3)
    assert (count(database, Feedback), count(database, Member)) == (3, 1)


def test_starting_over_leaves_no_row_in_any_table(database: Database) -> None:
    """Every table of the household is empty, whatever referred to what; who may sign in may."""
    pick = first_pick(database)
    say(database, Verdict(pick.recommendation_id, 5, would_watch_again=True, member="Ada"))
    with database.writing() as session:
        writes.erase_all(session)
    with database.reading() as session:
        for table in Table.metadata.sorted_tables:
            if table.name in KEPT:
                continue
            assert session.scalar(select(func.count()).select_from(table)) == 0
