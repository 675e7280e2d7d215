"""A backup is all of a household; what is restored is the same household, or nothing happened."""

import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from app.backend.domain.errors import (
    BackupDamaged,
    BackupTooNew,
    BackupTooOld,
    EncoreError,
    InvalidInput,
    NotEmpty,
    StorageFull,
)
from app.backend.domain.progress import Step, silent
from app.backend.store import dump
from app.backend.store.schema import upgrade
from app.backend.store.session import open_database
from app.backend.workflows.archive import MANIFEST, table_name
from app.backend.workflows.backup import BackedUp, back_up
from app.backend.workflows.household import Household
from app.backend.workflows.recommend import Request
from app.backend.workflows.restore import verify
from app.backend.workflows.serving import Shelf
from app.backend.workflows.versions import verify as verify_versions
from tests.workflows.archives import (
    Members,
    all_files,
    all_rows,
    furnish,
    lines_of,
    packed_again,
    restored,
    sealed_again,
    told_otherwise,
    unpacked,
)
from tests.workflows.evenings import Noted, Ticking, ask, spoil

Change = Callable[[Members], Members]
MANY = Request("funny", "couple", "long", size=20)


def backed_up(household: Household, path: Path, *, force: bool = False) -> BackedUp:
    """Back a household up, as the verb does."""
    return back_up(household.database, household.shelf, path, household.clock, silent, force=force)


@pytest.fixture
def furnished(trained_demo: Household) -> Household:
    """A trained demo household with a row in every table."""
    furnish(trained_demo.database)
    assert all(all_rows(trained_demo.database).values())
    return trained_demo


@pytest.fixture
def archive(furnished: Household, tmp_path: Path) -> Path:
    """A backup of a household that has something of everything."""
    return backed_up(furnished, tmp_path / "encore.zip").path


@pytest.fixture
def another(tmp_path: Path, clock: Ticking) -> Iterator[Household]:
    """Another household on SQLite, which has nothing yet."""
    with closing(open_database(f"sqlite:///{tmp_path / 'another' / 'encore.db'}")) as database:
        upgrade(database)
        yield Household(database, Shelf(tmp_path / "another" / "models"), clock)


def drawn(household: Household) -> list[tuple[Any, ...]]:
    """Return twenty picks with all that chance had to do with them."""
    picks = ask(household, MANY, seed=5).picks
    assert len(picks) == 20
    return [(one.media_id, one.position, one.propensity, one.probability) for one in picks]


def test_a_household_comes_back_as_it_was(
    furnished: Household, household: Household, another: Household, tmp_path: Path
) -> None:
    """From SQLite to either database and on to SQLite: every row, every file, the same picks."""
    rows, files = all_rows(furnished.database), all_files(furnished.shelf.folder)
    first = backed_up(furnished, tmp_path / "first.zip").path
    done = restored(first, household)
    assert done.rows == {name: len(there) for name, there in rows.items()}
    second = backed_up(household, tmp_path / "second.zip").path
    restored(second, another)
    for one in (household, another):
        assert all_rows(one.database) == rows
        assert all_files(one.shelf.folder) == files
    (version,) = done.versions
    drawn_before = drawn(furnished)
    assert drawn(household) == drawn(another) == drawn_before
    with another.database.reading() as session:
        assert another.shelf.serving(session).version == version


def test_what_is_restored_learns_and_serves_on(archive: Path, household: Household) -> None:
    """Ids go on, and the next training is promoted or kept, as ever."""
    restored(archive, household)
    last = max(row["id"] for row in all_rows(household.database)["slates"])
    assert ask(household).id == last + 1
    run, is_mine = household.train(3, silent, anew=True)
    assert is_mine
    assert run.state in {"promoted", "kept"}
    checked = verify_versions(household.database, household.shelf, household.clock)
    assert {one.state for one in checked} == {"whole"}


def test_a_household_without_anything_comes_back(
    household: Household, another: Household, tmp_path: Path
) -> None:
    """A backup of nothing is restored to nothing, and Encore goes on from there."""
    done = backed_up(household, tmp_path / "nothing.zip")
    assert (done.manifest.row_count, done.manifest.models) == (0, {})
    told = restored(done.path, another)
    assert set(told.rows.values()) == {0}
    assert not any(all_rows(another.database).values())


