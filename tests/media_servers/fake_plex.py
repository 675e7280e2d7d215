"""A Plex to test against, written from its published interface; a real HTTP server.

It answers in XML unless asked for JSON, cuts the tags of lists, leaves out what was not done, pages
only where both numbers are there, and shows each key its own account.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

from tests.media_servers.server import JPEG, Handler, run, serving

OWNER_KEY, ANNA_KEY, BEN_KEY = (f"{name}-Key_0123456789" for name in ("owner", "anna", "ben"))
OWNER, ANNA, BEN = "1", "101", "102"
FILMS, SHOWS, MUSIC = "1", "2", "3"
MINUTE = 60_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {"1": "movie", "2": "show"}
ACCOUNT_FIELDS = ("viewCount", "lastViewedAt", "lastRatedAt", "userRating", "viewedLeafCount")

Item = dict[str, Any]


def seconds(at: datetime) -> int:
    """Return a moment as Plex counts it."""
    return int(at.timestamp())


def tags(*names: str) -> list[Item]:
    """Return genres or people as Plex writes them."""
    return [{"tag": name} for name in names]


def film(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return a film as it tells itself; `said` is in place of what it usually says."""
    genres = (("Comedy",), ("Action", "Thriller", "Crime", "Drama"), ("Drama",), ("Komödie",))
    item: Item = {
        "ratingKey": str(number),
        "key": f"/library/metadata/{number}",
        "guid": f"plex://movie/{number:024x}",
        "type": "movie",
        "title": f"Film {number}",
        "summary": f"What happens in film {number}, told in a sentence or two.",
        "contentRating": "PG-13",
        "audienceRating": 5.0 + number % 5,
        "rating": 4.0,
        "year": 1960 + number % 60,
        "thumb": f"/library/metadata/{number}/thumb/{1_700_000_000 + number}",
        "duration": (80 + number % 60) * MINUTE,
        "addedAt": seconds(BEGAN + timedelta(minutes=number)),
        "updatedAt": seconds(BEGAN + timedelta(minutes=number)),
        "librarySectionID": int(FILMS),
        "Media": [{"duration": (80 + number % 60) * MINUTE, "Part": [{"file": "/films/a.mkv"}]}],
        "Genre": tags(*genres[number % len(genres)]),
        "Director": tags("Vera Regisseur"),
        "Role": tags("Ada", "Bo", "Cleo", "Dov", "Eve"),
        "Guid": [{"id": f"imdb://tt{1_000_000 + number}"}, {"id": f"tmdb://{number + 1}"}],
    }
    return item | said


def series(number: int, **said: Any) -> Item:  # noqa: ANN401  # any JSON
    """Return a series as it tells itself."""
    show = {
        "type": "show", "title": f"Series {number}", "duration": 45 * MINUTE, "leafCount": 10,
        "viewedLeafCount": 0, "childCount": 1, "librarySectionID": int(SHOWS), "Media": [],
        "key": f"/library/metadata/{number}/children",
    }  # fmt: skip
    return film(number) | show | said


def titles(number: int) -> list[Item]:
    """Return so many films and series, as `--titles` has them: every eighth is a series."""
    return [(series if one % 8 == 0 else film)(one) for one in range(1, number + 1)]


def play(number: int, account: str, at: datetime, item: str, series_id: str = "") -> Item:
    """Return an entry of the history: of a film, or of an episode of a series."""
    row: Item = {
        "historyKey": f"/status/sessions/history/{number}",
        "ratingKey": item,
        "type": "episode" if series_id else "movie",
        "viewedAt": seconds(at),
        "accountID": int(account),
    }
    return row | ({"grandparentKey": f"/library/metadata/{series_id}"} if series_id else {})


def _sections() -> list[Item]:
    return [
        {"key": FILMS, "type": "movie", "title": "Films"},
        {"key": SHOWS, "type": "show", "title": "Shows"},
        {"key": MUSIC, "type": "artist", "title": "Music"},
    ]


