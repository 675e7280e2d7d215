"""The benchmark of groups reads its own form, and combines what members are predicted to say."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import group_taste


def write_data(folder: Path) -> None:
    """Write twelve people who like even or odd things, in groups of two who agree."""
    said = "Class,Semester,Lockdown"
    alone = [f"{who},{item},{5 if (who + item) % 2 else 2},A,Fall,PRE"
             for who in range(12) for item in range(10)]  # fmt: skip
    groups = [f"{group},{who}" for group in range(6) for who in (group, group + 6)]
    together = [f"{group},{item},{5 if (group + item) % 2 else 2},A,Fall,PRE"
                for group in range(6) for item in range(10)]  # fmt: skip
    for name, head, lines in (
        ("interactions", f"UserID,Item,Rating,{said}", alone),
        ("groups", "GroupID,UserID", groups),
        ("group_interactions", f"GroupID,Item,Rating,{said}", together),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n", "utf-8")


def test_groups_are_predicted_from_their_members(tmp_path: Path) -> None:
    """Every way of combining is measured over all ratings, with an interval around its value."""
    write_data(tmp_path)
    ratings, groups, found = group_taste.measure(tmp_path)
    assert (ratings, groups) == (60, 6)
    assert set(found) == set(group_taste.WAYS)
    for value, low, high in found.values():
        assert 0.0 <= low <= value <= high <= 1.0


def test_ways_of_combining_differ() -> None:
    """The least, the greatest and the mean of two log odds."""
    logits = np.array([-1.0, 3.0])
    assert [way(logits) for way in group_taste.WAYS.values()] == [1.0, -1.0, 3.0]


def test_without_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends well, and names the folder that is missing."""
    assert group_taste.main(["--data", str(tmp_path / "nowhere")]) == 0
    assert "There is no folder nowhere" in capsys.readouterr().out
