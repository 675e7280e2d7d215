"""Least misery as a veto: what one member would hardly enjoy is left out, if enough remains."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.backend.learning.glmix import GlmixConfig
from app.backend.ranking import reasons, taste
from app.backend.ranking.veto import LEAST_PROBABILITY, after_veto

PROBABILITIES = st.lists(st.floats(0, 1), min_size=8, max_size=8)


def test_one_of_two_can_veto() -> None:
    """A title below the bound for one, and not for both together, is left out."""
    own = np.array([[0.9, 0.1, 0.1, 0.5], [0.8, 0.9, 0.1, 0.2]])
    shared = np.array([0.85, 0.5, 0.1, 0.3])
    assert after_veto(own, shared, 1).tolist() == [0, 2, 3]


def test_it_takes_two() -> None:
    """Nobody vetoes against themselves or against an unknown household."""
    assert after_veto(np.array([[0.01, 0.9]]), np.array([0.5, 0.5]), 1).tolist() == [0, 1]
    assert after_veto(np.zeros((0, 2)), np.array([0.5, 0.5]), 1).tolist() == [0, 1]


def test_the_mildest_vetoes_give_way() -> None:
    """Where too few would remain, the titles that are least unwelcome stay."""
    own = np.array([[0.05, 0.15, 0.10, 0.19], [0.9, 0.9, 0.9, 0.9]])
    shared = np.full(4, 0.5)
    assert after_veto(own, shared, 2).tolist() == [1, 3]
    assert after_veto(own, shared, 4).tolist() == [0, 1, 2, 3]
    assert after_veto(own, shared, 9).tolist() == [0, 1, 2, 3]


@given(PROBABILITIES, PROBABILITIES, PROBABILITIES, st.integers(0, 10))
def test_enough_remains_and_only_vetoes_go(
    ann: list[float], bob: list[float], shared: list[float], fewest: int
) -> None:
    """At least so many remain; whatever is gone, somebody vetoed."""
    kept = after_veto(np.array([ann, bob]), np.array(shared), fewest)
    assert len(kept) >= min(fewest, 8)
    for gone in set(range(8)) - set(kept.tolist()):
        assert min(ann[gone], bob[gone]) < LEAST_PROBABILITY <= shared[gone]


def test_the_page_tells_the_bounds_of_the_code() -> None:
    """What the page on how it works says of members, reasons and moods is what the code does."""
    page = Path(__file__).parents[2] / "docs" / "how-it-works.md"
    told = " ".join(page.read_text(encoding="utf-8").split())
    for fact in (
        f"given {GlmixConfig().least_member_rows} verdicts or more",
        f"with a probability below {LEAST_PROBABILITY} while",
        f"by more than {reasons.LEAST_LOGITS} logits",
        f"its mean is at least {taste.LEAST_LOGITS} and exceeds its deviation",
    ):
        assert fact in told, fact
