"""`encore evaluate --save` keeps a model of a data set, and `encore predict` asks it."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from app.backend.__main__ import FACES
from app.backend.cli import make_cli
from app.backend.registry.table_artefact import read_table

Run = Callable[..., Result]

TITLES = "title_id,title,kind,year,minutes,genres\nt1,One,movie,1990,90,Comedy\n"
WITHOUT_A_TRAINER = """
import sys
for name in ("sklearn", "lightgbm", "optuna"):
    sys.modules[name] = None
from pathlib import Path
from app.backend.domain.progress import silent
from app.backend.workflows.foretell import foretell
found = foretell(Path("kept.safetensors"), Path("data.csv"), None, 2030, silent)
print(len(found.probability))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a verb where the data set lies; it makes no household."""
    monkeypatch.setenv("ENCORE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(2)
    rows = ["member,title_id,rating,mood"]
    for _ in range(260):
        mood = rng.integers(0, 2)
        rating = 5 if rng.random() < (0.9 if mood else 0.2) else 1
        rows.append(f"m{rng.integers(5)},t{rng.integers(1, 9)},{rating},{('sad', 'funny')[mood]}")
    (tmp_path / "data.csv").write_text("\n".join(rows))
    (tmp_path / "titles.csv").write_text(TITLES)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(make_cli(FACES), list(words))

    return invoke


def kept(run: Run, families: str) -> Any:  # noqa: ANN401  # JSON
    """Keep a model of the data set; return the report."""
    data = ("--interactions", "data.csv", "--titles", "titles.csv")
    words = ("--folds", "2", "--families", families, "--save", "kept.safetensors", "--json")
    result = run("evaluate", *data, *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("families", ["glmix", "crossed,glmix,blend"])
def test_the_family_that_suits_is_kept_and_asked(run: Run, families: str) -> None:
    """What was chosen on all rows is a file, and tells the moods of the data set apart."""
    told = kept(run, families)["kept"]
    assert told["rows"] == 260
    opened = read_table(Path("kept.safetensors"), told["digest"])
    assert opened.manifest["family"] == told["family"]
    Path("asked.csv").write_text("member,title_id,mood\nm1,t1,funny\nm1,t1,sad\nnew,t99,funny\n")
    result = run("predict", "kept.safetensors", "--interactions", "asked.csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    funny, sad, new = (float(row["probability"]) for row in rows)
    assert funny > 0.6
    assert sad < 0.4
    assert new > 0.5
    assert rows[2] == {
        "member": "new",
        "title_id": "t99",
        "mood": "funny",
        "probability": str(new),
    }


def test_requests_that_cannot_be_read_are_counted(run: Run) -> None:
    """With --json they stand beside the answers, in words on stderr."""
    kept(run, "glmix")
    Path("asked.csv").write_text("member,title_id\nm1,t1\n,t1\n")
    words = ("predict", "kept.safetensors", "--interactions", "asked.csv")
    found = json.loads(run(*words, "--json").stdout)
    assert len(found["predictions"]) == 1
    assert found["left_out"] == {"member_missing": {"rows": 1, "line": 3}}
    assert "left out 1: member_missing" in run(*words).stderr


def test_asking_needs_no_trainer(run: Run) -> None:
    """Where neither scikit-learn nor LightGBM is installed, a kept model answers."""
    kept(run, "glmix,boosted")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_TRAINER],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.stdout == "260\n"


@pytest.mark.parametrize(
    ("words", "exit_code", "code"),
    [
        (("evaluate", "--save", "kept.safetensors"), 2, "invalid_input"),
        (("evaluate", "--interactions", "data.csv", "--save", "kept.pkl"), 2, "invalid_input"),
        (("predict", "none.safetensors", "--interactions", "data.csv"), 4, "artefact_missing"),
    ],
)
def test_what_cannot_be_is_a_named_error(
    run: Run, words: tuple[str, ...], exit_code: int, code: str
) -> None:
    """The envelope says what is wrong, and nothing is written."""
    result = run(*words, "--json")
    assert result.exit_code == exit_code
    assert json.loads(result.stdout)["error"]["code"] == code
    assert not Path("kept.safetensors").exists()


def test_requests_need_who_and_what(run: Run) -> None:
    """A column that is missing is named."""
    kept(run, "glmix")
    Path("asked.csv").write_text("member,mood\nm1,funny\n")
    result = run("predict", "kept.safetensors", "--interactions", "asked.csv", "--json")
    assert result.exit_code == 3
    assert "title_id" in json.loads(result.stdout)["error"]["message"]
