"""Training stops where rows held out gain no more, and then all rows are learnt as long."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import logit

from app.backend.domain.errors import InvalidInput
from app.backend.features.encode import Floats
from app.backend.learning.rows import Rows, grouped_folds, held_out
from app.backend.learning.stopping import Limits, Trial, stopped, train


@dataclass
class Course:
    """A learner whose logits follow a course, whatever the rows."""

    logits: tuple[float, ...]
    rows: Rows
    epochs: int = 0

    def epoch(self) -> None:
        """Go one further."""
        self.epochs += 1

    def logit(self, X: Floats) -> Floats:
        """Return the logit of where the course is."""
        return np.full(len(X), self.logits[min(self.epochs, len(self.logits) - 1)])


def rows(count: int) -> Rows:
    """Return rows of which three of four are positive, two in each unit."""
    y = (np.arange(count) % 4 > 0).astype(np.float64)
    return Rows(np.zeros((count, 1)), y, np.ones(count), np.arange(count) // 2)


def trial(logits: tuple[float, ...], count: int = 40) -> Trial[Course]:
    """Return a trial of one course from level 0, with as many rows held out."""
    return Trial((Course(logits, rows(count)),), rows(count), 0.0)


def test_the_best_epoch_is_kept() -> None:
    """After as many epochs without gain as patience allows, the best so far is the answer."""
    one = trial((0.0, 0.5, 1.1, 3.0, 4.0, 5.0, 1.1))
    assert stopped([one], Limits(30, 2))[0] == 2
    assert one.learners[0].epochs == 4


def test_no_epoch_may_be_the_best() -> None:
    """Where every epoch does harm, none is the answer, with the temperature of the start."""
    epochs, temperature = stopped([trial((1.1, -1.0, -2.0))], Limits(30, 3))
    assert epochs == 0
    assert temperature == pytest.approx(1.0, abs=0.01)


def test_there_is_an_end() -> None:
    """A course that gains for ever is ended by the limit."""
    one = trial(tuple(np.linspace(0.0, 1.0, 50)))
    assert stopped([one], Limits(7, 3))[0] == 7
    assert one.learners[0].epochs == 7


def test_trials_are_judged_together() -> None:
    """What is best for all rows held out wins, though some of them would have gained longer."""
    short = trial((0.0, 1.1, 4.0, 8.0, 9.0, 9.0), 80)
    long = trial((0.0, 0.3, 0.5, 0.7, 0.9, 1.1), 40)
    assert stopped([short, long], Limits(30, 3))[0] == 1
    assert short.learners[0].epochs == long.learners[0].epochs == 4


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (59, [59, 59]),
        (100, [76, 76, 74, 74, 74, 74, 76, 76, 100, 100]),
        (600, [510, 510, 600, 600]),
    ],
)
def test_all_rows_are_learnt_in_the_end(count: int, sizes: list[int]) -> None:
    """Few rows spare none, some are each held out once, many spare a part; units stay whole."""
    made: list[Course] = []

    def make(some: Rows, _: int) -> Course:
        made.append(Course((0.0, 0.2, 0.4, 1.1, 5.0, 9.0, 9.0, 9.0), some))
        return made[-1]

    trained = train(make, rows(count), (1, 2), Limits(30, 3))
    assert sorted(len(one.rows.y) for one in made) == sorted(sizes)
    assert [len(one.rows.y) for one in trained.learners] == [count, count]
    assert [one.epochs for one in trained.learners] == [trained.epochs] * 2
    assert trained.epochs == (10 if count < 60 else 3)


def test_few_rows_go_half_the_way() -> None:
    """Below sixty rows, after a fixed number of epochs, half the distance from the level counts."""
    course = (0.0,) * 10 + (2.0,)
    trained = train(lambda some, _: Course(course, some), rows(59), (1,), Limits(30, 3))
    assert (trained.epochs, trained.temperature) == (10, 0.5)
    np.testing.assert_allclose(
        logit(trained.drawn.probability(trained.learners, np.zeros((1, 1)))),
        0.5 * (trained.level + 2.0),
    )


def test_limits_that_teach_nothing_are_refused() -> None:
    """There is at least one epoch, and patience for one."""
    for most, patience in ((0, 1), (1, 0)):
        with pytest.raises(InvalidInput):
            Limits(most, patience)


@pytest.mark.parametrize("seed", range(5))
def test_units_stay_together(seed: int) -> None:
    """Rows of one unit are in one fold, and held out together; a share of the units is."""
    unit = np.random.default_rng(seed).integers(0, 40, 300)
    out, fold = held_out(unit, 0.15, seed), grouped_folds(unit, 10, seed)
    for one in np.unique(unit):
        assert len(set(out[unit == one])) == 1
        assert len(set(fold[unit == one])) == 1
    assert len(np.unique(unit[out])) == 6
    assert set(fold) == set(range(10))
