"""Kills a household's program again and again, and looks each time at what is left."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select, text

from app.backend.domain.errors import EncoreError
from app.backend.domain.randomness import generator
from app.backend.registry.versions import open_version
from app.backend.store import versions
from app.backend.store.session import ReadSession, open_database
from app.backend.store.tables import Feedback, Media, ModelVersion, PromotionRow, TrainingRun
from app.backend.workflows.serving import Shelf
from tests.chaos.deeds import DEEDS, TITLES_AT_ONCE

KILLED: Final = -9
# How often each deed comes up.
WEIGHTS: Final = {"import": 0.1, "sync": 0.15, "feedback": 0.25, "training": 0.3, "promotion": 0.2}
NEVER: Final = -1


@dataclass(slots=True)
class Found:
    """What a campaign came to: kills by deed and point, and every fault."""

    kills: Counter[str] = field(default_factory=Counter)
    lived: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def killed(self) -> int:
        """How many programs were killed."""
        return sum(self.kills.values())


@dataclass(slots=True)
class Campaign:
    """One household on one database, whose programs are killed.

    Attributes
    ----------
    url : str
        A migrated database with a library.
    folder : Path
        Where versions and notes lie.
    seed : int
    """

    url: str
    folder: Path
    seed: int
    found: Found = field(default_factory=Found)
    number: int = 0
    points: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, kills: int) -> Found:
        """Kill so many programs, half of them at a named point, half at any moment."""
        rng = generator(self.seed)
        with nursery() as children:
            for deed in ("feedback", "feedback", "feedback", *DEEDS):
                began = time.monotonic()
                self.points[deed] = len(self.order(children, deed, NEVER)["passed"])
                self.seconds[deed] = time.monotonic() - began
            while self.found.killed < kills and not self.found.faults:
                deed = str(rng.choice(list(WEIGHTS), p=list(WEIGHTS.values())))
                if rng.random() < 0.5:
                    point = int(rng.integers(max(1, self.points[deed])))
                    self.order(children, deed, point)
                else:
                    self.order(children, deed, NEVER, float(rng.random()) * self.seconds[deed])
        return self.found

    def order(
        self,
        children: "subprocess.Popen[str]",
        deed: str,
        deadly: int,
        after_seconds: float | None = None,
    ) -> dict[str, Any]:
        """Have a deed done, and look at what is left of it."""
        self.number += 1
        order = {
            "url": self.url,
            "models": str(self.folder / "models"),
            "deed": deed,
            "number": self.number,
            "deadly": deadly,
            "after_seconds": after_seconds,
            "notes_path": str(self.folder / "notes"),
            "passed_path": str(self.folder / "passed"),
        }
        assert children.stdin is not None
        assert children.stdout is not None
        children.stdin.write(json.dumps(order) + "\n")
        children.stdin.flush()
        answer: dict[str, Any] = json.loads(children.stdout.readline())
        how = "any moment" if deadly == NEVER else "named point"
        if answer["ending"] == KILLED:
            self.found.kills[f"{deed}, {how}"] += 1
        elif answer["ending"] == 0:
            self.found.lived += 1
        else:
            self.found.faults.append(f"{deed} {self.number} ended with {answer['ending']}")
        where = f"after {deed} {self.number} ({how}, {deadly})"
        self.found.faults += [f"{fault} {where}" for fault in self._examine()]
        return answer

    def _examine(self) -> list[str]:
        """Return what does not hold that must, as a program that starts anew would find it."""
        notes = self.folder / "notes"
        noted = notes.read_text().splitlines() if notes.exists() else []
        with closing(open_database(self.url)) as database:
            with database.reading() as session:
                faults = [*_lost(session, noted), *_doubled(session), *self._unloadable(session)]
            with database.writing() as session:
                # Half a minute passes, and the lease of whoever was killed is over.
                session.execute(text("UPDATE training_runs SET lease_until = NULL WHERE turn = 1"))
        return faults

    def _unloadable(self, session: ReadSession) -> Iterator[str]:
        shelf = Shelf(self.folder / "models")
        name = versions.champion_name(session)
        if shelf.serving(session).version != name:
            yield f"the champion {name} does not serve"
        for version in versions.read_versions(session):
            if version.is_usable:
                try:
                    open_version(shelf.folder, version.version, version.digest)
                except EncoreError as error:
                    yield f"version {version.version} cannot be opened: {error.message}"


def _lost(session: ReadSession, noted: list[str]) -> Iterator[str]:
    """Yield what was acknowledged and is not there, or is there more than once or by half."""
    events = Counter(session.scalars(select(Feedback.event_id)))
    told = [note.removeprefix("feedback ") for note in noted if note.startswith("feedback ")]
    yield from (f"feedback {event} is there {events[event]} times" for event in told
                if events[event] != 1)  # fmt: skip
    for kind, note in (("Import", "titles"), ("Sync", "synced")):
        yield from _lost_titles(session, kind, {one for one in noted if one.startswith(note)})
    if session.get_bind().dialect.name == "sqlite":
        sound = session.scalar(text("PRAGMA integrity_check"))
        if sound != "ok":
            yield f"the database is damaged: {sound}"


def _lost_titles(session: ReadSession, kind: str, noted: set[str]) -> Iterator[str]:
    """Yield which titles that were told of are not there, or are there by half or twice."""
    query = select(Media.title).where(Media.title.like(f"{kind} %"), Media.removed_at.is_(None))
    titles = Counter(title.split()[1] for title in session.scalars(query))
    told = {note.split()[1] for note in noted}
    yield from (f"{kind.lower()} {one} is lost" for one in told if not titles[one])
    yield from (f"{kind.lower()} {one} is there by half" for one, count in titles.items()
                if count != TITLES_AT_ONCE)  # fmt: skip


def _doubled(session: ReadSession) -> Iterator[str]:
    """Yield runs that published more than once, and more than one that is active."""
    for table, what in ((ModelVersion, "versions"), (PromotionRow, "promotions")):
        many = func.count() > 1
        query = select(table.run_id).where(table.run_id.is_not(None))
        for run in session.scalars(query.group_by(table.run_id).having(many)):
            yield f"run {run} has several {what}"
    published = select(TrainingRun.id).where(TrainingRun.state.in_(("promoted", "kept")))
    without = published.where(~TrainingRun.id.in_(select(ModelVersion.run_id)))
    yield from (f"run {run} has a verdict and no version" for run in session.scalars(without))
    active = session.scalar(select(func.count()).where(TrainingRun.turn.is_not(None)))
    if (active or 0) > 1:
        yield f"{active} runs are active"


@contextmanager
def nursery() -> "Iterator[subprocess.Popen[str]]":
    """Start a process that forks the programs to be killed."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.nursery"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        assert started.stdin is not None
        started.stdin.close()
        started.wait()
        assert started.stdout is not None
        started.stdout.close()
