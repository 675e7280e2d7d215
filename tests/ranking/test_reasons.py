"""A reason is what truly speaks most for a title, found again here from the table and the names."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS, Context, every_context
from app.backend.domain.model import Predictor
from app.backend.domain.title import Title
from app.backend.features.basis import TITLE_BASIS, title_basis
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON, display_name
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.rules import default_rules
from app.backend.learning.classifier import BASELINE, ContextClassifier
from app.backend.ranking.reasons import LEAST_LOGITS, MOST, reasons
from tests.worlds import World, live, make_world, training_rows

LENGTHS = ("length", "length_squared", "series", "fit_short", "fit_medium", "fit_binge")
ERAS = ("era", "era_squared")
MOOD = {
    "funny": "a funny mood",
    "action": "a mood for action",
    "dramatic": "a dramatic mood",
    "relaxing": "a relaxing mood",
}
COMPANY = {"solo": "an evening alone", "couple": "an evening for two", "group": "a group"}

CONTEXTS = st.builds(
    Context,
    st.sampled_from([None, *MOODS]),
    st.sampled_from([None, *GROUP_SIZES]),
    st.sampled_from([None, *SESSION_LENGTHS]),
)
TITLES = st.builds(
    Title,
    id=st.integers(1, 50),
    title=st.just("A title"),
    kind=st.sampled_from(["movie", "series"]),
    year=st.none() | st.integers(1900, 2030),
    minutes=st.none() | st.floats(1, 600),
    genres=st.lists(st.sampled_from(CANON), unique=True, max_size=4).map(tuple),
    community_rating=st.none() | st.floats(0.1, 10),
)


@cache
def world() -> World:
    """Return a household with titles of every sort."""
    return make_world(95, titles=60)


@cache
def learnt(rows: int = 150) -> MixedPosterior:
    """Return what the mixed model made of its evenings."""
    X, y = training_rows(world(), live(world(), rows, 95))
    predictor = ContextClassifier().fit(X, y).predictor_
    assert isinstance(predictor, MixedPosterior)
    return predictor


def weights_in(predictor: MixedPosterior, context: Context) -> dict[tuple[str, str], float]:
    """Return the weight of each title trait by what it meets: "any", "mood", "group", "session"."""
    words = {
        "any": "any",
        f"mood_{context.mood}": "mood",
        f"group_{context.group_size}": "group",
        f"session_{context.session_length}": "session",
    }
    learnt_names = dict(zip(layout().names, predictor.coefficients.tolist(), strict=True))
    weights: dict[tuple[str, str], float] = {}
    for name, value in learnt_names.items():
        word, _, trait = name.partition(" x ")
        if word in words:
            weights[words[word], trait] = value
    rules, trust = default_rules(), "trust in the rules: {}".format
    for part, beliefs in (
        ("mood", rules.mood.get(context.mood or "", {})),
        ("group", rules.group.get(context.group_size or "", {})),
    ):
        for genre, belief in beliefs.items():
            weights[part, f"genre_{genre}"] += learnt_names[trust(part)] * belief
    if context.session_length:
        weights["session", f"fit_{context.session_length}"] = learnt_names[trust("session")]
    weights["any", "rating"] = learnt_names[trust("quality")]
    return weights


def said_of(word: str, trait: str, title: Title, context: Context) -> str | None:
    """Return the sentence to which a weight belongs; `None` where a title has nothing of it."""
    genre = trait.removeprefix("genre_")
    if genre in title.genres:
        name = display_name(genre)
        return {
            "any": f"You tend to enjoy {name}.",
            "mood": f"{name} suits {MOOD.get(context.mood or '', '')}.",
            "group": f"{name} works well for {COMPANY.get(context.group_size or '', '')}.",
        }.get(word)
    if trait in LENGTHS and title.minutes is not None:
        length = f"{round(title.minutes)} minutes"
        length += " an episode" if title.kind == "series" else ""
        if word == "mood":
            return f"{length} suits {MOOD.get(context.mood or '', '')}."
        session = f"a {context.session_length} session" if context.session_length else "the evening"
        return f"Its length, {length}, suits {session}."
    if trait in ERAS and title.year is not None:
        return f"You tend to enjoy titles from around the {title.year // 10 * 10}s."
    if trait == "rating" and title.community_rating is not None:
        return f"It is well rated: {title.community_rating:.1f} of 10."
    return None


def shares_of(
    predictor: MixedPosterior, X: Floats, title: Title, context: Context, row: int
) -> dict[str, tuple[float, float]]:
    """Return for each sentence what it adds to the logit, and that less the mean over all rows."""
    basis = title_basis(X)
    effects = predictor.title_effect_of(X)
    found = {"You liked it before.": (effects[row], effects[row] - effects.mean())}
    for (word, trait), weight in weights_in(predictor, context).items():
        sentence = said_of(word, trait, title, context)
        if sentence is not None:
            column = basis[:, TITLE_BASIS.index(trait)]
            own, gain = found.get(sentence, (0.0, 0.0))
            gain += weight * (column[row] - column.mean())
            found[sentence] = (own + weight * column[row], gain)
    return found


def all_reasons(predictor: Predictor, context: Context) -> list[tuple[str, ...]]:
    """Return the reasons for every title of the household."""
    X = for_context(context.code, world().encoded)
    titles = world().titles
    return [reasons(predictor, X, titles, context, row) for row in range(len(titles))]


@pytest.mark.parametrize("context", every_context()[::5], ids=lambda context: str(context.code))
def test_reasons_are_the_largest_contributions(context: Context) -> None:
    """What is said speaks for the title, and more than for the mean one: the two greatest such."""
    X = for_context(context.code, world().encoded)
    for predictor in (learnt(), rules_posterior()):
        for row, title in enumerate(world().titles):
            shares = shares_of(predictor, X, title, context, row)
            true = [said for said, (own, gain) in shares.items() if own > 0 and gain > LEAST_LOGITS]
            expected = sorted(true, key=lambda said: -shares[said][1])[:MOST]
            found = reasons(predictor, X, world().titles, context, row)
            assert list(found) == expected or (not expected and _is_fallback(found))


def test_shares_are_all_of_the_logit() -> None:
    """The weights that are recomputed here give the predictor's own logits."""
    context = Context("dramatic", "couple", "medium")
    X = for_context(context.code, world().encoded)
    weights, basis = weights_in(learnt(), context), title_basis(X)
    logit = learnt().title_effect_of(X)
    for (_, trait), weight in weights.items():
        logit += weight * basis[:, TITLE_BASIS.index(trait)]
    np.testing.assert_allclose(logit, learnt().moments(X).mean, rtol=0, atol=1e-9)


