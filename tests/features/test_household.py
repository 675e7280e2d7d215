"""A household's fingerprint follows all that could be learnt, and parts keep their own choices."""

from dataclasses import replace
from functools import cache

import numpy as np

from app.backend.features.household import Evidence, TitleVectors
from tests.worlds import choices, live, make_world, training_set

WORDS = TitleVectors(np.array([2, 3]), np.array([[0.5, 1.0], [-1.0, 0.0]]))


@cache
def evidence() -> Evidence:
    """Return a household with verdicts, choices and words."""
    world = make_world(51, titles=16)
    evenings = live(world, 20, 51)
    return Evidence(training_set(world, evenings), choices(evenings), WORDS)


def test_the_same_evidence_has_the_same_fingerprint() -> None:
    """Copies do not differ."""
    same = replace(evidence(), texts=TitleVectors(WORDS.ids.copy(), WORDS.vectors.copy()))
    assert same.fingerprint() == evidence().fingerprint()
    assert len(same.fingerprint()) == 64


def test_the_fingerprint_changes_with_a_choice() -> None:
    """Another pick, another slate, another title shown, or none at all."""
    made = evidence().choices
    turned = made.is_chosen.copy()
    turned[:2] = ~turned[:2]
    title = made.title.copy()
    title[0] = (title[0] + 1) % 16
    slate, code = made.slate.copy(), made.context_code.copy()
    slate[0], code[0] = 99, 79
    others = (
        replace(made, is_chosen=turned),
        replace(made, title=title),
        replace(made, slate=slate),
        replace(made, context_code=code),
        made.of_slates(made.slate[:1]),
    )
    found = {replace(evidence(), choices=other).fingerprint() for other in others}
    assert len(found | {evidence().fingerprint()}) == len(others) + 1


def test_the_fingerprint_changes_with_a_verdict() -> None:
    """A label, a member and a context count."""
    training = evidence().training
    y, member = training.y.copy(), training.member.copy()
    y[3], member[4] = 1 - y[3], 8
    others = (
        replace(training, y=y),
        replace(training, member=member),
        training.part(np.arange(19)),
    )
    found = {replace(evidence(), training=other).fingerprint() for other in others}
    assert len(found | {evidence().fingerprint()}) == 4


def test_the_fingerprint_changes_with_a_word() -> None:
    """Another vector, another title that has it, or one more, unrated as it may be."""
    others = (
        TitleVectors(WORDS.ids, WORDS.vectors * 1.000001),
        TitleVectors(np.array([2, 4]), WORDS.vectors),
        TitleVectors(np.array([2, 3, 16]), np.vstack([WORDS.vectors, [1.0, 1.0]])),
        TitleVectors(),
    )
    found = {replace(evidence(), texts=other).fingerprint() for other in others}
    assert len(found | {evidence().fingerprint()}) == 5


def test_a_title_without_words_that_nobody_was_shown_changes_nothing() -> None:
    """At the end of the library or at its beginning: ids count, and not positions."""
    whole = evidence()
    training, stranger = whole.training, whole.training.encoded_titles[:1].copy()
    stranger[0, -1] = 777
    after = np.vstack([training.encoded_titles, stranger])
    assert (
        replace(whole, training=replace(training, encoded_titles=after)).fingerprint()
        == whole.fingerprint()
    )
    before = np.vstack([stranger, training.encoded_titles])
    moved = replace(training, encoded_titles=before, title=training.title + 1)
    shown = replace(whole.choices, title=whole.choices.title + 1)
    assert replace(whole, training=moved, choices=shown).fingerprint() == whole.fingerprint()


def test_a_part_keeps_the_choices_of_its_slates_alone() -> None:
    """Nothing that was shown on other evenings can be learnt from; words stay."""
    rows = np.array([1, 4, 5])
    part = evidence().part(rows)
    np.testing.assert_array_equal(part.training.y, evidence().training.y[rows])
    assert set(part.choices.slate.tolist()) == set(part.training.slate.tolist()) == {2, 5, 6}
    assert len(part.choices.slate) == 9
    assert part.texts is evidence().texts
    none = evidence().part(np.zeros(0, dtype=np.int64))
    assert len(none.choices.slate) == len(none.training.y) == 0


def test_verdicts_alone_are_evidence() -> None:
    """By default there are no choices and no words."""
    alone = Evidence(evidence().training)
    assert len(alone.choices.slate) == 0
    assert alone.texts.ids.shape == (0,)
    assert alone.fingerprint() != evidence().fingerprint()
