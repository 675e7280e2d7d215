"""What is the matter with rows of a file: how many, and where the first is."""

from dataclasses import dataclass, field

from app.backend.domain.dataset import Counted


@dataclass(slots=True)
class Tally:
    """Counts of rows by what is the matter with them, each with the line of its first."""

    found: dict[str, Counted] = field(default_factory=dict)

    def add(self, reason: str, line: int, rows: int = 1) -> None:
        """Count rows, the first of which is in a line."""
        if rows:
            before = self.found.get(reason)
            first = min(line, before.line) if before else line
            self.found[reason] = Counted(rows + (before.rows if before else 0), first)

    @property
    def rows(self) -> int:
        """How many rows were counted."""
        return sum(counted.rows for counted in self.found.values())
