"""Which version serves can be decided by hand, undone, verified, and answered for any moment."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.backend.domain.errors import ArtefactDamaged, ChampionChanged, Conflict, NotFound
from app.backend.domain.progress import silent
from app.backend.domain.runs import Run, Version
from app.backend.store import versions
from app.backend.workflows.damage import set_damaged_aside
from app.backend.workflows.difference import difference
from app.backend.workflows.household import Household
from app.backend.workflows.retention import keep_house, prune
from app.backend.workflows.serving import Shelf
from app.backend.workflows.training_options import TrainingOptions
from app.backend.workflows.versions import Wish, history, promote, roll_back, served_at, verify
from tests.workflows.evenings import Ticking, ask, spoil

BY_HAND = Wish("test")


@pytest.fixture
def three(trained_demo: Household, clock: Ticking) -> list[str]:
    """Three versions of the demo's model, each of which served in turn; the last one serves."""
    for seed in (1, 2):
        clock.advance(seconds=3_600)
        assert trained_demo.train(seed, silent, anew=True)[0].state == "promoted"
    with trained_demo.database.reading() as session:
        return [version.version for version in versions.read_versions(session)][::-1]


def serving(household: Household) -> str | None:
    """Return what the next request is answered by, as a program that has just started finds it."""
    with household.database.reading() as session:
        return Shelf(household.shelf.folder).serving(session).version


def files_of(household: Household, name: str) -> Path:
    """Return where a version's files lie."""
    return household.shelf.folder / name


def read(household: Household, name: str) -> Version:
    """Read a version that exists."""
    with household.database.reading() as session:
        found = versions.read_version(session, name)
    assert found is not None
    return found


def test_rolling_back_serves_the_next_request(trained_demo: Household, three: list[str]) -> None:
    """Step by step back to the rules, and no further; each step is on record with who wished it."""
    for expected in (three[1], three[0], None):
        done = roll_back(trained_demo.database, trained_demo.shelf, BY_HAND, trained_demo.clock)
        assert (done.version, done.kind, done.actor) == (expected, "rollback", "test")
        assert ask(trained_demo).model_version == expected
    with pytest.raises(Conflict, match="no way back"):
        roll_back(trained_demo.database, trained_demo.shelf, BY_HAND, trained_demo.clock)


def test_an_older_version_can_be_promoted_by_hand(
    trained_demo: Household, three: list[str]
) -> None:
    """It serves the next request, with the reason that was given; once more is an error."""
    wish = Wish("test", "It was nicer.", three[2])
    promote(trained_demo.database, trained_demo.shelf, three[0], wish, trained_demo.clock)
    assert ask(trained_demo).model_version == three[0]
    with trained_demo.database.reading() as session:
        assert history(session)[0].reason == "It was nicer."
    with pytest.raises(Conflict, match="serves already"):
        promote(trained_demo.database, trained_demo.shelf, three[0], BY_HAND, trained_demo.clock)


@pytest.mark.parametrize("expected", ["rules", "20200101T000000-000000000000"])
def test_a_decision_that_rests_on_an_old_view_is_refused(
    trained_demo: Household, three: list[str], expected: str
) -> None:
    """Where something else serves than was expected, nothing happens."""
    wish = Wish("test", expected=expected)
    with pytest.raises(ChampionChanged, match=three[2]):
        promote(trained_demo.database, trained_demo.shelf, three[0], wish, trained_demo.clock)
    with pytest.raises(ChampionChanged):
        roll_back(trained_demo.database, trained_demo.shelf, wish, trained_demo.clock)
    assert serving(trained_demo) == three[2]


def test_a_promotion_meanwhile_holds_a_challenger_back(
    trained_demo: Household, three: list[str]
) -> None:
    """It was compared with another champion than the one that serves by now: kept, saying so."""

    def meddle(step: object, /) -> None:
        if "may serve" in str(getattr(step, "name", "")):
            roll_back(trained_demo.database, trained_demo.shelf, BY_HAND, trained_demo.clock)

    run: Run = trained_demo.train(9, meddle, anew=True)[0]
    assert run.state == "kept"
    assert three[1] in (run.reason or "")
    assert serving(trained_demo) == three[1]


