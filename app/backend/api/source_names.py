"""What sources of titles and of histories are called on pages."""

from typing import Final

from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue

# Names of products stay as they are in most languages.
JELLYFIN: Final = N_("Jellyfin")
PLEX: Final = N_("Plex")
_NAMES: Final = {
    "csv": N_("Tables (CSV)"),
    "nfo": N_("Folders of NFO files"),
    "folder": N_("A folder of NFO files"),
    "api": N_("Sent by a program"),
    "demo": N_("The demo catalogue"),
    "jellyfin": JELLYFIN,
    "plex": PLEX,
    "letterboxd": N_("Letterboxd"),
    "imdb": N_("IMDb"),
    "trakt": N_("Trakt"),
}


def source_name(name: str, tongue: Tongue) -> str:
    """Name a source; a second one of a kind has a number, and who is unknown has their own word.

    Examples
    --------
    >>> from app.backend.api.tongue import ENGLISH
    >>> source_name("jellyfin", ENGLISH), source_name("jellyfin_2", ENGLISH)
    ('Jellyfin', 'Jellyfin 2')
    """
    kind, _, number = name.rpartition("_") if name[-1:].isdecimal() else (name, "", "")
    if kind not in _NAMES:
        return name
    return f"{tongue.gettext(_NAMES[kind])} {number}".rstrip()
