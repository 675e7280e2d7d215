"""Ratings from elsewhere, on the scale of 1 to 5 that everybody here uses."""

from typing import Final

# What each kind of source counts up to.
SCALES: Final = {
    "jellyfin": 10.0,
    "plex": 10.0,
    "nfo": 10.0,
    "imdb": 10.0,
    "trakt": 10.0,
    "letterboxd": 5.0,
}


def stars(raw: float, scale: float) -> int | None:
    """Return a rating from 1 to 5; nothing, or 0, means that nobody rated.

    Half a star goes up.

    Examples
    --------
    >>> stars(8.0, 10.0), stars(0.5, 5.0), stars(7.0, 10.0), stars(0.0, 10.0)
    (4, 1, 4, None)
    """
    if not 0.0 < raw <= scale:
        return None
    return max(1, int(5.0 * raw / scale + 0.5))
