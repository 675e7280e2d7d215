"""The report of a trial says what the metrics say, how sure that is, and never more."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.backend.domain.context import CODE_COUNT, Context
from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, RULES
from app.backend.learning.evaluation import Trial
from app.backend.learning.metrics import calibration_error, log_losses, measure
from app.backend.learning.resampling import MOST_BLOCKS, RESAMPLES, Resamples, resampled
from app.backend.learning.trial_report import LEAST_SLICE_ROWS, company_of, trial_report
from tests.learning.trials import skilful_trial, trial_of

FIGURES = ("log_loss", "brier", "calibration_error", "roc_auc", "pair_accuracy", "ndcg_at_5")
PROMISES = st.floats(0.0, 1.0) | st.sampled_from([0.0, 0.5, 1.0])
ROW = st.tuples(
    st.integers(0, 1),
    st.integers(0, CODE_COUNT - 1) | st.just(21),
    st.integers(-3, 12),
    PROMISES,
    PROMISES | st.just(float("nan")),
    st.integers(0, 6),
)


def report_of(trial: Trial, members: int = 1, seed: int = 3) -> dict[str, Any]:
    """Report on a trial whose evenings all had so many members."""
    return trial_report(trial, np.full(len(trial.y), members), seed)


def leaves(found: Any) -> Iterator[Any]:  # noqa: ANN401  # a report
    """Yield every value of a report that holds no other."""
    if isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from leaves(one)
    else:
        yield found


def intervals(found: Any) -> Iterator[tuple[float | None, list[float]]]:  # noqa: ANN401
    """Yield every interval of a report, with what it is of."""
    if isinstance(found, dict):
        for name, one in found.items():
            if name.endswith("_interval") and one is not None:
                yield found[name.removesuffix("_interval")], one
    if isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from intervals(one)


@settings(deadline=None)
@given(st.lists(ROW, max_size=50), st.integers(0, 2**53 - 1))
def test_any_trial_has_a_report(rows: list[tuple[Any, ...]], seed: int) -> None:
    """Whatever the rows: plain finite values, and every interval holds what it is of."""
    columns = [[row[at] for row in rows] for at in range(6)]
    y, codes, slate, members = (np.array(columns[at], dtype=np.int64) for at in (0, 1, 2, 5))
    ours, theirs = (np.array(columns[at], dtype=np.float64) for at in (3, 4))
    p = {CHALLENGER: ours, CHAMPION: theirs, RULES: ours[::-1], ADDITIVE: np.full(len(y), 0.5)}
    trial = trial_of(y, codes, slate, p)
    found = trial_report(trial, members, seed)
    assert json.dumps(found, allow_nan=False) == json.dumps(trial_report(trial, members, seed))
    assert all(isinstance(one, bool | int | float | str | None) for one in leaves(found))
    for value, (low, high) in intervals(found):
        assert value is not None
        assert low <= value <= high
    assert set(found["models"]) | set(found["unanswered"]) == set(p)
    for by in ("mood", "group_size", "session_length", "members"):
        assert sum(one["rows"] for one in found["slices"] if one["by"] == by) == len(rows)


def test_figures_are_those_of_the_metrics() -> None:
    """Each model's figures are what it is measured at elsewhere, on the rows that it answered."""
    trial = skilful_trial(300, 1)
    found = report_of(trial)
    assert (found["tested_rows"], found["tested_slates"], found["unanswered"]) == (300, 150, [])
    for name, p in trial.p.items():
        known = np.isfinite(p)
        measured = measure(p[known], trial.y[known], trial.request[known])
        for figure in (*FIGURES[:-1], "rows", "pairs"):
            assert found["models"][name][figure] == getattr(measured, figure), figure


def test_the_first_draw_is_the_sample_itself() -> None:
    """What is resampled gives, over all rows once, the very figures, ties and NDCG included."""
    trial = skilful_trial(240, 2)
    p = np.round(trial.p[CHALLENGER], 1)
    drawn = resampled(p, trial.y, trial.request, Resamples.of(trial.slate, 5))
    found = report_of(replace(trial, p={CHALLENGER: p, RULES: p}))["models"][CHALLENGER]
    for name in FIGURES:
        assert drawn[name].shape == (1 + RESAMPLES,)
        assert drawn[name][0] == pytest.approx(found[name], abs=1e-12), name


