"""What a learner has to reach on households of known taste: cases, bars, and who met them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from benchmarks.figures import Figure, difference, figure
from benchmarks.learners import ADDITIVE, CHOICES, LABELS, LIGHTGBM, RAW, RULES, TEXT

# Case, measure, learner, feedbacks.
Cell: TypeAlias = tuple[str, str, str, int]

SIZES: Final = (0, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of household.

    Attributes
    ----------
    heading : str
    deviation : float
        How far its tastes lie from the population's, in logits.
    rules_right : bool
    choosing : float
        The share of evenings on which its pick follows taste.
    """

    heading: str
    deviation: float = 0.5
    rules_right: bool = True
    choosing: float = 1.0


CASES: Final = {
    "right": Case("Rules that fit the population"),
    "unusual": Case("Households further from the population", deviation=1.0),
    "wrong": Case("Rules that mislead", rules_right=False),
    "random": Case("Picks by chance", choosing=0.0),
    "half": Case("Picks by chance on half of the evenings", choosing=0.5),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure that has to be reached: a mean over households, at each of some sizes.

    Attributes
    ----------
    says : str
    cells : tuple of Cell
        Each has to reach it; the one that is furthest from it is told.
    against : str
        The learner whose figures are subtracted, household by household; none where empty.
    least, most : float or None
        One of them.
    form : str
    """

    says: str
    cells: tuple[Cell, ...]
    against: str = ""
    least: float | None = None
    most: float | None = None
    form: str = "{:+.3f}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A bar with what was found; `None` where nothing was measured."""

    bar: Bar
    found: Figure | None

    @property
    def met(self) -> bool | None:
        """Whether the mean reaches the bar."""
        if self.found is None:
            return None
        enough = self.bar.least is None or self.found.mean >= self.bar.least
        return enough and (self.bar.most is None or self.found.mean <= self.bar.most)


def _ahead(learner: str, against: str, size: int, least: float, case: str = "right") -> Bar:
    where = f"{CASES[case].heading}, {size} feedbacks: NDCG@5, {LABELS[learner]}"
    cells: tuple[Cell, ...] = ((case, "ndcg", learner, size),)
    return Bar(f"{where}, minus {LABELS[against]}", cells, against, least)


def _never_behind(learner: str, case: str = "right") -> Bar:
    where = f"{CASES[case].heading}, any number of feedbacks: NDCG@5, {LABELS[learner]}"
    says = f"{where}, minus {LABELS[RULES]}"
    return Bar(says, _at_all_sizes("ndcg", learner, case), RULES, -0.01)


def _calibrated(learner: str, size: int, most: float) -> Bar:
    says = f"{CASES['right'].heading}, {size} feedbacks: calibration error, {LABELS[learner]}"
    cells: tuple[Cell, ...] = (("right", "calibration", learner, size),)
    return Bar(says, cells, most=most, form="{:.3f}")


def _at_all_sizes(measure: str, learner: str, case: str = "right") -> tuple[Cell, ...]:
    return tuple((case, measure, learner, size) for size in SIZES)


AHEAD_OF_RULES: Final = {20: 0.05, 50: 0.07, 200: 0.085, 500: 0.11}
BARS: Final = (
    *(_ahead(CHOICES, RULES, size, least) for size, least in AHEAD_OF_RULES.items()),
    *(_ahead(TEXT, CHOICES, size, 0.0) for size in AHEAD_OF_RULES),
    _ahead(CHOICES, RAW, 50, 0.4),
    _ahead(CHOICES, ADDITIVE, 50, 0.4),
    *(
        _never_behind(learner, case)
        for case in ("right", "unusual", "half", "random")
        for learner in (CHOICES, TEXT)
    ),
    _ahead(CHOICES, RULES, 200, 0.24, "wrong"),
    _ahead(TEXT, RULES, 200, 0.24, "wrong"),
    _ahead(CHOICES, LIGHTGBM, 100, 0.0, "wrong"),
    *(
        _calibrated(learner, size, most)
        for learner in (CHOICES, TEXT)
        for size, most in ((50, 0.09), (200, 0.06))
    ),
    *(
        Bar(
            f"Any number of feedbacks: distinct top fives, {LABELS[learner]}",
            _at_all_sizes("top_fives", learner),
            least=20.0,
            form="{:.1f}",
        )
        for learner in (CHOICES, TEXT)
    ),
    Bar(
        f"Any number of feedbacks: distinct top fives, {LABELS[RAW]}",
        _at_all_sizes("top_fives", RAW),
        most=1.0,
        form="{:.1f}",
    ),
)


def judged(values: Mapping[Cell, Sequence[float]], bars: Sequence[Bar] = BARS) -> list[Judged]:
    """Return each bar with what was found, from what was measured of each household."""
    return [Judged(bar, _furthest(bar, values)) for bar in bars]


def _furthest(bar: Bar, values: Mapping[Cell, Sequence[float]]) -> Figure | None:
    """Return the figure that is furthest from reaching a bar, of those that were measured."""
    figures = [_figure(bar, cell, values) for cell in bar.cells if cell in values]
    if not figures:
        return None
    worst = min if bar.least is not None else max
    return worst(figures, key=lambda found: found.mean)


def _figure(bar: Bar, cell: Cell, values: Mapping[Cell, Sequence[float]]) -> Figure:
    if not bar.against:
        return figure(values[cell])
    case, measure, _, size = cell
    return difference(values[cell], values[case, measure, bar.against, size])
