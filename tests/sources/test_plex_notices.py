"""What Plex's webhook sends is understood, as a form or alone, with a picture or without."""

import json
from typing import Any

import pytest

from app.backend.domain.errors import SourceMalformed
from app.backend.domain.media_server import Notice
from app.backend.sources.plex_notices import read_notice
from tests.contracts.notices import NoticeSuite

BOUNDARY = "----------------------------a1b2c3"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
METADATA = {
    "librarySectionType": "movie",
    "ratingKey": "1049",
    "type": "movie",
    "title": "Heat",
    "year": 1995,
    "duration": 10_200_000,
    "guid": "plex://movie/5d776831880197001ec9038a",
    "Guid": [{"id": "imdb://tt0113277"}, {"id": "tmdb://949"}],
    "rating": 8.7,
    "userRating": 3.0,
}
FILM: dict[str, Any] = {
    "event": "media.scrobble",
    "user": True,
    "owner": True,
    "Account": {"id": 7, "thumb": "https://plex.tv/users/x/avatar", "title": "anna"},
    "Server": {"title": "Attic", "uuid": "5f2a"},
    "Player": {"local": True, "title": "TV", "uuid": "p"},
    "Metadata": METADATA,
}
EPISODE = FILM | {
    "Metadata": {
        "ratingKey": "300",
        "parentRatingKey": "200",
        "grandparentRatingKey": "100",
        "type": "episode",
        "title": "The Target",
        "grandparentTitle": "The Wire",
        "year": 2004,
        "Guid": [{"id": "imdb://tt0749451"}],
    }
}


def form(*parts: tuple[str, bytes], line: bytes = b"\r\n") -> bytes:
    """Return a form: each part is the rest of its Content-Disposition, and what it holds."""
    told = [
        line.join([f"--{BOUNDARY}".encode(), f"Content-Disposition: form-data; {about}".encode()])
        + line * 2
        + content
        + line
        for about, content in parts
    ]
    return b"".join(told) + f"--{BOUNDARY}--".encode() + line


PAYLOAD = ('name="payload"', json.dumps(FILM).encode())
THUMB = (
    'name="thumb"; filename="thumb.jpg"\r\nContent-Type: image/jpeg',
    b"\xff\xd8\x00--\r\n--" + bytes(range(256)) * 2_000,
)


class TestPlexNotices(NoticeSuite):
    """Messages that are JSON alone."""

    FILM = FILM
    EPISODE = EPISODE

    def read(self, body: bytes) -> Notice | None:
        """Read a message."""
        return read_notice(body)

    def test_a_film_has_its_ids(self) -> None:
        """Its rating key, and those by which others know it; nobody rated now."""
        found = self.told(FILM)
        assert (found.item_ids, found.user_id, found.server_id) == (("1049",), "7", "5f2a")
        assert found.ids == ("imdb:tt0113277", "tmdb:movie:949")
        assert found.rating is None

    def test_an_episode_stands_for_its_series(self) -> None:
        """Neither its ids nor its year are the series'."""
        found = self.told(EPISODE)
        assert (found.item_ids, found.ids, found.year) == (("100",), (), None)

    @pytest.mark.parametrize(
        ("offset", "is_told"), [(10_000_000, True), ("9180000", True), (9_000_000, False)]
    )
    def test_stopping_counts_near_the_end(self, offset: object, is_told: bool) -> None:
        """From nine tenths on, as Plex itself has it."""
        stopped = FILM | {"event": "media.stop", "Metadata": METADATA | {"viewOffset": offset}}
        assert self.is_nothing(stopped) is not is_told

    def test_stopping_without_a_position_is_nothing(self) -> None:
        """After it was watched, Plex tells none."""
        assert self.is_nothing(FILM | {"event": "media.stop"})

    @pytest.mark.parametrize("told", [9, 9.0, "9"])
    def test_a_rating_is_told_beside_the_event(self, told: object) -> None:
        """As a number or as a text; that of the item is older."""
        found = self.told(FILM | {"event": "media.rate", "rating": told})
        assert (found.rating, found.is_watched) == (9.0, False)

    def test_a_rating_may_be_told_with_the_item_alone(self) -> None:
        """What critics say is no rating of anybody here."""
        assert self.told(FILM | {"event": "media.rate"}).rating == 3.0
        unrated = {name: told for name, told in METADATA.items() if name != "userRating"}
        assert self.is_nothing(FILM | {"event": "media.rate", "Metadata": unrated})

    def test_no_rating_is_nothing(self) -> None:
        """It was taken back, or is of an episode."""
        taken_back = FILM | {"event": "media.rate", "rating": -1, "Metadata": {"type": "movie"}}
        assert self.is_nothing(taken_back)
        assert self.is_nothing(EPISODE | {"event": "media.rate", "rating": 9})

    @pytest.mark.parametrize("event", ["media.play", "media.pause", "library.new", "device.new"])
    def test_other_events_are_nothing(self, event: str) -> None:
        """Plex sends them all; none can be left out there."""
        assert self.is_nothing({**FILM, "event": event})

    @pytest.mark.parametrize("kind", ["track", "clip", "season", "photo", ""])
    def test_other_items_are_nothing(self, kind: str) -> None:
        """The library holds films and series."""
        assert self.is_nothing(FILM | {"Metadata": METADATA | {"type": kind}})


@pytest.mark.parametrize(
    "parts",
    [
        (PAYLOAD,),
        (PAYLOAD, THUMB),
        (THUMB, PAYLOAD),
        (('name="payload"\r\nContent-Type: application/json', PAYLOAD[1]), THUMB),
        (('NAME="payload"; filename="payload.json"', PAYLOAD[1]),),
        (PAYLOAD, ('name="payload"', b"{")),
    ],
    ids=["alone", "picture", "picture first", "typed", "as a file", "twice"],
)
def test_a_form_says_what_its_payload_says(parts: tuple[tuple[str, bytes], ...]) -> None:
    """Whatever stands beside it, in whatever order."""
    expected = read_notice(json.dumps(FILM).encode())
    assert expected is not None
    assert read_notice(form(*parts), CONTENT_TYPE) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (form(THUMB), CONTENT_TYPE),
        (form(PAYLOAD), "multipart/form-data"),
        (form(PAYLOAD), "multipart/form-data; boundary=another"),
        (form(PAYLOAD), f"multipart/form-data; boundary={'x' * 5_000}"),
        (form(PAYLOAD, line=b"\n"), CONTENT_TYPE),
        (form(PAYLOAD)[:40], CONTENT_TYPE),
        (form(('name="payload"', b"{")), CONTENT_TYPE),
        (b"", CONTENT_TYPE),
        (b"payload=%7B%7D", "application/x-www-form-urlencoded"),
    ],
    ids=[
        "no payload", "no boundary", "another boundary", "a long boundary", "bare line ends",
        "cut", "no JSON", "empty", "another form",
    ],
)  # fmt: skip
def test_a_broken_form_is_a_named_error(body: bytes, content_type: str) -> None:
    """It says what is wrong with it."""
    with pytest.raises(SourceMalformed, match=r"form|message"):
        read_notice(body, content_type)