def test_a_resample_is_what_writing_its_rows_out_gives() -> None:
    """A slate that is drawn twice counts as two, in every figure that knows no order of rows."""
    trial = skilful_trial(90, 3, a_slate=3)
    p, draws = trial.p[CHALLENGER], Resamples.of(trial.slate, 8)
    drawn = resampled(p, trial.y, trial.request, draws)
    for number in (1, 7, RESAMPLES):
        times = draws.count[number][draws.block].astype(np.int64)
        assert times.sum() == 90
        rows = np.repeat(np.arange(90), times)
        written = measure(p[rows], trial.y[rows], trial.request[rows])
        for name in FIGURES[:-1]:
            assert drawn[name][number] == pytest.approx(getattr(written, name)), name


def test_intervals_are_those_of_the_bootstrap() -> None:
    """The mean loss has the percentiles of the resampled means, to a millionth."""
    trial = skilful_trial(120, 4)
    draws = Resamples.of(trial.slate, 3)
    losses = log_losses(trial.p[CHALLENGER], trial.y)
    count = draws.count[1:, draws.block]
    edges = np.percentile(count @ losses / count.sum(axis=1), (5.0, 95.0))
    low, high = report_of(trial)["models"][CHALLENGER]["log_loss_interval"]
    assert low == pytest.approx(edges[0], abs=2e-6)
    assert high == pytest.approx(edges[1], abs=2e-6)


def test_intervals_tighten_with_the_rows() -> None:
    """Sixteen times the evenings, about a quarter of the width."""
    widths = []
    for rows in (200, 3_200):
        low, high = report_of(skilful_trial(rows, 5))["models"][CHALLENGER]["log_loss_interval"]
        widths.append(high - low)
    assert 2.5 < widths[0] / widths[1] < 6.0


def test_verdicts_of_one_slate_are_no_evidence_of_their_own() -> None:
    """The same rows written down ten times in their slates are as sure as before."""
    trial = skilful_trial(80, 6)
    rows = np.repeat(np.arange(80), 10)
    p = {name: answers[rows] for name, answers in trial.p.items()}
    ten = replace(
        trial, X=trial.X[rows], y=trial.y[rows], slate=trial.slate[rows],
        request=trial.request[rows], feedback_id=rows, p=p,
    )  # fmt: skip
    once, tenfold = (report_of(one)["against"][RULES]["log_loss_interval"] for one in (trial, ten))
    assert tenfold == pytest.approx(once, abs=2e-6)


@pytest.mark.parametrize("slates", [1, 4])
def test_a_few_slates_are_not_resampled(slates: int) -> None:
    """They would only pretend to be sure: there are figures, and no intervals."""
    trial = skilful_trial(40, 7)
    found = report_of(replace(trial, slate=np.arange(40) % slates))
    assert found["models"][CHALLENGER]["log_loss"] > 0.0
    assert list(intervals(found)) == []
    assert list(intervals(report_of(replace(trial, slate=np.arange(40) % 5))))


def test_models_are_compared_on_the_same_draws_and_rows() -> None:
    """A twin of the challenger differs by exactly nothing; the champion only on its own rows."""
    trial = skilful_trial(100, 8)
    found = report_of(replace(trial, p={**trial.p, ADDITIVE: trial.p[CHALLENGER]}))
    assert found["models"][ADDITIVE] == found["models"][CHALLENGER]
    twin = {"rows": 100, "log_loss": 0.0, "log_loss_interval": [0.0, 0.0]}
    assert found["against"][ADDITIVE] == twin
    late = np.isfinite(trial.p[CHAMPION])
    losses = [log_losses(trial.p[name][late], trial.y[late]).mean() for name in trial.p]
    assert found["against"][CHAMPION]["rows"] == late.sum() == 50
    assert found["against"][CHAMPION]["log_loss"] == pytest.approx(losses[0] - losses[1])


def test_a_champion_that_saw_everything_is_said_to_be_silent() -> None:
    """It has no figures, and is named among those that answered for no row."""
    trial = skilful_trial(30, 9)
    found = report_of(replace(trial, p={**trial.p, CHAMPION: np.full(30, np.nan)}))
    assert found["unanswered"] == [CHAMPION]
    assert CHAMPION not in found["models"]
    assert found["against"][CHAMPION] == {"rows": 0, "log_loss": None, "log_loss_interval": None}


