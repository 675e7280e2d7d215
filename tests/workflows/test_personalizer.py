"""Rank and reward: exact chances, one impression for each event, and learning from rewards."""

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.backend.domain.context import Context
from app.backend.domain.errors import EventReused, InvalidInput, NotFound, NothingFits
from app.backend.domain.progress import silent
from app.backend.domain.randomness import derived_seed
from app.backend.domain.runs import QUEUED
from app.backend.domain.title import Title
from app.backend.features.encode import for_context
from app.backend.features.serving import moments_for
from app.backend.ml_model import prepare
from app.backend.store.access_tables import RankEvent
from app.backend.store.jobs import is_waiting
from app.backend.store.rank_events import ActionRow
from app.backend.store.tables import Feedback, Media, Recommendation, Slate, TrainingRun
from app.backend.workflows import personalizer
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.personalizer import RankAnswer, RankRequest
from app.backend.workflows.personalizer_actions import RawAction, Reading
from app.backend.workflows.personalizer_draw import (
    MOST_ACTIONS,
    POLICY_NAME,
    Candidate,
    drawn_of,
)
from app.backend.workflows.training_options import Schedule
from tests.workflows.evenings import FUNNY_SHORT, Ticking, ask

EVENING = ({"mood": "funny"}, {"household": {"company": "Couple", "time": "short"}})
ACTIONS = (
    RawAction("airplane", ({"genres": ["Comedy"], "minutes": 88, "year": 1980},)),
    RawAction("heat", ({"about": {"genre": "Crime, Thriller", "duration": "170"}},)),
    RawAction("fargo", ({"genres": "Drama", "community_rating": 8.1}, {"kind": "film"})),
)
REQUEST = RankRequest("evening-1", ACTIONS, EVENING)


def rank(household: Household, request: RankRequest = REQUEST) -> RankAnswer:
    """Rank, as a face does."""
    with household.database.writing() as session:
        serving = household.shelf.serving(session)
        return personalizer.rank(session, request, serving, household.clock)


def reward(
    household: Household, event_id: str, value: float, schedule: Schedule | None = None
) -> None:
    """Reward an event, as a face does."""
    with household.database.writing() as session:
        personalizer.reward(session, event_id, value, household.clock, schedule)


def activate(household: Household, event_id: str, schedule: Schedule | None = None) -> None:
    """Activate an event, as a face does."""
    with household.database.writing() as session:
        personalizer.activate(session, event_id, household.clock, schedule)


def counts(household: Household) -> tuple[int, int, int]:
    """Count events, impressions and verdicts."""
    with household.database.reading() as session:
        tables = (RankEvent, Recommendation, Feedback)
        found = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    return found[0] or 0, found[1] or 0, found[2] or 0


def impression(household: Household) -> tuple[Recommendation, Slate, Media]:
    """Read the only impression, with its slate and title."""
    with household.database.reading() as session:
        shown = session.scalars(select(Recommendation)).one()
        slate, media = (
            session.get_one(Slate, shown.slate_id),
            session.get_one(Media, shown.media_id),
        )
        session.expunge_all()
    return shown, slate, media


def test_a_rank_is_an_impression_with_its_exact_chance(household: Household) -> None:
    """What is drawn is on record like a pick in the first place, by the context that was said."""
    answer = rank(household)
    chances = dict(answer.ranking)
    assert answer.ranking[0][0] == answer.reward_action_id
    assert sum(chances.values()) == pytest.approx(1.0, abs=1e-12)
    assert min(chances.values()) > 0
    shown, slate, media = impression(household)
    assert shown.propensity == chances[answer.reward_action_id]
    assert (shown.position, shown.policy, slate.candidates) == (1, POLICY_NAME, 3)
    assert shown.context_code == Context("funny", "couple", "short").code
    assert (shown.watched_at, shown.shown_at) == (None, household.clock())
    assert (media.source_key, media.is_hidden) == (answer.reward_action_id, True)
    assert len(POLICY_NAME) <= 100


