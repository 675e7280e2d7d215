"""What media servers tell by webhook: whose it is, of which title, and what is kept of it.

Whoever watched is the member whose account it was; of an account that is nobody's here nothing is
kept. A rating that was given there only prefills an answer: whether they would watch it again,
nobody but they can say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.backend.domain.clock import Clock
from app.backend.domain.errors import NotFound
from app.backend.domain.evening import StoredPick
from app.backend.domain.media_server import ItemState, Notice
from app.backend.domain.ratings import SCALES, stars
from app.backend.domain.title import comparable
from app.backend.sources import jellyfin_notices, plex_notices, tautulli_notices
from app.backend.sources.plex_keys import OWNER
from app.backend.store import history_rows, playbacks, sources
from app.backend.store.playbacks import Prefilled, Whose
from app.backend.store.server_states import Doings, write_states
from app.backend.store.session import ReadSession, WriteSession
from app.backend.store.sources import ConnectedSource, Person
from app.backend.workflows import elsewhere
from app.backend.workflows.connections import JELLYFIN, PLEX, keyring
from app.backend.workflows.elsewhere import ASKED, KNOWN, NOTED
from app.backend.workflows.household import Household
from app.backend.workflows.matching import Matcher, plain_name

__all__ = ["Prefilled"]

TAUTULLI: Final = "tautulli"
# Who may tell of the doings at a source of some kind.
TELLERS: Final[Mapping[str, tuple[str, ...]]] = {JELLYFIN: (JELLYFIN,), PLEX: (PLEX, TAUTULLI)}

# What became of a notice, beside what `elsewhere` says.
NOTHING: Final = "nothing"
NOBODY: Final = "nobody"
UNKNOWN_TITLE: Final = "unknown_title"
OTHER_SERVER: Final = "other_server"
KEPT: Final = (ASKED, KNOWN, NOTED)
OUTCOMES: Final = (*KEPT, NOTHING, NOBODY, UNKNOWN_TITLE, OTHER_SERVER)
LONGEST_SECRET: Final = 200


@dataclass(frozen=True, slots=True)
class Meant:
    """Whose doing a notice tells of, and of which title.

    Attributes
    ----------
    source : ConnectedSource
    notice : Notice
    person : Person
    media_id : int
    item_id : str or None
        By which item the source has the title; `None` where it does not.
    """

    source: ConnectedSource
    notice: Notice
    person: Person
    media_id: int
    item_id: str | None


def webhook_path(secret: str, teller: str) -> str:
    """Return the path that a server calls, below where Encore is.

    Examples
    --------
    >>> webhook_path("s3cret", "plex")
    '/webhooks/s3cret/plex'
    """
    return f"/webhooks/{secret}/{teller}"


def source_of(household: Household, secret: str, teller: str) -> ConnectedSource:
    """Return the source whose secret that is.

    Raises
    ------
    NotFound
        Where there is none, or somebody else tells of it.
    """
    number = keyring(household).source_of(secret) if len(secret) <= LONGEST_SECRET else None
    with household.database.reading() as session:
        known = {one.id: one for one in sources.read_sources(session)}
    found = None if number is None else known.get(number)
    if found is None or teller not in TELLERS.get(found.kind, ()):
        raise NotFound("There is no such webhook; copy its address from Encore's settings.")
    return found


def read(teller: str, body: bytes, content_type: str) -> Notice | None:
    """Return what a message says; `None` where that is nothing that concerns us.

    Raises
    ------
    SourceMalformed, BodyTooLarge
        Where it is no message of that teller.
    """
    return _READERS[teller](body, content_type)


_READERS: Final[Mapping[str, Callable[[bytes, str], Notice | None]]] = {
    # What these two send is JSON, whatever they call it.
    JELLYFIN: lambda body, _: jellyfin_notices.read_notice(body),
    TAUTULLI: lambda body, _: tautulli_notices.read_notice(body),
    PLEX: plex_notices.read_notice,
}


def meant(session: ReadSession, source: ConnectedSource, notice: Notice) -> Meant | str:
    """Return whose doing a notice tells of, and of which title; else why nothing is kept of it."""
    if notice.server_id and _plain(notice.server_id) != _plain(source.server_id):
        return OTHER_SERVER
    person = _whose(source, sources.read_people(session, source.id), notice)
    if person is None:
        return NOBODY
    found = playbacks.read_media_of(session, source.id, notice.item_ids)
    if found is not None:
        return Meant(source, notice, person, media_id=found[1], item_id=found[0])
    media_id = _title_of_words(session, notice)
    if media_id is None:
        return UNKNOWN_TITLE
    item_id = playbacks.read_item_of(session, source.id, media_id)
    return Meant(source, notice, person, media_id, item_id)


def take(session: WriteSession, found: Meant, clock: Clock) -> str:
    """Take a notice in: it asks how it was, unless that is asked or answered.

    The same notice again asks nothing twice.

    Returns
    -------
    str
        One of `KEPT`.
    """
    playbacks.hold_playbacks(session)
    source, notice, person = found.source, found.notice, found.person
    raw, at = _raw_rating(session, found), clock()
    whose = Whose(person.member_id, found.media_id)
    if found.item_id is not None:
        _note(session, found, found.item_id, replace(notice, rating=raw), at)
    rating = None if raw is None else stars(raw, SCALES[source.kind])
    told = elsewhere.Told(source.name, person.member, whose, rating, at)
    if notice.is_watched:
        return elsewhere.watched(session, told)
    return NOTED if rating is None else elsewhere.rated(session, told)


def prefilled(session: ReadSession, picks: Sequence[StoredPick]) -> dict[int, Prefilled]:
    """Return what servers told of picks that are asked about, by the recommendation's id."""
    return playbacks.read_prefilled(session, [pick.recommendation_id for pick in picks])


