"""The ledger vouches for what this user saved, and for nothing else."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.backend.domain.errors import ArtefactUntrusted, StorageFull
from app.backend.registry.trust import is_recorded, ledger_path, record
from tests.contracts.model_files import file_size_limit, sha256

FIRST, SECOND = sha256(b"first"), sha256(b"second")

RECORDS_MANY = """
import sys
from app.backend.registry.trust import record
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    record(f"{number:064x}")
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the ledger of the person who runs the tests out of them."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_only_what_was_recorded_is_vouched_for() -> None:
    """A digest is known once it was recorded, and not before; parts of it are not."""
    assert not is_recorded(FIRST)
    record(FIRST)
    assert is_recorded(FIRST)
    assert not is_recorded(SECOND)
    assert not is_recorded(FIRST[:32])


def test_a_digest_is_kept_once() -> None:
    """Recording again adds no line."""
    for digest in (FIRST, SECOND, FIRST):
        record(digest)
    assert ledger_path().read_text("ascii") == f"{FIRST}\n{SECOND}\n"


def test_the_ledger_is_the_users_own() -> None:
    """File and folder are closed to others, whatever they were before."""
    ledger_path().parent.mkdir(parents=True, mode=0o755)
    record(FIRST)
    assert stat.S_IMODE(ledger_path().stat().st_mode) == 0o600
    assert stat.S_IMODE(ledger_path().parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_ledger_that_others_can_write_vouches_for_nothing(mode: int) -> None:
    """Where others could have added a line, neither reading nor recording goes on."""
    record(FIRST)
    ledger_path().chmod(mode)
    with pytest.raises(ArtefactUntrusted):
        is_recorded(FIRST)
    with pytest.raises(ArtefactUntrusted):
        record(SECOND)


def test_a_torn_line_costs_only_itself() -> None:
    """After a crash in the middle of a line, what is recorded next is still found."""
    record(FIRST)
    with ledger_path().open("a") as ledger:
        ledger.write(SECOND[:20])
    record(sha256(b"third"))
    assert is_recorded(FIRST)
    assert is_recorded(sha256(b"third"))
    assert not is_recorded(SECOND)


def test_processes_record_at_once() -> None:
    """Four processes that append together lose no line and tear none."""
    spans = [(at, at + 50) for at in range(0, 200, 50)]
    command = [sys.executable, "-c", RECORDS_MANY]
    running = [subprocess.Popen([*command, str(start), str(end)]) for start, end in spans]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0, 0]
    assert sorted(ledger_path().read_text("ascii").split()) == [f"{n:064x}" for n in range(200)]


def test_no_room_for_the_ledger_is_named() -> None:
    """Where nothing can be recorded the error says so, and nothing is vouched for."""
    with file_size_limit(10), pytest.raises(StorageFull):
        record(FIRST)
    assert not is_recorded(FIRST)
    record(FIRST)
    assert is_recorded(FIRST)


def test_a_folder_in_the_ledgers_place_vouches_for_nothing() -> None:
    """What cannot be read says nothing; what cannot be written is named."""
    ledger_path().mkdir(parents=True)
    assert not is_recorded(FIRST)
    with pytest.raises(StorageFull):
        record(FIRST)


@pytest.mark.parametrize("value", [None, "", "relative/place"])
def test_the_ledger_lies_in_the_home_folder_by_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str | None
) -> None:
    """Without an absolute XDG_STATE_HOME it is in ~/.local/state."""
    monkeypatch.setenv("HOME", str(tmp_path))
    if value is None:
        monkeypatch.delenv("XDG_STATE_HOME")
    else:
        monkeypatch.setenv("XDG_STATE_HOME", value)
    assert ledger_path() == tmp_path / ".local" / "state" / "encore" / "saved-models"
