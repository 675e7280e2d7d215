"""What Tautulli sends by the template of the documentation is understood."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.backend.domain.media_server import Notice
from app.backend.sources.tautulli_notices import read_notice
from tests.contracts.notices import NoticeSuite

DOCUMENTED = Path(__file__).parents[2] / "docs" / "webhooks.md"
# What Tautulli fills in where the template says so.
FILLED_IN = {
    "action": "watched", "media_type": "movie", "rating_key": "1049",
    "grandparent_rating_key": "", "title": "Heat", "show_name": "", "year": "1995",
    "user_id": "7", "username": "anna", "progress_percent": "97", "server_machine_id": "5f2a",
}  # fmt: skip


def template() -> dict[str, str]:
    """Return the template that the documentation has."""
    blocks = re.findall(r"^```json\n(.*?)^```", DOCUMENTED.read_text("utf-8"), re.M | re.S)
    told: dict[str, str] = json.loads(next(one for one in blocks if "{rating_key}" in one))
    return told


def filled_in(**changes: str) -> dict[str, Any]:
    """Return a message as Tautulli makes it of the template."""
    return {name: one.format_map(FILLED_IN | changes) for name, one in template().items()}


class TestTautulliNotices(NoticeSuite):
    """Messages by the template."""

    FILM = filled_in()
    EPISODE = filled_in(
        media_type="episode", rating_key="300", grandparent_rating_key="100",
        title="The Wire - The Target", show_name="The Wire", year="2004",
    )  # fmt: skip

    def read(self, body: bytes) -> Notice | None:
        """Read a message."""
        return read_notice(body)

    def test_titles_stand_by_their_keys(self) -> None:
        """An episode for its series, whatever year that is."""
        film, episode = self.told(self.FILM), self.told(self.EPISODE)
        assert (film.item_ids, film.user_id, film.server_id) == (("1049",), "7", "5f2a")
        assert (episode.item_ids, episode.year) == (("100",), None)
        assert film.is_owner_by_name

    @pytest.mark.parametrize(
        ("changes", "is_told"),
        [
            ({"action": "watched", "progress_percent": "85"}, True),
            ({"action": "stop", "progress_percent": "90"}, True),
            ({"action": "stop", "progress_percent": "89"}, False),
            ({"action": "stop", "progress_percent": ""}, False),
            ({"action": "resume", "progress_percent": "97"}, False),
            ({"action": "", "progress_percent": "97"}, True),
        ],
    )
    def test_what_counts_as_watched(self, changes: dict[str, str], is_told: bool) -> None:
        """Tautulli says so, or the playback ended near the end."""
        assert self.is_nothing(filled_in(**changes)) is not is_told

    @pytest.mark.parametrize("told", [{"watched_status": 1}, {"percent_complete": 93}])
    def test_names_of_its_history_are_understood_too(self, told: dict[str, int]) -> None:
        """So that a template by its API's words works."""
        message = filled_in(action="stop", progress_percent="") | told
        assert self.told(message).is_watched
        assert self.is_nothing(message | {"watched_status": 0.5, "percent_complete": 50})

    @pytest.mark.parametrize("kind", ["track", "clip", "show", ""])
    def test_other_items_are_nothing(self, kind: str) -> None:
        """Its test message tells no kind."""
        assert self.is_nothing(filled_in(media_type=kind))

    def test_no_rating_is_taken(self) -> None:
        """Tautulli's are those of the server's owner, whoever watched."""
        assert self.told({**self.FILM, "user_rating": 10, "rating": 10}).rating is None
