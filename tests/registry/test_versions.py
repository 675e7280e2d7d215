"""A version is staged, synced and renamed; what crashes leave is swept up, nothing else is."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.backend.domain.errors import ArtefactDamaged, ArtefactMissing, NotFound, StorageFull
from app.backend.domain.runs import Hold
from app.backend.registry.versions import (
    SET_ASIDE,
    discard,
    insist_on_room,
    place,
    read_beside,
    remove,
    set_aside,
    size_of,
    stage,
    sweep,
    version_folder,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4
NAME = "20261123T120000-0123456789ab"
HOLD = Hold(7, 1)


def write(path: Path) -> str:
    """Write something that stands for a model."""
    path.write_bytes(b"arrays")
    return DIGEST


def placed(folder: Path) -> str:
    """Put a version into its place."""
    return place(stage(folder, HOLD, write), NOW)


def age(path: Path, hours: float) -> None:
    """Let a file look as if nobody had touched it for so long."""
    then = (NOW - timedelta(hours=hours)).timestamp()
    os.utime(path, (then, then))


def test_a_version_is_in_its_place_only_at_the_end(tmp_path: Path) -> None:
    """Until then it has a name that nobody reads; the place is named after time and digest."""
    staged = stage(tmp_path, HOLD, write)
    assert [path.name for path in tmp_path.iterdir()] == [".stage-7-1"]
    files = staged.add({"card.md": "# A card"})
    assert place(staged, NOW) == NAME
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert read_beside(tmp_path, NAME, "card.md", files["card.md"]) == b"# A card"
    discard(staged)
    assert (tmp_path / NAME).is_dir()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """Whatever goes wrong while it is written, the stage is gone."""

    def broken(path: Path) -> str:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageFull, match="No space left"):
        stage(tmp_path, HOLD, broken)
    assert list(tmp_path.iterdir()) == []


def test_a_second_attempt_does_not_meet_the_first(tmp_path: Path) -> None:
    """Each attempt has a stage of its own, and the same one again begins anew."""
    first, second = stage(tmp_path, HOLD, write), stage(tmp_path, Hold(7, 2), write)
    assert first.folder != second.folder
    first.add({"left.md": "behind"})
    again = stage(tmp_path, HOLD, write)
    assert [path.name for path in again.folder.iterdir()] == ["model.safetensors"]


def test_the_sweep_takes_what_nobody_speaks_of(tmp_path: Path) -> None:
    """Old stages and orphans go; what is known, young, set aside or somebody else's stays."""
    placed(tmp_path)
    for name in (".stage-1-1", ".stage-2-1", ".going-x", SET_ASIDE, "notes"):
        (tmp_path / name).mkdir()
    orphan, young = "20251123T120000-0123456789ab", "20261123T115900-0123456789ab"
    for name in (orphan, young):
        (tmp_path / name).mkdir()
    for path in tmp_path.iterdir():
        age(path, 0.5 if path.name in {young, ".stage-2-1"} else 5)
    assert sweep(tmp_path, [NAME], NOW - timedelta(hours=1)) == [".going-x", ".stage-1-1", orphan]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {NAME, young, ".stage-2-1", SET_ASIDE, "notes"}
    assert sweep(tmp_path / "nowhere", [], NOW) == []


def test_what_is_set_aside_is_kept_where_nothing_serves_from(tmp_path: Path) -> None:
    """Once; a version whose files are gone cannot be moved."""
    placed(tmp_path)
    assert set_aside(tmp_path, NAME)
    assert not (tmp_path / NAME).exists()
    assert (tmp_path / SET_ASIDE / NAME / "model.safetensors").read_bytes() == b"arrays"
    assert not set_aside(tmp_path, NAME)


def test_what_is_removed_says_how_much_it_freed(tmp_path: Path) -> None:
    """All of its files, and nothing the second time."""
    placed(tmp_path)
    assert size_of(tmp_path, NAME) == remove(tmp_path, NAME) == len(b"arrays")
    assert list(tmp_path.iterdir()) == []
    assert remove(tmp_path, NAME) == size_of(tmp_path, NAME) == 0


def test_files_beside_a_model_are_judged_too(tmp_path: Path) -> None:
    """Other bytes than were written, or none, are errors with a name."""
    staged = stage(tmp_path, HOLD, write)
    files = staged.add({"card.md": "# A card"})
    place(staged, NOW)
    (tmp_path / NAME / "card.md").write_text("# Another card")
    with pytest.raises(ArtefactDamaged):
        read_beside(tmp_path, NAME, "card.md", files["card.md"])
    with pytest.raises(ArtefactMissing):
        read_beside(tmp_path, NAME, "../../card.md.missing", files["card.md"])


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "/etc/passwd", f"{NAME}/..", f"{NAME}\n", f"{NAME}\0", "..%2f",
     SET_ASIDE,
     "20261123T120000-0123456789AB", f"{NAME}x", "%2e%2e", "CON", "20261123T120000-0123456789a"],
)  # fmt: skip
def test_a_name_that_is_none_never_becomes_a_path(name: str, tmp_path: Path) -> None:
    """Only what a version can be called is looked for."""
    with pytest.raises(NotFound):
        version_folder(tmp_path, name)


def test_training_does_not_begin_where_there_is_no_room(tmp_path: Path) -> None:
    """What is left is kept for feedback; the sentence says how much is asked for."""
    insist_on_room(tmp_path, least_bytes=1)
    with pytest.raises(StorageFull, match="MB free"):
        insist_on_room(tmp_path, least_bytes=2**60)
