"""What a request's headers say of where it is from and who sends it, read once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final

COOKIE: Final = "encore_session"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
MOST_HOPS: Final = 20

_FORWARDING: Final = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip"}
)


@dataclass(slots=True)
class Marks:
    """What the headers of one request say; none of it is believed yet.

    Attributes
    ----------
    hosts : list of str
        The names that it asks for, in small letters, with their ports; one, if all is well.
    site, origin : str or None
        What a browser says of the page that caused it.
    key : str or None
        An API key.
    session : str or None
        A browser's session cookie.
    hops : list of str
        Through whom it came, by those who passed it on; the nearest last.
    scheme : str or None
        How it came to the nearest proxy.
    is_forwarded : bool
        Whether anything says that somebody passed it on.
    proxy_user : str or None
        Who it is, as a proxy says.
    """

    hosts: list[str] = field(default_factory=list)
    site: str | None = None
    origin: str | None = None
    key: str | None = None
    session: str | None = None
    hops: list[str] = field(default_factory=list)
    scheme: str | None = None
    is_forwarded: bool = False
    proxy_user: str | None = None

    @property
    def has_credential(self) -> bool:
        """Whether it says who sends it."""
        return self.key is not None or self.session is not None or self.proxy_user is not None


def marks_of(headers: Iterable[tuple[bytes, bytes]], sso_header: bytes = b"") -> Marks:
    """Read the headers of a request.

    Parameters
    ----------
    headers : iterable of (bytes, bytes)
        Names in small letters, as ASGI has them.
    sso_header : bytes
        In small letters; empty: none.
    """
    found = Marks()
    for name, value in headers:
        read = _READERS.get(name)
        if read is not None:
            read(found, value.decode("latin-1"))
        if name in _FORWARDING:
            found.is_forwarded = True
        if sso_header and name == sso_header:
            found.proxy_user = value.decode("utf-8", "replace").strip() or None
    return found


def _host(found: Marks, value: str) -> None:
    found.hosts.append(value.casefold())


def _site(found: Marks, value: str) -> None:
    found.site = value


def _origin(found: Marks, value: str) -> None:
    found.origin = value


def _authorization(found: Marks, value: str) -> None:
    scheme, _, key = value.partition(" ")
    if scheme.casefold() == "bearer":
        found.key = key.strip()


def _key(found: Marks, value: str) -> None:
    found.key = found.key or value.strip()


def _cookie(found: Marks, value: str) -> None:
    if COOKIE not in value:
        return
    try:
        cookies = SimpleCookie(value)
    except CookieError:
        return
    told = cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)
    if told is not None:
        found.session = told.value


def _forwarded_for(found: Marks, value: str) -> None:
    hops = [one.strip() for one in value.split(",")]
    found.hops = [*found.hops, *hops][-MOST_HOPS:]


def _forwarded_proto(found: Marks, value: str) -> None:
    found.scheme = value.rpartition(",")[2].strip().casefold()


_READERS: Final[dict[bytes, Callable[[Marks, str], None]]] = {
    b"host": _host,
    b"sec-fetch-site": _site,
    b"origin": _origin,
    b"authorization": _authorization,
    b"x-api-key": _key,
    b"ocp-apim-subscription-key": _key,
    b"cookie": _cookie,
    b"x-forwarded-for": _forwarded_for,
    b"x-forwarded-proto": _forwarded_proto,
}
