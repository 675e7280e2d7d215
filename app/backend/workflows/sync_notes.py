"""What a sync remembers for the next one: hints, that cost some requests where they are lost."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Notes:
    """What a reading of a server found out.

    Attributes
    ----------
    uncounted : int
        By how much the number of items that the server tells exceeds the titles that it lists:
        some are no titles, and some servers count what they do not list.
    without_length : frozenset of str
        Items of series of which no episode tells how long it runs.
    """

    uncounted: int = 0
    without_length: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def read(cls, path: Path) -> "Notes":
        """Read what an earlier sync noted; nothing, where nothing can be read."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            return cls(int(told["uncounted"]), frozenset(map(str, told["without_length"])))
        except (OSError, ValueError, TypeError, KeyError):
            return cls()

    def write(self, path: Path) -> None:
        """Keep them, in place of those before; where they cannot be kept, they are not."""
        told = {"uncounted": self.uncounted, "without_length": sorted(self.without_length)}
        staged = path.with_suffix(".new")
        with suppress(OSError):
            staged.write_text(json.dumps(told), encoding="utf-8")
            staged.replace(path)
