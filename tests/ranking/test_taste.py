"""What a mood means is read from the model: checked against its logits and against draws of it."""

from dataclasses import replace

import numpy as np
import pytest

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS, Context
from app.backend.domain.title import Title
from app.backend.features.encode import Floats, encode_titles, for_context
from app.backend.features.genres import CANON
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior, rules_posterior
from app.backend.features.rules import default_rules
from app.backend.ranking.taste import (
    EVERY_TITLE,
    TasteTable,
    company_table,
    mood_sentences,
    mood_table,
    session_table,
)
from tests.ranking.posteriors import drawn_posterior


def logits(predictor: MixedPosterior, contexts: list[Context], titles: list[Title]) -> Floats:
    """Return the mean logit of each title in each context, less the mean over contexts."""
    encoded = encode_titles(titles)
    found = [predictor.moments(for_context(one.code, encoded)).mean for one in contexts]
    table = np.array(found)
    return np.asarray(table - table.mean(axis=0))


def on_top(table: TasteTable) -> Floats:
    """Return a table's means with those of any title added to each trait."""
    mean = np.array(table.mean)
    return np.hstack([mean[:, :1], mean[:, 1:] + mean[:, :1]])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_means_are_differences_of_logits(seed: int) -> None:
    """A cell and that of any title are what a word adds to a title of that genre alone."""
    predictor = drawn_posterior(seed)
    titles = [Title(0, "")] + [Title(0, "", genres=(genre,)) for genre in CANON]
    for table, contexts in (
        (mood_table(predictor), [Context(mood, None, None) for mood in MOODS]),
        (company_table(predictor), [Context(None, size, None) for size in GROUP_SIZES]),
    ):
        assert table.traits == (EVERY_TITLE, *CANON)
        found = logits(predictor, contexts, titles)
        np.testing.assert_allclose(on_top(table), found, rtol=0, atol=1e-9)


def test_lengths_are_read_by_kind() -> None:
    """A film and an episode of a length have what a session adds to them."""
    predictor, table = drawn_posterior(4), session_table(drawn_posterior(4))
    titles = [Title(0, "")]
    for trait in table.traits[1:]:
        kind, _, minutes, _ = trait.split()
        titles.append(
            Title(0, "", "series" if kind == "episode" else "movie", minutes=float(minutes))
        )
    contexts = [Context(None, None, session) for session in SESSION_LENGTHS]
    assert table.words == SESSION_LENGTHS
    np.testing.assert_allclose(
        on_top(table), logits(predictor, contexts, titles), rtol=0, atol=1e-9
    )


def test_the_deviation_is_that_of_draws() -> None:
    """Coefficients drawn from the posterior scatter as each cell says, within 8 %."""
    predictor, rng = drawn_posterior(5), np.random.default_rng(5)
    z = rng.normal(size=(1_500, len(predictor.coefficients)))
    drawn = [
        mood_table(replace(predictor, coefficients=predictor.coefficients + predictor.root @ one))
        for one in z
    ]
    scatter = np.std([table.mean for table in drawn], axis=0)
    np.testing.assert_allclose(scatter, mood_table(predictor).deviation, rtol=0.08)


def test_words_are_compared_with_their_average() -> None:
    """Over the moods the means of each trait add up to nothing."""
    for table in (mood_table(drawn_posterior(6)), session_table(rules_posterior())):
        np.testing.assert_allclose(np.sum(table.mean, axis=0), 0.0, atol=1e-12)


def test_before_feedback_the_table_is_the_rules() -> None:
    """A mood's belief about a genre less the average belief, and doubt in every cell."""
    beliefs, table = default_rules().mood, mood_table(rules_posterior())
    comedy = [beliefs[mood].get("comedy", 0.0) for mood in MOODS]
    at = table.traits.index("comedy")
    trust = default_rules().trust[0]
    for row, belief in enumerate(comedy):
        expected = trust * (belief - np.mean(comedy))
        assert table.mean[row][at] == pytest.approx(expected, abs=1e-12)
    assert np.min(table.deviation) > 0


def test_sentences_name_what_is_clear() -> None:
    """The greatest means beyond their deviation are named, the others are not."""
    names = layout().names
    sure = replace(rules_posterior(), root=rules_posterior().root / 100)
    sure.coefficients[:] = 0.0
    for genre, weight in (("animation", 0.9), ("comedy", 1.2), ("war", -2.0), ("music", 0.01)):
        sure.coefficients[names.index(f"mood_funny x genre_{genre}")] = weight
    said = mood_sentences(mood_table(sure), learnt=True)
    assert said[0] == "In a funny mood this house likes Comedy and Animation, and avoids War."
    assert said[1] == "In a mood for action this house likes War, and avoids Comedy and Animation."
    told = mood_sentences(mood_table(sure), learnt=False)
    assert told[0].startswith("In a funny mood the rules call for Comedy and Animation")


def test_nothing_is_claimed_of_a_model_that_doubts() -> None:
    """Where every mean lies within its deviation, a sentence says that nothing stands out."""
    doubting = replace(rules_posterior(), root=rules_posterior().root * 100)
    for said in mood_sentences(mood_table(doubting), learnt=True):
        assert said.endswith("no genre stands out yet.")
