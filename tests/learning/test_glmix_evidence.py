"""Of choices, words and members the mixed model learns what they say, and no more."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from app.backend.domain.context import every_context
from app.backend.features.encode import Codes, Floats, for_context, gather
from app.backend.features.household import Evidence, TitleVectors
from app.backend.features.posterior import MixedPosterior
from app.backend.learning.glmix import MOST_MEMBERS, GlmixConfig, fit_evidence
from tests.worlds import World, choices, live, make_world, training_set

ROWS = 120
FEW_MEMBER_ROWS = GlmixConfig(least_member_rows=30, evidence_rounds=1)
VERDICTS_ALONE = GlmixConfig(most_choice_strength=0.0)


@cache
def world() -> World:
    """Return the household that is asked here."""
    return make_world(71, titles=40)


def members() -> Codes:
    """Return who gave each verdict: 1 half of them, 2 a third, 3 a few, nobody the rest."""
    return np.repeat([1, 2, 3, 0], [60, 40, 15, 5])


@cache
def evidence() -> Evidence:
    """Return verdicts of members, choices, and words of every title."""
    evenings = live(world(), ROWS, 71)
    training = replace(training_set(world(), evenings), member=members())
    vectors = np.random.default_rng(1).normal(0, 1, (40, 3))
    texts = TitleVectors(np.arange(1, 41), vectors)
    return Evidence(training, choices(evenings), texts)


@cache
def fitted(config: GlmixConfig = FEW_MEMBER_ROWS) -> MixedPosterior:
    """Return what is learnt from it."""
    return fit_evidence(evidence(), config)


def asked() -> Floats:
    """Return every title in one context."""
    return for_context(every_context()[5].code, world().encoded)


def test_the_same_evidence_gives_the_same_bytes() -> None:
    """Array by array, to the last bit."""
    again = fit_evidence(evidence(), FEW_MEMBER_ROWS).to_arrays()
    for name, array in fitted().to_arrays().items():
        assert array.tobytes() == again[name].tobytes()


def test_what_is_learnt_survives_its_arrays() -> None:
    """Words, members and the strength of choices come back from the arrays."""
    again = MixedPosterior.from_arrays(fitted().to_arrays())
    for present in ((), (1,), (2, 1)):
        one, other = fitted().moments(asked(), present), again.moments(asked(), present)
        assert one.mean.tobytes() == other.mean.tobytes()
        assert one.variance.tobytes() == other.variance.tobytes()


def test_choices_move_titles_in_their_direction() -> None:
    """With the same verdicts, what was picked rises against what was passed over beside it."""
    made = evidence().choices
    alone = replace(evidence(), texts=TitleVectors())
    config = GlmixConfig(least_member_rows=1_000, selection=0.0, evidence_rounds=0)
    turned = made.is_chosen.reshape(-1, 3)[:, [1, 2, 0]].ravel()
    rows = gather(made.context_code, made.title, world().encoded)
    mute = fit_evidence(replace(alone, choices=made.of_slates(made.slate[:0])), config)
    rise = []
    for is_chosen in (made.is_chosen, turned):
        heard = fit_evidence(replace(alone, choices=replace(made, is_chosen=is_chosen)), config)
        assert heard.choice_strength > 0.0 == mute.choice_strength
        moved = heard.moments(rows).mean - mute.moments(rows).mean
        rise.append(moved[is_chosen].mean() - moved[~is_chosen].mean())
    assert min(rise) > 0.0


def test_a_title_that_was_only_passed_over_falls() -> None:
    """Shown every evening and never taken, it is believed to be less liked than without that."""
    evenings = live(world(), ROWS, 72)
    stranger = int(world().unseen[0])
    slates = evenings.slates.copy()
    passed = slates != evenings.title[:, None]
    slates[np.arange(ROWS), passed.argmax(axis=1)] = stranger
    made = choices(replace(evenings, slates=slates))
    shown = fit_evidence(Evidence(training_set(world(), evenings), made), GlmixConfig())
    hidden = fit_evidence(Evidence(training_set(world(), evenings)), GlmixConfig())
    X = asked()[[stranger]]
    assert shown.choice_strength > 0.1
    assert shown.moments(X).mean[0] < hidden.moments(X).mean[0] - 0.2
    assert shown.title_effect_of(X)[0] < 0.0 == hidden.title_effect_of(X)[0]


def test_without_leave_or_slates_choices_do_not_count() -> None:
    """A strength of at most 0, and no choices, come to the same belief about what was judged."""
    none = evidence().choices.of_slates(np.zeros(0, dtype=np.int64))
    mute = fit_evidence(replace(evidence(), choices=none), GlmixConfig())
    deaf = fitted(VERDICTS_ALONE)
    assert mute.choice_strength == deaf.choice_strength == 0.0
    assert set(mute.title_ids) <= set(deaf.title_ids)


def test_members_have_effects_from_enough_verdicts_on() -> None:
    """Who gave at least that many is listed; nobody named and the quiet ones never are."""
    for least, expected in ((15, [1, 2, 3]), (16, [1, 2]), (40, [1, 2]), (41, [1]), (61, [])):
        found = fit_evidence(evidence(), GlmixConfig(least_member_rows=least, evidence_rounds=0))
        assert found.side.member_ids.tolist() == expected


def test_the_most_vocal_members_are_kept() -> None:
    """Beyond twelve, those with the fewest verdicts have no effects of their own."""
    many = np.arange(ROWS) % (MOST_MEMBERS + 3) + 1
    many[: 3 * (MOST_MEMBERS + 3)] = np.repeat([4, 9, 15], MOST_MEMBERS + 3)
    crowd = replace(evidence(), training=replace(evidence().training, member=many))
    config = GlmixConfig(least_member_rows=1, evidence_rounds=0)
    found = fit_evidence(crowd, config).side.member_ids
    assert len(found) == MOST_MEMBERS
    assert {4, 9, 15} <= set(found.tolist())
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("present", [(99,), (3,), (0,), (99, 98, 3)])
def test_a_new_member_is_the_household(present: tuple[int, ...]) -> None:
    """Whoever has no effects of their own is believed what the household is believed."""
    one, household = fitted().moments(asked(), present), fitted().moments(asked())
    np.testing.assert_array_equal(one.mean, household.mean)
    np.testing.assert_array_equal(one.variance, household.variance)


def test_two_members_are_their_average() -> None:
    """The mean of both present lies halfway; with a stranger, halfway to the household."""
    means = {who: fitted().moments(asked(), who).mean for who in ((), (1,), (2,), (1, 2), (1, 99))}
    assert np.abs(means[1,] - means[2,]).max() > 0.01
    np.testing.assert_allclose(means[1, 2], (means[1,] + means[2,]) / 2, atol=1e-12)
    np.testing.assert_allclose(means[1, 99], (means[1,] + means[()]) / 2, atol=1e-12)


def test_members_of_other_minds_are_told_apart() -> None:
    """One likes everything, the other nothing: each is promised so, and the household between."""
    who = np.arange(ROWS) % 2 + 1
    training = replace(evidence().training, member=who, y=(who == 1).astype(np.int64))
    found = fit_evidence(Evidence(training), FEW_MEMBER_ROWS)
    glad, grim, both = (found.moments(asked(), one).mean for one in ((1,), (2,), ()))
    assert (glad > both).all()
    assert (both > grim).all()
    assert (glad - grim).min() > 0.5


def test_the_words_of_an_unrated_title_move_it() -> None:
    """A title that nobody has seen follows those that are about the same."""
    training = evidence().training
    liked = training.title % 2 == 0
    training = replace(training, y=liked.astype(np.int64))
    vectors = np.where(np.arange(40) % 2 == 0, 2.0, -2.0)[:, None]
    texts = TitleVectors(np.arange(1, 41), vectors)
    found = fit_evidence(Evidence(training, texts=texts), GlmixConfig())
    X = asked()[world().unseen]
    mute = replace(found, side=replace(found.side, text_vectors=np.zeros_like(vectors)))
    moved = found.moments(X).mean - mute.moments(X).mean
    assert not set(found.title_ids.tolist()) & set((world().unseen + 1).tolist())
    assert (moved[world().unseen % 2 == 0] > 0.2).all()
    assert (moved[world().unseen % 2 == 1] < -0.2).all()


def test_nothing_at_all_is_the_prior() -> None:
    """Without verdicts and choices the belief is finite, and the same for whoever is present."""
    nothing = evidence().part(np.zeros(0, dtype=np.int64))
    found = fit_evidence(replace(nothing, texts=TitleVectors()), GlmixConfig())
    assert found.title_ids.size == found.side.member_ids.size == 0
    moments = found.moments(asked(), (1, 2))
    assert np.isfinite(moments.mean).all()
    assert (moments.variance > 0).all()


def test_choices_without_a_verdict_can_be_learnt_from() -> None:
    """Slates alone: the picked titles lie above the others, and nothing breaks."""
    training = evidence().training.part(np.zeros(0, dtype=np.int64))
    made = evidence().choices
    found = fit_evidence(Evidence(training, made), GlmixConfig())
    effect = found.title_effect_of(asked())
    times = np.bincount(made.title, None, 40)
    picks = np.bincount(made.title, made.is_chosen, 40) / np.maximum(times, 1)
    shown = times > 0
    assert found.choice_strength > 0.0
    assert np.corrcoef(effect[shown], picks[shown])[0, 1] > 0.5
