"""A context as a sum of columns: what the posterior itself says, whatever it knows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import Context, every_context
from app.backend.features.encode import encode_titles
from app.backend.features.posterior import rules_posterior
from app.backend.features.word_columns import WordColumns
from tests.ranking.posteriors import drawn_posterior, drawn_titles, rows

SEEDS = st.integers(0, 10_000)
CONTEXTS = st.sampled_from(
    [*every_context(), Context(None, None, None), Context("funny", None, "short")]
)
COMPANIES = st.sampled_from([(), (4,), (9, 4), (4, 77), (77,), (4, 4, 9)])


@settings(deadline=None, max_examples=150)
@given(SEEDS, CONTEXTS, COMPANIES, st.integers(0, 3))
def test_columns_say_what_the_posterior_says(
    seed: int, context: Context, present: tuple[int, ...], text: int
) -> None:
    """Mean and variance agree to 1e-9 for rated titles and others, with members and with text."""
    posterior, titles = drawn_posterior(seed, text=text), drawn_titles(seed)
    columns = WordColumns(posterior, encode_titles(titles))
    for code in (0, context.code):
        columns.moments(code)
    found = columns.moments(context.code, present)
    expected = posterior.moments(rows(titles, context), present)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.variance, expected.variance, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("context", every_context(), ids=str)
def test_warm_columns_say_the_same_of_the_rules(context: Context) -> None:
    """All that a household can say is there beforehand, and is what it would be later."""
    titles = drawn_titles(3, 40)
    columns, cold = (WordColumns(rules_posterior(), encode_titles(titles)) for _ in range(2))
    columns.warm()
    found, later = columns.moments(context.code), cold.moments(context.code)
    np.testing.assert_array_equal(found.mean, later.mean)
    np.testing.assert_array_equal(found.variance, later.variance)


def test_the_context_is_the_posteriors_own() -> None:
    """Words and shares of members stand where the posterior has them."""
    posterior, titles = drawn_posterior(5), drawn_titles(5)
    columns = WordColumns(posterior, encode_titles(titles))
    context = Context("dramatic", "couple", "binge")
    expected = posterior.bases(rows(titles, context), (4, 9))[0][0]
    np.testing.assert_allclose(columns.context(context.code, (4, 9)), expected, atol=1e-15)


def test_an_empty_library_has_empty_columns() -> None:
    """Nothing is believed of no title."""
    found = WordColumns(rules_posterior(), encode_titles(())).moments(7)
    assert (found.mean.shape, found.variance.shape) == ((0,), (0,))
