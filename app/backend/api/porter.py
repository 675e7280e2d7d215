"""Finds out who calls: by an API key, a session's cookie, a trusted proxy's word, or none."""

from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from app.backend.api.access import NOBODY, PEER, Caller, marks_of_request, unclaimed
from app.backend.api.addresses import SAFE_METHODS
from app.backend.api.marks import Marks
from app.backend.domain.access import ROLES
from app.backend.domain.errors import CrossSiteRefused
from app.backend.domain.evening import LONGEST_NAME
from app.backend.workflows import accounts, sign_in
from app.backend.workflows.doorway import Doorway, is_loopback, is_within
from app.backend.workflows.household import Household

# Of credentials that are remembered between requests.
MOST_REMEMBERED: Final = 1_000
LONGEST_CREDENTIAL: Final = 200


@dataclass(slots=True)
class Porter:
    """Looks callers up.

    What was found is remembered for those that can tell whether it still holds: it holds as long
    as `as_of` is what the database says (see `Picker`).
    """

    household: Household
    doorway: Doorway
    _remembered: dict[str, Caller] = field(default_factory=dict)
    # Nothing takes an owner away: once there was one, nobody else is let in without a word.
    _is_owned: bool = False

    async def caller(self, scope: Scope) -> Caller:
        """Return who sent a request, as the database has it now.

        Raises
        ------
        CrossSiteRefused
            Where a browser's word counts, and it does not say that the page is Encore's own.
        """
        marks = marks_of_request(scope)
        if not marks.has_credential and not self._is_at_the_machine(scope, marks):
            return NOBODY
        found = await run_in_threadpool(self._look_up, scope, marks)
        self._insist_on_own_page(found, scope, marks)
        if found.kind != "nobody":
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[_slot(marks)] = found
        return found

    async def glance(self, scope: Scope) -> Caller:
        """Return who sent a request to a route that is open to everybody."""
        is_open = not self._is_owned and self._is_at_the_machine(scope, marks_of_request(scope))
        if is_open or marks_of_request(scope).has_credential:
            return await self.caller(scope)
        return NOBODY

    def remembered(self, scope: Scope) -> Caller | None:
        """Return who sent a request, as it was found before; `None` where it must be asked."""
        marks = marks_of_request(scope)
        found = self._remembered.get(_slot(marks))
        if found is None or found.kind == "proxy":
            return None
        if found.kind == "unclaimed":
            return found if self._is_at_the_machine(scope, marks) else None
        if found.grant is None or found.grant.is_over(self.household.clock()):
            return None
        self._insist_on_own_page(found, scope, marks)
        return found

    def _look_up(self, scope: Scope, marks: Marks) -> Caller:
        # A key speaks alone: what is remembered under it must be good for whoever holds it.
        if marks.key is not None:
            return self._holder(marks.key, is_key=True) or NOBODY
        found = self._holder(marks.session, is_key=False)
        if found is not None:
            return found
        if marks.proxy_user is not None and self._is_believed(scope):
            return self._proxys_user(marks.proxy_user)
        # A cookie that nobody knows may be another Encore's on this machine.
        if not self._is_at_the_machine(scope, marks):
            return NOBODY
        with self.household.database.reading() as session:
            self._is_owned, as_of = sign_in.access_now(session)
        return NOBODY if self._is_owned else unclaimed(as_of)

    def _holder(self, secret: str | None, *, is_key: bool) -> Caller | None:
        if secret is None or len(secret) > LONGEST_CREDENTIAL:
            return None
        look = sign_in.holder_of_key if is_key else sign_in.holder_of_session
        found = look(self.household.database, secret, self.household.clock)
        if found is None:
            return None
        grant, as_of = found
        return Caller(grant.name, grant.kind, grant.scopes, grant, as_of)

    def _proxys_user(self, name: str) -> Caller:
        """Return whom a proxy names: with the role of their account, or else as a viewer."""
        if len(name) > LONGEST_NAME or not name.isprintable():
            return NOBODY
        with self.household.database.reading() as session:
            role = accounts.role_of(session, name)
        return Caller(name, "proxy", ROLES[role or "viewer"])

    def _is_believed(self, scope: Scope) -> bool:
        peer = scope.get(PEER) or scope.get("client")
        return peer is not None and is_within(peer[0], self.doorway.sso_from)

    def _is_at_the_machine(self, scope: Scope, marks: Marks) -> bool:
        peer = scope.get("client")
        return (
            self.doorway.may_be_unclaimed
            and not marks.is_forwarded
            and peer is not None
            and is_loopback(peer[0])
        )

    def _insist_on_own_page(self, caller: Caller, scope: Scope, marks: Marks) -> None:
        """Refuse a change that a browser's cookie alone vouches for."""
        by_browser = caller.kind in {"session", "proxy"}
        silent = marks.site is None and marks.origin is None
        if by_browser and silent and scope["method"] not in SAFE_METHODS:
            raise CrossSiteRefused(
                "A change by a signed-in browser says which page asks for it (Sec-Fetch-Site or "
                "Origin); programs use an API key."
            )


def _slot(marks: Marks) -> str:
    """Return what a caller is remembered by: never a word of who sends it without a secret."""
    return f"key {marks.key}" if marks.key is not None else f"session {marks.session or ''}"
