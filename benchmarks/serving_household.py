"""A household to serve: titles from a seeded generator, evenings, verdicts, and two versions."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from app.backend.domain.clock import system_clock
from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.errors import EncoreError
from app.backend.domain.evening import Pick, Verdict
from app.backend.domain.model import Predictor
from app.backend.domain.progress import silent
from app.backend.domain.title import TitleRecord
from app.backend.features.encode import Codes, Floats
from app.backend.store.versions import champion_name
from app.backend.workflows.catalogue import read_catalogue
from app.backend.workflows.export import export_version
from app.backend.workflows.feedback import rate
from app.backend.workflows.household import Household, open_household
from app.backend.workflows.import_library import import_library
from app.backend.workflows.recommend import Picker, Request
from app.backend.workflows.versions import Wish, promote
from tests.workflows.evenings import ListSource, Ticking

SEED: Final = 20_000
GENRES: Final = (
    "Comedy", "Action", "Drama", "Thriller", "Science Fiction", "Adventure", "Animation", "Crime",
    "Documentary", "Family", "Fantasy", "History", "Horror", "Mystery", "Romance", "War",
)  # fmt: skip
LIKED: Final = {"funny": "comedy", "action": "action", "dramatic": "drama", "relaxing": "romance"}
WISH: Final = Wish("benchmark", "It is to be measured.")


@dataclass(frozen=True, slots=True)
class Made:
    """What was made.

    Attributes
    ----------
    folder : Path
        Its data folder.
    versions : tuple of str
        Two of them, the champion last.
    ids : ndarray of int64, shape (n,)
    encoded : ndarray of float64, shape (n, len(TITLE_COLUMNS))
        Its titles, as models read them.
    predictor : Predictor
        The champion.
    """

    folder: Path
    versions: tuple[str, str]
    ids: Codes
    encoded: Floats
    predictor: Predictor


def titles(count: int, seed: int = SEED) -> list[TitleRecord]:
    """Return titles of all kinds; the same seed makes the same."""
    generator = np.random.default_rng(seed)
    minutes = np.clip(generator.normal(105, 25, count), 40, 240).astype(int).tolist()
    years = generator.integers(1930, 2025, count).tolist()
    ratings = np.clip(generator.normal(6.3, 1.2, count), 0, 10).round(1).tolist()
    is_series = (generator.random(count) < 0.15).tolist()
    genres = [
        tuple(generator.choice(GENRES, size, replace=False).tolist())
        for size in generator.integers(1, 4, count)
    ]
    return [
        TitleRecord(
            title=f"Title {number}",
            kind="series" if is_series[number] else "movie",
            year=years[number],
            minutes=45 if is_series[number] else minutes[number],
            genres=genres[number],
            where=f"title {number}",
            external_id=f"imdb:tt{number + 1:07}",
            community_rating=ratings[number],
        )
        for number in range(count)
    ]


def made(folder: Path, count: int, evenings: int) -> Made:
    """Fill a household through the real steps, and train it twice.

    Parameters
    ----------
    folder : Path
    count : int
        How many titles.
    evenings : int
        How many of them are rated: two thirds before the first training, the rest before the next.
    """
    # One evening in two days, and the last was yesterday.
    clock = Ticking(system_clock() - timedelta(days=2 * evenings + 1))
    with open_household(f"sqlite:///{folder}/encore.db", folder / "models", clock) as household:
        with household.database.writing() as session:
            import_library(session, ListSource(titles(count)), clock, silent)
        first = evenings * 2 // 3
        _live(household, clock, range(first))
        versions = [_trained(household, 1)]
        _live(household, clock, range(first, evenings))
        versions.append(_trained(household, 2))
        return _described(household, folder, (versions[0], versions[1]))


def export(filled: Made, target: Path) -> None:
    """Write the champion as an MLflow model."""
    url = f"sqlite:///{filled.folder}/encore.db"
    with (
        open_household(url, filled.folder / "models", system_clock) as household,
        household.database.reading() as session,
    ):
        export_version(session, household.shelf, filled.versions[-1], "mlflow", target)


def request(number: int) -> Request:
    """Return one of the 36 requests that say all of a context, in turn."""
    mood, rest = number % len(MOODS), number // len(MOODS)
    size, length = rest % len(GROUP_SIZES), rest // len(GROUP_SIZES) % len(SESSION_LENGTHS)
    return Request(MOODS[mood], GROUP_SIZES[size], SESSION_LENGTHS[length], seed=number)


def _live(household: Household, clock: Ticking, evenings: range) -> None:
    picker = Picker(household.shelf)
    for evening in evenings:
        clock.advance(days=2)
        asked = request(evening)
        with household.database.writing_plainly() as connection:
            at = clock()
            picker.refresh(connection, at)
            (answered,) = picker.draw(connection, [asked], at)
        if isinstance(answered, EncoreError):
            raise answered
        liked = _is_liked(answered.drawn.shown.picks[0], asked, evening)
        verdict = Verdict(answered.ids[0], 5 if liked else 2, would_watch_again=liked)
        with household.database.writing() as session:
            rate(session, verdict, clock)


def _is_liked(pick: Pick, asked: Request, evening: int) -> bool:
    """Say whether the household liked a pick: by its genre as a rule, and sometimes by chance."""
    return (LIKED[asked.mood] in pick.features.genres) != (evening % 5 == 0)


def _trained(household: Household, seed: int) -> str:
    """Train, and let the version serve whatever the gate says: it is not what is measured."""
    run, _ = household.train(seed, silent, anew=True)
    if run.model_version is None:
        raise RuntimeError(f"no version was made: {run.state}, {run.reason}")
    with household.database.reading() as session:
        champion = champion_name(session)
    if champion != run.model_version:
        promote(household.database, household.shelf, run.model_version, WISH, household.clock)
    return run.model_version


def _described(household: Household, folder: Path, versions: tuple[str, str]) -> Made:
    with household.database.reading() as session:
        catalogue = read_catalogue(session, household.clock().year + 2)
        predictor = household.shelf.serving(session).predictor
    return Made(folder, versions, catalogue.ids, catalogue.encoded, predictor)
