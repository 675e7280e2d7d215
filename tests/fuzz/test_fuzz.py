"""No damaged or hostile file runs code, crashes, hangs or silently answers otherwise."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.backend.registry.artefact import manifest_path
from tests.fuzz import fragile
from tests.fuzz.campaign import fuzz, fuzz_all, open_once
from tests.fuzz.hostile import HARMLESS, hostile
from tests.fuzz.readers import Specimen
from tests.fuzz.specimens import make_specimens

MUTANTS = int(os.environ.get("FUZZ_MUTANTS", "5000"))
FAULTS = {
    "crashing": "ended with -11",
    "aborting": "ended with -6",
    "hanging": "hung",
    "toiling": "it took",
    "running code": "it ran exec",
    "starting programs": "it ran os.system",
    "failing": "KeyError",
    "exhausting": "MemoryError",
    "lying": "silently changed",
    "overflowing": "no probability",
    "exiting": "ended with 0",
}


@pytest.fixture(autouse=True)
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the ledger of the person who runs the tests out of them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_mutants_are_refused_or_harmless(tmp_path: Path) -> None:
    """Under the digest on record only the healthy answer; sealed again, a probability at most."""
    specimens = make_specimens(tmp_path)
    found = fuzz_all(specimens, MUTANTS, seed=0)
    assert found.faults == []
    assert found.mutants == MUTANTS
    by_outcome = Counter(outcome for (_, _, outcome) in found.outcomes.elements())
    assert by_outcome["refused: artefact_damaged"] > MUTANTS / 2
    # Mutants that are all refused at the door would say nothing of what is behind it.
    assert by_outcome["another model"] > MUTANTS / 200


def test_hostile_files_are_refused(tmp_path: Path) -> None:
    """Bombs, calls, cycles, links, pipes, devices: a named error, in time and in little memory."""
    specimens = {one.name: one for one in make_specimens(tmp_path)}
    (tmp_path / "hostile").mkdir()
    made = list(hostile(specimens, tmp_path / "hostile"))
    assert len(made) > 50
    found = open_once(made, list(specimens.values()))
    wrong = {
        name: told
        for name, told in found.items()
        if (told != "the same" if name in HARMLESS else not told.startswith("refused: "))
    }
    assert wrong == {}
    assert set(found) == {one.name for one in made} > HARMLESS


@pytest.mark.parametrize("name", sorted(fragile.READERS))
def test_every_fault_is_found(tmp_path: Path, name: str) -> None:
    """A reader with one of the faults that are looked for is caught at it."""
    path = tmp_path / "fragile.bin"
    path.write_bytes(fragile.HEALTHY)
    manifest_path(path).write_text("{}")
    np.save(f"{path}.npy", np.zeros((3, 1)))
    specimen = Specimen(path.name, str(path), "on record", name)
    # On a busy machine seconds of a process's own time are many more by the clock.
    patience = 5.0 if name == "hanging" else 120.0
    found = fuzz(specimen, 0, 40, warming_up=0, hang_seconds=patience, most_faults=1)
    assert found.faults
    assert all(FAULTS[name] in fault for fault in found.faults)


def test_the_faults_that_are_looked_for_are_all_tried() -> None:
    """Each fragile reader has its words."""
    assert set(FAULTS) == set(fragile.READERS)
