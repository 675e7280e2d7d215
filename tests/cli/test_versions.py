"""Runs and versions on the command line, in words and as JSON."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.backend.__main__ import FACES
from app.backend.cli import make_cli
from tests.cli.conftest import Run, read
from tests.registry.mlflow_server import free_port
from tests.workflows.evenings import spoil


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a household of the test's own."""
    monkeypatch.setenv("ENCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("ENCORE_DATABASE_URL", raising=False)
    return tmp_path / "data"


@pytest.fixture
def run(home: Path) -> Run:
    """Run verbs against a demo household that was trained twice."""
    assert not home.exists()

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(make_cli(FACES), list(words))

    assert invoke("demo").exit_code == 0
    assert invoke("train", "--anew", "--seed", "3").exit_code == 0
    return invoke


def names(run: Run) -> list[str]:
    """Return the versions, the newest first."""
    return [model["version"] for model in read(run("models", "list", "--json"))["models"]]


def test_runs_are_listed_and_told_step_by_step(run: Run) -> None:
    """What each step cost, and why the run ended as it did; unknown runs are an error."""
    listed = read(run("runs", "list", "--json"))["training_runs"]
    assert [one["id"] for one in listed] == [2, 1]
    assert "promoted" in run("runs", "list").stdout
    told = run("runs", "show", "2").stdout
    assert all(step in told for step in ("ingest", "evaluate", "promote", "Promoted."))
    assert read(run("runs", "show", "9", "--json"), 2)["error"]["code"] == "not_found"


def test_a_run_that_is_over_cannot_be_cancelled(run: Run) -> None:
    """The error says how it ended."""
    told = read(run("runs", "cancel", "2", "--json"), 2)
    assert told["error"]["code"] == "run_ended"
    assert told["error"]["details"] == {"state": "promoted"}


def test_nothing_new_is_skipped_and_says_how_to_train_all_the_same(run: Run) -> None:
    """A run of its own, with its reason."""
    told = read(run("train", "--json"))
    assert told["state"] == "skipped"
    assert "--anew" in told["reason"]


def test_promoting_rolling_back_and_the_history_of_both(run: Run) -> None:
    """Each decision serves at once and is on record with its reason."""
    newest, oldest = names(run)
    assert "serves again" in run("models", "rollback", "--reason", "Too many westerns.").stdout
    assert read(run("models", "list", "--json"))["champion"] == oldest
    told = read(run("models", "promote", newest, "--expected", oldest, "--json"))
    assert (told["version"], told["kind"]) == (newest, "hand")
    conflict = read(run("models", "rollback", "--expected", "rules", "--json"), 2)
    assert conflict["error"]["code"] == "champion_changed"
    history = read(run("models", "history", "--json"))["history"]
    assert [one["version"] for one in history[:2]] == [newest, oldest]
    assert "Too many westerns." in run("models", "history").stdout
    before = read(run("models", "history", "--at", "2020-01-01T00:00:00", "--json"))["history"]
    assert [one["version"] for one in before] == [None]


def test_versions_are_compared_in_words(run: Run) -> None:
    """Two of the same feedback pick alike; against the rules coefficients have moved."""
    newest, oldest = names(run)
    assert "10 of 10 in both top tens" in run("models", "diff", oldest, newest).stdout
    assert "Coefficients that moved furthest" in run("models", "diff", "rules").stdout
    assert read(run("models", "diff", "nothing", "--json"), 2)["error"]["code"] == "not_found"


def test_damage_is_found_and_said(run: Run, home: Path) -> None:
    """Whole versions end with 0, a damaged one with 4, and what served before it serves."""
    newest, oldest = names(run)
    assert run("models", "verify").exit_code == 0
    spoil(home / "models" / newest)
    assert "set aside" in run("models", "verify", newest).stdout
    assert read(run("models", "list", "--json"))["champion"] == oldest
    assert "(set aside)" in run("models", "list").stdout
    assert run("models", "verify", "--json").exit_code == 0
    spoil(home / "models" / oldest)
    assert run("models", "verify").exit_code == 4


def test_pruning_keeps_what_could_serve(run: Run) -> None:
    """With so few versions nothing goes."""
    told = read(run("models", "prune", "--keep", "0", "--rehearse", "--json"))
    assert (told["versions"], told["kept"], told["is_rehearsal"]) == ([], 2, True)
    assert "0 of 2" in run("models", "prune").stdout


def test_the_champion_can_be_shown_by_that_name(run: Run) -> None:
    """As it is called where versions are named."""
    assert read(run("models", "show", "champion", "--json"))["version"] == names(run)[0]
    assert names(run)[0] in run("models", "show", "champion").stdout


def test_a_tracking_server_that_is_away_is_told_of(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the training itself and by its record, on stderr; the version serves all the same."""
    monkeypatch.setenv("ENCORE_MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    done = run("train", "--anew", "--seed", "4")
    assert done.exit_code == 0
    assert "ENCORE_MLFLOW_TRACKING_URI" in done.stderr
    shown = run("runs", "show", "3")
    assert "ENCORE_MLFLOW_TRACKING_URI" in shown.stderr
    assert "promoted" in shown.stdout


def test_a_version_leaves_in_the_format_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    """The sentence and the JSON say where it lies; an unknown format is named."""
    told = run("models", "export", "--format", "onnx", "--to", str(tmp_path / "tonight.onnx"))
    assert "answers as" in told.stdout
    words = ("models", "export", "--format", "zip", "--to", str(tmp_path / "all.zip"), "--json")
    done = read(run(*words))
    assert done["bytes"] == (tmp_path / "all.zip").stat().st_size
    refused = run("models", "export", "--format", "h5", "--json")
    assert read(refused, 2)["error"]["code"] == "invalid_input"
