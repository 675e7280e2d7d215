"""A request that comes again under its key is answered as before, and carried out once."""

import hashlib
from dataclasses import dataclass

from app.backend.domain.clock import Clock
from app.backend.domain.errors import RequestReused
from app.backend.domain.repeats import UNDER_WAY, Answer, Asked
from app.backend.store import repeats
from app.backend.store.session import Database


@dataclass(frozen=True, slots=True)
class Repeats:
    """Answers that are kept for a day, by caller and key."""

    database: Database
    clock: Clock

    def begin(self, asked: Asked) -> Answer | None:
        """Return the answer that a request had, or note that it is under way.

        Raises
        ------
        RequestReused
            Where the key came with another request, or the same one is being answered.
        """
        with self.database.writing() as session:
            found = repeats.begin(session, asked, self.clock())
        if found is None:
            return None
        if found.request_hash != asked.request_hash:
            raise RequestReused("This Idempotency-Key came with another request; make a new one.")
        if found.status == UNDER_WAY:
            raise RequestReused("The same request is being answered; ask again in a moment.")
        return found

    def finish(self, asked: Asked, answer: Answer) -> None:
        """Keep the answer."""
        with self.database.writing() as session:
            repeats.finish(session, asked, answer)

    def give_up(self, asked: Asked) -> None:
        """Forget a request that failed by Encore's fault: it may come again."""
        with self.database.writing() as session:
            repeats.forget(session, asked)


def digest(*parts: bytes) -> str:
    """Return what tells two requests apart."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.hexdigest()