def test_a_backup_says_what_is_in_it(furnished: Household, tmp_path: Path) -> None:
    """Its manifest names revision, moment, counts and digests; only its owner may read it."""
    noted = Noted()
    path = tmp_path / "deep" / "er" / "encore.zip"
    done = back_up(furnished.database, furnished.shelf, path, furnished.clock, noted)
    manifest = json.loads(unpacked(path)[MANIFEST])
    assert manifest["written_at"] == "2026-11-20T20:15:00Z"
    assert (manifest["format"], manifest["revision"]) == (1, dump.revisions()[0])
    assert manifest["tables"]["media"]["rows"] == len(all_rows(furnished.database)["media"])
    assert not dump.NOT_KEPT & manifest["tables"].keys()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert done.bytes == path.stat().st_size
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert {"Reading rows", "Reading models", "Checking rows"} <= set(noted.names)
    assert verify(path, silent) == done.manifest


def test_the_same_household_gives_the_same_bytes(furnished: Household, tmp_path: Path) -> None:
    """Entries carry no time of their own."""
    paths = [backed_up(furnished, tmp_path / name).path for name in ("a.zip", "b.zip")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.postgres
def test_a_backup_is_of_one_moment(
    archive: Path, postgres_url: str, tmp_path: Path, clock: Ticking
) -> None:
    """What others write while rows are read is not in it, in whichever table."""
    with closing(open_database(postgres_url)) as database:
        household = Household(database, Shelf(tmp_path / "there"), clock)
        restored(archive, household)
        before = all_rows(database)

        def asking(step: Step, /) -> None:
            if step.name == "Reading rows":
                ask(household)

        path = tmp_path / "moment.zip"
        back_up(database, household.shelf, path, clock, asking)
        assert len(all_rows(database)["slates"]) > len(before["slates"])
        restored(path, household, force=True)
        assert all_rows(database) == before


def test_a_file_that_is_there_stays(household: Household, tmp_path: Path) -> None:
    """Unless its place is asked for; a folder is never taken for a file."""
    path = tmp_path / "kept.zip"
    path.write_text("mine")
    with pytest.raises(InvalidInput, match="--force"):
        backed_up(household, path)
    assert path.read_text() == "mine"
    backed_up(household, path, force=True)
    verify(path, silent)
    with pytest.raises(InvalidInput, match="not a file"):
        backed_up(household, tmp_path, force=True)


def test_a_backup_that_cannot_be_written_leaves_nothing(
    household: Household, tmp_path: Path
) -> None:
    """The error says what to do, and no half file lies about."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageFull, match="cannot be written"):
        backed_up(household, tmp_path / "file" / "encore.zip")
    with pytest.raises(StorageFull):
        backed_up(household, Path("/dev/full/encore.zip"))
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_version_that_is_not_whole_is_left_out_and_said(
    furnished: Household, household: Household, tmp_path: Path
) -> None:
    """The rest is kept all the same, and what is restored serves by the rules."""
    spoil(furnished.shelf.folder)
    done = backed_up(furnished, tmp_path / "encore.zip")
    (reason,) = done.manifest.left_out.values()
    assert "other bytes" in reason
    restored(done.path, household)
    with household.database.reading() as session:
        serving = household.shelf.serving(session)
    assert (serving.version, serving.is_fallback) == (None, True)


def test_what_is_there_is_not_restored_over(archive: Path, furnished: Household) -> None:
    """The error names what is there; with force that goes, and what the backup has comes."""
    rows = all_rows(furnished.database)
    ask(furnished)
    with pytest.raises(NotEmpty, match="slates"):
        restored(archive, furnished)
    assert len(all_rows(furnished.database)["slates"]) == len(rows["slates"]) + 1
    restored(archive, furnished, force=True)
    assert all_rows(furnished.database) == rows


def test_who_was_signed_in_is_not_after_restoring(archive: Path, furnished: Household) -> None:
    """What no backup keeps is emptied with the rest."""
    restored(archive, furnished, force=True)
    with furnished.database.reading() as session:
        left = {name: dump.count(session, name) for name in dump.NOT_KEPT}
    assert left == {"sessions": 0, "login_attempts": 0, "idempotency_keys": 0, "generations": 3}


def test_a_damaged_version_is_mended_by_restoring(archive: Path, furnished: Household) -> None:
    """The backup's files take the place of those that are there."""
    files = all_files(furnished.shelf.folder)
    spoil(furnished.shelf.folder)
    restored(archive, furnished, force=True)
    assert all_files(furnished.shelf.folder) == files


def test_a_commit_that_fails_changes_nothing(archive: Path, furnished: Household) -> None:
    """Files are put back as they were, rows stay, and nothing is left behind."""
    spoil(furnished.shelf.folder)
    rows, files = all_rows(furnished.database), all_files(furnished.shelf.folder)

    def refuse(_connection: object) -> None:
        raise OSError("the power is gone")

    event.listen(furnished.database.engine, "commit", refuse)
    with pytest.raises(OSError, match="power"):
        restored(archive, furnished, force=True)
    event.remove(furnished.database.engine, "commit", refuse)
    assert all_rows(furnished.database) == rows
    assert all_files(furnished.shelf.folder) == files
    assert len(list(furnished.shelf.folder.iterdir())) == 1


def test_a_folder_of_models_that_cannot_be_written_changes_nothing(
    archive: Path, another: Household, tmp_path: Path
) -> None:
    """The error names the folder, and no row is kept."""
    (tmp_path / "file").write_text("no folder")
    nowhere = Household(another.database, Shelf(tmp_path / "file"), another.clock)
    with pytest.raises(StorageFull, match="file"):
        restored(archive, nowhere)
    assert not any(all_rows(another.database).values())


def _without(name: str) -> Change:
    return lambda members: {key: value for key, value in members.items() if key != name}


def _with_manifest(change: Callable[[dict[str, Any]], object]) -> Change:
    return lambda members: told_otherwise(members, change)


def _with_rows(table: str, change: Callable[[list[dict[str, Any]]], object]) -> Change:
    def changed(members: Members) -> Members:
        lines = lines_of(members, table)
        change(lines)
        return sealed_again(members, table, lines)

    return changed


def _model(members: Members) -> str:
    return next(name for name in members if name.endswith(".safetensors"))


def _other_model(members: Members) -> Members:
    """Return members with another model, for which the manifest of the backup vouches."""
    name = _model(members)
    _, version, file = name.split("/")
    content = members[name][:-1] + b"\x00"

    def vouch(manifest: dict[str, Any]) -> None:
        manifest["models"][version][file]["sha256"] = sha256(content).hexdigest()

    return told_otherwise({**members, name: content}, vouch)


DAMAGES: dict[str, Change] = {
    "a member is missing": _without("tables/feedback.jsonl"),
    "a model's file is missing": lambda members: _without(_model(members))(members),
    "the manifest is missing": _without(MANIFEST),
    "a member too many": lambda members: {**members, "tables/more.jsonl": b""},
    "a path that leads out": lambda members: {**members, "../../etc/cron.d/more": b"* * * * *"},
    "an absolute path": lambda members: {**members, "/tmp/more": b""},  # noqa: S108  # a name
    "a table with a path": _with_manifest(
        lambda told: told["tables"].update({"../../more": told["tables"]["media"]})
    ),
    "a version with a path": _with_manifest(
        lambda told: told["models"].update({"../20261120T201500-000000000000": {}})
    ),
    "a file with a path": _with_manifest(
        lambda told: next(iter(told["models"].values())).update(
            {"../more": {"bytes": 0, "sha256": "0" * 64}}
        )
    ),
    "a version that no row knows": _with_manifest(
        lambda told: told["models"].update({"20261120T201500-000000000000": {}})
    ),
    "a version whose files are gone": lambda members: {
        name: content
        for name, content in told_otherwise(
            members, lambda told: told.update({"models": {}})
        ).items()
        if not name.startswith("models/")
    },
    "another digest": _with_manifest(
        lambda told: told["tables"]["media"].update({"sha256": "0" * 64})
    ),
    "another size": _with_manifest(lambda told: told["tables"]["media"].update({"bytes": 7})),
    "another count": _with_manifest(lambda told: told["tables"]["media"].update({"rows": 7})),
    "other bytes": lambda members: {
        **members,
        "tables/media.jsonl": members["tables/media.jsonl"].replace(b"movie", b"MOVIE", 1),
    },
    "a manifest of another kind": lambda members: {**members, MANIFEST: b"[]"},
    "a manifest that is no text": lambda members: {**members, MANIFEST: b"\xff\xfe{"},
    "a manifest that is too deep": lambda members: {**members, MANIFEST: b"[" * 200_000},
    "a manifest without a format": _with_manifest(lambda told: told.pop("format")),
    "a manifest that says more": _with_manifest(lambda told: told.update({"more": 1})),
    "a row cut short": lambda members: sealed_again(members, "members", [{"id": 1}]),
    "a row of another kind": _with_rows("members", lambda rows: rows[0].update({"id": "one"})),
    "a row with a column too many": _with_rows("members", lambda rows: rows[0].update({"x": 1})),
    "a table that nobody knows": _with_manifest(
        lambda told: told["tables"].update({"more": told["tables"]["media"]})
    ),
    "a table that is missing": lambda members: _without("tables/members.jsonl")(
        told_otherwise(members, lambda told: told["tables"].pop("members"))
    ),
    "another model": _other_model,
    "a row that points nowhere": _with_rows(
        "feedback", lambda rows: rows[0].update({"recommendation_id": 10**9})
    ),
    "a row twice": _with_rows("members", lambda rows: rows.append(rows[0])),
    "a digest on record that is another": _with_rows(
        "model_versions", lambda rows: rows[0].update({"digest": "0" * 64})
    ),
}


@pytest.mark.parametrize("change", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_backup_is_refused_and_nothing_changes(
    archive: Path, another: Household, change: Change
) -> None:
    """Whatever was done to it, the error is named and the household is as empty as before."""
    packed_again(archive, change(unpacked(archive)))
    with pytest.raises(BackupDamaged, match=r".+"):
        restored(archive, another)
    assert not any(all_rows(another.database).values())
    assert not all_files(another.shelf.folder)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.9999])
