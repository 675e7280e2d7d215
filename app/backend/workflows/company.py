"""Who is present: members who are known, and newcomers who count as the household."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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
    """

    names: Mapping[int, str]
    age_limits: Mapping[str, int]

    @classmethod
    def of(cls, members: Sequence[MemberFacts]) -> "Company":
        """Return the company that members make."""
        limits = {one.name: one.age_limit for one in members if one.age_limit is not None}
        return cls({one.id: one.name for one in members}, limits)

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
