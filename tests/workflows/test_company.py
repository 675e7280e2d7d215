"""Picks are for who is present: tastes are averaged, and one of two may veto."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from app.backend.domain.evening import StoredSlate, Verdict
from app.backend.domain.model import Predictor
from app.backend.features.encode import for_context
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.side import Side
from app.backend.learning.classifier import BASELINE, ContextClassifier
from app.backend.store import reads
from app.backend.workflows.company import who_is_present
from app.backend.workflows.household import Household
from app.backend.workflows.import_library import Imported
from app.backend.workflows.recommend import Request, recommend
from app.backend.workflows.serving import Serving
from tests.workflows.evenings import Ticking, ask, say
from tests.worlds import live, make_world, training_rows

EVENING = Request("relaxing", "couple", "binge")
ANN, BOB, NEW = "Ann", "Bob", "Zoe"


@pytest.fixture
def known(household: Household, small_library: Imported, clock: Ticking) -> Household:
    """A household in which Ann and Bob, and Carl, have said something."""
    assert small_library.counts.added
    picks = ask(household, EVENING).picks
    with household.database.writing() as session:
        for pick, name in zip(picks, (ANN, BOB, "Carl"), strict=False):
            verdict = Verdict(pick.recommendation_id, 4, would_watch_again=True, member=name)
            say(session, verdict, clock)
    return household


def tastes(household: Household, strength: float) -> MixedPosterior:
    """Return the rules without doubt, and that Ann likes comedies and Bob dislikes them alike."""
    with household.database.reading() as session:
        ids = {name: member for member, name in reads.read_member_names(session).items()}
    members = sorted([ids[ANN], ids[BOB]])
    shape = layout(0, 2)
    coefficients = shape.prior_mean.copy()
    for name, sign in ((ANN, 1.0), (BOB, -1.0)):
        at = shape.names.index(f"member_{members.index(ids[name]) + 1} x genre_comedy")
        coefficients[at] = sign * strength
    return replace(
        rules_posterior(),
        coefficients=coefficients,
        root=np.zeros((len(shape.names), len(shape.names))),
        title_couplings=np.zeros((0, len(shape.names))),
        title_variance=0.0,
        side=Side(member_ids=np.array(members)),
    )


def shown(household: Household, predictor: Predictor, members: Sequence[str] = ()) -> StoredSlate:
    """Draw a slate for some members, with one seed."""
    request = replace(EVENING, members=tuple(members), seed=7)
    serving = Serving(predictor, None, "A test's.")
    with household.database.writing() as session:
        return recommend(session, request, serving, household.clock)


def drawn(slate: StoredSlate) -> list[tuple[int, float]]:
    """Return what was shown, and how likely it was said to be liked."""
    return [(pick.media_id, round(pick.probability, 12)) for pick in slate.picks]


def comedies(slate: StoredSlate) -> int:
    """Count comedies among the picks."""
    return sum(bool({"Comedy", "Comédie"} & set(pick.genres)) for pick in slate.picks)


def test_opposite_tastes_get_different_picks(known: Household) -> None:
    """Who likes comedies gets them, and the reason names the member; who does not gets none."""
    for_ann, for_bob = (shown(known, tastes(known, 4.0), [name]) for name in (ANN, BOB))
    assert comedies(for_ann) > 0 == comedies(for_bob)
    liked = [pick for pick in for_ann.picks if {"Comedy", "Comédie"} & set(pick.genres)]
    assert all("It suits Ann." in pick.reasons for pick in liked)
    assert "veto" not in for_ann.left_out
    assert for_ann.members == (ANN,)


def test_a_pair_gets_the_average(known: Household) -> None:
    """Two opposite tastes cancel out: the pair is served as the household is."""
    predictor = tastes(known, 0.1)
    pair, household = shown(known, predictor, [ANN, BOB]), shown(known, predictor)
    assert "veto" not in pair.left_out
    assert drawn(pair) == drawn(household)
    assert drawn(shown(known, predictor, [BOB, ANN, ANN])) == drawn(household)


def test_a_veto_is_counted(known: Household) -> None:
    """What one of two would hardly enjoy is left out, and all titles are accounted for."""
    predictor = tastes(known, 6.0)
    alone, pair = shown(known, predictor, [ANN]), shown(known, predictor, [ANN, BOB])
    assert pair.left_out["veto"] > 0
    assert comedies(pair) == 0 < comedies(alone)
    assert pair.candidates == alone.candidates - pair.left_out["veto"]
    assert pair.candidates + sum(pair.left_out.values()) == 40
    assert pair.candidates >= EVENING.size


def test_someone_new_starts_as_the_household(known: Household) -> None:
    """An unknown name alone changes nothing; beside Ann it leaves half of her say."""
    predictor = tastes(known, 4.0)
    assert drawn(shown(known, predictor, [NEW])) == drawn(shown(known, predictor))
    assert drawn(shown(known, predictor, ["Carl"])) == drawn(shown(known, predictor))
    with known.database.reading() as session:
        ann, both = (
            who_is_present(reads.read_member_names(session), names) for names in ([ANN], [ANN, NEW])
        )
    X = for_context(EVENING.context.code, make_world(3, titles=30).encoded)
    means = [predictor.moments(X, who).mean for who in ((), tuple(ann), tuple(both))]
    np.testing.assert_allclose(means[2], (means[0] + means[1]) / 2, rtol=0, atol=1e-12)
    assert "veto" not in shown(known, predictor, [BOB, NEW]).left_out


def test_names_become_ids(known: Household) -> None:
    """Known names have their ids, new ones ids that nobody has, and nothing is written."""
    with known.database.reading() as session:
        names = reads.read_member_names(session)
        present = who_is_present(names, [ANN, NEW, "Yan", NEW])
        assert who_is_present(names, []) == {}
    assert sorted(present.values()) == [ANN, "Yan", NEW]
    assert {names.get(member) for member in present} == {ANN, None}
    shown(known, tastes(known, 1.0), [NEW])
    with known.database.reading() as session:
        assert reads.read_member_names(session) == names


def test_a_model_without_members_serves_as_before(known: Household) -> None:
    """The rules and the baseline know no members: whoever is named, the picks are the same."""
    rules = rules_posterior()
    assert drawn(shown(known, rules, [ANN, BOB])) == drawn(shown(known, rules))
    world = make_world(5, titles=30)
    X, y = training_rows(world, live(world, 40, 5))
    baseline = ContextClassifier(BASELINE).fit(X, y).predictor_
    assert drawn(shown(known, baseline, [ANN, BOB])) == drawn(shown(known, baseline))
