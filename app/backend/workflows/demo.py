"""A demo household: a catalogue of known titles and simulated evenings, through the real steps."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Final

import numpy as np

from app.backend import sources
from app.backend.domain.clock import Clock
from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.evening import StoredPick, StoredSlate, Verdict
from app.backend.domain.evidence import DEMO
from app.backend.domain.progress import Progress, Step
from app.backend.domain.randomness import derived_seed, generator
from app.backend.features.genres import normalise
from app.backend.features.posterior import rules_posterior
from app.backend.sources.csv_file import CsvFile
from app.backend.store import writes
from app.backend.store.session import WriteSession
from app.backend.workflows.feedback import choose, rate
from app.backend.workflows.import_library import import_library
from app.backend.workflows.recommend import Request, recommend
from app.backend.workflows.serving import UNTRAINED, Serving

EVENINGS: Final = 60
DAYS_BETWEEN: Final = 3
SEED: Final = 7

# What this household is like: what it enjoys whatever the mood, and what each mood means to it.
ALWAYS: Final[Mapping[str, float]] = {
    "crime": 0.9, "documentary": 0.6, "mystery": 0.6, "animation": -0.7, "fantasy": -0.9,
    "horror": -1.2, "music": 0.4,
}  # fmt: skip
BY_MOOD: Final[Mapping[str, Mapping[str, float]]] = {
    "funny": {"comedy": 2.2, "crime": 0.9, "family": -0.8, "drama": -1.2, "war": -2.0},
    "action": {"action": 1.8, "scifi": -0.9, "thriller": 1.5, "western": 1.5, "drama": -1.0},
    "dramatic": {"drama": 1.8, "history": 1.2, "biography": 1.0, "comedy": -1.6, "romance": -0.9},
    "relaxing": {"documentary": 1.8, "family": 0.9, "music": 1.0, "thriller": -2.0, "war": -2.0},
}
USUAL_MOODS: Final = (0.35, 0.2, 0.2, 0.25)
USUAL_COMPANY: Final = (0.25, 0.55, 0.2)
USUAL_SESSIONS: Final = (0.35, 0.45, 0.2)


@dataclass(frozen=True, slots=True)
class Demo:
    """What was set up."""

    titles: int
    evenings: int


def set_up_demo(session: WriteSession, clock: Clock, progress: Progress) -> Demo:
    """Fill an empty household: import the catalogue, then live some evenings with the rules."""
    with ExitStack() as stack:
        packaged = resources.files(sources) / "demo_catalogue.csv"
        path = stack.enter_context(resources.as_file(packaged))
        catalogue = CsvFile(path, latest_year=clock().year + 2)
        imported = import_library(session, catalogue, clock, progress, name=DEMO)
    rng = generator(SEED)
    first = clock() - timedelta(days=DAYS_BETWEEN * EVENINGS)
    for evening in range(EVENINGS):
        _live(session, rng, evening, first + timedelta(days=DAYS_BETWEEN * evening))
        progress(Step("Living simulated evenings", evening + 1, EVENINGS))
    return Demo(imported.counts.added, EVENINGS)


def start_over(session: WriteSession) -> None:
    """Forget everything, so that a demo can be set up again."""
    writes.erase_all(session)


def _live(session: WriteSession, rng: np.random.Generator, evening: int, at: datetime) -> None:
    """Ask, pick, watch and rate, as this household would on one evening."""
    request = Request(
        mood=str(rng.choice(MOODS, p=USUAL_MOODS)),
        group_size=str(rng.choice(GROUP_SIZES, p=USUAL_COMPANY)),
        session_length=str(rng.choice(SESSION_LENGTHS, p=USUAL_SESSIONS)),
        seed=derived_seed(DEMO, SEED, evening),
    )
    serving = Serving(rules_posterior(), None, UNTRAINED)
    slate = recommend(session, request, serving, lambda: at)
    pick, delight = _choice(rng, slate)
    choose(session, pick.recommendation_id, lambda: at)
    rating = int(np.clip(np.round(2.4 + 0.9 * delight), 1, 5))
    again = bool(rng.random() < 1 / (1 + np.exp(-2.0 * (rating - 3.2))))
    rate(
        session,
        Verdict(pick.recommendation_id, rating, again, source=DEMO),
        lambda: at + timedelta(hours=3),
    )


def _choice(rng: np.random.Generator, slate: StoredSlate) -> tuple[StoredPick, float]:
    """Return the pick that appeals most at first sight, and how it turned out."""
    delight = [_delight(pick, slate.mood) + rng.normal(0, 0.5) for pick in slate.picks]
    appeal = [one + rng.normal(0, 0.7) for one in delight]
    at = int(np.argmax(appeal))
    return slate.picks[at], delight[at]


def _delight(pick: StoredPick, mood: str) -> float:
    genres = normalise(pick.genres).known
    if not genres:
        return 0.0
    liked = sum(ALWAYS.get(genre, 0.0) + BY_MOOD[mood].get(genre, 0.0) for genre in genres)
    return float(liked / np.sqrt(len(genres)))