def test_features_are_read_wherever_they_stand(household: Household) -> None:
    """Names and values are found at any depth, in any spelling; the others are named."""
    reading = Reading()
    said: list[dict[str, Any]] = [
        {"MOOD": " Dramatic "},
        {"a": [{"groupSize": "solo"}]},
        {"weather": "rain", "time": 3},
    ]
    assert reading.context(said) == Context("dramatic", "solo", None)
    assert reading.told() == ("time", "weather")
    told = {
        "Media-ID": "7",
        "Year": 1995.0,
        "b": {"rating": "7,8", "kind": "tv show"},
        "genre": "?",
    }
    action = reading.action(RawAction("x", (told,)), 2028)
    row = action.row
    assert (action.media_id, row.year, row.community_rating, row.kind) == (7, 1995, 7.8, "series")
    assert reading.told() == ("genre", "time", "weather")
    assert reading.action(RawAction("media:12", (told,)), 2028).media_id == 12


def test_the_first_that_makes_sense_counts() -> None:
    """A value that cannot be is passed over, and so is what comes after one that can."""
    said = ({"mood": "cheerful"}, {"mood": "funny"}, {"mood": "action"})
    assert Reading().context(said).mood == "funny"
    reading = Reading({f"name{n:02}" for n in range(30)} | {"Büro", "x" * 41})
    assert reading.told()[-1] == "+12"
    assert len(reading.told()) == 21


@pytest.mark.parametrize(
    "features",
    [
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}},),
        ({"many": list(range(6_000))},),
        tuple({"x": [[], [], []]} for _ in range(2_000)),
        ({"x": math.nan},),
        ({"x": [math.inf]},),
        ({"x": "\ud800"},),
        ({"\udfff": 1},),
    ],
    ids=["deep", "long", "many", "nan", "infinity", "surrogate", "name"],
)
def test_features_that_cannot_be_are_refused(
    household: Household, features: tuple[dict[str, Any], ...]
) -> None:
    """Whether of the evening or of an action, nothing of the request is kept."""
    for request in (
        replace(REQUEST, context_features=features),
        replace(REQUEST, actions=(RawAction("a", features),)),
    ):
        with pytest.raises(InvalidInput):
            rank(household, request)
    assert counts(household) == (0, 0, 0)


def test_what_is_not_said_stays_unsaid(household: Household) -> None:
    """A partly said evening has a code of its own, and trains as what it is."""
    rank(household, replace(REQUEST, context_features=({"mood": "funny"}, {"hour": 20})))
    shown, slate, _ = impression(household)
    assert (slate.mood, slate.group_size, slate.session_length) == ("funny", "", "")
    assert shown.context_code == Context("funny", None, None).code
    reward(household, REQUEST.event_id, 1.0)
    with household.database.reading() as session:
        training = prepare(session, clock=household.clock).training
    assert training.context_code.tolist() == [shown.context_code]


def test_a_title_of_the_library_is_that_title(
    household: Household, small_library: Imported
) -> None:
    """By id or by feature; of two actions that are one title, both chances are its own."""
    assert small_library.counts.added
    one = (RawAction("media:3", ()), RawAction("mine", ({"nested": {"mediaId": 3}},)))
    answer = rank(household, replace(REQUEST, actions=one))
    shown, _, media = impression(household)
    assert (media.id, media.is_hidden, media.source) == (3, False, "list")
    assert shown.propensity == pytest.approx(1.0)
    assert max(chance for _, chance in answer.ranking) < 1
    with household.database.reading() as session:
        assert session.scalar(select(func.count(Media.id))) == small_library.counts.added
    unknown = replace(REQUEST, event_id="e2", actions=(RawAction("media:987654", ()),))
    assert rank(household, unknown).reward_action_id == "media:987654"


def test_actions_are_scored_as_titles_of_the_library_are(
    trained_demo: Household,
) -> None:
    """The action that tells what a title is has that title's promise, but for its own effect."""
    with trained_demo.database.reading() as session:
        media_id = session.scalars(select(Media.id).order_by(Media.id).limit(1)).one()
    answer = rank(trained_demo, replace(REQUEST, actions=(RawAction(f"media:{media_id}", ()),)))
    assert answer.ranking == ((f"media:{media_id}", 1.0),)
    with trained_demo.database.writing() as session:
        serving = trained_demo.shelf.serving(session)
        prepared = prepare(session, clock=trained_demo.clock)
        shown = session.scalars(
            select(Recommendation).where(Recommendation.policy == POLICY_NAME)
        ).one()
        row = prepared.titles.encoded()[prepared.titles.raw.id == media_id]
        belief = moments_for(serving.predictor, for_context(shown.context_code, row))
        assert shown.model_version == serving.version is not None
        assert shown.probability == belief.probability[0]


