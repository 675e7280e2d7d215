"""What every reader of webhooks keeps to, whatever it is sent."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.backend.domain.errors import BodyTooLarge, SourceMalformed
from app.backend.domain.media_server import Notice
from app.backend.sources.notice_fields import MOST_BYTES

# Each reader's tests run what they inherit; nothing of it is kept in the class.
ANYWHERE = settings(suppress_health_check=[HealthCheck.differing_executors])
GARBAGE = (
    b"", b"{", b"[]", b"null", b'"text"', b"7", b"\xff\xfe", b"{}", b'{"a": 1}', b"a=1&b=2",
    b"[" * 5_000 + b"]" * 5_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda one: st.lists(one, max_size=2) | st.dictionaries(st.text(max_size=3), one, max_size=2),
    max_leaves=4,
)


class NoticeSuite:
    """A subclass says how messages are read, and what two of them are."""

    FILM: dict[str, Any]
    EPISODE: dict[str, Any]

    def read(self, body: bytes) -> Notice | None:
        """Read a message."""
        raise NotImplementedError

    def told(self, message: dict[str, Any]) -> Notice:
        """Return what a message says that says something."""
        found = self.read(json.dumps(message).encode())
        assert found is not None
        return found

    def is_nothing(self, message: dict[str, Any]) -> bool:
        """Say whether a message says nothing that concerns us."""
        return self.read(json.dumps(message).encode()) is None

    def test_a_film_and_an_episode_are_read(self) -> None:
        """Both were watched; an episode's title is its series."""
        film, episode = self.told(self.FILM), self.told(self.EPISODE)
        assert (film.kind, film.title, film.year) == ("movie", "Heat", 1995)
        assert (episode.kind, episode.title) == ("series", "The Wire")
        for one in (film, episode):
            assert one.is_watched
            assert len(one.item_ids) == 1
            assert one.user_id
            assert one.user_name == "anna"
            assert one.server_id

    @pytest.mark.parametrize("body", GARBAGE, ids=lambda body: repr(body[:8]))
    def test_what_is_no_message_is_a_named_error(self, body: bytes) -> None:
        """It says what to do, and repeats nothing of what came."""
        with pytest.raises(SourceMalformed, match="message of"):
            self.read(body)

    def test_what_is_larger_than_any_message_is_not_read(self) -> None:
        """A mebibyte is more than any has."""
        body = json.dumps({**self.FILM, "more": "x" * MOST_BYTES}).encode()
        with pytest.raises(BodyTooLarge):
            self.read(body)

    def test_a_byte_order_mark_is_no_harm(self) -> None:
        """Some programs write one before JSON."""
        assert self.read(b"\xef\xbb\xbf" + json.dumps(self.FILM).encode()) is not None

    @ANYWHERE
    @given(st.data())
    def test_whatever_a_field_holds_nothing_breaks(self, data: st.DataObject) -> None:
        """A field of another type is not told; what remains is a notice, or none."""
        message = json.loads(json.dumps(self.FILM))
        name = data.draw(st.sampled_from(sorted(message)))
        if isinstance(message[name], dict) and message[name] and data.draw(st.booleans()):
            inner = data.draw(st.sampled_from(sorted(message[name])))
            message[name][inner] = data.draw(VALUES)
        else:
            message[name] = data.draw(VALUES)
        try:
            found = self.read(json.dumps(message).encode())
        except SourceMalformed:
            return
        if found is not None:
            assert found.kind in {"movie", "series"}
            assert len(found.title) <= 300
            assert found.rating is None or 0 < found.rating <= 10
