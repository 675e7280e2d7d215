"""Feedback becomes a model, which serves if it earned it."""

import numpy as np
import pytest

from app.backend.domain.context import MOODS, Context
from app.backend.domain.evening import StoredPick
from app.backend.domain.progress import silent
from app.backend.domain.runs import MOST_ATTEMPTS, Order, Run
from app.backend.features.encode import encode_titles
from app.backend.features.serving import top_titles
from app.backend.features.titles import understand
from app.backend.learning.classifier import BASELINE, ContextClassifier
from app.backend.ml_model import prepare_training_data
from app.backend.store import jobs, library_rows, runs, versions
from app.backend.workflows import learn
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.jobs import ask_for_run, cancel, claim
from app.backend.workflows.recommend import Request
from app.backend.workflows.serving import Shelf
from app.backend.workflows.steps import SENTENCES
from tests.workflows.evenings import Noted, Ticking, ask, live


def has_its_own_moods(pick: StoredPick, mood: str) -> bool:
    """A household that the rules describe badly: each mood wants one genre, and not theirs."""
    wanted = {"funny": "Comedy", "action": "Sci-Fi", "dramatic": "Crime", "relaxing": "Family"}
    return wanted[mood] in pick.genres


def everything(_pick: StoredPick, _mood: str) -> bool:
    """A household that likes whatever it watches."""
    return True


def funny_evenings(_pick: StoredPick, mood: str) -> bool:
    """A household that enjoys its funny evenings, and no others."""
    return mood == "funny"


def tops(predictor_of: ContextClassifier, household: Household) -> list[list[int]]:
    """Return the top ten titles of each mood."""
    with household.database.reading() as session:
        titles = understand(library_rows.read_titles(session), 2028).on_the_shelf()
    library = encode_titles(titles)
    return [
        top_titles(predictor_of.predictor_, library, Context(mood, "couple", "medium"))
        for mood in MOODS
    ]


def test_without_feedback_nothing_is_trained(household: Household) -> None:
    """No row: the run is skipped with a sentence, and the rules serve."""
    run, is_new = household.train(0, silent)
    assert is_new
    assert (run.state, run.model_version) == ("skipped", None)
    assert "no feedback" in (run.reason or "")