def test_excluded_actions_keep_their_places(household: Household) -> None:
    """They have no chance, and are no candidates; without any other nothing can be drawn."""
    answer = rank(household, replace(REQUEST, excluded=frozenset({"heat", "nobody"})))
    assert answer.ranking[1] == ("heat", 0.0)
    assert {name for name, _ in answer.ranking} == {"airplane", "heat", "fargo"}
    assert sum(chance for _, chance in answer.ranking) == pytest.approx(1.0, abs=1e-12)
    _, slate, _ = impression(household)
    assert (slate.candidates, slate.left_out) == (2, {"excluded": 1})
    everything = frozenset(action.id for action in ACTIONS)
    with pytest.raises(NothingFits):
        rank(household, replace(REQUEST, event_id="e2", excluded=everything))
    first = replace(REQUEST, event_id="e3", excluded=frozenset({"airplane"}))
    assert rank(household, first).ranking[0] == ("airplane", 0.0)


def test_an_event_is_answered_once(household: Household, clock: Ticking) -> None:
    """The same again is the same answer and no second impression; another one is refused."""
    first = rank(household)
    clock.advance(days=400)
    assert rank(household) == first
    for other in (
        replace(REQUEST, actions=ACTIONS[:2]),
        replace(REQUEST, context_features=()),
        replace(REQUEST, excluded=frozenset({"heat"})),
        replace(REQUEST, is_deferred=True),
    ):
        with pytest.raises(EventReused):
            rank(household, other)
    assert counts(household) == (1, 1, 0)


def test_of_two_actions_with_one_id_the_first_counts(household: Household) -> None:
    """Each id is ranked once, where it stood first."""
    twice = (*ACTIONS, RawAction("airplane", ({"genres": "Drama"},)), RawAction("last", ()))
    excluded = frozenset({"airplane", "last"})
    answer = rank(household, replace(REQUEST, actions=twice, excluded=excluded))
    assert [name for name, _ in answer.ranking if name in excluded] == ["airplane", "last"]
    assert (answer.ranking[0][0], answer.ranking[3][0]) == ("airplane", "last")


def test_many_at_once_make_one_impression(household: Household) -> None:
    """Of requests for one event that come together, one is carried out."""
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: rank(household), range(12)))
        assert all(answer == answers[0] for answer in answers)
        others = list(
            pool.map(lambda n: rank(household, replace(REQUEST, event_id=f"e{n}")), range(12))
        )
        list(pool.map(lambda n: reward(household, f"e{n % 3}", 1.0), range(12)))
    assert len({answer.event_id for answer in others}) == 12
    assert counts(household) == (13, 13, 3)


def is_as_stated(drawn: Counter[str], chances: dict[str, float]) -> bool:
    """Say whether frequencies are within sampling error of the chances.

    Each alone within 4.5 standard deviations, and together by the chi-squared statistic, with the
    cells that are hardly ever drawn joined.
    """
    draws = drawn.total()
    for name, chance in chances.items():
        error = math.sqrt(draws * chance * (1 - chance))
        if abs(drawn[name] - draws * chance) > 4.5 * error + 1:
            return False
    cells = [(drawn[name], draws * chance) for name, chance in chances.items()]
    common = [cell for cell in cells if cell[1] >= 5]
    common.append((draws - sum(n for n, _ in common), draws - sum(e for _, e in common)))
    statistic = sum((n - e) ** 2 / e for n, e in common if e >= 5)
    freedom = max(len(common) - 1, 1)
    return statistic < freedom + 5 * math.sqrt(2 * freedom)


def candidates_of(count: int) -> list[Candidate]:
    """Return candidates of several genres and lengths."""
    genres = ("comedy", "drama", "thriller", "action", "romance")
    row = ActionRow("a title", "", None, None, "movie", None)
    return [
        Candidate(f"a{n}", row, Title(0, "", genres=(genres[n % 5],), minutes=60 + n), False)
        for n in range(count)
    ]


