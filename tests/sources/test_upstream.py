"""Calls go to the address that was checked, over and over, and to nowhere else."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from app.backend.domain.errors import (
    AddressRefused,
    ServerRefuses,
    ServerUnreachable,
    SourceMalformed,
)
from app.backend.sources.server_address import ServerAddress
from app.backend.sources.upstream import Patience, Upstream
from tests.media_servers.fake_jellyfin import KEY, World, serve
from tests.media_servers.hostile import bytes_of, hostile, plainly, raw, telling
from tests.media_servers.server import Handler, serving

CERTIFICATE = Path(__file__).parents[1] / "media_servers" / "media.example.pem"
HEADERS = {"Authorization": f'MediaBrowser Token="{KEY}"'}


@dataclass(slots=True)
class Waits:
    """The pauses that were made."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        """Make none, and remember it."""
        self.seconds.append(seconds)


@contextmanager
def calling(
    address: str, patience: Patience | None = None, headers: dict[str, str] | None = None
) -> Iterator[tuple[Upstream, Waits]]:
    """Call a server; yields also the pauses that would have been made."""
    waits = Waits()
    upstream = Upstream(
        ServerAddress.of(address), headers or {}, "Jellyfin", patience or Patience(), waits
    )
    try:
        yield upstream, waits
    finally:
        upstream.close()


def port_of(address: str) -> int:
    """Return the port of an address."""
    return ServerAddress.of(address).port


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the name `media.example` leads to, one list a look-up; the last one stays."""
    answers = [["127.0.0.1"]]
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **told: Any) -> Any:  # noqa: ANN401  # the system's
        if host != "media.example":
            return real(host, port, *rest, **told)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


def test_a_name_is_looked_up_once_and_its_address_is_kept_to(names: list[list[str]]) -> None:
    """A name that leads elsewhere a moment later leads us nowhere; the server hears its name."""
    names[:] = [["127.0.0.1"], ["169.254.169.254"]]
    with hostile(telling({"a": 1})) as (address, asked):
        port = port_of(address)
        with calling(f"http://media.example:{port}/jf") as (upstream, _):
            for _ in range(3):
                assert upstream.json("/System", {"x": "a b&c"}) == {"a": 1}
    assert len(asked) == 3
    for head in asked:
        assert head.startswith(b"GET /jf/System?x=a+b%26c HTTP/1.1\r\n")
        assert f"Host: media.example:{port}\r\n".encode() in head
        assert b"Accept-Encoding: identity\r\n" in head


def test_a_name_that_leads_elsewhere_when_it_is_looked_up_again_is_checked_again(
    names: list[list[str]],
) -> None:
    """After a server broke off its name may lead to another machine, and that one is checked."""
    names[:] = [["127.0.0.1"], ["169.254.169.254"]]
    with hostile(raw(b"")) as (address, asked):
        here = f"http://media.example:{port_of(address)}"
        with calling(here) as (upstream, waits), pytest.raises(AddressRefused):
            upstream.json("/")
    assert (len(asked), waits.seconds) == (1, [1.0])


def test_one_address_that_is_never_called_spoils_a_name(names: list[list[str]]) -> None:
    """Whichever would be taken, and in whichever order they come."""
    for found in (["127.0.0.1", "169.254.169.254"], ["0.0.0.0", "127.0.0.1"]):  # noqa: S104
        names[:] = [found]
        with hostile(telling({})) as (address, asked):
            here = f"http://media.example:{port_of(address)}"
            with calling(here) as (upstream, _), pytest.raises(AddressRefused):
                upstream.json("/")
        assert asked == []


def test_a_name_of_several_addresses_is_called_where_somebody_listens(
    names: list[list[str]],
) -> None:
    """A server at home often has an address of version 6 on which it does not listen."""
    names[:] = [["::1", "127.0.0.2", "127.0.0.1"]]
    with (
        hostile(telling({"a": 1})) as (address, asked),
        calling(f"http://media.example:{port_of(address)}") as (upstream, waits),
    ):
        assert upstream.json("/") == {"a": 1}
        assert waits.seconds == []
    assert len(asked) == 1


def test_a_name_of_nobody_says_so() -> None:
    """It is not asked for again and again."""
    with calling("http://nobody.invalid") as (upstream, waits):
        with pytest.raises(ServerUnreachable, match=r"no machine called nobody\.invalid"):
            upstream.json("/")
        assert waits.seconds == []


@pytest.mark.parametrize(
    ("said", "waited"),
    [
        ("", [1.0, 2.0, 4.0]),
        ("Retry-After: 3", [3.0, 3.0, 3.0]),
        ("Retry-After: 0", [0.0, 0.0, 0.0]),
        ("Retry-After: 99999999999", [15.0, 15.0, 15.0]),
        ("Retry-After: -5", [1.0, 2.0, 4.0]),
        ("Retry-After: nan", [1.0, 2.0, 4.0]),
        ("Retry-After: Fri, 31 Dec 2100 23:59:59 GMT", [1.0, 2.0, 4.0]),
    ],
)
def test_a_busy_server_is_asked_again_when_it_says_so(said: str, waited: list[float]) -> None:
    """Only so often, and never after more than a bounded pause."""
    answer = plainly("503 Service Unavailable", b"", *([said] if said else []))
    with hostile(answer) as (address, asked), calling(address) as (upstream, waits):
        with pytest.raises(ServerUnreachable, match="status 503"):
            upstream.json("/")
        assert (len(asked), waits.seconds) == (4, waited)


