"""The address of a media server: what may be called, and what never is."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from app.backend.domain.errors import AddressRefused, InvalidInput

LONGEST_ADDRESS: Final = 500
PORTS: Final = {"http": 80, "https": 443}
# A last label without a letter would be a number that resolvers read as an address of their own.
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)(?=[a-z0-9-]*[a-z])[a-z0-9-]{1,63}(?<!-)",
    re.ASCII,
)
# Something after the brackets, and the name of a network card in them, is not looked at by all.
_PLACE: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:%]+)(:[0-9]*)?", re.ASCII)
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*", re.ASCII)
# Where machines of clouds tell secrets, beside link-local addresses.
_METADATA: Final = frozenset({ip_address("100.100.100.200"), ip_address("fd00:ec2::254")})
_TRANSLATED: Final = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A server as an owner names it; `path` is what stands before every path of its interface.

    Examples
    --------
    >>> str(ServerAddress.of(" http://NAS.local:8096/jellyfin/ "))
    'http://nas.local:8096/jellyfin'
    >>> ServerAddress.of("https://media.example").port
    443
    """

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, text: str) -> "ServerAddress":
        """Read an address.

        Raises
        ------
        InvalidInput
            Where it is none, or one that could be read in two ways.
        """
        parts = _split(text.strip())
        host, port = (parts.hostname or "").lower().rstrip("."), _port(parts)
        path = parts.path.rstrip("/")
        is_plain = not (parts.query or parts.fragment or "@" in parts.netloc)
        is_plain = is_plain and _PLACE.fullmatch(parts.netloc) is not None
        if parts.scheme not in PORTS or not _is_host(host) or not is_plain or port is None:
            raise _invalid()
        if not _PATH.fullmatch(path) or ".." in path.split("/"):
            raise _invalid()
        return cls(parts.scheme, host, port, path)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def authority(self) -> str:
        """What the header `Host` says."""
        return str(self).split("/")[2]


def insist_on_callable(ip: str) -> None:
    """Let an address pass that a media server may have, also one at home.

    Raises
    ------
    AddressRefused
        Where it is link-local, multicast, unspecified or a cloud's metadata, however it is spelt.
    """
    found: Address = ip_address(ip.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = _inner(found)
    refused = found.is_link_local or found.is_multicast or found.is_unspecified
    is_nobody = isinstance(found, IPv4Address) and int(found) >> 24 in {0, *range(240, 256)}
    if refused or is_nobody or found in _METADATA:
        raise AddressRefused(
            f"The server's name leads to {found}, which no media server has; check the address."
        )


def _inner(found: IPv6Address) -> Address:
    """Return the address of version 4 that one of version 6 stands for, if it does."""
    if found.ipv4_mapped is not None:
        return found.ipv4_mapped
    is_compatible = 0xFFFF < int(found) <= 0xFFFFFFFF
    if is_compatible or any(found in network for network in _TRANSLATED):
        return IPv4Address(int(found) & 0xFFFFFFFF)
    return found.sixtofour or found


def _split(text: str) -> SplitResult:
    if len(text) > LONGEST_ADDRESS or "\\" in text or not text.isascii() or not text.isprintable():
        raise _invalid()
    try:
        return urlsplit(text)
    except ValueError:
        raise _invalid() from None


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        return None
    return PORTS.get(parts.scheme) if port is None else port or None


def _is_host(host: str) -> bool:
    if _NAME.fullmatch(host):
        # `0x7f` has letters, and resolvers read it as a number all the same.
        return not re.fullmatch(r"0x[0-9a-f]*", host.rpartition(".")[2])
    try:
        return str(ip_address(host)) == host
    except ValueError:
        return False


def _invalid() -> InvalidInput:
    return InvalidInput(
        "That is no address of a media server; write it like http://nas.local:8096, without a name "
        "or password in it."
    )
