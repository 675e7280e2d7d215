"""A logit taken apart: the parts add up, and each is what its weights say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import Context, every_context
from app.backend.features.posterior import rules_posterior
from app.backend.ranking.contributions import contributions, member_of
from tests.ranking.posteriors import drawn_posterior, drawn_titles, rows

SEEDS = st.integers(0, 10_000)
CONTEXTS = st.sampled_from([*every_context(), Context(None, None, None)])
COMPANIES = st.sampled_from([(), (4,), (9, 4), (4, 77), (77,)])


@settings(deadline=None, max_examples=120)
@given(SEEDS, CONTEXTS, COMPANIES, st.integers(0, 3), st.integers(0, 11))
def test_the_parts_add_up(
    seed: int, context: Context, present: tuple[int, ...], text: int, row: int
) -> None:
    """Shares sum to the logit, gains to the logit less the average candidate's, to 1e-9."""
    predictor = drawn_posterior(seed, text=text)
    X = rows(drawn_titles(seed), context)
    parts = contributions(predictor, X, row, present)
    logit = predictor.moments(X, present).mean
    assert sum(part.share for part in parts) == pytest.approx(logit[row], abs=1e-9)
    assert sum(part.gain for part in parts) == pytest.approx(logit[row] - logit.mean(), abs=1e-9)
    assert len({part.name for part in parts}) == len(parts)


@settings(deadline=None, max_examples=60)
@given(SEEDS, CONTEXTS, COMPANIES, st.integers(0, 11))
def test_a_members_part_is_what_changes_with_them(
    seed: int, context: Context, present: tuple[int, ...], row: int
) -> None:
    """All members' parts together are the logit for them less the logit of the household."""
    predictor, X = drawn_posterior(seed), rows(drawn_titles(seed), context)
    parts = contributions(predictor, X, row, present)
    theirs = sum(part.share for part in parts if member_of(part.name) is not None)
    changed = predictor.moments(X, present).mean[row] - predictor.moments(X).mean[row]
    assert theirs == pytest.approx(changed, abs=1e-9)


def test_the_rules_have_no_parts_that_are_learnt() -> None:
    """Before any feedback only what the rules speak of has a share."""
    context = Context("funny", "couple", "short")
    parts = contributions(rules_posterior(), rows(drawn_titles(1), context), 0)
    named = {part.name for part in parts if part.share or part.gain}
    assert named
    assert all(
        name in {"length", "rating"} or name.startswith(("mood x genre_", "group x genre_"))
        for name in named
    )
