"""What was watched elsewhere asks how it was: once, of whose account it was, and of nobody else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from app.backend.domain.context import UNKNOWN_CODE
from app.backend.domain.errors import NotFound
from app.backend.domain.evening import Verdict
from app.backend.domain.evidence import ELSEWHERE_POLICY
from app.backend.domain.media_server import ItemState, Notice
from app.backend.domain.signals import SEEN
from app.backend.sources.keyring import Credentials
from app.backend.store import sources
from app.backend.store.choice_rows import read_choices
from app.backend.store.observation_reads import read_impressions, read_served
from app.backend.store.server_states import Doings, write_states
from app.backend.store.source_tables import (
    HistoryEntryRow,
    Playback,
    SourceItemRow,
    TitleId,
    WrittenRating,
)
from app.backend.store.tables import Feedback, Media, Recommendation, Slate
from app.backend.workflows import connections, feedback, history, notices, people, signals
from app.backend.workflows.company import Company
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from tests.media_servers.fake_jellyfin import World
from tests.workflows.elsewhere import ANNA, BEN, OLGA, SECRET, SERVER, Home, item_of
from tests.workflows.evenings import Ticking, ask, say
from tests.workflows.syncs import connected, sync

# What asks the database nothing new is tried on the one that starts at once.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FILM, OTHER_FILM, SERIES = 1, 2, 7
WATCHED = Notice((item_of(FILM),), "Title 1", "movie", ANNA, "anna", is_watched=True)
EPISODE = Notice((item_of(SERIES),), "Title 7", "series", ANNA, "anna", is_watched=True)


def of_film(media_id: int) -> Notice:
    """Return that a film was watched."""
    return replace(WATCHED, item_ids=(item_of(media_id),))


def rated(rating: float, notice: Notice = WATCHED) -> Notice:
    """Return that a title was rated."""
    return replace(notice, is_watched=False, rating=rating)


@pytest.fixture
def home(household: Household, small_library: Imported) -> Home:
    """Forty titles, all of which stand at a Jellyfin with two accounts that belong to members."""
    assert small_library.counts.added == 40
    return Home.of(household)


def answer(home: Home, rating: int = 4, member: str | None = "Anna") -> None:
    """Answer the latest question."""
    verdict = Verdict(home.pending()[0].recommendation_id, rating, True, member)
    with home.household.database.writing() as session:
        say(session, verdict, _clock(home))


def dismiss(home: Home) -> None:
    """Say that nobody wants to be asked the latest question."""
    with home.household.database.writing() as session:
        feedback.dismiss(session, home.pending()[0].recommendation_id, home.household.clock)


def later(home: Home, **passed: float) -> None:
    """Let time pass."""
    _clock(home).now += timedelta(**passed)


def _clock(home: Home) -> Ticking:
    assert isinstance(home.household.clock, Ticking)
    return home.household.clock


def entries(home: Home) -> list[tuple[str, bool, int | None, float | None]]:
    """Return what the history from elsewhere holds."""
    row = HistoryEntryRow
    with home.household.database.reading() as session:
        query = select(row.key, row.is_watched, row.rating, row.raw_rating).order_by(row.key)
        return [(key, seen, stars, raw) for key, seen, stars, raw in session.execute(query)]


def test_what_was_not_picked_is_asked_about_apart(home: Home) -> None:
    """On a slate of its own: no context, for sure, and with the member and the rating filled in."""
    assert home.take(replace(WATCHED, rating=7.0)) == "asked"
    (pick,), (told,) = home.pending(), home.prefilled()
    assert told is not None
    assert (pick.media_id, told.member, told.rating, told.source) == (FILM, "Anna", 4, "jellyfin")
    with home.household.database.reading() as session:
        (slate,), (shown,) = session.scalars(select(Slate)), session.scalars(select(Recommendation))
        assert (slate.policy, shown.policy) == (ELSEWHERE_POLICY, ELSEWHERE_POLICY)
        assert (slate.context_code, shown.context_code) == (UNKNOWN_CODE, UNKNOWN_CODE)
        assert (slate.members, shown.propensity, shown.position) == (["Anna"], 1.0, 1)
        assert shown.features["kind"] == "movie"
    assert home.count(Feedback) == 0


def test_what_was_picked_lately_is_that_pick(home: Home) -> None:
    """It was watched; the answer counts for that evening."""
    slate = ask(home.household)
    later(home, hours=30)
    film = slate.picks[1]
    assert home.take(of_film(film.media_id)) == "asked"
    assert [pick.recommendation_id for pick in home.pending()] == [film.recommendation_id]
    assert home.count(Slate) == 1
    answer(home)
    with home.household.database.reading() as session:
        assert read_choices(session).is_chosen.tolist() == [False, True, False, False]


def test_what_was_picked_long_ago_is_not_that_pick(home: Home) -> None:
    """Nor is what somebody had seen before, or what another one answered."""
    first = ask(home.household).picks[0]
    later(home, hours=37)
    assert home.take(of_film(first.media_id)) == "asked"
    seen, others, _, _ = ask(home.household, seed=2).picks
    with home.household.database.writing() as session:
        signals.say(session, seen.recommendation_id, SEEN, home.household.clock)
        say(session, Verdict(others.recommendation_id, 5, True, "Ben"), _clock(home))
    for pick in (seen, others):
        assert home.take(of_film(pick.media_id)) == "asked"
    with home.household.database.reading() as session:
        apart = select(Recommendation.media_id).where(Recommendation.policy == ELSEWHERE_POLICY)
        told = set(session.scalars(apart))
    assert told == {first.media_id, seen.media_id, others.media_id}


def test_who_chose_it_here_is_only_filled_in(home: Home) -> None:
    """A pick that was chosen is asked about already; the server tells who watched."""
    pick = ask(home.household).picks[0]
    with home.household.database.writing() as session:
        feedback.choose(session, pick.recommendation_id, home.household.clock)
    assert home.prefilled() == [None]
    assert home.take(replace(of_film(pick.media_id), user_id=BEN)) == "known"
    (told,) = home.prefilled()
    assert told is not None
    assert told.member == "Ben"


def test_the_same_notice_asks_nothing_twice(home: Home) -> None:
    """Scrobbled and stopped, the credits later, and in the morning: it is counted."""
    assert home.take(WATCHED) == "asked"
    for hours in (0.0, 0.1, 19.0):
        later(home, hours=hours)
        assert home.take(WATCHED) == "known"
    assert len(home.pending()) == home.count(Playback) == home.count(Slate) == 1
    with home.household.database.reading() as session:
        assert session.scalar(select(Playback.times)) == 4


def test_who_tells_at_the_same_moment_asks_once(home: Home) -> None:
    """Plex and Tautulli may both tell, in whatever order."""
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(home.take, [WATCHED] * 4))
    assert sorted(told) == ["asked", "known", "known", "known"]
    assert len(home.pending()) == 1


@ON_SQLITE
def test_an_answered_question_rests_for_its_viewing(home: Home) -> None:
    """That evening nobody is asked again; months later they are."""
    home.take(WATCHED)
    answer(home)
    later(home, hours=19)
    assert home.take(WATCHED) == "known"
    assert not home.pending()
    later(home, days=90)
    assert home.take(WATCHED) == "asked"
    assert len(home.pending()) == 1


def test_what_was_answered_before_the_server_told_is_not_asked(home: Home) -> None:
    """Whoever was quicker: by the member, or by all of them together."""
    slate = ask(home.household)
    with home.household.database.writing() as session:
        for pick, who in zip(slate.picks, ("Anna", None), strict=False):
            say(session, Verdict(pick.recommendation_id, 5, True, who), _clock(home))
        feedback.choose(session, slate.picks[2].recommendation_id, home.household.clock)
    dismiss(home)
    for pick in slate.picks[:3]:
        assert home.take(of_film(pick.media_id)) == "noted"
        assert home.take(of_film(pick.media_id)) == "known"
    assert not home.pending()
    assert home.count(Slate) == 1


def test_a_series_asks_once_an_evening(home: Home) -> None:
    """Not while its question is open, and again on the next evening; it is not watched as such."""
    outcomes = []
    for evening in range(3):
        outcomes += [home.take(EPISODE), home.take(EPISODE)]
        if evening:
            answer(home)
        later(home, days=1)
    assert outcomes == ["asked", "known", "known", "known", "asked", "known"]
    assert home.count(Playback) == 2
    assert entries(home) == []


@ON_SQLITE
def test_who_does_not_want_to_be_asked_is_left_in_peace(home: Home) -> None:
    """Of that title, for a month; of others they are asked."""
    home.take(EPISODE)
    dismiss(home)
    for _ in range(3):
        later(home, days=7)
        assert home.take(EPISODE) == "known"
    assert not home.pending()
    assert home.take(WATCHED) == "asked"
    later(home, days=10)
    assert home.take(EPISODE) == "asked"


def test_two_who_watch_together_are_asked_apart(home: Home) -> None:
    """The pick is one's; the other one has a question as well."""
    pick = ask(home.household).picks[0]
    together = [replace(of_film(pick.media_id), user_id=user) for user in (ANNA, BEN)]
    assert [home.take(one) for one in together * 2] == ["asked", "asked", "known", "known"]
    assert {told.member for told in home.prefilled() if told} == {"Anna", "Ben"}
    answer(home, member="Ben")
    assert len(home.pending()) == 1


