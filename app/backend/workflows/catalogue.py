"""The titles that may be shown, as arrays that every request looks into."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypedDict

import numpy as np
from sqlalchemy.orm import Session

from app.backend.domain.title import Title, genre_names
from app.backend.features.ages import least_ages
from app.backend.features.encode import Codes, Floats, encode_titles
from app.backend.features.titles import understand
from app.backend.ranking.candidates import Measures
from app.backend.store import library_rows


class Facts(TypedDict):
    """What people are told of a title; `minutes` is one sitting."""

    title: str
    kind: str
    year: int | None
    minutes: int | None
    genres: tuple[str, ...]
    age_rating: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The titles that may be shown, in the order of their ids.

    Attributes
    ----------
    titles : tuple of Title, length n
    genre_names : tuple of tuple of str, length n
        Each title's genres, as the library writes them.
    ids : ndarray of int64, shape (n,), ascending
    measures : Measures
        How long they are, and from which age on they may be seen.
    encoded : ndarray of float64, shape (n, len(TITLE_COLUMNS))
    told : dict of int to Facts
        What was told before.
    """

    titles: tuple[Title, ...]
    genre_names: tuple[tuple[str, ...], ...]
    ids: Codes
    measures: Measures
    encoded: Floats
    told: dict[int, Facts] = field(default_factory=dict)

    def row_of(self, media_id: int) -> int:
        """Return the position of a title that is in the catalogue."""
        return int(np.searchsorted(self.ids, media_id))

    def facts(self, media_id: int) -> "Facts":
        """Return what people are told of a title, wherever it is shown."""
        found = self.told.get(media_id)
        if found is None:
            row = self.row_of(media_id)
            title = self.titles[row]
            found = self.told[media_id] = Facts(
                title=title.title,
                kind=title.kind,
                year=title.year,
                minutes=None if title.minutes is None else round(title.minutes),
                genres=self.genre_names[row],
                age_rating=title.age_rating,
            )
        return found


def read_catalogue(session: Session, latest_year: int) -> Catalogue:
    """Read the titles that may be shown.

    Parameters
    ----------
    session : Session
    latest_year : int
        A title from a later year is not believed.
    """
    understood = understand(library_rows.read_titles(session), latest_year)
    titles = understood.on_the_shelf()
    texts = dict(zip(understood.raw.id.tolist(), understood.raw.genres, strict=True))
    return Catalogue(
        titles=tuple(titles),
        genre_names=tuple(_names(texts[title.id]) for title in titles),
        ids=np.array([title.id for title in titles], dtype=np.int64),
        measures=Measures(
            np.array([np.nan if t.minutes is None else t.minutes for t in titles], np.float64),
            least_ages([title.age_rating for title in titles]),
        ),
        encoded=encode_titles(titles),
    )


@lru_cache(maxsize=4_096)
def _names(text: object) -> tuple[str, ...]:
    return genre_names(text) if isinstance(text, str) else ()
