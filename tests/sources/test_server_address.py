"""An address is read in one way only, and some are never called, however they are spelt."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backend.domain.errors import AddressRefused, InvalidInput
from app.backend.sources.server_address import ServerAddress, insist_on_callable
from app.backend.sources.upstream import Upstream

# What an owner may write, and what it is kept as.
GOOD = {
    "http://nas.local:8096": "http://nas.local:8096",
    " HTTP://NAS.local:8096/ ": "http://nas.local:8096",
    "http://nas:80": "http://nas",
    "https://media.example:443/": "https://media.example",
    "https://media.example:8920": "https://media.example:8920",
    "http://media.example./jellyfin/": "http://media.example/jellyfin",
    "http://192.168.1.20:8096": "http://192.168.1.20:8096",
    "http://10.0.0.1/a/b-c_d.e~f": "http://10.0.0.1/a/b-c_d.e~f",
    "http://127.0.0.1:32400": "http://127.0.0.1:32400",
    "http://[::1]:8096/jf": "http://[::1]:8096/jf",
    "http://[fd12:3456::1]": "http://[fd12:3456::1]",
    "http://xn--bcher-kva.example": "http://xn--bcher-kva.example",
    "http://my_nas.lan:1": "http://my_nas.lan:1",
    "http://1.2.3.4.example": "http://1.2.3.4.example",
}
# What could be read in two ways, leads elsewhere than it looks, or is no server at all.
BAD = [
    "",
    "nas.local:8096",
    "//nas.local",
    "ftp://nas.local",
    "file:///etc/passwd",
    "gopher://nas.local",
    "unix:///run/jellyfin.sock",
    "javascript:alert(1)",
    "http:nas.local",
    "http:/nas.local",
    "http://",
    "http:///jellyfin",
    # Numbers that resolvers read as 127.0.0.1, or as another address.
    "http://2130706433",
    "http://0x7f000001",
    "http://0x7f.1",
    "http://0X7F.0.0.1",
    "http://017700000001",
    "http://0177.0.0.1",
    "http://127.1",
    "http://127.0.1",
    "http://127.0.0.01",
    "http://0",
    "http://1.2.3.4.5",
    "http://256.1.1.1",
    "http://127.0.0.0x1",
    "http://nas.0x1",
    "http://\uff11\uff12\uff17.0.0.1",
    "http://\u2460\u2461\u2466.0.0.1",
    "http://127\u30020\u30020\u30021",
    "http://[::ffff:7f00:1]x",
    "http://[::1",
    "http://::1:8096",
    "http://[fe80::1%eth0]",
    "http://[::FFFF:127.0.0.1]",
    "http://[0:0:0:0:0:0:0:1]",
    # Names and passwords, and what only looks like a host.
    "http://user@nas.local",
    "http://user:password@nas.local",
    "http://nas.local@evil.example",
    "http://evil.example:80@127.0.0.1",
    "http://@nas.local",
    "http://evil.example\\@127.0.0.1",
    "http://nas.local\\.evil.example",
    "http://nas.local#@evil.example",
    "http://nas.local?@evil.example",
    "http://nas.local?x=1",
    "http://nas.local/#x",
    "http://nas.local/?x",
    # Paths that lead out of themselves.
    "http://nas.local/../admin",
    "http://nas.local/a/..",
    "http://nas.local/%2e%2e/admin",
    "http://nas.local/a%2fb",
    "http://nas.local/a b",
    "http://nas.local/a;b",
    "http://nas.local//evil.example",
    # Lines, blanks and characters that are cut out or folded on the way.
    "http://nas.local\r\nHost: evil.example",
    "http://nas.local/\r\nX: y",
    "http://nas.lo\tcal",
    "http://nas.lo\ncal",
    "http://nas .local",
    "http://nas.local\x00.evil.example",
    "http://n\u00e4s.local",
    "http://nas\u2024local",
    "http://nas.local\u3002evil.example",
    "http://\u212aas.local",
    # Ports that are none.
    "http://nas.local:0",
    "http://nas.local:65536",
    "http://nas.local:-1",
    "http://nas.local:80a",
    "http://nas.local: 80",
    "http://nas.local:80:80",
    # Hosts that are none.
    "http://-nas.local",
    "http://nas-.local",
    "http://nas..local",
    "http://.local",
    "http://nas.local-",
    f"http://{'a' * 64}.local",
    f"http://{'a.' * 130}local",
    f"http://nas.local/{'a' * 500}",
]
NEVER = [
    # Link-local, where clouds tell secrets, in every spelling.
    "169.254.169.254",
    "169.254.0.1",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "100.100.100.200",
    "::ffff:100.100.100.200",
    "fd00:ec2::254",
    # Nobody, everybody, and what was never given out.
    "0.0.0.0",  # noqa: S104  # nothing listens there
    "0.1.2.3",
    "::",
    "::ffff:0.0.0.0",
    "64:ff9b::",
    "224.0.0.1",
    "239.255.255.250",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "::ffff:255.255.255.255",
    "64:ff9b::ffff:ffff",
]
# A media server may be at home, or on this very machine.
ALLOWED = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "172.16.0.9",
    "192.168.178.20",
    "100.64.0.7",
    "fd12:3456::1",
    "203.0.113.7",
    "2001:db8::7",
    "8.8.8.8",
    "::ffff:192.168.1.2",
]


@pytest.mark.parametrize("text", GOOD)
def test_an_address_has_one_spelling(text: str) -> None:
    """Reading what was kept changes nothing."""
    kept = str(ServerAddress.of(text))
    assert kept == GOOD[text]
    assert ServerAddress.of(kept) == ServerAddress.of(text)


@pytest.mark.parametrize("text", BAD)
def test_what_can_be_read_in_two_ways_is_no_address(text: str) -> None:
    """Nor what is no address at all; what was written is not repeated: a password may be in it."""
    with pytest.raises(InvalidInput) as caught:
        ServerAddress.of(text)
    assert caught.value.message.endswith(".")
    assert "evil" not in caught.value.message
    assert not caught.value.details


@pytest.mark.parametrize("ip", NEVER)
def test_some_addresses_are_never_called(ip: str) -> None:
    """However they are spelt, and whatever they are wrapped in."""
    with pytest.raises(AddressRefused, match="no media server"):
        insist_on_callable(ip)


@pytest.mark.parametrize("ip", ALLOWED)
def test_a_server_may_be_at_home(ip: str) -> None:
    """The owner names it, and nobody else does."""
    insist_on_callable(ip)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:a9fe:a9fe]", "0.1.2.3"])
def test_an_address_that_is_never_called_is_not_called(host: str) -> None:
    """It is read, and refused before a connection is made."""
    address = ServerAddress.of(f"http://{host}:9")
    with (
        closing(Upstream(address, {}, "Jellyfin")) as upstream,
        pytest.raises(AddressRefused, match="no media server"),
    ):
        upstream.json("/")


@given(text=st.text(max_size=60) | st.from_regex(r"https?://\S{0,40}", fullmatch=True))
def test_whatever_is_written_is_an_address_or_none(text: str) -> None:
    """Nothing else happens, and what is one has one spelling, one host, and no way out of it."""
    try:
        address = ServerAddress.of(text)
    except InvalidInput:
        return
    assert ServerAddress.of(str(address)) == address
    assert str(address).isascii()
    assert not set(str(address)) & set(" @\\?#%\r\n\t\0")
    assert ".." not in address.path.split("/")
    assert address.authority == str(address).split("/")[2]
