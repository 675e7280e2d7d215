"""Who is present: members who are known, and newcomers who count as the household."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from app.backend.features.encode import Codes
from app.backend.store import reads
from app.backend.store.member_histories import HOUSEHOLD, MemberHistories, read_member_histories
from app.backend.store.reads import MemberFacts

# Newcomers are numbered downwards from here: ids that no member has.
_LAST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Company:
    """Who may be named: members that have not left.

    Attributes
    ----------
    names : mapping of int to str
        By their ids.
    age_limits : mapping of str to int
        By name, in years; who may see everything is not there.
    histories : MemberHistories
    """

    names: Mapping[int, str]
    age_limits: Mapping[str, int]
    histories: MemberHistories = field(default_factory=MemberHistories)

    @classmethod
    def of(
        cls, members: Sequence[MemberFacts], histories: MemberHistories | None = None
    ) -> "Company":
        """Return the company that members make."""
        limits = {one.name: one.age_limit for one in members if one.age_limit is not None}
        names = {one.id: one.name for one in members}
        return cls(names, limits, histories or MemberHistories())

    @classmethod
    def read(cls, session: Session) -> "Company":
        """Read who is here, and what they did elsewhere."""
        return cls.of(reads.read_members(session), read_member_histories(session))

    def seen_by(self, names: Sequence[str]) -> Codes:
        """Return the ids of titles that one of those named has seen elsewhere.

        Nobody named means the household: what anybody has seen.
        """
        asked = self._ids(names) or list(self.names)
        return _joined(self.histories.seen, [HOUSEHOLD, *asked])

    def withheld_from(self, names: Sequence[str]) -> Codes:
        """Return the ids of titles that a media server does not show to one of those named."""
        return _joined(self.histories.withheld, self._ids(names))

    def _ids(self, names: Sequence[str]) -> list[int]:
        return [member for member, name in self.names.items() if name in names]

    def age_limit(self, names: Sequence[str]) -> int | None:
        """Return the strictest limit of those who are named; nobody named is nobody's limit."""
        found = [self.age_limits[name] for name in names if name in self.age_limits]
        return min(found, default=None)


def who_is_present(known: Mapping[int, str], names: Sequence[str]) -> Mapping[int, str]:
    """Return the members of these names by id.

    One who never said anything has an id that no model knows: they count, as the household.

    Examples
    --------
    >>> sorted(who_is_present({3: "Ann"}, ["Ann", "Ann", "Zoe"]).values())
    ['Ann', 'Zoe']
    """
    if not names:
        return {}
    ids = {name: member for member, name in known.items()}
    named = enumerate(dict.fromkeys(names))
    return {ids.get(name, _LAST_ID - number): name for number, name in named}


def _joined(ids_of: Mapping[int, Codes], members: Sequence[int]) -> Codes:
    found = [ids_of[member] for member in members if member in ids_of]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
