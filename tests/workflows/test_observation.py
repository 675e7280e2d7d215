"""What an observer sees: the latest, told apart by when it was and by what served it."""

from dataclasses import replace

import pytest

from app.backend.domain.errors import RemovalsUnconfirmed
from app.backend.domain.evening import Verdict
from app.backend.store.observation_reads import PROPENSITIES
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.observation import LOOK_AGAIN, Observer
from app.backend.workflows.serving import Shelf
from tests.media_servers.fake_jellyfin import World, film
from tests.workflows.evenings import Ticking, ask, live, say, spoil
from tests.workflows.syncs import connected, sync


def test_what_was_long_ago_is_not_recent(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Impressions count for thirty days, recent verdicts for seven and thirty, all for ever."""
    observer = Observer(household)
    assert small_library.counts.added == observer.look().titles
    live(household, clock, 2, lambda *_: True)
    clock.advance(seconds=LOOK_AGAIN.total_seconds())
    seen = observer.look()
    assert (seen.impressions.slates, seen.impressions.rated, seen.impressions.watched) == (1, 1, 1)
    assert seen.impressions.count == 4 == seen.impressions.by_propensity[-1]
    assert len(seen.impressions.by_propensity) == len(PROPENSITIES)
    assert (seen.feedback, dict(seen.recent_feedback)) == (2, {7: 1, 30: 1})
    clock.advance(days=8)
    assert dict(observer.look().recent_feedback) == {7: 0, 30: 1}
    clock.advance(days=23)
    seen = observer.look()
    assert (seen.impressions.count, seen.impressions.propensity_least) == (0, None)
    assert (seen.feedback, dict(seen.recent_feedback)) == (2, {7: 0, 30: 0})


def test_a_look_is_remembered_for_a_few_seconds(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """Whoever asks often is told what was seen; then what came since is counted on."""
    assert small_library.counts.added
    observer = Observer(household)
    slate = ask(household)
    before = observer.look()
    with household.database.writing() as session:
        said = Verdict(slate.picks[0].recommendation_id, 4, would_watch_again=True)
        say(session, said, clock)
    assert observer.look() is before
    clock.advance(seconds=LOOK_AGAIN.total_seconds())
    assert (before.feedback, observer.look().feedback) == (0, 1)


def test_who_served_what_is_told_apart(trained_demo: Household, clock: Ticking) -> None:
    """The champion answers for what it served, not for what served before; the demo for nothing."""
    observer = Observer(trained_demo)
    seen = observer.look()
    assert seen.feedback > 0
    assert (seen.calibration, seen.is_fallback) == ({}, False)
    live(trained_demo, clock, 1, lambda *_: False)
    clock.advance(seconds=LOOK_AGAIN.total_seconds())
    fared = observer.look().calibration
    assert (fared["all"].verdicts, fared["champion"].verdicts) == (1, 1)
    assert fared["champion"].brier_score == pytest.approx(fared["all"].mean_probability ** 2)
    assert spoil(trained_demo.shelf.folder)
    anew = replace(trained_demo, shelf=Shelf(trained_demo.shelf.folder))
    seen = Observer(anew).look()
    assert (seen.is_fallback, seen.model_version) == (True, None)
    assert "champion" not in seen.calibration


def test_sources_are_seen_as_they_were_read(household: Household, clock: Ticking) -> None:
    """When it was, whether they ask, and what became of imports."""
    observer, world = Observer(household), World(items=[film(number) for number in range(1, 11)])
    with connected(household, world) as source:
        seen = observer.look()
        assert (seen.read_at, seen.asks) == ({}, {"jellyfin": False})
        began = clock()
        sync(household, source)
        world.items = world.items[:5]
        clock.advance(seconds=LOOK_AGAIN.total_seconds())
        with pytest.raises(RemovalsUnconfirmed):
            sync(household, source, is_whole=True)
    seen = observer.look()
    assert (seen.read_at, seen.asks) == ({"jellyfin": began}, {"jellyfin": True})
    assert seen.imports == {"running": 0, "done": 1, "failed": 0, "interrupted": 0}