@ON_SQLITE
def test_an_account_of_nobody_is_kept_nowhere(home: Home) -> None:
    """Whatever the server's owner watches, no member is asked, and nothing is written."""
    ask(home.household)
    before = [home.count(table) for table in (Slate, Playback, HistoryEntryRow)]
    for user, name in ((OLGA, "olga"), (OLGA, "anna"), ("", "olga"), ("", "")):
        notice = replace(WATCHED, user_id=user, user_name=name)
        assert home.take(notice) == "nobody"
        assert home.take(rated(9.0, notice)) == "nobody"
    assert [home.count(table) for table in (Slate, Playback, HistoryEntryRow)] == before
    assert not home.pending()


def test_who_has_left_is_asked_nothing(home: Home) -> None:
    """Their account belongs to nobody here any more."""
    home.take(WATCHED)
    with home.household.database.writing() as session:
        anna = next(one for one in people.everybody(session) if one.name == "Anna")
        people.leave(session, anna.id, home.household.clock)
    assert home.take(of_film(OTHER_FILM)) == "nobody"
    (told,) = home.prefilled()
    assert told is not None
    assert told.member is None


@ON_SQLITE
def test_without_an_id_a_name_tells_in_jellyfin(home: Home) -> None:
    """There each is one account's."""
    assert home.take(replace(WATCHED, user_id="", user_name="ANNA")) == "asked"