def _whose(source: ConnectedSource, people: Sequence[Person], notice: Notice) -> Person | None:
    """Return whose account it was. An id decides; names are unique in Jellyfin alone."""
    by_id = {one.user_id: one for one in people}
    if notice.user_id in by_id:
        return by_id[notice.user_id]
    wanted = comparable(notice.user_name)
    named = [one for one in people if wanted and comparable(one.user_name) == wanted]
    if notice.is_owner_by_name and notice.user_id:
        return next((one for one in named if one.user_id == OWNER), None)
    is_sure = source.kind == JELLYFIN and not notice.user_id and len(named) == 1
    return named[0] if is_sure else None


def _title_of_words(session: ReadSession, notice: Notice) -> int | None:
    """Return the title that ids mean, or else a name, if it is that of one title alone."""
    of_ids = playbacks.read_media_of_ids(session, notice.ids)
    if len(of_ids) == 1:
        return of_ids.pop()
    matcher = Matcher.of(
        history_rows.read_known_titles(session), history_rows.read_title_ids(session)
    )
    if notice.year is not None:
        return matcher.find(notice).media_id
    named = matcher.by_name.get(plain_name(notice.title), ())
    alike = [one.media_id for one in named if one.kind == notice.kind and not one.is_removed]
    return alike[0] if len(alike) == 1 and not notice.ids else None


def _raw_rating(session: WriteSession, found: Meant) -> float | None:
    """Return a rating that was given there, on the server's scale: not one that we wrote there."""
    raw, item_id = found.notice.rating, found.item_id
    if raw is None or item_id is None:
        return raw
    user_id = found.person.user_id
    is_ours = playbacks.is_written_here(session, found.source.id, user_id, item_id, raw)
    return None if is_ours else raw


def _note(session: WriteSession, found: Meant, item_id: str, notice: Notice, at: datetime) -> None:
    """Keep in the member's history what a sync would keep."""
    source, member_id = found.source, found.person.member_id
    before = playbacks.read_state(session, source.name, member_id, item_id)
    state = _after(before, notice, at)
    if state != before:
        doings = Doings(source.name, SCALES[source.kind], member_id, at)
        write_states(session, doings, [state], {item_id: found.media_id}, is_whole=False)


def _after(before: ItemState, notice: Notice, at: datetime) -> ItemState:
    rating = before.rating if notice.rating is None else notice.rating
    state = replace(before, rating=rating)
    # A series is watched once all of it is: one episode does not tell.
    if notice.is_watched and notice.kind == "movie":
        return replace(state, is_watched=True, watched_at=at)
    # When something was watched that is only marked, nobody told.
    return replace(state, is_watched=True) if notice.is_marked else state


def _plain(server_id: str) -> str:
    return server_id.replace("-", "").casefold()
