"""Where the picture of a title is, and what is drawn where there is none."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from app.backend.workflows.standings import Whereabouts

# The first of these that a title has gives its poster colours and a pattern.
HUES: Final = (
    "documentary",
    "scifi",
    "romance",
    "family",
    "thriller",
    "action",
    "comedy",
    "drama",
)
# Neighbours of one genre differ by the light on them.
LIGHTS: Final = 4
_OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Poster:
    """A drawn poster: its colours, the light on them, and letters where the title has no room."""

    hue: str
    light: int
    initials: str
    title: str


def picture_path(media_id: int, place: Whereabouts | None) -> str | None:
    """Return where a title's picture is, below Encore's own address; `None` where it has none."""
    version = None if place is None else place.poster_version
    return None if version is None else f"/posters/{media_id}?v={version}"


def poster_of(title: str, genres: Collection[str]) -> Poster:
    """Draw a title by its genres; the same title always looks the same.

    Examples
    --------
    >>> poster_of("Paddington in Peru", ("family", "comedy"))
    Poster(hue='family', light=2, initials='PI', title='Paddington in Peru')
    """
    hue = next((hue for hue in HUES if hue in genres), _OTHER)
    letters = "".join(word[0] for word in title.split() if word[0].isalnum())
    return Poster(hue, crc32(title.encode()) % LIGHTS, letters[:2].upper(), title)
