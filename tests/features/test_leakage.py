"""A column that knows what came later is found by withholding it."""

from dataclasses import replace

import numpy as np
import pytest

from app.backend.domain.errors import LeakageFound
from app.backend.domain.evidence import FeedbackRows
from app.backend.features.dataset import TrainingSet, build
from app.backend.features.leakage import columns_that_see_the_future, refuse_future
from app.backend.features.schema import COMMUNITY_RATING, CONTEXT_COLUMNS, FEATURE_NAMES
from tests.features.evidence import LATEST_YEAR, Row, feedback, library

ROWS = feedback([Row(title=n % 3, context=n % 2, rating=1 + n % 5, day=n) for n in range(40)])


def honest(rows: FeedbackRows) -> TrainingSet:
    """Build a training set as Encore does."""
    return build(rows, LATEST_YEAR)


def with_mean_rating(rows: FeedbackRows) -> TrainingSet:
    """Write the mean of all ratings of a title where its community rating stands."""
    training = honest(rows)
    encoded = training.encoded_titles.copy()
    means = [rows.rating[rows.title == title].mean() for title in range(len(encoded))]
    encoded[:, COMMUNITY_RATING - len(CONTEXT_COLUMNS)] = np.nan_to_num(means)
    return replace(training, encoded_titles=encoded)


def test_what_encore_builds_sees_no_future() -> None:
    """Not a column changes where the later half of the rows is withheld."""
    assert columns_that_see_the_future(ROWS, honest(ROWS), honest) == ()
    refuse_future(ROWS, honest(ROWS), honest)


def test_a_statistic_over_all_rows_is_found_and_named() -> None:
    """A title's mean rating knows the ratings that came later."""
    name = FEATURE_NAMES[COMMUNITY_RATING]
    assert columns_that_see_the_future(ROWS, with_mean_rating(ROWS), with_mean_rating) == (name,)
    with pytest.raises(LeakageFound, match=name) as refused:
        refuse_future(ROWS, with_mean_rating(ROWS), with_mean_rating)
    assert refused.value.details == {"columns": [name]}


def test_rows_that_a_later_verdict_replaced_are_not_compared() -> None:
    """Of a row that is used in one of the builds only nothing can be said."""
    said = [Row(title=0), Row(title=1), Row(title=0), Row(title=2)]
    rows = feedback(said)
    assert columns_that_see_the_future(rows, honest(rows), honest) == ()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_rows_have_no_future(count: int) -> None:
    """Nothing is found, and nothing raises."""
    few = feedback([Row()] * count, library())
    refuse_future(few, honest(few), honest)