@ON_SQLITE
def test_the_owner_of_a_plex_server_is_known_by_name_to_tautulli_alone(
    household: Household, small_library: Imported
) -> None:
    """It numbers them otherwise; in Plex's own messages a name tells nothing."""
    assert small_library.counts.added
    home = Home.of(household, "plex")
    with household.database.writing() as session:
        accounts = [("1", "olga", "Anna"), ("8", "ben", "Ben")]
        connections.assign_people(session, home.source.id, accounts)
    film = replace(WATCHED, item_ids=(item_of(FILM, "plex"),), user_name="olga")
    told = [
        home.take(replace(film, user_id=user, user_name=name, is_owner_by_name=by_name))
        for user, name, by_name in (
            ("90210", "olga", False), ("", "olga", False), ("90210", "ben", True),
            ("", "olga", True), ("90210", "", True), ("90210", "Olga", True), ("1", "", False),
        )
    ]  # fmt: skip
    assert told == ["nobody"] * 5 + ["asked", "known"]


@ON_SQLITE
@pytest.mark.parametrize("server", [SERVER, SERVER.upper(), ""])
def test_a_server_may_spell_its_id_as_it_likes(home: Home, server: str) -> None:
    """Or not tell it."""
    assert home.take(replace(WATCHED, server_id=server)) == "asked"


