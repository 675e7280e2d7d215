"""What decides: shares of variance that add up, and groups that bring nothing."""

from dataclasses import replace

import numpy as np
import pytest

from app.backend.domain.title import Title
from app.backend.features.encode import Floats, encode_titles
from app.backend.features.interactions import GROUPS, layout
from app.backend.features.posterior import rules_posterior
from app.backend.ranking.importance import Importance, importance
from tests.ranking.posteriors import drawn_posterior, drawn_titles

EVERY_GROUP = {"trust", "title", *(group[0] for group in GROUPS)}


def by_group(found: tuple[Importance, ...]) -> dict[str, Importance]:
    """Return what was measured by the name of the group."""
    return {one.group: one for one in found}


def encoded(seed: int = 1) -> Floats:
    """Return a small library."""
    return encode_titles(drawn_titles(seed, 60))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_groups_are_told_and_add_up(seed: int) -> None:
    """Every group has its share once; within a context and over all they add up to 1."""
    found = importance(drawn_posterior(seed, 60), encoded(seed))
    assert {one.group for one in found} == EVERY_GROUP
    assert len(found) == len(EVERY_GROUP)
    assert sum(one.within for one in found) == pytest.approx(1.0)
    assert sum(one.overall for one in found) == pytest.approx(1.0)
    assert [one.within for one in found] == sorted((one.within for one in found), reverse=True)


def test_the_rules_alone_decide_before_feedback() -> None:
    """Only trust has a share; all the rest is said to bring nothing."""
    found = by_group(importance(rules_posterior(), encoded()))
    assert found["trust"].within == pytest.approx(1.0)
    assert [name for name, one in found.items() if not one.is_negligible] == ["trust"]


def test_what_only_the_evening_changes_cannot_change_an_order() -> None:
    """The mood alone has no share within a context, and one over all contexts."""
    predictor = rules_posterior()
    predictor.coefficients[layout().names.index("mood_funny x any")] = 2.0
    mood = by_group(importance(predictor, encoded()))["mood"]
    assert mood.within == 0.0
    assert mood.overall > 0.2
    assert not mood.is_negligible


def test_shares_are_those_of_the_coefficients() -> None:
    """Without the rules, a genre weight and independent title effects share the variance."""
    titles = [Title(n, "", genres=("comedy",) if n % 2 else ()) for n in range(1, 5)]
    predictor = replace(
        rules_posterior(),
        title_ids=np.arange(1, 5),
        title_effects=np.array([1.0, 1.0, -1.0, -1.0]),
        title_precisions=np.ones(4),
        title_couplings=np.zeros((4, len(layout().names))),
    )
    predictor.coefficients[:] = 0.0
    predictor.coefficients[layout().names.index("any x genre_comedy")] = 2.0
    found = by_group(importance(predictor, encode_titles(titles)))
    assert found["genre"].within == pytest.approx(0.5)
    assert found["title"].within == pytest.approx(0.5)


def test_members_are_asked_alone() -> None:
    """Members with effects of their own have a share; without members there is none."""
    assert by_group(importance(drawn_posterior(1, 60), encoded()))["member_genre"].within > 0.005
    nobody = by_group(importance(drawn_posterior(1, 60, members=()), encoded()))
    assert nobody["member_genre"].is_negligible


def test_nothing_to_compare_has_no_shares() -> None:
    """Without titles there is nothing; with one title no order can change."""
    assert importance(rules_posterior(), encoded()[:0]) == ()
    found = importance(rules_posterior(), encoded()[:1])
    assert all(one.within == 0.0 for one in found)
