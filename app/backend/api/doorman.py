"""Stands before every route: by which name, from where, and at whose wish a request comes."""

import ipaddress
import logging
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.backend.api.access import MARKS, PEER
from app.backend.api.addresses import SAFE_METHODS
from app.backend.api.marks import Marks, marks_of
from app.backend.api.shape import shaped
from app.backend.domain.errors import CrossSiteRefused, EncoreError, HostRefused
from app.backend.workflows.doorway import Doorway, is_within

_SCHEMES: Final = frozenset({"http", "https"})

_log = logging.getLogger(__name__)


class Doorman:
    """Turns away what comes by a foreign name or from another site's page; says who is calling."""

    def __init__(self, app: ASGIApp, doorway: Doorway) -> None:
        self.app = app
        self.doorway = doorway
        self._has_warned = False
        self.sso_header = doorway.sso_header.casefold().encode("latin-1", "ignore")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, with what its headers say beside it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        marks = marks_of(scope["headers"], self.sso_header)
        try:
            self._place(scope, marks)
            self._insist_on_a_name(marks)
            if scope["method"] not in SAFE_METHODS and marks.key is None:
                self._insist_on_own_pages(marks)
        except EncoreError as error:
            answer = JSONResponse(shaped(scope, error.envelope()), status_code=error.status)
            await answer(scope, receive, send)
            return
        scope[MARKS] = marks
        await self.app(scope, receive, send)

    def _place(self, scope: Scope, marks: Marks) -> None:
        """Say where a request comes from, and where it asks to be led."""
        base = self.doorway.base_path
        if base:
            scope["root_path"] = base
            path = scope["path"]
            # Proxies pass the base path on, or take it away.
            if path != base and not path.startswith(f"{base}/"):
                scope["path"] = base + path
        peer = scope[PEER] = scope.get("client")
        if not marks.is_forwarded or peer is None:
            return
        if not is_within(peer[0], self.doorway.trusted_proxies):
            self._warn_once()
            return
        scope["client"] = (self._nearest_stranger(peer[0], marks), 0)
        if marks.scheme in _SCHEMES:
            scope["scheme"] = marks.scheme

    def _nearest_stranger(self, peer: str, marks: Marks) -> str:
        """Return the last address on the way that is no trusted proxy: all before it may lie."""
        for hop in reversed(marks.hops):
            address = _address(hop)
            if address is None:
                return peer
            if not is_within(address, self.doorway.trusted_proxies):
                return address
        return peer

    def _warn_once(self) -> None:
        """Say that a proxy may be unknown: once, so that strangers cannot fill the log."""
        if not self._has_warned:
            _log.warning(
                "A request has forwarding headers from an address that is no trusted proxy; they "
                "are not believed. Name your proxy in ENCORE_TRUSTED_PROXIES."
            )
        self._has_warned = True

    def _insist_on_a_name(self, marks: Marks) -> None:
        if len(marks.hosts) == 1:
            name = _without_port(marks.hosts[0])
            if name in self.doorway.names:
                return
            # Nobody can point a number at another machine.
            if not self.doorway.is_local and _is_number(name):
                return
        raise HostRefused(
            "Encore does not answer under that name; use the one it printed, or name it in "
            "ENCORE_ALLOWED_HOSTS."
        )

    def _insist_on_own_pages(self, marks: Marks) -> None:
        """Refuse what another site's page asks a browser for, by Fetch Metadata or by Origin."""
        if marks.site is not None:
            is_own = marks.site in {"same-origin", "none"}
        else:
            is_own = marks.origin is None or self._is_own_origin(marks.origin, marks.hosts[0])
        if not is_own:
            raise CrossSiteRefused(
                "The request came from another site's page; open Encore itself and try there."
            )

    def _is_own_origin(self, origin: str, host: str) -> bool:
        if origin == self.doorway.public_origin:
            return bool(origin)
        scheme, _, name = origin.partition("://")
        return scheme in _SCHEMES and name.casefold() == host


def _address(hop: str) -> str | None:
    """Return a hop's address; some proxies write its port, too. `None` where it is no address.

    Examples
    --------
    >>> _address("192.0.2.1:80"), _address("[2001:db8::1]:443"), _address("unknown")
    ('192.0.2.1', '2001:db8::1', None)
    """
    bare = hop.partition("]")[0].removeprefix("[")
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def _without_port(host: str) -> str:
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _is_number(name: str) -> bool:
    """Say whether a host's name is an address, written the one way that browsers write it."""
    try:
        parsed = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return urlsplit(f"//{name}").hostname == str(parsed)