def test_a_truncated_backup_is_refused(archive: Path, another: Household, share: float) -> None:
    """However much of it is there."""
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BackupDamaged, match="whole zip"):
        restored(archive, another)
    assert not any(all_rows(another.database).values())


def test_a_flipped_byte_is_found_or_of_no_account(archive: Path) -> None:
    """Wherever it is: either the backup is refused by name, or all that is in it is the same."""
    content = archive.read_bytes()
    manifest = verify(archive, silent)
    random = Random(11)  # noqa: S311  # a place, not a secret
    # The zip's own directory is where flips are least covered by digests: it is gone through.
    places = [random.randrange(len(content)) for _ in range(60)]
    directory = content.index(b"PK\x01\x02")
    refused = 0
    for place in [*places, *range(directory, len(content), 7)]:
        flipped = bytearray(content)
        flipped[place] ^= 1 << random.randrange(8)
        archive.write_bytes(flipped)
        try:
            assert verify(archive, silent) == manifest
        except EncoreError:
            refused += 1
    assert refused > 60


def test_a_bomb_is_refused_before_it_is_unpacked(archive: Path, another: Household) -> None:
    """What would unpack to more than any backup does is not even begun."""
    members = unpacked(archive)
    zeros = bytes(200 * 2**20)

    def vouch(manifest: dict[str, Any]) -> None:
        manifest["tables"]["media"] |= {"bytes": len(zeros)}

    bomb = {**members, table_name("media"): zeros}
    packed_again(archive, told_otherwise(bomb, vouch))
    with pytest.raises(BackupDamaged, match="unpack to"):
        restored(archive, another)
    packed_again(archive, {**members, MANIFEST: zeros[: 17 * 2**20]})
    with pytest.raises(BackupDamaged, match="too large"):
        restored(archive, another)
    assert not any(all_rows(another.database).values())


