"""Keys are files of their own, for their owner's eyes alone, and are in nothing else."""

import json
import os
import stat
from pathlib import Path

import pytest

from app.backend.domain.errors import ServerRefuses, StorageFull
from app.backend.sources.keyring import Credentials, Keyring

KEYS = Credentials("the-servers-key", "the-webhooks-secret", {"a" * 32: "annas-key"})
SECRETS = ("the-servers-key", "the-webhooks-secret", "annas-key")


def test_what_is_kept_is_read(tmp_path: Path) -> None:
    """By whoever opens the folder next; keeping again replaces it."""
    Keyring(tmp_path / "keys").write(7, KEYS)
    assert Keyring(tmp_path / "keys").read(7) == KEYS
    Keyring(tmp_path / "keys").write(7, Credentials("another", "secret"))
    assert Keyring(tmp_path / "keys").read(7) == Credentials("another", "secret")


def test_nobody_else_may_read_a_key(tmp_path: Path) -> None:
    """Neither its file nor its folder, whatever this user's files usually are."""
    before = os.umask(0)
    try:
        Keyring(tmp_path / "keys").write(7, KEYS)
    finally:
        os.umask(before)
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_keys_are_in_no_description(tmp_path: Path) -> None:
    """Neither of the credentials nor of an error."""
    keyring = Keyring(tmp_path / "keys")
    keyring.write(7, KEYS)
    told = repr(KEYS) + repr(keyring) + str(keyring)
    assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"null",
        b'{"token": "the-servers-key"}',
        b'{"token": "a", "webhook_secret": "b", "people": []}',
    ],
)
def test_a_key_that_is_not_there_says_so(tmp_path: Path, content: bytes | None) -> None:
    """As after a backup was restored elsewhere; what is in the file is not repeated."""
    if content is not None:
        (tmp_path / "source-7.json").write_bytes(content)
    with pytest.raises(ServerRefuses, match="write it again") as caught:
        Keyring(tmp_path).read(7)
    assert "the-servers-key" not in str(caught.value)


def test_a_forgotten_key_is_gone(tmp_path: Path) -> None:
    """That of another source stays; forgetting one that is not there is no error."""
    keyring = Keyring(tmp_path / "keys")
    keyring.forget(7)
    for number in (7, 8):
        keyring.write(number, KEYS)
    keyring.forget(7)
    with pytest.raises(ServerRefuses):
        keyring.read(7)
    assert keyring.read(8) == KEYS


def test_no_room_for_a_key_leaves_the_one_before(tmp_path: Path) -> None:
    """It is written beside, and takes the other's place as a whole."""
    keyring = Keyring(tmp_path / "keys")
    keyring.write(7, KEYS)
    (tmp_path / "keys" / "source-7.new").symlink_to("/dev/full")
    with pytest.raises(StorageFull, match="make room"):
        keyring.write(7, Credentials("another"))
    assert keyring.read(7) == KEYS
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StorageFull):
        Keyring(tmp_path / "file").write(7, KEYS)


def test_a_webhooks_secret_names_its_source_alone(tmp_path: Path) -> None:
    """An empty one, a part of one and another's name nobody; a damaged file hides no other."""
    keyring = Keyring(tmp_path)
    assert keyring.source_of("the-webhooks-secret") is None
    (tmp_path / "source-1.json").write_text("{")
    (tmp_path / "source-x.json").write_text(json.dumps({}))
    keyring.write(2, Credentials("token", ""))
    keyring.write(7, KEYS)
    keyring.write(8, Credentials("token", "another-secret"))
    assert keyring.source_of("the-webhooks-secret") == 7
    for secret in ("", "the-webhooks", "the-webhooks-secretx", "the-servers-key", "é\udcff"):
        assert keyring.source_of(secret) is None