def test_a_change_and_a_picture_are_asked_for_once() -> None:
    """Nobody knows whether a change that broke off was made."""
    with hostile(raw(b"")) as (address, asked), calling(address) as (upstream, waits):
        with pytest.raises(ServerUnreachable):
            upstream.send("POST", "/", {"userId": "1"}, {"Rating": 8.0})
        with pytest.raises(ServerUnreachable):
            upstream.content("/", {}, 100)
        assert (len(asked), waits.seconds) == (2, [])
    assert asked[0].startswith(b"POST /?userId=1 HTTP/1.1\r\n")


def test_what_is_no_business_of_a_line_stays_out_of_it() -> None:
    """A value that would begin another line, or another request, is only a value."""
    with hostile(telling({})) as (address, asked), calling(address) as (upstream, _):
        upstream.json("/", {"ids": "1\r\nX: y\r\n\r\nGET /admin HTTP/1.1", "é": "ü&x=1#a?b"})
    (head,) = asked
    assert head.count(b"\r\n") == head.count(b"\n") == len(head.splitlines())
    assert b"X: y" not in head
    assert b"/admin" not in head
    assert b"%0D%0A" in head


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        (plainly("401 No", b""), ServerRefuses, "key"),
        (plainly("404 Not Found", b""), SourceMalformed, "status 404"),
        (
            plainly("302 F", b"", "Location: http://[::1]/\x1b[31m"),
            AddressRefused,
            "does not follow",
        ),
        (plainly("200 OK", b"[]", "Content-Encoding: GZip"), SourceMalformed, "packs"),
        (plainly("200 OK", b"[1"), SourceMalformed, "no JSON"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence_of_plain_text(
    answer: Callable[[socket.socket], object], error: type[Exception], said: str
) -> None:
    """Whatever the server puts into it, a terminal and a page can show it."""
    with hostile(answer) as (address, _), calling(address) as (upstream, _waits):
        with pytest.raises(error, match=said) as caught:
            upstream.json("/")
        assert str(caught.value).isprintable()


def test_more_than_its_length_is_no_part_of_an_answer() -> None:
    """Nor is it the answer to what is asked next: the connection is not used again."""
    told = bytes_of("200 OK", b'{"a": 1}') + bytes_of("200 OK", b'{"a": 2}')
    with hostile(raw(told)) as (address, asked), calling(address) as (upstream, _):
        assert [upstream.json("/")["a"] for _ in range(2)] == [1, 1]
    assert len(asked) == 2


def test_a_connection_is_used_again_and_a_lost_one_is_made_anew() -> None:
    """Servers close connections that nobody used for a while."""
    connections, is_lost = set[int](), Event()

    class Counting(Handler):
        def do_GET(self) -> None:  # noqa: N802  # the library's name
            connections.add(id(self.connection))
            self.close_connection = len(connections) == 1 and self.path == "/last"
            self.say(200, b"{}")

        def finish(self) -> None:
            super().finish()
            with suppress(OSError):  # the other side may have gone first
                self.connection.shutdown(socket.SHUT_RDWR)
            is_lost.set()

    with serving(Counting) as address, calling(address) as (upstream, waits):
        for path in ("/a", "/b", "/last"):
            upstream.json(path)
        assert len(connections) == 1
        assert is_lost.wait(30)
        upstream.json("/c")
        assert waits.seconds == []


def test_a_key_is_in_no_description() -> None:
    """Neither of what calls, nor of what it calls."""
    with serve(World()) as address, calling(address, headers=HEADERS) as (upstream, _):
        assert upstream.json("/Users")
        assert KEY not in repr(upstream)


@contextmanager
def serving_safely() -> Iterator[int]:
    """Serve with a certificate for `media.example` that it gave itself; yields the port."""

    class Safe(Handler):
        def do_GET(self) -> None:  # noqa: N802  # the library's name
            self.say(200, b"{}")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with ThreadingHTTPServer(("127.0.0.1", 0), Safe) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who did not trust it
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def test_a_certificate_is_for_the_name_that_the_owner_wrote(
    names: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must be one that this machine trusts, and is never looked away from."""
    assert names
    with serving_safely() as port:
        for host, trusts in (("media.example", False), ("localhost", True), ("127.0.0.1", True)):
            monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE) if trusts else "")
            with calling(f"https://{host}:{port}") as (upstream, waits):
                with pytest.raises(ServerUnreachable, match="no certificate"):
                    upstream.json("/")
                assert waits.seconds == []
        with calling(f"https://media.example:{port}") as (upstream, _):
            assert upstream.json("/") == {}


def test_a_server_without_certificates_is_told_how_to_be_called() -> None:
    """Many media servers at home speak plain HTTP alone."""
    with serve(World()) as address, ExitStack() as stack:
        upstream, _ = stack.enter_context(calling(f"https://127.0.0.1:{port_of(address)}"))
        with pytest.raises(ServerUnreachable, match="write http://"):
            upstream.json("/")
