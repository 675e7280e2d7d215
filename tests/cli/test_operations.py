"""Backing up, restoring and asking for the doctor on the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, read
from tests.workflows.evenings import spoil


def test_a_household_moves_by_one_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was backed up in one folder serves from another."""
    run("demo")
    champion = read(run("models", "list", "--json"))["champion"]
    file = str(tmp_path / "encore.zip")
    told = read(run("backup", file, "--json"))
    assert (told["versions"], told["left_out"]) == ([champion], {})
    assert told["bytes"] == Path(file).stat().st_size
    rehearsed = read(run("restore", file, "--rehearse", "--json"))
    assert (rehearsed["is_rehearsal"], rehearsed["rows"]) == (True, told["rows"])
    monkeypatch.setenv("ENCORE_DATA_DIR", str(tmp_path / "moved"))
    assert read(run("restore", file, "--json"))["rows"] == told["rows"]
    assert read(run("models", "list", "--json"))["champion"] == champion
    assert run("models", "verify").exit_code == 0
    assert read(run("doctor", "--json"))["is_well"]


def test_in_words_what_was_done_is_a_sentence(run: Run, tmp_path: Path) -> None:
    """How much there is, from when it is, and that it was read back."""
    file = str(tmp_path / "encore.zip")
    assert "0 rows and 0 model versions" in run("backup", file).stdout
    assert "read back" in run("backup", file, "--force").stdout
    assert "is whole and could be restored" in run("restore", file, "--rehearse").stdout
    assert "was restored: 0 rows" in run("restore", file).stdout


def test_rehearsing_makes_no_household(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the file is read."""
    file = str(tmp_path / "encore.zip")
    run("backup", file)
    monkeypatch.setenv("ENCORE_DATA_DIR", str(tmp_path / "nowhere"))
    assert run("restore", file, "--rehearse").exit_code == 0
    assert not (tmp_path / "nowhere").exists()


def test_refusals_have_their_codes(run: Run, tmp_path: Path) -> None:
    """Over what is there, from what is damaged, from nothing, and onto a file that is there."""
    run("demo")
    file = tmp_path / "encore.zip"
    run("backup", str(file))
    assert read(run("backup", str(file), "--json"), 2)["error"]["code"] == "invalid_input"
    assert read(run("restore", str(file), "--json"), 5)["error"]["code"] == "not_empty"
    assert run("restore", str(file), "--force").exit_code == 0
    file.write_bytes(file.read_bytes()[:-9])
    assert read(run("restore", str(file), "--json"), 5)["error"]["code"] == "backup_damaged"
    file.unlink()
    assert read(run("restore", str(file), "--json"), 2)["error"]["code"] == "invalid_input"


def test_a_damaged_version_is_warned_of(run: Run, tmp_path: Path) -> None:
    """The backup is written all the same, without it, and whoever restores is told too."""
    run("demo")
    assert spoil(tmp_path / "data" / "models") == 1
    file = str(tmp_path / "encore.zip")
    for words in (("backup", file), ("restore", file, "--rehearse")):
        done = run(*words)
        assert done.exit_code == 0
        assert "are not in the backup" in done.stderr


def test_the_doctor_ends_with_a_problem(run: Run, tmp_path: Path) -> None:
    """A line for each question with what to do, and the exit code of an installation."""
    assert run("doctor").exit_code == 0
    run("demo")
    assert "0 problems, 0 warnings." in run("doctor").stdout
    spoil(tmp_path / "data" / "models")
    ill = run("doctor")
    assert ill.exit_code == 5
    assert "1 problem, 0 warnings." in ill.stdout
    assert "encore models verify" in ill.stdout
    told = read(run("doctor", "--json"), 5)
    assert not told["is_well"]
    assert {"check", "state", "found", "advice"} == told["findings"][0].keys()


def test_the_doctor_names_a_wrong_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a problem like others, not an error of the doctor's."""
    monkeypatch.setenv("ENCORE_PORT", "many")
    told = read(run("doctor", "--json"), 5)
    assert [(one["check"], one["state"]) for one in told["findings"]] == [("settings", "problem")]
    monkeypatch.delenv("ENCORE_PORT")
    monkeypatch.setenv("ENCORE_DATABASE_URL", "oracle://somewhere")
    told = read(run("doctor", "--json"), 5)
    assert "ENCORE_DATABASE_URL" in str(told["findings"])
