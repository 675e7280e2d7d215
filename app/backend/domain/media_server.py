"""What a media server tells of itself, of its people, and of what they did with its titles."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Who a media server is: `server_id` is its own, and part of links to its pages."""

    server_id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Somebody who has an account at a media server."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ServerLibrary:
    """A library of a media server that holds films, series, or both."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ItemState:
    """What one account did with one title.

    Attributes
    ----------
    item_id : str
    is_watched : bool
        All of it: of a series, every episode.
    watched_at : datetime or None
        When it was last played.
    plays : int
    rating : float or None
        On the server's own scale (`ratings.SCALES`); `None` where nobody rated.
    """

    item_id: str
    is_watched: bool = False
    watched_at: datetime | None = None
    plays: int = 0
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What a media server says just happened, as its webhook tells it.

    Attributes
    ----------
    item_ids : tuple of str
        The title's id, or ids of which one is the title's: a series stands for its episodes.
    title : str
        The title's name, for where no id is known.
    kind : str
        `movie` or `series`.
    user_id, user_name : str
        The account; either may be empty.
    is_owner_by_name : bool
        The server's owner has another id here than at the server itself: the name tells.
    server_id : str
        The server's own; empty where it is not told.
    year : int or None
        When the title came out.
    ids : tuple of str
        As `TitleRecord.external_id`.
    is_watched : bool
        It was played to its end.
    is_marked : bool
        Somebody said that it is watched, and did not play it now.
    rating : float or None
        On the server's own scale.
    """

    item_ids: tuple[str, ...]
    title: str
    kind: str
    user_id: str
    user_name: str
    is_owner_by_name: bool = False
    server_id: str = ""
    year: int | None = None
    ids: tuple[str, ...] = ()
    is_watched: bool = False
    is_marked: bool = False
    rating: float | None = None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """What somebody says of a title in a history from elsewhere.

    Attributes
    ----------
    title : str
    kind : str
        `movie`, `series`, or empty where the file does not tell.
    year : int or None
    ids : tuple of str
        As `TitleRecord.external_id`: `imdb:tt0117571`, `tmdb:movie:603`.
    where : str
        The line or entry, for messages.
    key : str
        Stable across exports of the same entry: reading a newer export finds it again.
    rating : float or None
        On the source's own scale (`ratings.SCALES`), as it was written.
    would_watch_again : bool or None
        `None` where nothing tells.
    is_watched : bool
    at : datetime or None
        When it was rated, else watched; the beginning of the day where only that is told.
    """

    title: str
    kind: str
    year: int | None
    ids: tuple[str, ...]
    where: str
    key: str
    rating: float | None = None
    would_watch_again: bool | None = None
    is_watched: bool = True
    at: datetime | None = None
