"""How often somebody may try a password: slower with each miss, for one name and for one network.

A name tried from one network waits 1, 2, 4, ... seconds, at most a quarter of an hour. Beside
that, a name has ten misses from anywhere, and a network ten with any names; one comes back every
ninety seconds, so that a quarter of an hour never sees more than twenty. One network alone is
slowed down before it uses up a name's: who has the right password gets in from another meanwhile.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.backend.domain.errors import TooManyAttempts
from app.backend.store import attempts
from app.backend.store.session import WriteSession

LONGEST_WAIT: Final = timedelta(minutes=15)
MISSES: Final = 10
MISS_COMES_BACK: Final = timedelta(seconds=90)
_V6_PREFIX: Final = 64


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that was counted before it was made, and what to count back where it succeeds."""

    pair: str
    name: str
    network: str


def begin(session: WriteSession, name: str, client: str, at: datetime) -> Attempt:
    """Count a try as a miss, before the password is looked at.

    Raises
    ------
    TooManyAttempts
        Where it is too early for another.
    """
    attempts.one_at_a_time(session)
    attempts.forget_old(session, at)
    network = network_of(client)
    attempt = Attempt(_subject("pair", name, network), _subject("name", name), _subject(network))
    waits = [
        until
        for subject in (attempt.pair, attempt.name, attempt.network)
        if (until := attempts.blocked_until(session, subject)) is not None and until > at
    ]
    if waits:
        raise _too_many(max(waits) - at)
    misses = attempts.failures(session, attempt.pair, at - LONGEST_WAIT) + 1
    wait = min(timedelta(seconds=2 ** min(misses - 1, 20)), LONGEST_WAIT)
    attempts.note_failure(session, attempt.pair, misses, at, at + wait)
    for subject in (attempt.name, attempt.network):
        _move(session, subject, at, MISS_COMES_BACK)
    return attempt


def succeeded(session: WriteSession, attempt: Attempt, at: datetime) -> None:
    """Forget the misses of a name from its network; what others missed still counts."""
    attempts.one_at_a_time(session)
    attempts.forget(session, attempt.pair)
    for subject in (attempt.name, attempt.network):
        _move(session, subject, at, -MISS_COMES_BACK)


def _move(session: WriteSession, subject: str, at: datetime, step: timedelta) -> None:
    """Use up one of a subject's misses, or give it back.

    A row says until when its subject is blocked: before now where misses are left, by as much as it
    took those to come back. (This is the generic cell rate algorithm of ATM networks.)
    """
    full = at - (MISSES - 1) * MISS_COMES_BACK
    until = attempts.blocked_until(session, subject) or full
    until = max(until, full) + step
    used = math.ceil((until - full) / MISS_COMES_BACK)
    attempts.note_failure(session, subject, max(used, 0), at, until)


def network_of(client: str) -> str:
    """Return whose misses are counted together: an address, or a network of version 6.

    Examples
    --------
    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2:3:4:5:6"), network_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::/64', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _V6_PREFIX), strict=False))


def _subject(*parts: str) -> str:
    """Return what a row is kept under: names that were tried may be passwords, typed too early."""
    said = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(said).hexdigest()


def _too_many(wait: timedelta) -> TooManyAttempts:
    seconds = max(1, math.ceil(wait.total_seconds()))
    return TooManyAttempts(
        f"Too many wrong passwords; try again in {seconds} seconds.",
        {"retry_after_seconds": seconds},
    )