def test_one_class_trains_nothing(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Where every verdict is positive there is no model, and the sentence says why."""
    assert small_library.counts.added
    live(household, clock, 12, everything)
    run, _ = household.train(0, silent)
    assert run.state == "skipped"
    assert "All 12 usable feedbacks are positive" in (run.reason or "")
    assert ask(household).model_version is None


def test_a_model_that_earned_it_serves_the_next_request(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """A promoted version is what the next slate is picked by, and its reasons are its own."""
    assert small_library.counts.added
    live(household, clock, 60, has_its_own_moods)
    run, _ = household.train(0, silent)
    assert run.state == "promoted", run.reason
    assert ask(household).model_version == run.model_version
    assert run.comparison is not None
    assert {"challenger", "rules", "additive"} == set(run.comparison["models"])
    assert all(answer["passed"] for answer in run.comparison["gate"])


def test_too_little_to_judge_keeps_what_serves(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """With a handful of verdicts a version is saved but does not serve; the reason says so."""
    assert small_library.counts.added
    live(household, clock, 8, funny_evenings)
    run, _ = household.train(0, silent)
    assert run.state == "kept"
    assert "it takes 10" in (run.reason or "")
    assert run.model_version is not None
    assert ask(household).model_version is None


def test_nothing_new_is_not_trained_again(trained_demo: Household) -> None:
    """The same feedback again is skipped, naming the run whose verdict stands."""
    run, _ = trained_demo.train(0, silent)
    assert run.state == "skipped"
    assert "run 1" in (run.reason or "")


def test_the_same_feedback_and_seed_give_the_same_bytes(lived_demo: Household) -> None:
    """Two trainings from one state end in one digest."""
    first, _ = lived_demo.train(3, silent)
    with lived_demo.database.writing() as session:
        digest = versions.read_version(session, first.model_version or "")
        session.connection().exec_driver_sql("DELETE FROM promotions")
        session.connection().exec_driver_sql("DELETE FROM model_versions")
        session.connection().exec_driver_sql("DELETE FROM training_events")
        session.connection().exec_driver_sql("DELETE FROM training_runs")
    again = Household(
        lived_demo.database,
        Shelf(lived_demo.shelf.folder.parent / "elsewhere"),
        lived_demo.clock,
    )
    second, _ = again.train(3, silent)
    with lived_demo.database.reading() as session:
        other = versions.read_version(session, second.model_version or "")
    assert digest is not None
    assert other is not None
    assert digest.digest == other.digest


def test_steps_are_told_in_order(lived_demo: Household) -> None:
    """Whoever watches sees each step begin."""
    noted = Noted()
    lived_demo.train(0, noted)
    assert noted.names == list(SENTENCES.values())


def test_after_training_each_mood_has_its_own_top_ten(trained_demo: Household) -> None:
    """The served model ranks the demo's library in another order for each mood."""
    with trained_demo.database.reading() as session:
        serving = trained_demo.shelf.serving(session)
        titles = understand(library_rows.read_titles(session), 2028).on_the_shelf()
    assert serving.version is not None
    library = encode_titles(titles)
    ranked = [
        frozenset(top_titles(serving.predictor, library, Context(mood, "couple", "medium")))
        for mood in MOODS
    ]
    assert len(set(ranked)) == len(MOODS)
    assert not ranked[0] & ranked[2], "funny and dramatic share a title"


def test_the_additive_baseline_ranks_alike_whatever_the_mood(trained_demo: Household) -> None:
    """Why it is only a baseline: its top ten is the same for every mood."""
    with trained_demo.database.reading() as session:
        X, y = prepare_training_data(session, clock=trained_demo.clock)
    ranked = tops(ContextClassifier(BASELINE).fit(X, y), trained_demo)
    assert ranked[0] == ranked[1] == ranked[2] == ranked[3]


def test_a_damaged_champion_leaves_the_rules_to_serve(trained_demo: Household) -> None:
    """A changed byte is noticed before parsing; the reason is told, and picks go on."""
    with trained_demo.database.reading() as session:
        champion = versions.champion(session)
    assert champion is not None
    path = trained_demo.shelf.folder / champion.version / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    fresh = Shelf(trained_demo.shelf.folder)
    with trained_demo.database.reading() as session:
        serving = fresh.serving(session)
    assert serving.version is None
    assert serving.is_fallback
    assert champion.version in (serving.reason or "")
    path.unlink()
    with trained_demo.database.reading() as session:
        assert Shelf(trained_demo.shelf.folder).serving(session).is_fallback


def claimed(household: Household, seed: int = 0) -> Run:
    """Ask for a run and take it."""
    ask_for_run(household.database, Order(seed), household.clock)
    run = claim(household.database, "test", household.clock)
    assert run is not None
    return run


def let_lapse(household: Household) -> None:
    """Let the lease of whoever trains have run out."""
    with household.database.writing() as session:
        session.connection().exec_driver_sql(
            "UPDATE training_runs SET lease_until = '2020-01-01 00:00:00' WHERE turn = 1"
        )


def test_a_second_request_finds_the_run_under_way(household: Household) -> None:
    """One run at a time: whoever asks while it waits or runs is told of it."""
    first, is_new = ask_for_run(household.database, Order(1), household.clock)
    second, is_second_new = ask_for_run(household.database, Order(2), household.clock)
    assert (is_new, is_second_new, second.id) == (True, False, first.id)
    assert claim(household.database, "test", household.clock) is not None
    third, is_third_new = ask_for_run(household.database, Order(3), household.clock)
    assert (is_third_new, third.id, third.state) == (False, first.id, "running")


def test_a_lapsed_run_is_begun_again_and_given_up_at_last(household: Household) -> None:
    """Whoever gives no sign of life loses the run; after three attempts it fails, saying why."""
    claimed(household)
    for attempt in range(2, MOST_ATTEMPTS + 1):
        assert claim(household.database, "other", household.clock) is None
        let_lapse(household)
        again = claim(household.database, "other", household.clock)
        assert again is not None
        assert (again.attempt, len(again.failures)) == (attempt, attempt - 1)
    let_lapse(household)
    assert claim(household.database, "other", household.clock) is None
    with household.database.reading() as session:
        ended = runs.read_runs(session, 1)[0]
    assert (ended.state, len(ended.failures)) == ("failed", MOST_ATTEMPTS)
    assert "no sign of life" in (ended.reason or "")


@pytest.mark.parametrize("step", list(SENTENCES))
def test_a_trainer_that_lost_its_run_publishes_nothing(lived_demo: Household, step: str) -> None:
    """At whatever step another attempt took over: the late one changes nothing at all."""
    run = claimed(lived_demo)

    def take_over(told: object, /) -> None:
        if getattr(told, "name", "") == SENTENCES[step]:
            let_lapse(lived_demo)
            assert claim(lived_demo.database, "other", lived_demo.clock) is not None

    late = learn.learn(lived_demo.database, lived_demo.shelf, run, lived_demo.clock, take_over)
    assert (late.state, late.attempt, late.model_version) == ("running", 2, None)
    with lived_demo.database.reading() as session:
        assert versions.read_versions(session, 10) == []
        assert versions.champion(session) is None
        assert jobs.holds(session, late.hold)


def test_a_run_that_is_cancelled_publishes_nothing(lived_demo: Household) -> None:
    """From the moment of the request it is over, and what was staged is gone."""
    run = claimed(lived_demo)

    def cancel_it(told: object, /) -> None:
        if getattr(told, "name", "") == SENTENCES["gate"]:
            cancel(lived_demo.database, run.id, lived_demo.clock)

    ended = learn.learn(lived_demo.database, lived_demo.shelf, run, lived_demo.clock, cancel_it)
    assert ended.state == "cancelled"
    assert list(lived_demo.shelf.folder.iterdir()) == []
    with lived_demo.database.reading() as session:
        assert versions.read_versions(session, 10) == []


def test_a_fault_ends_the_run_with_its_reason(
    lived_demo: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unexpected fault is raised, and the run says failed rather than running for ever."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr("app.backend.workflows.learn.train_model", broken)
    with pytest.raises(ZeroDivisionError):
        lived_demo.train(0, silent)
    with lived_demo.database.reading() as session:
        run = runs.read_runs(session, 1)[0]
    assert run.state == "failed"
    assert "on purpose" in (run.reason or "")


def test_no_room_for_the_model_is_a_failed_run(lived_demo: Household) -> None:
    """Where the version cannot be written the run fails with a sentence, and the rules serve."""
    lived_demo.shelf.folder.parent.mkdir(parents=True, exist_ok=True)
    if lived_demo.shelf.folder.exists():
        lived_demo.shelf.folder.rmdir()
    lived_demo.shelf.folder.write_text("a file where the folder should be")
    run, _ = lived_demo.train(0, silent)
    assert run.state == "failed"
    assert "cannot be written" in (run.reason or "")


def test_the_demo_is_lived_through_the_real_steps(trained_demo: Household) -> None:
    """Sixty evenings of feedback, a promoted model, and picks by it."""
    with trained_demo.database.reading() as session:
        run = runs.read_runs(session, 1)[0]
        X, y = prepare_training_data(session, clock=trained_demo.clock)
    assert run.state == "promoted"
    assert (len(X), run.rows_used) == (60, 60)
    assert 0.3 < float(np.mean(y)) < 0.9
    slate = ask(trained_demo, Request("funny", "couple", "medium"))
    assert slate.model_version == run.model_version
