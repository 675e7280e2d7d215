"""A Jellyfin to test against, written from its published interface; a real HTTP server.

As version 12 does, it takes one header and refuses every older way to say a key.

python -m tests.media_servers.fake_jellyfin --titles 50000 [--port 0] [--seconds-per-100 0.073]
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from tests.media_servers.server import JPEG, Handler, run, serving

KEY = "0123456789abcdef0123456789abcdef"
ANNA, BEN = "a" * 32, "b" * 32
ANNA_KEY = "a-key-that-anna-has-by-signing-in"
FILMS, SHOWS, MUSIC = "1" * 32, "2" * 32, "3" * 32
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TICKS_A_MINUTE = 600_000_000
# Of these an item tells only where `fields` asks for them.
OPTIONAL = {"Genres", "Overview", "ProviderIds", "Tags", "DateCreated", "ParentId", "People"}
UNTOUCHED = {"Played": False, "PlayCount": 0, "IsFavorite": False, "PlaybackPositionTicks": 0}
PICTURES = {"ImageTags", "ImageBlurHashes", "BackdropImageTags"}
_OVERVIEW = (
    "told in a sentence or two: somebody wants something, somebody else is in the way, and by the "
    "end of the evening one of them has changed."
)
_GUID = re.compile("[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

Item = dict[str, Any]
Query = Mapping[str, str]
# What is said where there is nothing to tell.
Status = int


def moment(at: datetime) -> str:
    """Return a moment as Jellyfin writes it, with seven digits after the point."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.0000000Z"