def test_a_title_that_was_liked_says_so() -> None:
    """The title of the greatest effect is remembered; one that was never rated never is."""
    context = Context("funny", "couple", "medium")
    X = for_context(context.code, world().encoded)
    effects = learnt().title_effect_of(X)
    spoken = [
        row
        for row, found in enumerate(all_reasons(learnt(), context))
        if "You liked it before." in found
    ]
    assert spoken
    assert (effects[spoken] > LEAST_LOGITS).all()


def test_where_everything_was_disliked_nothing_was_liked() -> None:
    """A title that was disliked less than the rest, or never rated, is not called liked."""
    context = Context("funny", "couple", "medium")
    X = for_context(context.code, world().encoded)
    count = len(X) - 1
    disliked = replace(
        rules_posterior(),
        title_ids=np.arange(2, count + 2),
        title_effects=-np.linspace(0.1, 1.0, count),
        title_precisions=np.full(count, 10.0),
        title_couplings=np.zeros((count, len(layout().names))),
    )
    effects = disliked.title_effect_of(X)
    assert effects[0] == 0.0 > effects.mean() + LEAST_LOGITS
    for found in all_reasons(disliked, context):
        assert "You liked it before." not in found


def test_what_is_not_wanted_is_never_said_to_suit() -> None:
    """Among nothing but horror, the film that is only part horror does not suit for its horror."""
    titles = [Title(n, "", genres=("horror",)) for n in (1, 2, 3)]
    titles.append(Title(4, "", genres=("horror", "western", "crime")))
    context = Context("funny", "group", "medium")
    X = for_context(context.code, encode_titles(titles))
    found = reasons(rules_posterior(), X, titles, context, 3)
    assert not any("Horror suits" in sentence for sentence in found)


def test_the_rules_claim_no_acquaintance() -> None:
    """Before any feedback nothing is said of what the household enjoys or liked."""
    for context in every_context():
        for found in all_reasons(rules_posterior(), context):
            assert not any("You tend to enjoy" in one or "You liked" in one for one in found)


def test_reasons_change_with_the_mood() -> None:
    """A comedy is shown for its comedy in a funny mood, and not in a dramatic one."""
    row = next(row for row, one in enumerate(world().titles) if one.genres[:1] == ("comedy",))
    found = {
        mood: all_reasons(rules_posterior(), Context(mood, "solo", "medium"))[row]
        for mood in ("funny", "dramatic")
    }
    assert "Comedy suits a funny mood." in found["funny"]
    assert not any("Comedy suits" in sentence for sentence in found["dramatic"])


def test_a_model_without_parts_names_the_genres() -> None:
    """The baseline cannot say what speaks for a title, and does not pretend to."""
    X, y = training_rows(world(), live(world(), 80, 95))
    baseline = ContextClassifier(BASELINE).fit(X, y).predictor_
    for title, found in zip(
        world().titles, all_reasons(baseline, Context("funny", "solo", "short")), strict=True
    ):
        names = " and ".join(display_name(genre) for genre in title.genres[:2])
        assert found == (f"A different choice: {names}.",)


@settings(deadline=None, max_examples=150)
@given(st.lists(TITLES, min_size=1, max_size=5), CONTEXTS)
def test_every_title_has_readable_reasons(titles: list[Title], context: Context) -> None:
    """However little is known, there are one or two different sentences, whole and without None."""
    X = for_context(context.code, encode_titles(titles))
    for predictor in (learnt(), rules_posterior()):
        for row in range(len(titles)):
            found = reasons(predictor, X, titles, context, row)
            assert 1 <= len(found) <= MOST
            assert len(set(found)) == len(found)
            for sentence in found:
                assert sentence.endswith(".")
                assert sentence[0].isupper() or sentence[0].isdigit()
                assert "None" not in sentence
                assert "  " not in sentence
                assert "nan" not in sentence.split()


def _is_fallback(found: tuple[str, ...]) -> bool:
    return len(found) == 1 and found[0].startswith("A different choice")
