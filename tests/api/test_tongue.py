"""The language of the pages: which one a reader gets, and how it writes words, dates, numbers."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from gettext import NullTranslations

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.backend.api import tongue as tongues
from app.backend.api.app import create_app
from app.backend.api.tongue import COOKIE, ENGLISH, LANGUAGES, Tongue, tongue_for, tongue_of
from app.backend.workflows.doorway import Doorway
from app.backend.workflows.household import Household
from tests.api.conftest import speaking_with

EVENING = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
NARROW = "\N{NO-BREAK SPACE}"
GERMAN = tongue_for("de")
PAGE = {"accept": "text/html"}


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def asked(accepted: str | None = None, cookie: str | None = None) -> str:
    """Return the language that a request gets."""
    headers = [] if accepted is None else [(b"accept-language", accepted.encode("latin-1"))]
    headers += [] if cookie is None else [(b"cookie", f"{COOKIE}={cookie}".encode("latin-1"))]
    return tongue_of(Request({"type": "http", "headers": headers})).language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("de-CH-1996", "de"),
        ("en, de", "en"),
        ("de, en", "de"),
        ("en;q=0.5, de;q=0.8", "de"),
        ("en ; q=0.9 ,\tde ;q=1.0", "de"),
        ("fr, nl;q=0.9, de;q=0.1", "de"),
        ("fr-FR, fr;q=0.9", "en"),
        ("*", "en"),
        ("*;q=0.1, de;q=0.2", "de"),
        ("de;q=0, fr", "en"),
        ("de;q=0.000", "en"),
        (", de,,", "de"),
        ("de;q=2", "en"),
        ("de;q=0.1234, en;q=0.1", "en"),
        ("de;q=", "en"),
        ("de q=1", "en"),
        ("de;level=1", "en"),
        ("deutsch", "en"),
        ("de_DE", "en"),
        ("de, \N{LATIN SMALL LETTER SHARP S}", "en"),
        (f"de{', fr' * 500}", "en"),
    ],
)
def test_the_browser_is_heard(accepted: str | None, language: str) -> None:
    """The language with the most weight that Encore speaks; what cannot be read is English."""
    assert asked(accepted) == language


def test_two_headers_are_one() -> None:
    """Several headers count as one list."""
    headers = [(b"accept-language", b"fr;q=0.9"), (b"accept-language", b"de;q=0.8")]
    assert tongue_of(Request({"type": "http", "headers": headers})).language == "de"


@given(st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\0")))
def test_garbage_is_english_or_a_language(accepted: str) -> None:
    """Whatever a header holds, a reader gets a language."""
    assert asked(accepted) in LANGUAGES
    assert asked(f"{accepted}, de", cookie="de") == "de"


@given(st.from_regex(r"[a-z]{1,9}(-[a-z0-9]{1,9})?(;q=[01](\.[0-9]{0,4})?)?", fullmatch=True))
def test_what_looks_like_a_header_is_read(accepted: str) -> None:
    """Any list of tags and weights leads to a language."""
    assert asked(f"de;q=0.5,{accepted}") in LANGUAGES


@pytest.mark.parametrize("cookie", ["fr", "", "de; path=/", "DE", "../../etc/passwd", "%00"])
def test_a_cookie_that_names_no_language_is_ignored(cookie: str) -> None:
    """Only the languages that Encore speaks count; anything else leaves it to the browser."""
    expected = "de" if cookie.startswith("de;") else "en"
    assert asked(cookie=cookie) == expected
    assert asked("de", cookie=cookie) == "de"


def test_a_choice_comes_before_the_browser() -> None:
    """What was chosen by hand counts more than what a browser wishes."""
    assert asked("de", cookie="en") == "en"
    assert asked("en", cookie="de") == "de"


def test_a_choice_is_remembered_and_leads_back(client: TestClient) -> None:
    """The cookie lasts a year, and scripts cannot read it; pages are in that language then."""
    answer = client.post("/language", data={"language": "de", "next": "/login?next=a%26b"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=a%26b")
    told = answer.headers["set-cookie"].casefold()
    for fact in (f"{COOKIE}=de", "max-age=31536000", "httponly", "samesite=lax", "path=/"):
        assert fact in told
    page = client.get("/login")
    assert '<html lang="de">' in page.text
    assert page.headers["content-language"] == "de"
    assert {"Accept-Language", "Cookie"} <= set(page.headers["vary"].split(", "))


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil", "model"])
def test_no_choice_leads_elsewhere(client: TestClient, path: str) -> None:
    """Only a path of Encore's own is gone back to."""
    answer = client.post("/language", data={"language": "de", "next": path})
    assert answer.headers["location"] == "/"


