"""The benchmark on real data runs on any folder of its form, and judges what it found."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import real_data
from benchmarks.real_data_peers import ask


def write_data(folder: Path) -> None:
    """Write a small data set in the place of DePaulMovie: each member likes one half of films."""
    rng = np.random.default_rng(0)
    (folder / "depaulmovie").mkdir(parents=True)
    titles = ["title_id,title,kind,year,minutes,genres"]
    titles += [f"t{n},Film {n},movie,{1980 + n},{80 + n},{'Comedy' if n % 2 else 'Drama'}"
               for n in range(20)]  # fmt: skip
    rows = ["member,title_id,rating,time"]
    for member in range(8):
        for title in rng.choice(20, 12, replace=False):
            likes = (title + member) % 2 == 0
            rows.append(f"m{member},t{title},{5 if likes else 2},{rng.choice(['day', 'night'])}")
    for name, lines in (("titles", titles), ("interactions", rows)):
        (folder / "depaulmovie" / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def test_the_short_form_runs_through(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One fold, three families; the table names them and what was selected."""
    write_data(tmp_path)
    assert real_data.main(["--short", "--data", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    for name in (*real_data.SHORT_FAMILIES, "selected"):
        assert f"| **{name}** |" in told
    assert "below 200 the default" in told


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends well, and names the folder that is missing."""
    assert real_data.main(["--data", str(tmp_path / "nowhere")]) == 0
    assert "There is no folder depaulmovie" in capsys.readouterr().out


def test_bars_are_judged_from_figures() -> None:
    """A figure on the wrong side of its bar is not met."""
    metrics = {"roc_auc": 0.9, "log_loss": 0.531, "ece": 0.01}
    case = {"case": "one", "models": {"selected": metrics}}
    found = {(bar["metric"], bar["limit"]): bar["met"] for bar in real_data.bars([case] * 3)}
    assert found["roc_auc", 0.81]
    assert not found["log_loss", 0.53]
    assert found["log_loss", 0.555]


def test_a_peer_that_is_not_installed_is_named() -> None:
    """It is left out with the name of the package, and nothing fails."""

    def missing(*_: object) -> np.ndarray:
        raise ModuleNotFoundError("gone", name="gone")

    asked = ask(missing, None, None)  # type: ignore[arg-type]  # never looked at
    assert asked.p is None
    assert asked.reason == "gone is not installed"