def test_slices_are_measured_by_themselves() -> None:
    """By mood, company, session and members: rows, log loss, calibration, and against the rules."""
    trial = skilful_trial(400, 10)
    members = np.arange(400) % 6
    slices = {(one["by"], one["name"]): one for one in trial_report(trial, members, 1)["slices"]}
    named = [name for by, name in slices if by == "members"]
    assert named == ["0", "1", "2", "3+"]
    codes = [one for one in slices if one[0] == "mood"]
    assert [name for _, name in codes] == ["funny", "action", "dramatic", "relaxing", "unknown"]
    for key, rows in (
        (("members", "3+"), members >= 3),
        (("mood", "action"), trial.X[:, 1] == 1.0),
        (("group_size", "unknown"), ~trial.X[:, 4:7].any(axis=1)),
        (("session_length", "binge"), trial.X[:, 9] == 1.0),
    ):
        found = slices[key]
        assert found["rows"] == rows.sum()
        for name in (CHALLENGER, RULES):
            p, y = trial.p[name][rows], trial.y[rows]
            assert found["models"][name] == {
                "log_loss": pytest.approx(log_losses(p, y).mean()),
                "calibration_error": pytest.approx(calibration_error(p, y)),
            }
        ours, theirs = (found["models"][name]["log_loss"] for name in (CHALLENGER, RULES))
        assert found["against_rules"]["log_loss"] == pytest.approx(ours - theirs)


def test_small_slices_are_counted_and_no_more() -> None:
    """Below the least number of rows there are no figures; a word never said has 0 rows."""
    rows = 2 * LEAST_SLICE_ROWS - 1
    trial = skilful_trial(rows, 11)
    codes = np.full(rows, Context("funny", "solo", "short").code)
    codes[LEAST_SLICE_ROWS:] = Context("action", "solo", "short").code
    told = trial_of(trial.y, codes, trial.slate, trial.p)
    slices = {(one["by"], one["name"]): one for one in report_of(told)["slices"]}
    assert slices["mood", "funny"]["models"]
    action, relaxing = slices["mood", "action"], slices["mood", "relaxing"]
    assert (action["rows"], action["models"]) == (LEAST_SLICE_ROWS - 1, {})
    assert (relaxing["rows"], relaxing["models"]) == (0, {})
    assert ("mood", "unknown") not in slices


def test_promises_are_told_of_challenger_and_rules() -> None:
    """Each has its bins; nothing tested has none."""
    found = report_of(skilful_trial(100, 12))["calibration"]
    assert set(found) == {CHALLENGER, RULES}
    assert [one["rows"] for one in found[CHALLENGER]] == [10] * 10
    assert report_of(skilful_trial(0, 12))["calibration"] == {CHALLENGER: [], RULES: []}


def test_many_slates_are_drawn_in_blocks_of_neighbours() -> None:
    """So the work follows blocks and levels, never resamples times rows."""
    slate = np.repeat(np.arange(10_000), 3)
    draws = Resamples.of(slate, 1)
    assert draws.count.shape == (1 + RESAMPLES, MOST_BLOCKS)
    np.testing.assert_array_equal(draws.block, np.repeat(np.arange(MOST_BLOCKS), 60))
    rng = np.random.default_rng(1)
    p, y = rng.random(30_000), (rng.random(30_000) < 0.5).astype(np.int64)
    drawn = resampled(p, y, np.zeros(30_000, dtype=np.int64), draws)
    exact = measure(p, y, np.zeros(30_000, dtype=np.int64))
    assert drawn["roc_auc"][0] == pytest.approx(exact.roc_auc, abs=0.005)


def test_the_seed_decides_the_draws() -> None:
    """Another seed gives other intervals of the same figures."""
    trial = skilful_trial(60, 13)
    first, second = (report_of(trial, seed=seed)["models"][CHALLENGER] for seed in (1, 2))
    assert first["log_loss"] == second["log_loss"]
    assert first["log_loss_interval"] != second["log_loss_interval"]


def test_the_company_of_rows_is_that_of_their_slates() -> None:
    """A slate that nobody knows of counts nobody."""
    found = company_of(np.array([9, 4, 9, 7]), {4: 2, 9: 3})
    assert found.tolist() == [3, 2, 3, 0]
    assert company_of(np.zeros(0, dtype=np.int64), {}).shape == (0,)