def test_a_language_that_is_not_spoken_is_refused(client: TestClient) -> None:
    """The answer names those that are, and no cookie is set."""
    answer = client.post("/language", data={"language": "tlh", "next": "/"})
    assert answer.status_code == 422
    assert "choose one of: en, de" in answer.text
    assert "set-cookie" not in answer.headers


def test_the_choice_stands_below_a_base_path(household: Household) -> None:
    """Cookie and way back begin where Encore does."""
    with speaking_with(create_app(household, Doorway(base_path="/encore"))) as client:
        answer = client.post("/encore/language", data={"language": "de", "next": "/model"})
        assert answer.headers["location"] == "/encore/model"
        assert "path=/encore;" in answer.headers["set-cookie"].casefold()


@pytest.mark.parametrize(
    ("path", "back"),
    [("/no/page?a=2&b=c-d", "/no/page?a=2&amp;b=c-d"), ("/ä ö", "/%C3%A4%20%C3%B6")],
)
def test_a_page_knows_where_it_is(client: TestClient, path: str, back: str) -> None:
    """The switch of languages leads back to the page that it stands on, with its query."""
    assert f'name="next" value="{back}"' in client.get(path, headers=PAGE).text


def test_a_page_after_a_form_leads_back_to_where_it_can_be_looked_at(client: TestClient) -> None:
    """What answered a form is asked for anew; what only takes forms leads to the first page."""
    known = client.post("/login", data={"name": "a", "password": "b"}, headers=PAGE)
    assert 'name="next" value="/login"' in known.text
    unknown = client.post("/language", data={"language": "tlh"}, headers=PAGE)
    assert 'name="next" value="/"' in unknown.text


@pytest.mark.usefixtures("in_berlin")
def test_moments_are_told_in_the_zone_of_the_machine() -> None:
    """Days, times and both, as each language writes them; without a zone it is UTC."""
    assert ENGLISH.moment(EVENING) == "24 Nov 2026, 21:15"
    assert GERMAN.moment(EVENING) == "24. Nov. 2026, 21:15"
    assert GERMAN.moment(EVENING.replace(tzinfo=None)) == "24. Nov. 2026, 21:15"
    late = EVENING.replace(hour=23, minute=5)
    assert (ENGLISH.day(late), GERMAN.day(late)) == ("25 Nov 2026", "25. Nov. 2026")
    assert (ENGLISH.clock(late), GERMAN.clock(late)) == ("00:05", "00:05")
    assert GERMAN.day(date(2026, 5, 1)) == "1. Mai 2026"


def test_numbers_are_told_as_each_language_writes_them() -> None:
    """Marks for thousands and decimals, percent, and lists."""
    assert (ENGLISH.number(1234.56, 1), GERMAN.number(1234.56, 1)) == ("1,234.6", "1.234,6")
    assert (ENGLISH.number(20000), GERMAN.number(20000)) == ("20,000", "20.000")
    assert (ENGLISH.number(-0.5, 2), GERMAN.number(-0.5, 2)) == ("-0.50", "-0,50")
    assert (ENGLISH.share(0.734), GERMAN.share(0.734)) == ("73%", f"73{NARROW}%")
    names = ["Drama", "Krimi", "Sport"]
    assert (ENGLISH.listed(names), GERMAN.listed(names)) == (
        "Drama, Krimi and Sport",
        "Drama, Krimi und Sport",
    )


def test_what_the_catalogue_lacks_is_said_in_english() -> None:
    """A message that nobody translated is better than none."""
    assert GERMAN.gettext("nobody says this") == "nobody says this"
    assert GERMAN.ngettext("one of a kind", "many of a kind", 2) == "many of a kind"
    assert GERMAN.ngettext("one of a kind", "many of a kind", 1) == "one of a kind"


def test_every_language_has_a_catalogue() -> None:
    """Each is read once, and English needs none."""
    for language in LANGUAGES:
        found = tongue_for(language)
        assert found.language == language
        assert found is tongue_for(language)
    assert type(ENGLISH.catalogue) is NullTranslations


class Marked(NullTranslations):
    """Shows what went through it."""

    def gettext(self, message: str) -> str:
        """Return a message between marks."""
        return f"⟦{message}⟧"


def test_pages_are_in_the_language_of_the_request(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `tongue_for` returns is what a page is rendered with, and no other request's page."""
    monkeypatch.setattr(tongues, "tongue_for", lambda _: Tongue("en", Marked()))
    assert "⟦" in client.get("/login").text
    monkeypatch.undo()
    assert "⟦" not in client.get("/login").text
