"""What a model goes by: of the champion, of the rules, of any version."""

import pytest

from app.backend.domain.context import MOODS
from app.backend.domain.errors import ArtefactDamaged, InvalidInput, NotFound
from app.backend.features.posterior import rules_posterior
from app.backend.learning.classifier import BASELINE, ContextClassifier
from app.backend.ranking.taste import mood_table
from app.backend.workflows import taste as taste_workflow
from app.backend.workflows.household import Household
from app.backend.workflows.serving import Serving, Shelf
from app.backend.workflows.taste import CHAMPION, RULES, Taste, taste, taste_of
from tests.workflows.evenings import spoil
from tests.worlds import live, make_world, training_rows


def read(household: Household, name: str = CHAMPION) -> Taste:
    """Read a model, as a program that has just started does."""
    with household.database.reading() as session:
        return taste(session, Shelf(household.shelf.folder), household.clock, name)


def test_before_any_model_the_rules_are_read(household: Household) -> None:
    """Without a champion the rules answer; without a library there is nothing to compare."""
    found = read(household)
    assert found == read(household, RULES)
    assert (found.version, found.titles, found.importance) == (RULES, 0, ())
    assert found.moods == mood_table(rules_posterior())
    assert found.moods.words == MOODS
    assert all("the rules" in sentence for sentence in found.sentences)


def test_the_champion_is_read_under_its_name(trained_demo: Household) -> None:
    """By its version or as the champion it says the same, and other than the rules."""
    found = read(trained_demo)
    assert found == read(trained_demo, found.version)
    assert found.moods != read(trained_demo, RULES).moods
    assert all(sentence.startswith("In a") for sentence in found.sentences)
    assert any("this house likes" in sentence for sentence in found.sentences)
    assert found.titles == 351
    assert sum(group.within for group in found.importance) == pytest.approx(1.0)


def test_a_large_library_is_measured_by_part_of_it(
    trained_demo: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Titles are taken evenly, never more than the most."""
    monkeypatch.setattr(taste_workflow, "MOST_TITLES", 100)
    assert read(trained_demo).titles == 88


def test_what_cannot_be_read_is_named(trained_demo: Household) -> None:
    """An unknown version is not found; a damaged one is refused, and the rules are the champion."""
    version = read(trained_demo).version
    with pytest.raises(NotFound):
        read(trained_demo, "20200101T000000-000000000000")
    assert spoil(trained_demo.shelf.folder) == 1
    with pytest.raises(ArtefactDamaged):
        read(trained_demo, version)
    assert read(trained_demo).version == RULES


def test_a_family_without_moods_says_so(household: Household) -> None:
    """In the baseline a mood means the same for every title: there is no table to read."""
    world = make_world(5, titles=30)
    X, y = training_rows(world, live(world, 40, 5))
    serving = Serving(ContextClassifier(BASELINE).fit(X, y).predictor_, "a-version", None)
    with (
        household.database.reading() as session,
        pytest.raises(InvalidInput, match="the same for every title"),
    ):
        taste_of(session, serving, household.clock)