@pytest.mark.parametrize("size", [1, 2, 7, MOST_ACTIONS])
@pytest.mark.parametrize("name", ["evening", "visit"])
def test_stated_chances_are_how_often_actions_are_drawn(
    trained_demo: Household, size: int, name: str
) -> None:
    """Over events, each action is drawn as often as was stated, within sampling error."""
    found = candidates_of(size)
    with trained_demo.database.reading() as session:
        serving = trained_demo.shelf.serving(session)
    assert serving.version is not None
    drawn: Counter[str] = Counter()
    stated = set()
    for n in range(4_000):
        seed = derived_seed("rank", f"{name}-{n}")
        one = drawn_of(found, Context("funny", "couple", None), serving, seed)
        drawn[found[one.order[0]].id] += 1
        stated.add(tuple(one.chances))
    (chances,) = stated
    assert sum(chances) == pytest.approx(1.0, abs=1e-12)
    told = {one.id: chance for one, chance in zip(found, chances, strict=True)}
    assert is_as_stated(drawn, told)
    # The test could fail: an exploration that is stated a third too small is found out.
    if size == MOST_ACTIONS:
        best = max(told, key=lambda one: told[one])
        false = {one: chance * 0.67 for one, chance in told.items()}
        false[best] = 1 - sum(chance for one, chance in false.items() if one != best)
        assert not is_as_stated(drawn, false)


def test_answers_state_the_chances_that_events_are_drawn_by(household: Household) -> None:
    """Through the database too: the event's id alone decides, by the chances that are answered."""
    drawn: Counter[str] = Counter()
    told = set()
    for n in range(150):
        answer = rank(household, replace(REQUEST, event_id=f"event-{n}"))
        drawn[answer.reward_action_id] += 1
        told.add(tuple(sorted(answer.ranking)))
        seed = derived_seed("rank", f"event-{n}")
    assert len(told) == 1
    assert is_as_stated(drawn, dict(told.pop()))
    with household.database.reading() as session:
        last = session.scalars(select(Slate).order_by(Slate.id.desc()).limit(1)).one()
        assert last.seed == seed


@pytest.mark.parametrize(
    ("value", "rating", "again"),
    [(1.0, 5, True), (0.75, 4, True), (0.74, 4, False), (0.0, 1, False), (-3.0, 1, False)],
)
def test_a_reward_is_a_verdict_that_trains(
    household: Household, value: float, rating: int, again: bool
) -> None:
    """What is learnt is the action as a title, liked from 0.75 on, with the chance it had."""
    answer = rank(household)
    reward(household, REQUEST.event_id, value)
    shown, _, media = impression(household)
    with household.database.reading() as session:
        verdict = session.scalars(select(Feedback)).one()
        assert (verdict.rating, verdict.would_watch_again) == (rating, again)
        assert (verdict.source, verdict.recommendation_id) == ("rank", shown.id)
        prepared = prepare(session, clock=household.clock)
    training = prepared.training
    assert training.y.tolist() == [int(value >= 0.75)]
    assert prepared.titles.raw.id[training.title].tolist() == [media.id]
    assert shown.propensity == dict(answer.ranking)[answer.reward_action_id]


def test_the_first_reward_counts(household: Household) -> None:
    """The same again, or another one, changes nothing."""
    rank(household)
    for value in (0.2, 0.2, 1.0):
        reward(household, REQUEST.event_id, value)
    with household.database.reading() as session:
        assert session.scalars(select(Feedback.rating)).all() == [2]
        assert session.scalars(select(RankEvent.reward)).all() == [0.2]


def test_a_deferred_event_counts_once_it_is_active(household: Household, clock: Ticking) -> None:
    """Until then nothing is shown, and a reward waits; what comes of it is what was drawn."""
    deferred = replace(REQUEST, is_deferred=True)
    answer = rank(household, deferred)
    assert rank(household, deferred) == answer
    reward(household, REQUEST.event_id, 1.0)
    assert counts(household) == (1, 0, 0)
    clock.advance(seconds=90)
    for _ in range(2):
        activate(household, REQUEST.event_id)
        assert counts(household) == (1, 1, 1)
    shown, slate, media = impression(household)
    assert media.source_key == answer.reward_action_id
    assert shown.propensity == dict(answer.ranking)[answer.reward_action_id]
    assert shown.shown_at == slate.requested_at == household.clock()
    assert shown.features["genres"]
    assert rank(household, deferred) == answer


