"""Where Encore is reached from, and whom it believes about that."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

from app.backend.domain.errors import SettingsInvalid

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


@dataclass(frozen=True)
class Doorway:
    """How an installation is reached.

    Attributes
    ----------
    public_url : str
        What people type; empty where it is the address that Encore listens on.
    base_path : str
        Below which Encore lies there: `/encore`, or empty.
    allowed_hosts : frozenset of str
        Names that requests may use, beside those of this machine and of the public address.
    trusted_proxies : tuple of network
        Whose word counts about where a request is from.
    sso_header : str
        The header by which a proxy says who has signed in there; empty: none is believed.
    sso_from : tuple of network
        The only addresses from which that header is believed.
    is_local : bool
        Whether Encore listens on this machine's loopback address alone.
    """

    public_url: str = ""
    base_path: str = ""
    allowed_hosts: frozenset[str] = frozenset()
    trusted_proxies: tuple[Network, ...] = ()
    sso_header: str = ""
    sso_from: tuple[Network, ...] = field(default=())
    is_local: bool = True

    @cached_property
    def may_be_unclaimed(self) -> bool:
        """Whether whoever sits at this machine may use Encore before it has an owner."""
        is_behind = self.public_url or self.trusted_proxies or self.sso_header
        return self.is_local and not is_behind

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that requests may use, in small letters, without ports."""
        public = urlsplit(self.public_url).hostname or ""
        shown = {f"[{public}]" if ":" in public else public} if public else set()
        return LOOPBACK_NAMES | self.allowed_hosts | shown

    @cached_property
    def public_origin(self) -> str:
        """The origin that browsers see; empty where it is the name that they ask for."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}" if self.public_url else ""

    @cached_property
    def is_https(self) -> bool:
        """Whether browsers reach Encore by https."""
        return self.public_url.startswith("https://")


def networks(text: str, setting: str) -> tuple[Network, ...]:
    """Return the networks that a setting lists.

    Raises
    ------
    SettingsInvalid
        Where one is no address and no network.

    Examples
    --------
    >>> networks("10.0.0.0/8, 192.0.2.1", "ENCORE_TRUSTED_PROXIES")
    (IPv4Network('10.0.0.0/8'), IPv4Network('192.0.2.1/32'))
    """
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError as error:
        raise SettingsInvalid(
            f"{setting} lists something that is no address; write 192.0.2.1 or 10.0.0.0/8, with "
            "commas between."
        ) from error


def is_within(address: str, known: Iterable[Network]) -> bool:
    """Say whether an address belongs to one of the networks; one that is none does not.

    Examples
    --------
    >>> is_within("10.1.2.3", networks("10.0.0.0/8", "")), is_within("unix", networks("::/0", ""))
    (True, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found.version == one.version and found in one for one in known)


@lru_cache(maxsize=1_024)
def is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.1"), is_loopback("")
    (True, True, False, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_loopback