def test_a_bomb_that_lies_about_its_size_is_refused(archive: Path, another: Household) -> None:
    """No more is unpacked than the manifest says."""
    members = unpacked(archive)
    name = table_name("accounts")
    size = len(members[name])
    packed_again(archive, {**members, name: bytes(2**20)})
    lie = struct.pack("<II", zlib.crc32(bytes(size)), 0)
    content = bytearray(archive.read_bytes())
    at = content.index(name.encode(), content.index(b"PK\x01\x02")) - 46
    content[at + 16 : at + 20] = lie[:4]
    content[at + 24 : at + 28] = struct.pack("<I", size)
    archive.write_bytes(content)
    with pytest.raises(BackupDamaged):
        restored(archive, another)
    assert not any(all_rows(another.database).values())


def test_two_members_of_one_name_are_refused(archive: Path, another: Household) -> None:
    """Which of them is meant is not guessed."""
    with (
        zipfile.ZipFile(archive, "a") as packed,
        pytest.warns(UserWarning, match="Duplicate"),
    ):
        packed.writestr(table_name("members"), b"")
    with pytest.raises(BackupDamaged, match="same name"):
        restored(archive, another)


def test_a_file_that_is_not_there_is_named(another: Household, tmp_path: Path) -> None:
    """So is a folder, and a file that is no backup at all."""
    with pytest.raises(InvalidInput, match="nothing"):
        restored(tmp_path / "nothing.zip", another)
    with pytest.raises(InvalidInput, match="directory"):
        restored(tmp_path, another)
    (tmp_path / "text.zip").write_text("Dear diary")
    with pytest.raises(BackupDamaged, match="whole zip"):
        restored(tmp_path / "text.zip", another)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 2}, "format 2"),
        ({"revision": "9999", "encore": "7.0.0"}, r"revision 9999.+7\.0\.0"),
    ],
    ids=["format", "revision"],
)
def test_a_backup_of_a_newer_encore_is_refused(
    archive: Path, another: Household, change: dict[str, Any], told: str
) -> None:
    """The sentence says which Encore to use."""
    members = unpacked(archive)
    packed_again(archive, told_otherwise(members, lambda manifest: manifest.update(change)))
    with pytest.raises(BackupTooNew, match=told):
        restored(archive, another)


