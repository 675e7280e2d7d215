"""The table of rules is well formed, and its knots are read as straight lines."""

from itertools import pairwise

import numpy as np
import pytest

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.title import KINDS
from app.backend.features.genres import CANON
from app.backend.features.rules import SUBSCORES, Knots, default_rules


@pytest.mark.parametrize(("part", "words"), [("mood", MOODS), ("group", GROUP_SIZES)])
def test_beliefs_are_about_known_genres(part: str, words: tuple[str, ...]) -> None:
    """Each mood and company believes something, of canonical genres, between -1 and 1."""
    table = getattr(default_rules(), part)
    assert tuple(table) == words
    for beliefs in table.values():
        assert set(beliefs) <= set(CANON)
        assert all(-1.0 <= belief <= 1.0 and belief != 0.0 for belief in beliefs.values())
        assert max(beliefs.values()) > 0


def test_moods_differ() -> None:
    """No two moods want the same, and each wants its namesake most."""
    moods = default_rules().mood
    assert len({tuple(sorted(beliefs.items())) for beliefs in moods.values()}) == len(MOODS)
    wanted = {
        mood: max(beliefs, key=lambda genre: beliefs[genre]) for mood, beliefs in moods.items()
    }
    assert (wanted["funny"], wanted["action"], wanted["dramatic"]) == ("comedy", "action", "drama")


def test_knots_ascend() -> None:
    """For every session and kind, lengths ascend and fits lie between -1 and 1."""
    session = default_rules().session
    assert set(session) == {(length, kind) for length in SESSION_LENGTHS for kind in KINDS}
    for knots in session.values():
        assert len(knots.minutes) == len(knots.fit) >= 2
        assert all(low < high for low, high in pairwise(knots.minutes))
        assert all(-1.0 <= fit <= 1.0 for fit in knots.fit)


def test_a_limit_is_a_length_that_no_longer_fits_well() -> None:
    """Short and medium evenings end; at their limit a film fits less than at its best."""
    rules = default_rules()
    assert dict(rules.limit_minutes) == {"short": 100, "medium": 150}
    for length, limit in rules.limit_minutes.items():
        knots = rules.session[length, "movie"]
        assert float(knots.at(np.array(float(limit)))) < max(knots.fit) - 0.5


def test_every_subscore_is_trusted_a_little() -> None:
    """There is a factor for each subscore, none of them negative."""
    trust = default_rules().trust
    assert len(trust) == len(SUBSCORES)
    assert all(0.0 < factor <= 1.0 for factor in trust)


def test_fits_lie_on_lines_between_knots() -> None:
    """Between knots it is a line, and beyond the outer ones it stays."""
    knots = Knots((10.0, 20.0, 40.0), (0.0, 1.0, -1.0))
    found = knots.at(np.array([0.0, 10.0, 15.0, 20.0, 30.0, 40.0, 900.0]))
    np.testing.assert_allclose(found, [0.0, 0.0, 0.5, 1.0, 0.0, -1.0, -1.0])