@ON_SQLITE
def test_another_server_tells_nothing(home: Home) -> None:
    """Its ids mean other titles."""
    assert home.take(replace(WATCHED, server_id="e" * 32)) == "other_server"
    assert home.count(Playback) == 0


def test_a_title_is_found_by_its_ids_or_its_name(home: Home) -> None:
    """Where its item is not known: by an id, by name and year, by a name that is one title's."""
    nowhere = replace(WATCHED, item_ids=("9" * 32,), title="")
    with home.household.database.writing() as session:
        session.execute(insert(TitleId), [{"key": "tmdb:movie:949", "media_id": 5}])
        session.execute(update(Media).where(Media.id.in_([8, 9])).values(title="The Twins"))
        session.execute(update(Media).where(Media.id == 9).values(year=2012))
    told = [
        home.take(replace(nowhere, ids=("tmdb:movie:949",))),
        home.take(replace(nowhere, title="Title 3", year=1985)),
        home.take(replace(nowhere, title="title 4")),
        home.take(replace(nowhere, title="Twins", year=2012)),
    ]
    assert told == ["asked"] * 4
    assert {pick.media_id for pick in home.pending()} == {5, 3, 4, 9}
    assert [key for key, *_ in entries(home)] == [item_of(one) for one in (3, 4, 5, 9)]


@ON_SQLITE
@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Nobody's film"},
        {"title": ""},
        {"title": "Title 3", "year": 1990},
        {"title": "Title 7"},
        {"title": "Title 3", "ids": ("imdb:tt9999999",)},
    ],
    ids=["unknown", "nothing", "another year", "another kind", "another id"],
)
def test_what_may_be_something_else_is_not_guessed(home: Home, changes: dict[str, object]) -> None:
    """It is counted as unknown, and nothing is kept."""
    notice = replace(WATCHED, item_ids=(), **changes)  # type: ignore[arg-type]  # a test's words
    assert home.take(notice) == "unknown_title"
    assert home.count(Playback) == home.count(HistoryEntryRow) == 0


@ON_SQLITE
def test_a_name_of_two_titles_is_not_guessed(home: Home) -> None:
    """Without a year, either could be meant."""
    with home.household.database.writing() as session:
        session.execute(update(Media).where(Media.id.in_([8, 9])).values(title="The Twins"))
    assert home.take(replace(WATCHED, item_ids=(), title="The Twins")) == "unknown_title"


@ON_SQLITE
def test_a_title_that_left_the_shelf_was_watched_all_the_same(home: Home) -> None:
    """It is asked about as any other."""
    with home.household.database.writing() as session:
        session.execute(
            update(Media).where(Media.id == FILM).values(removed_at=home.household.clock())
        )
    assert home.take(WATCHED) == "asked"
    assert len(home.pending()) == 1


def test_a_rating_fills_the_open_answer_in_and_is_no_feedback(home: Home) -> None:
    """The last one counts; after the answer it changes nothing here."""
    home.take(WATCHED)
    assert [home.take(rated(3.0)), home.take(rated(9.0))] == ["known", "known"]
    (told,) = home.prefilled()
    assert told is not None
    assert told.rating == 5
    assert home.count(Feedback) == 0
    assert home.take(WATCHED) == "known"
    assert home.prefilled()[0] == told
    answer(home)
    assert home.take(rated(2.0)) == "noted"
    assert entries(home) == [(item_of(FILM), True, 1, 2.0)]


