"""Posters of titles, fetched from their media servers and kept: browsers never ask those.

Few are fetched at once, each within seconds, by threads of their own: however slow a server is,
nothing else waits for it. One that fails is left alone for some minutes.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, TypeAlias

from app.backend.domain.errors import (
    AddressRefused,
    EncoreError,
    NotFound,
    ServerRefuses,
    ServerUnreachable,
    SourceMalformed,
)
from app.backend.sources.pictures import media_type_of
from app.backend.sources.upstream import Patience
from app.backend.store import source_items, sources
from app.backend.store.source_items import Standing
from app.backend.store.sources import ConnectedSource
from app.backend.workflows.connections import keyring, server_of
from app.backend.workflows.household import Household
from app.backend.workflows.poster_folder import PosterFolder
from app.backend.workflows.standings import poster_version

MOST_BYTES: Final = 4 * 2**20
AT_ONCE: Final = 4
MOST_WAITING: Final = 200
PATIENCE: Final = Patience(
    most_bytes=MOST_BYTES, connect_seconds=3.0, answer_seconds=5.0, attempts=1
)
# What came to nothing is not asked for again so long.
POSTER_RESTS: Final = timedelta(minutes=10)
SERVER_RESTS: Final = timedelta(minutes=1)
MOST_FAILURES: Final = 2_000
# With these the server answers nothing, whichever poster is asked for.
_OF_THE_SERVER: Final = (ServerUnreachable, ServerRefuses, AddressRefused)


@dataclass(frozen=True, slots=True)
class Poster:
    """A picture, and what it is by its own bytes.

    `version` is another one where the picture is.
    """

    content: bytes = field(repr=False)
    media_type: str
    version: str


Asked: TypeAlias = "Future[Poster | EncoreError]"


@dataclass(slots=True)
class Posters:
    """The posters of a household, for one process."""

    household: Household
    folder: PosterFolder = field(init=False)
    _threads: ThreadPoolExecutor = field(init=False)
    _asked: dict[str, Asked] = field(default_factory=dict)
    _failed: dict[str, tuple[datetime, EncoreError]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Find the folder; threads begin when there is something to fetch."""
        self.folder = PosterFolder(self.household.folder / "posters", self.household.clock)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="posters")

    def ask(self, media_id: int) -> Asked:
        """Ask for the poster of a title; one that is kept is there at once.

        Returns
        -------
        Future of Poster or EncoreError
            The same for all who ask while it is fetched. It never raises an `EncoreError`.

        Raises
        ------
        NotFound
            Where the title has none, or there is no such title.
        """
        with self.household.database.reading() as session:
            standing = source_items.read_standings(session, [media_id]).get(media_id)
            version = None if standing is None else poster_version(standing)
            if standing is None or version is None:
                raise NotFound(f"There is no poster of title {media_id}; its server has none.")
            if (kept := self._kept(version)) is not None:
                return _settled(kept)
            source = sources.read_source(session, standing.source_id)
        with self._lock:
            return self._under_way(source, standing, version)

    def close(self) -> None:
        """Fetch no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _under_way(self, source: ConnectedSource, standing: Standing, version: str) -> Asked:
        """Return what fetches a poster, or why nobody does now."""
        if (asked := self._asked.get(version)) is not None:
            return asked
        if (failed := self._failure(version, source)) is not None:
            return _settled(failed)
        if len(self._asked) >= MOST_WAITING:
            return _settled(
                ServerUnreachable("Many posters are being fetched; ask for this one later.")
            )
        asked = self._asked[version] = self._threads.submit(self._fetch, source, standing, version)
        return asked

    def _kept(self, version: str) -> Poster | None:
        content = self.folder.read(version)
        media_type = None if content is None else media_type_of(content)
        return None if not content or not media_type else Poster(content, media_type, version)

    def _fetch(
        self, source: ConnectedSource, standing: Standing, version: str
    ) -> Poster | EncoreError:
        try:
            # It may have come, or the server gone, while this waited.
            with self._lock:
                failed = self._failure(version, source)
            return failed or self._kept(version) or self._fetched(source, standing, version)
        except EncoreError as error:
            with self._lock:
                self._remember(error, version, source)
            return error
        finally:
            with self._lock:
                self._asked.pop(version, None)

    def _fetched(self, source: ConnectedSource, standing: Standing, version: str) -> Poster:
        household = self.household
        credentials = keyring(household).read(source.id)
        server = server_of(source, credentials, household.clock().year + 2, PATIENCE)
        try:
            content = server.poster(standing.poster or "", MOST_BYTES)
        finally:
            server.close()
        media_type = media_type_of(content)
        if media_type is None:
            raise SourceMalformed(
                f"{source.server_name} has no picture at the place of a poster; choose another one "
                "there."
            )
        self.folder.write(version, content)
        return Poster(content, media_type, version)

    def _failure(self, version: str, source: ConnectedSource) -> EncoreError | None:
        """Return why a poster is not asked for now."""
        now = self.household.clock()
        for what in (version, source.name):
            until, error = self._failed.get(what, (now, None))
            if error is not None and now < until:
                return error
        return None

    def _remember(self, error: EncoreError, version: str, source: ConnectedSource) -> None:
        now = self.household.clock()
        if len(self._failed) >= MOST_FAILURES:
            self._failed.clear()
        if isinstance(error, _OF_THE_SERVER):
            self._failed[source.name] = (now + SERVER_RESTS, error)
        else:
            self._failed[version] = (now + POSTER_RESTS, error)


def _settled(what: Poster | EncoreError) -> Asked:
    asked: Asked = Future()
    asked.set_result(what)
    return asked