def test_a_deferred_impression_is_what_it_would_have_been(household: Household) -> None:
    """Kept or written at once, it is the same row."""
    rank(household)
    first = impression(household)[0]
    rank(household, replace(REQUEST, event_id="e2", is_deferred=True))
    at_once = rank(household, replace(REQUEST, event_id="e3"))
    activate(household, "e2")
    with household.database.reading() as session:
        rows = session.scalars(select(Recommendation).order_by(Recommendation.id)).all()
        told = [
            (row.context_code, row.policy, row.model_version, row.mood, row.reasons, row.shown_at)
            for row in rows
        ]
        assert at_once.event_id == "e3"
    assert told == [told[0]] * 3
    assert first.reasons == []


def test_active_events_need_no_activation(household: Household) -> None:
    """Activating what was shown at once changes nothing."""
    rank(household)
    activate(household, REQUEST.event_id)
    assert counts(household) == (1, 1, 0)


def test_unknown_events_are_not_found(household: Household) -> None:
    """There is nothing to reward or to activate."""
    with pytest.raises(NotFound):
        reward(household, "nobody", 1.0)
    with pytest.raises(NotFound):
        activate(household, "nobody")


def test_rewards_set_training_off(household: Household) -> None:
    """The schedule counts them as it counts ratings, as soon as they are of something shown."""
    schedule = Schedule(after_feedbacks=2)
    for n in range(2):
        rank(household, replace(REQUEST, event_id=f"e{n}", is_deferred=True))
        reward(household, f"e{n}", float(n), schedule)
    with household.database.reading() as session:
        assert not is_waiting(session)
    for n in range(2):
        activate(household, f"e{n}", schedule)
    with household.database.reading() as session:
        assert session.scalars(select(TrainingRun.state)).all() == [QUEUED]


def test_an_unknown_library_is_learnt_from_rewards_alone(
    household: Household, clock: Ticking
) -> None:
    """Without a title to show, what is ranked comes to follow what was rewarded."""
    wanted = {"funny": "airplane", "dramatic": "fargo"}
    for n in range(120):
        clock.advance(days=1)
        mood = ("funny", "dramatic")[n % 2]
        actions = (RawAction("airplane", ({"genres": "Comedy"},)), ACTIONS[2])
        # Each is shown half of the time, whatever serves.
        excluded = frozenset({actions[n // 2 % 2].id})
        request = RankRequest(f"e{n}", actions, ({"mood": mood},), excluded)
        answer = rank(household, request)
        reward(household, request.event_id, float(answer.reward_action_id == wanted[mood]))
    before = chance_of(household, "dramatic", "fargo", "before")
    run, _ = household.train(1, silent)
    assert run.rows_used == 120
    assert run.state == "promoted", run.reason
    assert chance_of(household, "dramatic", "fargo", "after") > 0.9
    assert chance_of(household, "funny", "airplane", "after-too") > 0.9
    assert 0 < before < 1


def chance_of(household: Household, mood: str, action: str, event_id: str) -> float:
    """Return the chance of an action, of two, in a mood."""
    request = RankRequest(event_id, (ACTIONS[0], ACTIONS[2]), ({"mood": mood},))
    return dict(rank(household, request).ranking)[action]


def test_actions_are_never_shown_to_the_household(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """However well they were rewarded, slates hold titles of the library alone."""
    assert small_library.counts.added
    for n in range(8):
        rank(household, replace(REQUEST, event_id=f"e{n}"))
        reward(household, f"e{n}", 1.0)
    clock.advance(days=200)
    with household.database.reading() as session:
        actions = set(session.scalars(select(Media.id).where(Media.source == "rank")))
    assert actions
    shown = {
        pick.media_id
        for seed in range(30)
        for pick in ask(household, replace(FUNNY_SHORT, size=5), seed).picks
    }
    assert not shown & actions


def test_what_was_rewarded_rests_like_what_was_watched(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """A title of the library that an event showed and somebody rewarded was watched."""
    assert small_library.counts.added
    lead = ask(household).picks[0].media_id
    rank(household, replace(REQUEST, actions=(RawAction(f"media:{lead}", ()),)))
    assert ask(household).picks[0].media_id == lead
    reward(household, REQUEST.event_id, 1.0)
    clock.advance(seconds=timedelta(days=1).total_seconds())
    assert lead not in {pick.media_id for pick in ask(household).picks}
