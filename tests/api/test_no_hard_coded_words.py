"""Every word of a page goes through the catalogue: a language that marks what does finds the rest.

A page that is not listed here fails; so does one whose words, or whose sentences from below the
edges, stand outside of the marks. What is not language has `translate="no"`; moments stand in
`<time>`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.backend.api import tongue
from app.backend.api.app import create_app
from app.backend.api.routing import every_route
from app.backend.store import import_rows, sources
from app.backend.workflows import browse, connections, people
from app.backend.workflows.connections import Wanted
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with
from tests.api.library_pages import bring, over
from tests.api.words import MARKED, outside, stray_words
from tests.media_servers import fake_jellyfin, fake_plex

HTML: Final = {"accept": "text/html"}
LETTERBOXD: Final = (
    b"Date,Name,Year,Letterboxd URI,Rating\n"
    b"2026-01-03,Title,1982,https://boxd.it/a,4.5\n"
    b"2026-01-04,Nothing Like It,1993,https://boxd.it/b,3\n"
    b"2026-02-02,Another Title,1970,https://boxd.it/d,\n"
    b"2026-02-03,,1970,https://boxd.it/e,3\n"
)
FUNNY: Final = {"mood": "funny", "group_size": "couple", "session_length": "medium"}
# By the name of the route; what stands in brackets is what there is.
PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "tonight": ("/", "/?slate={slate}", "/?notice=chosen", "/?slate={slate}&notice=chosen"),
    "history_page": ("/history",),
    "model": ("/model", "/model?notice=promoted", "/model?notice=rolled-back"),
    "library": ("/library", "/library?q=the&genre=comedy", "/library?q=nothing-like-it"),
    "library_quality": ("/library/quality",),
    "import_progress": ("/library/progress",),
    "genres_page": ("/library/genres",),
    "lengths_page": ("/library/lengths",),
    "hidden_page": ("/library/hidden",),
    "sources_page": ("/library/sources", "/library/sources?notice=kept"),
    "source_page": ("/library/sources/{source}", "/library/sources/{source}?notice=connected"),
    "histories_page": ("/library/histories", "/library/histories?notice=assigned"),
    "entry_page": ("/library/histories/entries/{entry}", "/library/histories/entries/{entry}?q=t"),
    "setup_page": ("/setup",),
    "login_page": ("/login",),
    "settings_page": ("/settings",),
    "access_page": ("/access",),
    "welcome": ("/welcome",),
    "taste_page": ("/welcome/taste",),
    "offline_page": ("/offline",),
}
# What programs ask for.
NO_PAGES: Final = (
    "/v2", "/ping", "/version", "/healthz", "/readyz", "/metrics", "/manifest", "/sw.js",
    "/history.csv", "/posters",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every page be in the language that marks what goes through it."""
    monkeypatch.setattr(tongue, "tongue_for", lambda _: MARKED)


@pytest.fixture
def at_home(trained_demo: Household) -> Iterator[TestClient]:
    """Speak with an Encore that has a library, evenings and a model."""
    with speaking_with(create_app(trained_demo)) as client:
        client.headers.update(HTML)
        yield client


@pytest.fixture
def servers(household: Household) -> Iterator[None]:
    """Connect a Jellyfin that asks, and a Plex with somebody's account that could not be read."""
    jellyfin = fake_jellyfin.serve(fake_jellyfin.World())
    plex = fake_plex.serve(fake_plex.World())
    with jellyfin as first, plex as second:
        asking = connections.connect(household, Wanted("jellyfin", first, fake_jellyfin.KEY))
        failed = connections.connect(household, Wanted("plex", second, fake_plex.OWNER_KEY))
        with household.database.writing() as session:
            people.add(session, "Anna", None, household.clock)
            connections.assign_people(session, failed.id, [("gone", "anna.as.she.was", "Anna")])
            sources.change_source(session, asking.id, {"asks": {"removals": 3, "titles": 10}})
            at = household.clock()
            number = import_rows.add_import(session, failed.name, failed.address, at)
            problem = "Plex packs its answers although it was asked not to."
            import_rows.give_import_up(session, number, import_rows.FAILED, problem, at)
        yield


def addresses(household: Household, client: TestClient) -> Iterator[str]:
    """Yield the address of every page, with what there is to be shown."""
    asked = client.post("/tonight", data=FUNNY).headers["location"]
    slate = asked.partition("slate=")[2].partition("#")[0].partition("&")[0]
    with household.database.reading() as session:
        version = browse.champion(session)
    for path in (path for paths in PAGES.values() for path in paths):
        if "{source}" not in path and "{entry}" not in path:
            yield path.replace("{slate}", slate).replace("{version}", version or "rules")


