"""The champion answers where it can be trusted; else the rules do, and say why."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.progress import silent
from app.backend.domain.runs import Promotion
from app.backend.registry.versions import open_version
from app.backend.store import versions
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.recommend import Request
from app.backend.workflows.serving import UNTRAINED, Serving, Shelf, served_by
from tests.workflows.evenings import Ticking, ask, live, spoil


def served(household: Household) -> Serving:
    """Return what serves, as a program that has just started finds it."""
    with household.database.reading() as session:
        return Shelf(household.shelf.folder).serving(session)


def cut_short(models: Path) -> None:
    """Keep the first half of the model's file."""
    for path in models.rglob("model.safetensors"):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def forged(models: Path) -> None:
    """Change the manifest, which is what the recorded digest covers."""
    for path in models.rglob("manifest.json"):
        path.write_text(path.read_text().replace('"seed": 7', '"seed": 8'))


def without_manifest(models: Path) -> None:
    """Take the manifest away."""
    for path in models.rglob("manifest.json"):
        path.unlink()


def a_folder_in_its_place(models: Path) -> None:
    """Put a folder where the model's file should be."""
    for path in list(models.rglob("model.safetensors")):
        path.unlink()
        path.mkdir()


def test_before_any_model_the_rules_serve_and_say_so(household: Household) -> None:
    """No version, a reason in a sentence, and no alarm: nothing is wrong."""
    serving = served(household)
    assert (serving.version, serving.reason, serving.is_fallback) == (None, UNTRAINED, False)
    assert served_by(serving) == f"Picked by the rules: {UNTRAINED}"


def test_a_champion_serves_and_says_what_it_learnt_from(trained_demo: Household) -> None:
    """The version is named, with the number of feedbacks, and there is no reason to explain."""
    serving = served(trained_demo)
    assert serving.version is not None
    assert (serving.reason, serving.is_fallback, serving.feedback_count) == (None, False, 60)
    assert served_by(serving) == (f"Picked by model {serving.version}, learnt from 60 feedbacks.")


def test_a_version_is_opened_once(trained_demo: Household) -> None:
    """The next request gets the very same arrays."""
    with trained_demo.database.reading() as session:
        first = trained_demo.shelf.serving(session)
        assert trained_demo.shelf.serving(session) is first


@pytest.mark.parametrize(
    "damage", [spoil, cut_short, forged, without_manifest, a_folder_in_its_place, shutil.rmtree]
)
def test_a_champion_that_cannot_be_trusted_leaves_the_rules_to_serve(
    damage: Callable[[Path], object], trained_demo: Household
) -> None:
    """Whatever became of its files, picks go on; the reason names the version and what to do."""
    version = served(trained_demo).version
    damage(trained_demo.shelf.folder)
    serving = served(trained_demo)
    assert (serving.version, serving.is_fallback) == (None, True)
    assert str(version) in str(serving.reason)
    assert "train again" in str(serving.reason)
    restarted = Household(
        trained_demo.database, Shelf(trained_demo.shelf.folder), trained_demo.clock
    )
    slate = ask(restarted, Request("funny", "couple", "medium"))
    assert slate.model_version is None
    assert len(slate.picks) == 4


def test_a_damaged_champion_is_replaced_by_training_again(trained_demo: Household) -> None:
    """With no new feedback at all: what the reason advises works."""
    version = served(trained_demo).version
    assert spoil(trained_demo.shelf.folder) == 1
    restarted = Household(
        trained_demo.database, Shelf(trained_demo.shelf.folder), trained_demo.clock
    )
    run, _ = restarted.train(7, silent)
    assert run.state == "promoted", run.reason
    serving = served(trained_demo)
    assert serving.version == run.model_version
    assert serving.version != version


def test_a_new_champion_is_picked_up_without_a_restart(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """The shelf that served the rules serves the next version at the next request."""
    assert small_library.counts.added
    with household.database.reading() as session:
        assert household.shelf.serving(session).version is None
    live(household, clock, 24, lambda pick, mood: (mood == "funny") == ("Comedy" in pick.genres))
    run, _ = household.train(1, silent)
    assert run.model_version is not None
    with household.database.writing() as session:
        versions.write_promotion(session, Promotion(run.model_version, clock(), "By hand.", "hand"))
    assert ask(household).model_version == run.model_version
    with household.database.writing() as session:
        versions.write_promotion(session, Promotion(None, clock(), "By hand.", "hand"))
    assert ask(household).model_version is None


def test_a_run_that_is_not_promoted_leaves_what_served(
    household: Household, small_library: Imported, clock: Ticking
) -> None:
    """A challenger that had too little to be judged by is saved, and the champion goes on."""
    assert small_library.counts.added
    live(household, clock, 8, lambda _pick, mood: mood == "funny")
    first, _ = household.train(1, silent)
    with household.database.writing() as session:
        versions.write_promotion(
            session, Promotion(first.model_version, clock(), "By hand.", "hand")
        )
    live(household, clock, 4, lambda _pick, mood: mood == "action", seed=1)
    second, _ = household.train(1, silent)
    assert (first.state, second.state) == ("kept", "kept")
    assert second.model_version not in (None, first.model_version)
    assert ask(household).model_version == first.model_version
    with household.database.reading() as session:
        challenger = versions.read_version(session, str(second.model_version))
    assert challenger is not None
    assert (challenger.parent, challenger.is_champion) == (first.model_version, False)


def test_a_version_of_another_digest_is_never_opened(trained_demo: Household) -> None:
    """Bytes that are whole, but not those that were recorded, are refused."""
    version = served(trained_demo).version
    with pytest.raises(ArtefactDamaged, match="recorded"):
        open_version(trained_demo.shelf.folder, str(version), "0" * 64)