def _older(members: Members) -> Members:
    return told_otherwise(members, lambda told: told.update({"revision": dump.revisions()[1]}))


def _less(table: str, *columns: str) -> Change:
    def changed(members: Members) -> Members:
        lines = [
            {name: value for name, value in line.items() if name not in columns}
            for line in lines_of(members, table)
        ]
        return sealed_again(members, table, lines)

    return changed


def test_an_older_backup_takes_the_defaults_of_today(
    archive: Path, furnished: Household, household: Household
) -> None:
    """Columns and tables that came later are as a migration would have left them."""
    members = _less("training_runs", "trigger", "failures")(_older(unpacked(archive)))
    members = _without("tables/rank_events.jsonl")(
        told_otherwise(members, lambda told: told["tables"].pop("rank_events"))
    )
    done = restored(packed_again(archive, members), household)
    assert done.rows["rank_events"] == 0
    rows, before = all_rows(household.database), all_rows(furnished.database)
    assert [row["trigger"] for row in rows["training_runs"]] == ["request"]
    assert [row["failures"] for row in rows["training_runs"]] == [None]
    assert rows["feedback"] == before["feedback"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_less("media", "title"), "lacks the column title of media"),
        (_with_rows("members", lambda rows: rows[0].update({"age": 7})), "no column age"),
    ],
    ids=["lacking", "gone"],
)
def test_an_older_backup_that_does_not_fit_is_refused(
    archive: Path, another: Household, change: Change, told: str
) -> None:
    """Nothing is made up and nothing is lost without a word: the Encore of then can restore it."""
    packed_again(archive, change(_older(unpacked(archive))))
    with pytest.raises(BackupTooOld, match=told):
        restored(archive, another)
    assert not any(all_rows(another.database).values())
