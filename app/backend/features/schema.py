"""The columns of X: their names, their order, and the fingerprint that a model keeps of them.

The first 17 columns are a promise to integrators; what follows them may grow.
"""

import hashlib
from typing import Final

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.features.genres import CANON

SCHEMA_NUMBER: Final = 1
PROMISED_COUNT: Final = 17
PROMISED_GENRES: Final = CANON[:5]
FURTHER_GENRES: Final = CANON[5:]

CONTEXT_COLUMNS: Final = (
    *(f"mood_{mood}" for mood in MOODS),
    *(f"group_{size}" for size in GROUP_SIZES),
    *(f"session_{length}" for length in SESSION_LENGTHS),
)
TITLE_COLUMNS: Final = (
    *(f"genre_{genre}" for genre in PROMISED_GENRES),
    "duration",
    "year",
    *(f"genre_{genre}" for genre in FURTHER_GENRES),
    "kind_series",
    "community_rating",
    "media_id",
)
FEATURE_NAMES: Final = CONTEXT_COLUMNS + TITLE_COLUMNS
FEATURE_COUNT: Final = len(FEATURE_NAMES)

GENRE_COLUMNS: Final = tuple(FEATURE_NAMES.index(f"genre_{genre}") for genre in CANON)
DURATION: Final = FEATURE_NAMES.index("duration")
YEAR: Final = FEATURE_NAMES.index("year")
KIND_SERIES: Final = FEATURE_NAMES.index("kind_series")
COMMUNITY_RATING: Final = FEATURE_NAMES.index("community_rating")
MEDIA_ID: Final = FEATURE_NAMES.index("media_id")


def schema_fingerprint() -> str:
    """Return a digest of the schema number and the column names in order."""
    text = "\n".join((str(SCHEMA_NUMBER), *FEATURE_NAMES))
    return hashlib.sha256(text.encode()).hexdigest()
