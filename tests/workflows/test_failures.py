"""When the disk, the store or the past play tricks: the error has a name, and picks go on."""

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from app.backend.domain.errors import ArtefactTooNew, StorageFull
from app.backend.domain.evening import Verdict
from app.backend.domain.progress import silent
from app.backend.registry.versions import open_version
from app.backend.store import versions
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.serving import Shelf
from tests.workflows.disks import no_file_larger_than
from tests.workflows.evenings import Ticking, ask

SMALLER_THAN_A_MODEL_BYTES = 400_000
COUNT = text("SELECT count(*) FROM feedback")
ONE_TRAINING = """
import sys
from pathlib import Path
from app.backend.domain.progress import silent
from app.backend.workflows.household import open_household
from tests.workflows.evenings import Ticking
with open_household(sys.argv[1], Path(sys.argv[2]), Ticking()) as household:
    run, _ = household.train(5, silent)
    print(run.state)
"""


def restarted(household: Household) -> Household:
    """Return the household as a program that has just started has it."""
    return Household(household.database, Shelf(household.shelf.folder), household.clock)


def test_a_disk_that_fills_while_a_model_is_saved(lived_demo: Household) -> None:
    """The run fails with a sentence, nothing is left behind, and with room it works."""
    database_file = Path(str(lived_demo.database.engine.url.database))
    with no_file_larger_than(max(SMALLER_THAN_A_MODEL_BYTES, database_file.stat().st_size + 2**15)):
        run, _ = lived_demo.train(0, silent)
    assert (run.state, run.model_version) == ("failed", None)
    assert "cannot be written" in (run.reason or "")
    assert list(lived_demo.shelf.folder.iterdir()) == []
    assert ask(lived_demo).model_version is None
    assert lived_demo.train(0, silent)[0].state == "promoted"


def test_a_database_that_cannot_grow_refuses_feedback_and_loses_none(
    lived_demo: Household,
) -> None:
    """What is refused is not there, what was kept is, and with room the same event is written."""
    pick = ask(lived_demo).picks[0]
    with lived_demo.database.reading() as session:
        before = session.scalar(COUNT)
    kept, is_full = 0, True

    @event.listens_for(lived_demo.database.engine, "begin")
    def cap(connection: Any) -> None:  # noqa: ANN401  # SQLAlchemy's
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        most = pages if is_full else 2**30
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    for number in range(2_000):
        verdict = Verdict(pick.recommendation_id, 1 + number % 5, True, "M" * 90, f"e{number}")
        try:
            with lived_demo.database.writing() as writer:
                rate(writer, verdict, lived_demo.clock)
        except StorageFull:
            break
        kept += 1
    else:
        pytest.fail("the database grew all the same")
    with lived_demo.database.reading() as session:
        assert session.scalar(COUNT) == int(before or 0) + kept
    is_full = False
    with lived_demo.database.writing() as writer:
        assert rate(writer, verdict, lived_demo.clock).is_new


def test_a_folder_that_cannot_be_written(lived_demo: Household) -> None:
    """Training fails with a sentence that names it; the rules serve."""
    nobody_writes_here = Path("/sys/encore-models")
    if not nobody_writes_here.parent.is_dir():
        pytest.skip("This system has no folder that nobody can write.")
    barred = Household(lived_demo.database, Shelf(nobody_writes_here), lived_demo.clock)
    run, _ = barred.train(0, silent)
    assert run.state == "failed"
    assert str(nobody_writes_here) in (run.reason or "")
    assert ask(barred).model_version is None


def test_an_old_backup_of_the_database(
    trained_demo: Household, tmp_path: Path, clock: Ticking
) -> None:
    """Versions that it does not know of are left alone; training again goes on from there."""
    database_file = Path(str(trained_demo.database.engine.url.database))
    backup = tmp_path / "backup.db"
    shutil.copy(database_file, backup)
    clock.advance(seconds=60)
    newer, _ = trained_demo.train(1, silent, anew=True)
    assert newer.state == "promoted"
    with open_household(f"sqlite:///{backup}", trained_demo.shelf.folder, clock) as restored:
        first = ask(restored).model_version
        assert first not in {None, newer.model_version}
        clock.advance(seconds=60)
        again, _ = restored.train(2, silent, anew=True)
        assert again.state == "promoted"
        assert ask(restored).model_version == again.model_version
    assert ask(restarted(trained_demo)).model_version == newer.model_version


def test_an_old_backup_of_the_models(trained_demo: Household, clock: Ticking) -> None:
    """The champion's files are not there: who served before serves, and says why."""
    clock.advance(seconds=60)
    newer, _ = trained_demo.train(1, silent, anew=True)
    shutil.rmtree(trained_demo.shelf.folder / str(newer.model_version))
    home = restarted(trained_demo)
    with home.database.reading() as session:
        serving = home.shelf.serving(session)
    assert serving.is_fallback
    assert serving.version not in {None, newer.model_version}
    assert str(newer.model_version) in str(serving.reason)


def test_a_version_of_a_newer_format(trained_demo: Household, clock: Ticking) -> None:
    """It is not damage: who served before serves until the newer program is back."""
    clock.advance(seconds=60)
    newer = str(trained_demo.train(1, silent, anew=True)[0].model_version)
    manifest = trained_demo.shelf.folder / newer / "manifest.json"
    told = json.loads(manifest.read_text()) | {"format": 999}
    manifest.write_text(json.dumps(told))
    digest = sha256(manifest.read_bytes()).hexdigest()
    with trained_demo.database.writing() as session:
        session.execute(
            text("UPDATE model_versions SET digest = :digest WHERE version = :version"),
            {"digest": digest, "version": newer},
        )
    home = restarted(trained_demo)
    with pytest.raises(ArtefactTooNew):
        open_version(home.shelf.folder, newer, digest)
    with home.database.reading() as session:
        serving = home.shelf.serving(session)
        found = versions.read_version(session, newer)
    assert serving.is_fallback
    assert serving.version not in {None, newer}
    assert home.shelf.damaged == {}
    assert found is not None
    assert found.is_usable


def test_another_process_with_another_hash_seed_makes_the_same_bytes(
    lived_demo: Household, tmp_path: Path
) -> None:
    """The same database and seed: every file of the version is the same but for its moment."""
    database_file = Path(str(lived_demo.database.engine.url.database))
    made = []
    for hash_seed in ("1", "4242"):
        home = tmp_path / f"home-{hash_seed}"
        home.mkdir()
        shutil.copy(database_file, home / "encore.db")
        told = subprocess.run(
            [sys.executable, "-c", ONE_TRAINING, f"sqlite:///{home}/encore.db", home / "models"],
            env={"PYTHONHASHSEED": hash_seed, "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout == "promoted\n"
        (version,) = (home / "models").iterdir()
        made.append({path.name: path.read_bytes() for path in version.iterdir()})
    assert {"model.safetensors", "manifest.json"} <= set(made[0])
    assert made[0] == made[1]
