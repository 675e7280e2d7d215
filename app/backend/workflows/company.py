"""Who is present: members who are known, and newcomers who count as the household."""

from collections.abc import Mapping, Sequence
from typing import Final

# Newcomers are numbered downwards from here: ids that no member has.
_LAST_ID: Final = 2**63 - 1


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