def test_what_served_at_any_moment_is_answered(
    trained_demo: Household, three: list[str], clock: Ticking
) -> None:
    """The periods follow each other without a gap, from the rules before anything was learnt."""
    with trained_demo.database.reading() as session:
        periods = history(session)[::-1]
        assert [period.version for period in periods] == [None, *three]
        for period, following in pairwise(periods):
            assert period.until == following.since
            assert following.since is not None
            assert served_at(session, following.since).version == following.version
            just_before = following.since - timedelta(microseconds=1)
            assert served_at(session, just_before).version == period.version
        assert served_at(session, clock.now + timedelta(days=999)).version == three[-1]


def test_a_damaged_champion_is_set_aside_and_its_predecessor_serves(
    trained_demo: Household, three: list[str]
) -> None:
    """At once for whoever asks, then on record; its files are kept where nothing serves from."""
    spoil(files_of(trained_demo, three[2]))
    fresh = Shelf(trained_demo.shelf.folder)
    with trained_demo.database.reading() as session:
        answer = fresh.serving(session)
    assert (answer.version, answer.is_fallback) == (three[1], True)
    assert three[2] in str(answer.reason)
    assert set_damaged_aside(trained_demo.database, fresh, trained_demo.clock) == [three[2]]
    assert not files_of(trained_demo, three[2]).exists()
    assert (trained_demo.shelf.folder / "set-aside" / three[2]).is_dir()
    assert serving(trained_demo) == three[1]
    assert read(trained_demo, three[2]).set_aside_because is not None
    with trained_demo.database.reading() as session:
        last = history(session)[0]
    assert (last.version, last.kind) == (three[1], "damage")
    with pytest.raises(Conflict, match="set aside"):
        promote(trained_demo.database, trained_demo.shelf, three[2], BY_HAND, trained_demo.clock)


def test_where_every_version_is_damaged_the_rules_serve(
    trained_demo: Household, three: list[str]
) -> None:
    """Whatever was promoted: picks go on, and training again mends it."""
    spoil(trained_demo.shelf.folder)
    assert serving(trained_demo) is None
    found = verify(trained_demo.database, trained_demo.shelf, trained_demo.clock)
    assert {one.state for one in found} == {"damaged"}
    assert all(one.is_fault for one in found)
    assert len(found) == len(three)
    with trained_demo.database.reading() as session:
        answer = Shelf(trained_demo.shelf.folder).serving(session)
    assert (answer.version, answer.is_fallback) == (None, True)
    run, _ = trained_demo.train(7, silent, anew=True)
    assert serving(trained_demo) == run.model_version


def test_a_missing_store_is_not_damage(trained_demo: Household, three: list[str]) -> None:
    """What was opened goes on serving, whoever starts anew has the rules, and nothing is lost."""
    with trained_demo.database.reading() as session:
        assert trained_demo.shelf.serving(session).version == three[2]
    away = trained_demo.shelf.folder.rename(trained_demo.shelf.folder.parent / "away")
    assert ask(trained_demo).model_version == three[2]
    assert serving(trained_demo) is None
    found = verify(trained_demo.database, Shelf(trained_demo.shelf.folder), trained_demo.clock)
    assert {one.state for one in found} == {"missing"}
    away.rename(trained_demo.shelf.folder)
    assert serving(trained_demo) == three[2]
    assert all(read(trained_demo, name).is_usable for name in three)


def test_verifying_finds_whole_what_is_whole(trained_demo: Household, three: list[str]) -> None:
    """Every version by default, or those that are named; a name that is none is an error."""
    found = verify(trained_demo.database, trained_demo.shelf, trained_demo.clock)
    assert [(one.version, one.state) for one in found] == [(name, "whole") for name in three[::-1]]
    one = verify(trained_demo.database, trained_demo.shelf, trained_demo.clock, [three[0]])
    assert [each.version for each in one] == [three[0]]
    with pytest.raises(NotFound):
        verify(trained_demo.database, trained_demo.shelf, trained_demo.clock, ["../models"])