def film(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return a film as `/Items` tells it; `said` is in place of what it usually says."""
    genres = (("Comedy",), ("Action", "Thriller"), ("Drama",), ("Komödie", "Abenteuer"))
    item: Item = {
        "Name": f"Film {number}",
        "ServerId": "f" * 32,
        "Id": f"{number:032x}",
        "Type": "Movie",
        "ProductionYear": 1960 + number % 60,
        "RunTimeTicks": (80 + number % 60) * TICKS_A_MINUTE,
        "CommunityRating": 5.0 + number % 5,
        "OfficialRating": "PG-13",
        "Genres": list(genres[number % len(genres)]),
        "Tags": ["heist"],
        "Overview": f"What happens in film {number}, {_OVERVIEW}",
        "ProviderIds": {"Imdb": f"tt{1_000_000 + number}", "Tmdb": str(number + 1)},
        "ImageTags": {"Primary": f"tag{number}", "Logo": f"{number:032x}"},
        "ImageBlurHashes": {
            "Primary": {f"tag{number}": "dIEzGm_2tRj]~pozogf6-;ofRjWBD%t7xuWBWBj[j[ay"},
            "Backdrop": {f"{number:032x}": "W~JHz]j]ofWBayj[~qWBM{ayofj[j[WBofayj[of"},
        },
        "BackdropImageTags": [f"{number:032x}"],
        "PremiereDate": f"{1960 + number % 60}-05-01T00:00:00.0000000Z",
        "CriticRating": 20 + number % 80,
        "ChannelId": None,
        "HasSubtitles": True,
        "Container": "mkv,webm",
        "IsFolder": False,
        "VideoType": "VideoFile",
        "LocationType": "FileSystem",
        "MediaType": "Video",
        "DateCreated": moment(BEGAN + timedelta(minutes=number)),
        "ParentId": FILMS,
    }
    return item | said


def series(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return a series as `/Items` tells it."""
    show = {"Name": f"Series {number}", "Type": "Series", "ParentId": SHOWS}
    return film(number, **show) | said


def titles(number: int) -> list[Item]:
    """Return so many films and series, as `--titles` has them: every eighth is a series."""
    return [(series if one % 8 == 0 else film)(one) for one in range(1, number + 1)]


def plain(guid: object) -> str:
    """Return an id in its one spelling."""
    return str(guid).replace("-", "").lower()


def _views() -> list[Item]:
    named = {FILMS: ("Films", "movies"), SHOWS: ("Shows", "tvshows"), MUSIC: ("Music", "music")}
    return [
        {"Name": name, "ItemId": view, "Id": view, "CollectionType": kind}
        for view, (name, kind) in named.items()
    ]


@dataclass
class World:
    """What the server holds, and how it behaves; tests change it between requests.

    Attributes
    ----------
    hidden : set
        Accounts, each with an item that it may not see: by library, tag, or parental rating.
    barred : dict
        The official ratings that an account may not see.
    boxed : set of str
        Ids of items that are in a collection: unless told otherwise, those are not listed.
    keys : dict
        Whose each key is; "" for one of the server's own, which may do everything.
    posters : dict
        Pictures, by the items' ids; of others there is the smallest that there can be.
    raw : bytes or None
        What is said to whoever has a key, whatever they ask.
    after_page : callable or None
        Is called with the world after each page.
    is_still : bool
        Nothing changes, so that an answer may be kept.
    """

    items: list[Item] = field(default_factory=lambda: [film(number) for number in range(1, 6)])
    views: list[Item] = field(default_factory=_views)
    episodes: dict[str, list[object]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=lambda: {ANNA: "Anna", BEN: "Ben"})
    keys: dict[str, str] = field(default_factory=lambda: {KEY: "", ANNA_KEY: ANNA})
    done: dict[tuple[str, str], Item] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    barred: dict[str, set[str]] = field(default_factory=dict)
    boxed: set[str] = field(default_factory=set)
    saved: dict[str, datetime] = field(default_factory=dict)
    written: list[tuple[str, Item]] = field(default_factory=list)
    posters: dict[str, bytes] = field(default_factory=dict)
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
    after_page: Callable[["World"], object] | None = None
    is_still: bool = False
    _kept: dict[tuple[str, str], tuple[int, bytes]] = field(default_factory=dict, repr=False)

    def answer(self, path: str, query: Query, account: str) -> object:
        """Return what a path answers to an account ("" for a key of the server's own)."""
        accounts = [{"Id": user, "Name": name} for user, name in self.users.items()]
        path = path.lower()
        if path == "/items":
            return self._listed(query, account)
        if path == "/users/me":
            mine = [one for one in accounts if one["Id"] == account]
            return mine[0] if mine else 400
        if path in {"/users", "/library/virtualfolders"} and account:
            return 403
        known: dict[str, object] = {
            "/users": accounts,
            "/library/virtualfolders": self.views,
            "/userviews": {"Items": self.views, "TotalRecordCount": len(self.views)},
        }
        return known.get(path, 404)

    def body(self, path: str, query: str, account: str) -> tuple[Status, bytes]:
        """Return an answer as it is sent; where nothing changes, the one that was sent before."""
        kept = self._kept.get((path, query)) if self.is_still else None
        if kept is None:
            asked = {name.lower(): value for name, value in parse_qsl(query)}
            answer = self.answer(path, asked, account)
            if isinstance(answer, Status):
                return answer, b""
            told = len(answer["Items"]) if isinstance(answer, dict) and "Items" in answer else 0
            kept = (told, json.dumps(answer).encode())
            if self.is_still:
                self._kept[path, query] = kept
        if self.seconds_per_100:
            time.sleep(self.seconds_per_100 * kept[0] / 100)
        return 200, kept[1]

    def rate(self, path: str, query: Query, account: str, body: Item) -> Status:
        """Keep what an account says of an item."""
        parts, user = path.strip("/").split("/"), plain(query.get("userid", account))
        if account not in {"", user}:
            return 403
        visible = {plain(item["Id"]) for item in self.items if self._may_see(item, user)}
        is_there = len(parts) == 3 and plain(parts[1]) in visible
        if not is_there or parts[0].lower() != "useritems" or user not in self.users:
            return 404
        key = (user, plain(parts[1]))
        self.done[key] = UNTOUCHED | self.done.get(key, {}) | body
        return 200

    def _listed(self, query: Query, account: str) -> object:
        ids = [query.get(name, "") for name in ("userid", "parentid")]
        if not all(_GUID.fullmatch(one) for one in (*ids, *_split(query, "ids")) if one):
            return 400
        user = plain(ids[0]) or account
        if account not in {"", user}:
            return 403
        if user and user not in self.users:
            return 404
        start, limit = int(query.get("startindex", 0)), query.get("limit")
        found = self._found(query, user)
        # Some versions then tell nothing, not even how many there are.
        if limit == "0" and not start:
            found = []
        page = found[start:] if limit is None else found[start : start + int(limit)]
        told = [_told(item, query, self._did(user, item)) for item in page]
        if self.after_page is not None:
            self.after_page(self)
        return {"Items": told, "TotalRecordCount": len(found), "StartIndex": start}

    def _found(self, query: Query, user: str) -> list[Item]:
        kinds, parent = _split(query, "includeitemtypes"), plain(query.get("parentid", ""))
        if "Episode" in kinds:
            runs = self.episodes.get(parent, [])
            return [{"Id": f"{n:032x}", "RunTimeTicks": run} for n, run in enumerate(runs)]
        tests: list[Callable[[Item], object]] = [lambda item: item.get("Type", "Movie") in kinds]
        # Below a library that is not there, everything is.
        if parent in {view["Id"] for view in self.views}:
            tests.append(lambda item: item.get("ParentId") == parent)
        if "ids" in query:
            wanted = set(map(plain, _split(query, "ids")))
            tests.append(lambda item: plain(item.get("Id")) in wanted)
        elif query.get("collapseboxsetitems") != "false" and self.boxed:
            tests.append(lambda item: item.get("Id") not in self.boxed)
        if "mindatelastsaved" in query:
            since = datetime.fromisoformat(query["mindatelastsaved"])
            tests.append(lambda item: self.saved.get(str(item.get("Id")), BEGAN) >= since)
        if user:
            tests.append(lambda item: self._may_see(item, user))
        if query.get("filters") == "IsPlayed":
            tests.append(lambda item: self._did(user, item).get("Played"))
        found = [item for item in self.items if all(test(item) for test in tests)]
        return self._in_order(found, query, user)

    def _in_order(self, found: list[Item], query: Query, user: str) -> list[Item]:
        first = (*_split(query, "sortby"), "")[0]
        if first == "DateCreated":
            found.sort(key=lambda item: (str(item.get("DateCreated")), str(item.get("Name"))))
        elif first == "DatePlayed":
            found.sort(key=lambda item: str(self._did(user, item).get("LastPlayedDate") or ""))
        if query.get("sortorder") == "Descending":
            found.reverse()
        return found

    def _may_see(self, item: Item, user: str) -> bool:
        is_barred = item.get("OfficialRating") in self.barred.get(user, set())
        return not is_barred and (user, str(item.get("Id"))) not in self.hidden

    def _did(self, user: str, item: Item) -> Item:
        """Return what an account did; without an account, nothing is told at all."""
        done = self.done.get((user, plain(item.get("Id"))), UNTOUCHED)
        return done if user and not item.get("NoUserData") else {}


def _told(item: Item, query: Query, did: Item) -> Item:
    """Return an item as it is asked for; a field that nobody knows is not missed."""
    left = OPTIONAL - set(_split(query, "fields"))
    told = {name: value for name, value in item.items() if name not in left}
    kinds = _split(query, "enableimagetypes")
    if query.get("enableimages") == "false":
        told = {name: value for name, value in told.items() if name not in PICTURES}
    elif kinds:
        told |= {
            name: {kind: tag for kind, tag in item[name].items() if kind in kinds}
            for name in ("ImageTags", "ImageBlurHashes")
            if isinstance(item.get(name), dict)
        }
    return told | ({"UserData": did} if did and query.get("enableuserdata") != "false" else {})


def _split(query: Query, name: str) -> list[str]:
    return [one for one in query.get(name, "").split(",") if one]


def _lowered(query: str) -> dict[str, str]:
    return {name.lower(): value for name, value in parse_qsl(query)}


class _Handler(Handler):
    world: ClassVar[World]

    def do_GET(self) -> None:  # noqa: N802  # the library's name
        world, url = self.world, urlsplit(self.path)
        world.log.append(self.path)
        account = self._account()
        if self._is_away():
            return
        if url.path == "/System/Info/Public":
            self.say(200, json.dumps(world.about).encode())
        elif "/Images/" in url.path:
            self.say(200, world.posters.get(plain(url.path.split("/")[2]), JPEG))
        elif account is None:
            self.say(401, b"")
        elif world.raw is not None:
            self.say(200, world.raw)
        else:
            self.say(*world.body(url.path, url.query, account))

    def do_POST(self) -> None:  # noqa: N802  # the library's name
        world, url = self.world, urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        world.log.append(self.path)
        account = self._account()
        if self._is_away():
            return
        if account is None:
            self.say(401, b"")
        else:
            status = world.rate(url.path, _lowered(url.query), account, body)
            world.written += [(self.path, body)] if status == 200 else []
            self.say(status, b"")

    def _is_away(self) -> bool:
        """Say that it starts up, or is elsewhere, where it does and is."""
        if self.world.redirect is not None:
            self.say(302, b"", Location=self.world.redirect)
        elif self.world.starting:
            self.world.starting -= 1
            self.say(503, b"", **{"Retry-After": "1"})
        else:
            return False
        return True

    def _account(self) -> str | None:
        """Return whose the key is, "" for the server's own, `None` where there is none."""
        said = re.fullmatch('MediaBrowser Token="([^"]*)"', self.headers.get("Authorization", ""))
        token = said[1] if said else dict(parse_qsl(urlsplit(self.path).query)).get("ApiKey", "")
        return self.world.keys.get(token)


def serve(world: World, port: int = 0) -> AbstractContextManager[str]:
    """Serve a world while the context lasts; yields the server's address."""
    return serving(type("Handler", (_Handler,), {"world": world}), port)


def _still(number: int, seconds_per_100: float, port: int) -> AbstractContextManager[str]:
    """Serve so many titles, of which nothing changes."""
    world = World(items=titles(number), seconds_per_100=seconds_per_100, is_still=True)
    return serve(world, port)


if __name__ == "__main__":
    run(_still)
