"""A Jellyfin to test against, written from its published interface; a real HTTP server.

As version 12 does, it takes one header and refuses every older way to say a key.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

KEY = "0123456789abcdef0123456789abcdef"
ANNA, BEN = "a" * 32, "b" * 32
FILMS, SHOWS = "1" * 32, "2" * 32
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TICKS_A_MINUTE = 600_000_000

Item = dict[str, Any]


def moment(at: datetime) -> str:
    """Return a moment as Jellyfin writes it, with seven digits after the point."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.0000000Z"


def film(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return a film as `/Items` tells it; `said` is in place of what it usually says."""
    genres = (("Comedy",), ("Action", "Thriller"), ("Drama",), ("Komödie", "Abenteuer"))
    item: Item = {
        "Name": f"Film {number}",
        "Id": f"{number:032x}",
        "Type": "Movie",
        "ProductionYear": 1960 + number % 60,
        "RunTimeTicks": (80 + number % 60) * TICKS_A_MINUTE,
        "CommunityRating": 5.0 + number % 5,
        "OfficialRating": "PG-13",
        "Genres": list(genres[number % len(genres)]),
        "Tags": ["heist"],
        "Overview": f"What happens in film {number}, told in a sentence or two.",
        "ProviderIds": {"Imdb": f"tt{1_000_000 + number}", "Tmdb": str(number + 1)},
        "ImageTags": {"Primary": f"tag{number}"},
        "DateCreated": moment(BEGAN + timedelta(minutes=number)),
        "ParentId": FILMS,
    }
    return item | said


def series(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return a series as `/Items` tells it."""
    show = {"Name": f"Series {number}", "Type": "Series", "ParentId": SHOWS}
    return film(number, **show) | said


@dataclass
class World:
    """What the server holds, and how it behaves; tests change it between requests."""

    items: list[Item] = field(default_factory=lambda: [film(number) for number in range(1, 6)])
    episodes: dict[str, list[int]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=lambda: {ANNA: "Anna", BEN: "Ben"})
    done: dict[tuple[str, str], Item] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    saved: dict[str, datetime] = field(default_factory=dict)
    written: list[tuple[str, Item]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    about: Item = field(
        default_factory=lambda: {
            "Id": "f" * 32, "ServerName": "Attic", "Version": "12.0.0",
            "ProductName": "Jellyfin Server",
        }
    )  # fmt: skip
    starting: int = 0
    raw: bytes | None = None
    redirect: str | None = None
    seconds_per_100: float = 0.0
    after_page: Any = None

    def answer(self, path: str, query: dict[str, str]) -> object:
        """Return what a path answers, as JSON would be; `None` where there is nothing."""
        views = [
            {"Name": "Films", "ItemId": FILMS, "Id": FILMS, "CollectionType": "movies"},
            {"Name": "Shows", "ItemId": SHOWS, "Id": SHOWS, "CollectionType": "tvshows"},
            {"Name": "Music", "ItemId": "3" * 32, "Id": "3" * 32, "CollectionType": "music"},
        ]
        users = [{"Id": user, "Name": name} for user, name in self.users.items()]
        known: dict[str, object] = {
            "/users": users,
            "/users/me": users[0] if users else None,
            "/library/virtualfolders": views,
            "/userviews": {"Items": views},
        }
        return self._page(query) if path.lower() == "/items" else known.get(path.lower())

    def _page(self, query: dict[str, str]) -> Item:
        found = self._found(query)
        start, limit = int(query.get("startindex", 0)), int(query.get("limit", 10**9))
        page = [self._told(item, query) for item in found[start : start + limit]]
        if self.seconds_per_100:
            time.sleep(self.seconds_per_100 * len(page) / 100)
        if self.after_page is not None:
            self.after_page(self)
        return {"Items": page, "TotalRecordCount": len(found), "StartIndex": start}

    def _found(self, query: dict[str, str]) -> list[Item]:
        kinds, parent = query.get("includeitemtypes", "").split(","), query.get("parentid", "")
        if kinds == ["Episode"]:
            runs = self.episodes.get(parent, [])
            return [{"Id": f"{n:032x}", "RunTimeTicks": run} for n, run in enumerate(runs)]
        user = query.get("userid", "")
        found = [item for item in self.items if item.get("Type", "Movie") in kinds]
        if parent:
            found = [item for item in found if item.get("ParentId") == parent]
        if "ids" in query:
            wanted = set(query["ids"].split(","))
            found = [item for item in found if str(item["Id"]).replace("-", "").lower() in wanted]
        if "mindatelastsaved" in query:
            since = datetime.fromisoformat(query["mindatelastsaved"])
            found = [item for item in found if self.saved.get(item["Id"], BEGAN) >= since]
        found = [item for item in found if (user, item.get("Id")) not in self.hidden]
        if query.get("filters") == "IsPlayed":
            found = [one for one in found if self.done.get((user, one["Id"]), {}).get("Played")]
            found.sort(key=lambda one: str(self.done[user, one["Id"]].get("LastPlayedDate")))
            found.reverse()
        return found

    def _told(self, item: Item, query: dict[str, str]) -> Item:
        user = query.get("userid")
        optional = {"Genres", "Overview", "ProviderIds", "Tags", "DateCreated", "ParentId"}
        left = optional - set(query.get("fields", "").split(","))
        told = {name: value for name, value in item.items() if name not in left}
        if user and query.get("enableuserdata") == "true" and not item.get("NoUserData"):
            untouched = {"Played": False, "PlayCount": 0, "Rating": None}
            told["UserData"] = self.done.get((user, item["Id"]), untouched)
        return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Whatever is written waits for nobody's acknowledgement.
    disable_nagle_algorithm = True
    world: ClassVar[World]

    def do_GET(self) -> None:  # the library's name
        world, url = self.world, urlsplit(self.path)
        query = {name.lower(): value[0] for name, value in parse_qs(url.query).items()}
        world.log.append(self.path)
        if world.redirect is not None:
            self._say(302, b"", Location=world.redirect)
        elif world.starting:
            world.starting -= 1
            self._say(503, b"", **{"Retry-After": "1"})
        elif url.path == "/System/Info/Public":
            self._say(200, json.dumps(world.about).encode())
        elif "/Images/" in url.path:
            self._say(200, JPEG)
        elif self.headers.get("Authorization") != f'MediaBrowser Token="{KEY}"':
            self._say(401, b"")
        elif world.raw is not None:
            self._say(200, world.raw)
        else:
            answer = world.answer(url.path, query)
            self._say(404 if answer is None else 200, json.dumps(answer).encode())

    def do_POST(self) -> None:  # the library's name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.world.log.append(self.path)
        self.world.written.append((self.path, json.loads(body or b"{}")))
        self._say(204, b"")

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(world: World) -> Iterator[str]:
    """Serve a world while the context lasts; yields the server's address."""
    handler = type("Handler", (_Handler,), {"world": world})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