def test_pruning_keeps_what_serves_and_what_could(
    trained_demo: Household, three: list[str], clock: Ticking
) -> None:
    """The oldest that cannot be rolled back to in a few steps goes; its record stays."""
    for seed in (3, 4):
        clock.advance(seconds=3_600)
        trained_demo.train(seed, silent, anew=True)
    rehearsed = prune(trained_demo.database, trained_demo.shelf, 0, clock, rehearse=True)
    assert (rehearsed.versions, rehearsed.is_rehearsal) == ((three[0],), True)
    assert files_of(trained_demo, three[0]).is_dir()
    done = prune(trained_demo.database, trained_demo.shelf, 0, clock)
    assert (done.versions, done.kept) == ((three[0],), 4)
    assert done.freed_bytes >= rehearsed.freed_bytes > 0
    assert not files_of(trained_demo, three[0]).exists()
    assert read(trained_demo, three[0]).pruned_at is not None
    with pytest.raises(Conflict, match="pruned"):
        promote(trained_demo.database, trained_demo.shelf, three[0], BY_HAND, clock)
    states = {one.state for one in verify(trained_demo.database, trained_demo.shelf, clock)}
    assert states == {"whole", "pruned"}
    assert prune(trained_demo.database, trained_demo.shelf, 0, clock).versions == ()


@pytest.mark.parametrize(("keep", "kept"), [(0, 5), (1, 4), (5, 5)])
def test_after_a_run_as_many_stay_as_the_setting_says(
    trained_demo: Household, three: list[str], clock: Ticking, keep: int, kept: int
) -> None:
    """Beside those that could be rolled back to; 0 keeps all of them."""
    for seed in (3, 4):
        clock.advance(seconds=3_600)
        trained_demo.train(seed, silent, anew=True)
    options = TrainingOptions(keep_versions=keep)
    keep_house(trained_demo.database, trained_demo.shelf, options, clock)
    there = [path.name for path in trained_demo.shelf.folder.glob("2*")]
    assert len(there) == kept
    assert (three[0] in there) == (kept == 5)


def test_rolling_back_passes_over_what_was_set_aside(
    trained_demo: Household, three: list[str]
) -> None:
    """The one before the damaged one serves."""
    spoil(files_of(trained_demo, three[1]))
    verify(trained_demo.database, trained_demo.shelf, trained_demo.clock)
    done = roll_back(trained_demo.database, trained_demo.shelf, BY_HAND, trained_demo.clock)
    assert done.version == three[0]


@pytest.mark.parametrize("act", [promote, lambda *args: roll_back(*args[:2], *args[3:])])
def test_nothing_is_promoted_whose_files_cannot_be_trusted(
    act: Callable[..., object], trained_demo: Household, three: list[str]
) -> None:
    """Its bytes are hashed before it serves; who serves goes on."""
    spoil(files_of(trained_demo, three[1]))
    with pytest.raises(ArtefactDamaged):
        act(trained_demo.database, trained_demo.shelf, three[1], BY_HAND, trained_demo.clock)
    assert serving(trained_demo) == three[2]


def test_versions_of_the_same_feedback_differ_in_nothing_but_their_origin(
    trained_demo: Household, three: list[str]
) -> None:
    """No coefficient moved, and the top tens are the same; the rules are another matter."""
    with trained_demo.database.reading() as session:
        same = difference(session, trained_demo.shelf, three[0], "champion", trained_demo.clock)
        other = difference(session, trained_demo.shelf, "rules", three[0], trained_demo.clock)
    assert set(same.origin) == {"created_at", "parent", "seed"}
    assert (same.metrics, same.effects, same.mean_shift) == ({}, (), 0.0)
    assert all(overlap.shared == overlap.of == 10 for overlap in same.overlaps)
    assert other.first == "rules"
    assert other.metrics["tested_rows"] == [None, 36]
    assert len(other.effects) == 10
    assert other.mean_shift is not None
    assert other.mean_shift > 0.01