def insist(answers: Iterable[Response], *, is_error: bool = False) -> None:
    """Insist that pages are there, and that every word of theirs is between the marks."""
    stray = []
    for answer in answers:
        if not is_error and answer.status_code != 200:
            stray.append(f"{answer.url}: {answer.status_code}")
        stray += [f"{answer.url}: {words}" for words in stray_words(answer.text)]
    assert not stray, "\n".join(stray)


def test_every_page_is_listed() -> None:
    """What is no page is named by its address, and every other route is in the list."""
    found = {
        route.name
        for prefix, route in every_route()
        if not prefix and "GET" in (route.methods or ()) and not route.path.startswith(NO_PAGES)
    }
    assert found == set(PAGES)


def test_no_page_has_words_of_its_own(trained_demo: Household, at_home: TestClient) -> None:
    """With a library, evenings, a model, and picks on the table."""
    insist(
        at_home.get(address, follow_redirects=True) for address in addresses(trained_demo, at_home)
    )


def test_no_page_of_a_connected_house_has_words_of_its_own(
    empty_client: TestClient, servers: None
) -> None:
    """With a server that asks, one that could not be read, and entries decided and not."""
    client = empty_client
    client.post("/library/files", files={"file": ("shelf.csv", b"title\nHeat\nTitle of Titles\n")})
    over(client)
    page = bring(client, LETTERBOXD, "ratings.csv")
    first, second, _ = re.findall(r'name="entry" value="(\d+)"', page)
    said = {"entry": [first, second], "means": ["none", "2"]}
    client.post("/library/histories/assignments", data=said)
    paths = [*PAGES["sources_page"], *PAGES["source_page"], *PAGES["histories_page"]]
    paths = [path.replace("{source}", one) for path in paths for one in ("1", "2")]
    paths += [path.replace("{entry}", first) for path in PAGES["entry_page"]]
    insist(client.get(path, headers=HTML) for path in [*paths, "/library", "/"])


def test_no_page_of_an_empty_house_has_words_of_its_own(empty_client: TestClient) -> None:
    """Without a title, an evening or a model."""
    insist(
        empty_client.get(address, headers=HTML, follow_redirects=True)
        for address in (path for paths in PAGES.values() for path in paths if "{" not in path)
    )


def test_no_error_has_words_of_its_own(at_home: TestClient, empty_client: TestClient) -> None:
    """Nothing there, a form that is wrong, nothing that fits, and a password that is wrong."""
    answers = [
        at_home.get("/nothing/here"),
        at_home.get("/?slate=999999"),
        at_home.post("/tonight", data={**FUNNY, "mood": "sad"}),
        at_home.post("/language", data={"language": "tlh"}),
        at_home.post("/login", data={"name": "nobody", "password": "wrong"}),
        empty_client.post("/tonight", data=FUNNY, headers=HTML),
    ]
    assert all(answer.status_code >= 400 for answer in answers)
    insist(answers, is_error=True)


@pytest.mark.parametrize(
    ("page", "stray"),
    [
        ("<p>⟦Hello⟧</p>", []),
        ("<p>Hello</p>", ["Hello"]),
        ("<p>⟦Hello⟧ you</p>", ["⟦Hello⟧ you"]),
        ("<title>⟦Tonight⟧ · Encore</title>", []),
        ("<p>⟦It is <b>so</b> and ⟦so⟧⟧</p> 12 %", []),
        ('<p translate="no">Heat <i>1995</i></p><p>Heat</p>', ["Heat"]),
        ("<p><code>encore train</code><br>so</p>", ["so"]),
        ("<time>24 Nov 2026</time><script>let a</script><style>b {}</style>", []),
        ('<img alt="A poster"><input placeholder="⟦Name⟧">', ["img[alt]: A poster"]),
        ('<svg role="img"><title>Chart</title><path d="M0 0"/></svg>', ["Chart"]),
        ('<i translate="no" title="Heat"></i><i title="Heat"></i>', ["i[title]: Heat"]),
        ('<i data-key="a-b" data-said="It is over"></i>', ["i[data-said]: It is over"]),
        ('<meta name="description" content="All"><meta name="viewport" content="width">',
         ["meta[content]: All"]),
        ('<input type="submit" value="Go"><input type="hidden" value="go">', ["input[value]: Go"]),
        ("<p>un<p>closed</div> &amp; <b>⟦x⟧</b>", ["un", "closed"]),
    ],
)  # fmt: skip
def test_stray_words_are_found(page: str, stray: list[str]) -> None:
    """Text and attributes outside of the marks, and nothing else."""
    assert stray_words(page) == stray


def test_marks_within_marks_are_one() -> None:
    """A message may hold another one."""
    assert outside("⟦a ⟦b⟧ c⟧ d Encore") == " d "