def test_a_rating_asks_nothing(home: Home) -> None:
    """It stands in the history of whoever gave it, and fills in what is asked anyway."""
    assert home.take(rated(8.0)) == "noted"
    assert home.take(rated(6.0, EPISODE)) == "noted"
    pick = ask(home.household).picks[0]
    assert home.take(rated(8.0, of_film(pick.media_id))) == "noted"
    assert not home.pending()
    with home.household.database.writing() as session:
        feedback.choose(session, pick.recommendation_id, home.household.clock)
    assert home.take(rated(8.0, of_film(pick.media_id))) == "known"
    (told,) = home.prefilled()
    assert told is not None
    assert (told.member, told.rating) == ("Anna", 4)
    assert entries(home)[0] == (item_of(FILM), False, 4, 8.0)


def test_a_rating_that_encore_wrote_there_is_nobodys_word(home: Home) -> None:
    """It comes back as an echo; another one is given there."""
    with home.household.database.writing() as session:
        row = WrittenRating(source_id=home.source.id, user_id=ANNA, item_id=item_of(FILM))
        row.rating, row.written_at = 8.0, home.household.clock()
        session.add(row)
    home.take(WATCHED)
    assert home.take(rated(8.0)) == "noted"
    assert home.prefilled()[0] is not None
    assert home.prefilled()[0].rating is None  # type: ignore[union-attr]  # it is there
    assert entries(home) == [(item_of(FILM), True, None, None)]
    assert home.take(rated(6.0)) == "known"


def test_the_history_learns_it_at_once_and_as_a_sync_would(home: Home) -> None:
    """It is not picked for them again; a sync finds the same entry, and what it knew stays."""
    home.take(rated(8.0))
    home.take(WATCHED)
    with home.household.database.reading() as session:
        company = Company.read(session)
    assert company.seen_by(["Anna"]).tolist() == [FILM]
    assert company.seen_by(["Ben"]).tolist() == []
    assert entries(home) == [(item_of(FILM), True, 4, 8.0)]
    with home.household.database.writing() as session:
        anna = next(one for one in people.everybody(session) if one.name == "Anna")
        doings = Doings(home.source.name, 10.0, anna.id, home.household.clock())
        state = ItemState(item_of(FILM), True, home.household.clock(), 1, 8.0)
        known = {item_of(FILM): FILM}
        assert write_states(session, doings, [state], known, is_whole=True) == 0


@ON_SQLITE
def test_a_server_that_was_synced_tells_what_its_next_sync_tells(household: Household) -> None:
    """By its own secret; the entry in the history is one, and the question stays one."""
    world = World()
    item = world.items[0]["Id"]
    with connected(household, world) as source:
        with household.database.writing() as session:
            people.add(session, "Anna", None, household.clock)
            connections.assign_people(session, source.id, [(ANNA, "Anna", "Anna")])
        sync(household, source)
        secret = connections.webhook_secret(household, source.id)
        home = Home(household, notices.source_of(household, secret, "jellyfin"))
        assert home.take(replace(WATCHED, item_ids=(item,), server_id="f" * 32)) == "asked"
        assert entries(home) == [(item, True, None, None)]
        world.done = {(ANNA, item): {"Played": True, "PlayCount": 1, "Rating": 8.0}}
        sync(household, source, is_whole=True)
    assert entries(home) == [(item, True, 4, 8.0)]
    assert len(home.pending()) == 1


@ON_SQLITE
def test_marking_is_not_watching(home: Home) -> None:
    """It counts as seen, and nobody is asked, whether a server says that it was marked or not."""
    marked = replace(WATCHED, is_watched=False, is_marked=True)
    assert home.take(marked) == "noted"
    assert home.take(replace(marked, item_ids=EPISODE.item_ids, kind="series")) == "noted"
    films = [one for one in range(2, 10) if one != SERIES]
    told = [home.take(of_film(one)) for one in films]
    assert told == ["asked"] * 4 + ["noted"] * 3
    assert len(home.pending()) == 4
    assert len(entries(home)) == 2 + len(films)
    later(home, hours=1.1)
    assert home.take(of_film(films[-1])) == "asked"


