"""With words, members and title effects too, no sentence is said but for a true largest part.

The parts are found again here, one coefficient at a time, from the names in the layout.
"""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import Context, every_context
from app.backend.domain.title import Title
from app.backend.features.basis import CONTEXT_BASIS, TITLE_BASIS
from app.backend.features.encode import Floats
from app.backend.features.genres import CANON, display_name
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior
from app.backend.features.rules import SUBSCORES, default_rules
from app.backend.ranking.reasons import LEAST_LOGITS, MOST, reasons
from tests.ranking.posteriors import drawn_posterior, drawn_titles, rows

MOOD = {
    "funny": "a funny mood",
    "action": "a mood for action",
    "dramatic": "a dramatic mood",
    "relaxing": "a relaxing mood",
}
COMPANY = {"solo": "an evening alone", "couple": "an evening for two", "group": "a group"}
NAMES = {4: "Ann", 9: "Bob", 77: "Zoe"}
LENGTHS = ("series", "length", "fit_")


def products(
    predictor: MixedPosterior, X: Floats, row: int, present: tuple[int, ...]
) -> list[tuple[str, str, float, float]]:
    """Return each weight's word, trait, share in a row, and that less the mean over all rows."""
    context, title = predictor.bases(X, present)
    shape = layout(*predictor.side.extras)
    members = predictor.side.member_ids.tolist()
    words = [*CONTEXT_BASIS, *(f"member {member}" for member in members)]
    traits = [*TITLE_BASIS, *(["text"] * predictor.side.extras[0])]
    trusted = len(SUBSCORES)
    pairs = zip(shape.context_at, shape.title_at, predictor.coefficients[trusted:], strict=True)
    weighted = [(int(i), int(j), float(weight)) for i, j, weight in pairs]
    for sub, trust in zip(SUBSCORES, predictor.coefficients.tolist(), strict=False):
        weighted += [(i, j, trust * belief) for i, j, belief in believed(sub)]
    return [
        (words[i], traits[j], weight * context[row, i] * title[row, j],
         weight * context[row, i] * (title[row, j] - title[:, j].mean()))
        for i, j, weight in weighted
    ]  # fmt: skip


def believed(sub: str) -> list[tuple[int, int, float]]:
    """Return what the rules believe for one sub-score: word, trait, belief."""
    rules = default_rules()
    if sub == "quality":
        return [(0, TITLE_BASIS.index("rating"), 1.0)]
    if sub == "session":
        fits = [trait for trait in TITLE_BASIS if trait.startswith("fit_")]
        return [
            (CONTEXT_BASIS.index(f"session_{fit[4:]}"), TITLE_BASIS.index(fit), 1.0) for fit in fits
        ]
    beliefs = rules.mood if sub == "mood" else rules.group
    return [
        (CONTEXT_BASIS.index(f"{sub}_{word}"), TITLE_BASIS.index(f"genre_{genre}"), belief)
        for word, of_genres in beliefs.items()
        for genre, belief in of_genres.items()
    ]


def said_of(word: str, trait: str, title: Title, context: Context) -> str:
    """Return the sentence of a weight; a name of its own where nothing can be said of it."""
    mood, session = MOOD[str(context.mood)], f"a {context.session_length} session"
    by_mood = word.startswith("mood")
    if word.startswith("member"):
        return f"It suits {NAMES[int(word.split()[1])]}."
    if trait == "text":
        about = f"that suit {mood}" if by_mood else "you tend to enjoy"
        return f"It is about things {about}."
    if trait.removeprefix("genre_") in CANON:
        return genre_said(word, display_name(trait.removeprefix("genre_")), context)
    if trait.startswith(LENGTHS):
        return length_said(title, mood if by_mood else session, by_mood=by_mood)
    if trait.startswith("era"):
        return f"You tend to enjoy titles from around the {(title.year or 0) // 10 * 10}s."
    return f"It is well rated: {title.community_rating} of 10." if trait == "rating" else "evening"


def length_said(title: Title, evening: str, *, by_mood: bool) -> str:
    """Return the sentence of a length's weight."""
    if title.minutes is None:
        return f"A series suits {evening}."
    unit = " minutes an episode" if title.kind == "series" else " minutes"
    length = f"{round(title.minutes)}{unit}"
    return f"{length} suits {evening}." if by_mood else f"Its length, {length}, suits {evening}."


def genre_said(word: str, name: str, context: Context) -> str:
    """Return the sentence of a genre's weight."""
    if word.startswith("mood"):
        return f"{name} suits {MOOD[str(context.mood)]}."
    if word.startswith("group"):
        return f"{name} works well for {COMPANY[str(context.group_size)]}."
    return f"You tend to enjoy {name}."


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, 10_000),
    st.sampled_from(every_context()),
    st.sampled_from([(), (4,), (9, 4), (4, 77)]),
    st.integers(0, 11),
)
def test_only_the_true_largest_contributions_are_said(
    seed: int, context: Context, present: tuple[int, ...], row: int
) -> None:
    """What is said are the two greatest parts that speak for the title, in order, and no others."""
    predictor, titles = drawn_posterior(seed), drawn_titles(seed)
    X, sums = rows(titles, context), defaultdict[str, list[float]](lambda: [0.0, 0.0])
    for word, trait, share, gain in products(predictor, X, row, present):
        found = sums[said_of(word, trait, titles[row], context)]
        found[0] += share
        found[1] += gain
    effects = predictor.title_effect_of(X)
    sums["You liked it before."] = [effects[row], effects[row] - effects.mean()]
    true = [said for said, (own, gain) in sums.items() if own > 0 and gain > LEAST_LOGITS]
    expected = sorted(true, key=lambda said: -sums[said][1])[:MOST]
    company = {member: NAMES[member] for member in present}
    said = list(reasons(predictor, X, titles, context, row, company))
    assert said == expected or (not expected and said[0].startswith("A different choice"))


@pytest.mark.parametrize(
    "sentence", ["about things you", "about things that", "suits Ann", "liked"]
)
def test_each_kind_of_part_is_said_somewhere(sentence: str) -> None:
    """Words, members and title effects are the largest part of some title of some household."""
    context, spoken = Context("funny", "couple", "medium"), ""
    for seed in range(20):
        titles = drawn_titles(seed)
        X, predictor = rows(titles, context), drawn_posterior(seed)
        for row in range(len(titles)):
            spoken += " ".join(reasons(predictor, X, titles, context, row, {4: "Ann"}))
    assert sentence in spoken


def test_a_member_without_a_name_is_one_of_you() -> None:
    """An id whose name is not known still makes a sentence."""
    context, spoken = Context("funny", "couple", "medium"), ""
    for seed in range(20):
        titles = drawn_titles(seed)
        for row in range(len(titles)):
            X = rows(titles, context)
            spoken += " ".join(reasons(drawn_posterior(seed), X, titles, context, row, {4: ""}))
    assert "It suits one of you." in spoken
