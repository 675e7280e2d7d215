"""The columns of X: what integrators were promised, and a fingerprint that notices any change."""

import numpy as np
import pytest

from app.backend.features import schema
from app.backend.features.genres import CANON
from app.backend.features.schema import FEATURE_COUNT, FEATURE_NAMES, schema_fingerprint

PROMISED = (
    "mood_funny",
    "mood_action",
    "mood_dramatic",
    "mood_relaxing",
    "group_solo",
    "group_couple",
    "group_group",
    "session_short",
    "session_medium",
    "session_binge",
    "genre_comedy",
    "genre_action",
    "genre_drama",
    "genre_thriller",
    "genre_scifi",
    "duration",
    "year",
)


def test_the_promised_columns_come_first() -> None:
    """The first 17 columns have the promised names in the promised order."""
    assert FEATURE_NAMES[:17] == PROMISED
    assert schema.PROMISED_COUNT == 17


def test_every_column_has_one_name() -> None:
    """No two columns share a name, and there are as many names as columns."""
    assert len(set(FEATURE_NAMES)) == len(FEATURE_NAMES) == FEATURE_COUNT
    assert schema.CONTEXT_COLUMNS + schema.TITLE_COLUMNS == FEATURE_NAMES


def test_positions_lead_to_their_columns() -> None:
    """Each named position is that of its column; every canonical genre has one."""
    assert [FEATURE_NAMES[at] for at in schema.GENRE_COLUMNS] == [f"genre_{one}" for one in CANON]
    found = [FEATURE_NAMES[at] for at in (schema.DURATION, schema.YEAR, schema.KIND_SERIES)]
    assert found == ["duration", "year", "kind_series"]
    assert FEATURE_NAMES[schema.COMMUNITY_RATING] == "community_rating"
    assert FEATURE_NAMES[schema.MEDIA_ID] == "media_id"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEATURE_NAMES", tuple(np.roll(FEATURE_NAMES, 1))),
        ("FEATURE_NAMES", FEATURE_NAMES[:-1]),
        ("SCHEMA_NUMBER", schema.SCHEMA_NUMBER + 1),
    ],
)
def test_the_fingerprint_notices_a_change(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    """Columns moved or taken away, or a new meaning, give another fingerprint."""
    before = schema_fingerprint()
    assert before == schema_fingerprint()
    monkeypatch.setattr(schema, name, value)
    assert schema_fingerprint() != before