@ON_SQLITE
def test_a_question_is_answered_and_taken_back_as_always(home: Home) -> None:
    """A verdict that is taken back asks again; what was not watched after all does not."""
    home.take(WATCHED)
    answer(home, 2)
    assert not home.pending()
    with home.household.database.writing() as session:
        number = session.scalars(select(Feedback.id)).one()
        pick = history.retract(session, number, home.household.clock)
    assert [one.recommendation_id for one in home.pending()] == [pick]
    assert home.take(WATCHED) == "known"
    with home.household.database.writing() as session:
        history.unwatch(session, pick)
    assert home.take(WATCHED) == "known"
    assert not home.pending()


def test_what_was_not_picked_is_no_choice_and_no_measure(home: Home) -> None:
    """Neither of chances nor of promises; and nobody asked for that evening."""
    home.take(WATCHED)
    answer(home)
    at = home.household.clock()
    with home.household.database.reading() as session:
        assert len(read_choices(session).slate_id) == 0
        assert read_impressions(session, at).count == 0
        assert read_served(session, at) == []
        page = history.page(session, None, "all", "")
    assert (page.evenings, [one.policy for one in page.entries]) == (0, [ELSEWHERE_POLICY])


@pytest.mark.parametrize("forgets", ["account", "source"])
def test_what_is_forgotten_of_a_server_is_forgotten_here(home: Home, forgets: str) -> None:
    """The question stays, and nobody is named in it any more."""
    home.take(replace(WATCHED, rating=8.0))
    with home.household.database.writing() as session:
        if forgets == "account":
            connections.assign_people(session, home.source.id, [(BEN, "ben", "Ben")])
        else:
            sources.remove_source(session, home.source.id, home.household.clock())
    assert home.count(Playback) == 0
    assert home.prefilled() == [None]


@ON_SQLITE
def test_a_secret_names_one_source_and_who_may_tell(
    household: Household, small_library: Imported
) -> None:
    """Every other one is the same error."""
    assert small_library.counts.added
    jellyfin, plex = Home.of(household), Home.of(household, "plex", "another")
    with household.database.writing() as session:
        values = {
            "kind": "nfo", "address": "/films", "server_id": "", "server_name": "",
            "writes_ratings": False,
        }  # fmt: skip
        folder = sources.add_source(session, values, household.clock())
    connections.keyring(household).write(folder.id, Credentials("", "of-a-folder"))
    assert notices.source_of(household, SECRET, "jellyfin").id == jellyfin.source.id
    for teller in ("plex", "tautulli"):
        assert notices.source_of(household, "another", teller).id == plex.source.id
    refused: list[Callable[[], object]] = [
        lambda secret=secret, teller=teller: notices.source_of(household, secret, teller)  # type: ignore[misc]  # mypy: a lambda's default
        for secret, teller in (
            (SECRET, "plex"), (SECRET, "tautulli"), ("another", "jellyfin"), ("", "jellyfin"),
            ("of-a-folder", "nfo"), ("of-a-folder", "jellyfin"), (SECRET[:-1], "jellyfin"),
            ("x" * 5_000, "jellyfin"), ("s\xe9cret", "jellyfin"),
        )
    ]  # fmt: skip
    said = set()
    for one in refused:
        with pytest.raises(NotFound) as caught:
            one()
        said.add(caught.value.message)
    assert len(said) == 1
    with household.database.writing() as session:
        session.query(SourceItemRow).filter_by(source_id=plex.source.id).delete()
        sources.remove_source(session, plex.source.id, household.clock())
    with pytest.raises(NotFound):
        notices.source_of(household, "another", "plex")