@dataclass
class World:
    """What the server holds, and how it behaves; tests change it between requests."""

    items: list[Item] = field(default_factory=lambda: [film(number) for number in range(1, 6)])
    sections: list[Item] = field(default_factory=_sections)
    episodes: dict[str, list[Item]] = field(default_factory=dict)
    keys: dict[str, str] = field(
        default_factory=lambda: {OWNER_KEY: OWNER, ANNA_KEY: ANNA, BEN_KEY: BEN}
    )
    accounts: list[Item] = field(
        default_factory=lambda: [
            {"id": 0, "key": "/accounts/0", "name": ""},
            {"id": 1, "key": "/accounts/1", "name": "olga"},
            {"id": 101, "key": "/accounts/101", "name": "anna"},
            {"id": 102, "key": "/accounts/102", "name": "ben"},
        ]
    )
    done: dict[tuple[str, str], Item] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    unshared: set[tuple[str, str]] = field(default_factory=set)
    history: list[Item] = field(default_factory=list)
    written: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    about: Item = field(
        default_factory=lambda: {
            "machineIdentifier": "c" * 40, "friendlyName": "Attic", "version": "1.43.2.10687-563d6",
        }
    )  # fmt: skip
    starting: int = 0
    raw: bytes | None = None
    redirect: str | None = None
    speaks_json: bool = True
    is_paged: bool = True
    heeds_filters: bool = True
    one_missing_costs_all: bool = False
    seconds_per_100: float = 0.0
    after_page: Any = None

    def answer(self, path: str, query: list[tuple[str, str]], account: str) -> Item | int:
        """Return what a path answers to an account, or the status where there is nothing."""
        whole, parts = path.strip("/"), path.strip("/").split("/")
        known: dict[str, Item] = {
            "": self.about,
            "accounts": {"Account": self.accounts},
            "status/sessions": {},
            "library/sections": {"Directory": self._shared(account)},
        }
        if whole in {"accounts", "status/sessions"} and account != OWNER:
            return 403
        if whole in known:
            return {"size": len(next(iter(known[whole].values()), ())), **known[whole]}
        if whole == "status/sessions/history/all":
            return self._page(self._plays(query, account), dict(query))
        if parts[:2] == ["library", "sections"] and parts[3:] == ["all"]:
            return self._section(parts[2], query, account)
        if parts[:2] == ["library", "metadata"]:
            return self._details(parts[2:], dict(query), account)
        return 404

    def rate(self, account: str, asked: dict[str, str]) -> None:
        """Keep what an account says of an item; -1 takes it back."""
        self.written.append((account, asked))
        done = self.done.setdefault((account, asked["key"]), {})
        done["userRating"] = float(asked["rating"])
        if done["userRating"] < 0:
            del done["userRating"]

    def _shared(self, account: str) -> list[Item]:
        return [one for one in self.sections if (account, one["key"]) not in self.unshared]

    def _page(
        self, found: list[Item], asked: Mapping[str, str], tell: Callable[[Item], Item] = dict
    ) -> Item:
        start, size = (asked.get(f"X-Plex-Container-{name}") for name in ("Start", "Size"))
        if not self.is_paged or start is None or size is None:
            return {"size": len(found), **_metadata(map(tell, found))}
        page = found[int(start) : int(start) + int(size)]
        if self.seconds_per_100:
            time.sleep(self.seconds_per_100 * len(page) / 100)
        if self.after_page is not None:
            self.after_page(self)
        told: Item = {"size": len(page), "totalSize": len(found), "offset": int(start)}
        return told | _metadata(map(tell, page))

    def _section(self, key: str, query: list[tuple[str, str]], account: str) -> Item | int:
        if key not in {one["key"] for one in self._shared(account)}:
            return 403
        asked = dict(query)
        kind = KINDS.get(asked.get("type", ""))
        found = [
            item
            for item in self.items
            if item["librarySectionID"] == int(key) and kind in {None, item.get("type")}
        ]
        found = [one for one in found if self._may_see(one, account)]
        found = self._filtered(found, query, account)
        is_by_date = asked.get("sort", "").startswith("addedAt:asc")
        found.sort(key=lambda one: (one["addedAt"] if is_by_date else 0, str(one["title"])))
        return self._page(
            found, asked, lambda one: _told(_cut(self._seen_by(one, account), asked), asked)
        )

    def _details(self, parts: list[str], asked: Mapping[str, str], account: str) -> Item | int:
        if parts[1:] == ["allLeaves"]:
            return self._page(self.episodes.get(parts[0], []), asked)
        wanted = set(parts[0].split(","))
        found = [one for one in self.items if str(one.get("ratingKey")) in wanted]
        found = [one for one in found if self._may_see(one, account)]
        if not found or (self.one_missing_costs_all and len(found) < len(wanted)):
            return 404
        told = (_told(_named(self._seen_by(one, account), asked), asked) for one in found)
        return {"size": len(found), **_metadata(told)}

    def _plays(self, query: list[tuple[str, str]], account: str) -> list[Item]:
        asked = dict(query)
        found = [one for one in self.history if account in {OWNER, str(one["accountID"])}]
        if self.heeds_filters and account == OWNER and "accountID" in asked:
            found = [one for one in found if str(one["accountID"]) == asked["accountID"]]
        if self.heeds_filters and "viewedAt>" in asked:
            found = [one for one in found if one["viewedAt"] >= int(asked["viewedAt>"])]
        if series_id := asked.get("metadataItemID"):
            key = f"/library/metadata/{series_id}"
            found = [one for one in found if one.get("grandparentKey") == key]
        is_latest_first = asked.get("sort", "").endswith(":desc")
        return sorted(found, key=lambda one: int(one["viewedAt"]), reverse=is_latest_first)

    def _seen_by(self, item: Item, account: str) -> Item:
        plain = {name: value for name, value in item.items() if name not in ACCOUNT_FIELDS}
        untouched = {"viewedLeafCount": 0} if item.get("type") == "show" else {}
        return plain | untouched | self.done.get((account, str(item.get("ratingKey"))), {})

    def _may_see(self, item: Item, account: str) -> bool:
        section = (account, str(item["librarySectionID"]))
        hidden = (account, str(item.get("ratingKey")))
        return section not in self.unshared and hidden not in self.hidden

    def _filtered(
        self, found: list[Item], query: list[tuple[str, str]], account: str
    ) -> list[Item]:
        """Heed `updatedAt>>=` and its like; what no field is called so, Plex does not heed."""
        wanted = [(name[:-2], int(value)) for name, value in query if name.endswith("At>>")]
        if not wanted or not self.heeds_filters:
            return found
        enough = any if ("or", "1") in query else all
        return [
            one
            for one in found
            if enough(self._seen_by(one, account).get(name, 0) > value for name, value in wanted)
        ]


def _metadata(told: Iterable[Item]) -> Item:
    """Return the items of an answer; where there are none, Plex leaves their list out."""
    rows = list(told)
    return {"Metadata": rows} if rows else {}


def _cut(item: Item, asked: Mapping[str, str]) -> Item:
    """Return an item as a list tells it: with two genres and three people."""
    cut = {"Genre": 2, "Role": 3, "Director": 1, "Collection": 2}
    told = {name: value[: cut[name]] if name in cut else value for name, value in item.items()}
    return _named(told, asked)


def _named(item: Item, asked: Mapping[str, str]) -> Item:
    """Return an item with its other ids where they were asked for."""
    return item if asked.get("includeGuids") == "1" else _without(item, {"Guid"})


def _told(item: Item, asked: Mapping[str, str]) -> Item:
    left = ",".join(asked.get(f"exclude{which}", "") for which in ("Elements", "Fields"))
    return _without(item, set(left.split(",")))


def _without(item: Item, left: set[str]) -> Item:
    return {name: value for name, value in item.items() if name not in left}


def as_xml(name: str, told: Item) -> ET.Element:
    """Return an answer as Plex writes it to whoever does not ask for JSON."""
    element = ET.Element(name)
    for key, value in told.items():
        if isinstance(value, list):
            element.extend(as_xml(_element(key, one), one) for one in value)
        else:
            element.set(key, str(value))
    return element


def _element(key: str, one: Item) -> str:
    return {"movie": "Video", "episode": "Video", "show": "Directory"}.get(
        one.get("type", "") if key == "Metadata" else "", key
    )


class _Handler(Handler):
    world: ClassVar[World]

    def do_GET(self) -> None:  # noqa: N802  # the library's name
        world, url = self.world, urlsplit(self.path)
        world.log.append(self.path)
        world.headers.append(dict(self.headers.items()))
        account = self._account()
        if world.redirect is not None:
            self.say(302, b"", Location=world.redirect)
        elif world.starting:
            world.starting -= 1
            self.say(503, b"", **{"Retry-After": "1"})
        elif url.path == "/identity":
            self._tell(world.about)
        elif account is None:
            self.say(401, b"<html><body><h1>401 Unauthorized</h1></body></html>")
        elif world.raw is not None:
            self.say(200, world.raw)
        elif url.path == "/photo/:/transcode":
            self.say(200, JPEG)
        else:
            answer = world.answer(url.path, self._query(), account)
            if isinstance(answer, int):
                self.say(answer, b"<html></html>")
            else:
                self._tell(answer)

    def do_PUT(self) -> None:  # noqa: N802  # the library's name
        self.world.log.append(self.path)
        account = self._account()
        if account is None:
            self.say(401, b"")
        elif self.world.starting:
            self.world.starting -= 1
            self.say(503, b"", **{"Retry-After": "1"})
        elif urlsplit(self.path).path != "/:/rate":
            self.say(404, b"")
        else:
            self.world.rate(account, dict(self._query()))
            self.say(200, b"")

    def _account(self) -> str | None:
        token = self.headers.get("X-Plex-Token") or dict(self._query()).get("X-Plex-Token", "")
        return self.world.keys.get(token)

    def _query(self) -> list[tuple[str, str]]:
        paging = [pair for pair in self.headers.items() if pair[0].startswith("X-Plex-Container-")]
        return [*parse_qsl(urlsplit(self.path).query), *paging]

    def _tell(self, told: Item) -> None:
        if self.world.speaks_json and "json" in self.headers.get("Accept", ""):
            self.say(200, json.dumps({"MediaContainer": told}).encode())
        else:
            self.say(200, ET.tostring(as_xml("MediaContainer", told), "utf-8"))


def serve(world: World, port: int = 0) -> AbstractContextManager[str]:
    """Serve a world while the context lasts; yields the server's address."""
    return serving(type("Handler", (_Handler,), {"world": world}), port)


def serve_titles(number: int, seconds_per_100: float, port: int) -> AbstractContextManager[str]:
    """Serve so many titles, so slowly."""
    return serve(World(items=titles(number), seconds_per_100=seconds_per_100), port)


if __name__ == "__main__":
    run(serve_titles)
