"""The report of a trial: every model, every slice and every promise, with how sure that is."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from app.backend.domain.context import GROUP_SIZES, MOODS, SESSION_LENGTHS
from app.backend.domain.runs import CHALLENGER, RULES
from app.backend.features.encode import Codes, Floats
from app.backend.features.schema import CONTEXT_COLUMNS
from app.backend.learning.evaluation import Trial
from app.backend.learning.metrics import calibration_error, log_losses, measure
from app.backend.learning.rankings import Ranking
from app.backend.learning.reliability import error_by_chance, reliability
from app.backend.learning.resampling import DEPTH, Resamples, resampled

LEAST_SLICE_ROWS: Final = 5
UNKNOWN: Final = "unknown"
LEVEL: Final = 0.9
# No figure of its kind lies beyond; what is not named here lies from 0 to 1.
_BOUNDS: Final = {"log_loss": (0.0, np.inf)}
# Noise only ever adds to the one and takes from the other, and a resample has more of it.
_NOISY: Final = frozenset({"calibration_error", "ndcg_at_5"})
_WORDS: Final = (
    ("mood", "mood", MOODS),
    ("group_size", "group", GROUP_SIZES),
    ("session_length", "session", SESSION_LENGTHS),
)
_MOST_MEMBERS: Final = 3


def trial_report(trial: Trial, company: Codes, seed: int) -> dict[str, Any]:
    """Measure every model of a trial; each figure has the interval of a bootstrap over slates.

    Parameters
    ----------
    trial : Trial
    company : ndarray of int64, shape (n,)
        How many members were named for the evening of each tested row.
    seed : int
        Of the bootstrap; every model is measured on the same draws.

    Returns
    -------
    dict
        Plain values, finite or `None`:

        - `tested_rows`, `tested_slates`, `positive_rate`, `level`
        - `models`: figures of each model that answered any row, and `<figure>_interval`; beside
          the calibration error that of exact promises, by chance alone
        - `unanswered`: the models that answered none
        - `against`: by rival, the challenger's log loss less the rival's on the rows that both
          answered
        - `slices`: challenger and rules by mood, group size, session length, and number of
          members named; `models` is empty where there are fewer than `least_slice_rows`
        - `calibration`: of challenger and rules, rows by what was promised
    """
    told = {name: _answers(p) for name, p in trial.p.items()}
    # One thread: the sums come out alike on every machine.
    with threadpool_limits(limits=1, user_api="blas"):
        draws = Resamples.of(trial.slate, seed)
        return {
            "tested_rows": len(trial.y),
            "tested_slates": len(np.unique(trial.slate)),
            "positive_rate": float(trial.y.mean()) if len(trial.y) else None,
            "level": LEVEL,
            "models": {
                name: _model(trial, p, draws) for name, p in told.items() if np.isfinite(p).any()
            },
            "unanswered": [name for name, p in told.items() if not np.isfinite(p).any()],
            "against": {
                name: _against(trial, told[CHALLENGER], p, draws)
                for name, p in told.items()
                if name != CHALLENGER
            },
            "least_slice_rows": LEAST_SLICE_ROWS,
            "slices": [
                {"by": by, "name": name, **_slice(trial, told, rows, draws)}
                for by, name, rows in _slices(trial.X, company)
            ],
            "calibration": {name: _promises(told[name], trial.y) for name in (CHALLENGER, RULES)},
        }


def company_of(slate: Codes, members: Mapping[int, int]) -> Codes:
    """Return how many members were named for each row's slate; 0 for a slate not known of."""
    slates, number = np.unique(slate, return_inverse=True)
    named = np.array([members.get(one, 0) for one in slates.tolist()], dtype=np.int64)
    return named[number]


def _answers(p: Floats) -> Floats:
    """Return what a model promised, NaN where it is no probability."""
    return np.where(np.isfinite(p) & (p >= 0.0) & (p <= 1.0), p, np.nan)


def _model(trial: Trial, p: Floats, draws: Resamples) -> dict[str, Any]:
    rows = np.flatnonzero(np.isfinite(p))
    p, y, request, draws = p[rows], trial.y[rows], trial.request[rows], draws.part(rows)
    found: dict[str, Any] = asdict(measure(p, y, request))
    found["ndcg_at_5"] = _ndcg(p, y, request)
    found["calibration_error_by_chance"] = error_by_chance(p)
    for name, drawn in resampled(p, y, request, draws).items():
        value = found[name]
        told = _centred(drawn, value, is_noisy=name in _NOISY)
        found[f"{name}_interval"] = draws.interval(value, told, _BOUNDS.get(name, (0.0, 1.0)))
    return found


def _centred(drawn: Floats, value: float | None, *, is_noisy: bool) -> Floats:
    """Move resamples to where the figure is, of which they knew the levels alone."""
    known = drawn[np.isfinite(drawn)]
    if value is None or not len(known):
        return drawn
    return drawn + (value - (np.median(known) if is_noisy else drawn[0]))


def _ndcg(p: Floats, y: Codes, request: Codes) -> float | None:
    _, number = np.unique(request, return_inverse=True)
    reached = Ranking.of(p, y, number).ndcg(DEPTH)
    known = reached[np.isfinite(reached)]
    return float(known.mean()) if len(known) else None


def _against(trial: Trial, ours: Floats, theirs: Floats, draws: Resamples) -> dict[str, Any]:
    """Compare on the rows that both answered: below 0, the challenger did better."""
    rows = np.flatnonzero(np.isfinite(ours) & np.isfinite(theirs))
    if not len(rows):
        return {"rows": 0, "log_loss": None, "log_loss_interval": None}
    y, draws = trial.y[rows], draws.part(rows)
    less = log_losses(ours[rows], y) - log_losses(theirs[rows], y)
    value = float(less.mean())
    return {
        "rows": len(rows),
        "log_loss": value,
        "log_loss_interval": draws.interval(value, draws.means(less)),
    }


def _slice(
    trial: Trial, told: Mapping[str, Floats], of_it: Codes, draws: Resamples
) -> dict[str, Any]:
    ours, theirs = told[CHALLENGER], told[RULES]
    rows = of_it[np.isfinite(ours[of_it]) & np.isfinite(theirs[of_it])]
    if len(rows) < LEAST_SLICE_ROWS:
        return {"rows": len(rows), "models": {}, "against_rules": None}
    y = trial.y[rows]
    return {
        "rows": len(rows),
        "models": {
            name: {
                "log_loss": float(log_losses(p[rows], y).mean()),
                "calibration_error": calibration_error(p[rows], y),
            }
            for name, p in ((CHALLENGER, ours), (RULES, theirs))
        },
        "against_rules": _against(trial, _only(ours, rows), theirs, draws),
    }


def _only(p: Floats, rows: Codes) -> Floats:
    kept = np.full(len(p), np.nan)
    kept[rows] = p[rows]
    return kept


def _slices(X: Floats, company: Codes) -> Iterator[tuple[str, str, Codes]]:
    """Yield what each slice is by, its name and its rows; an unknown word only where it occurs."""
    for by, prefix, words in _WORDS:
        columns = [CONTEXT_COLUMNS.index(f"{prefix}_{word}") for word in words]
        said = X[:, columns] == 1.0
        for at, word in enumerate(words):
            yield by, word, np.flatnonzero(said[:, at])
        unsaid = np.flatnonzero(~said.any(axis=1))
        if len(unsaid):
            yield by, UNKNOWN, unsaid
    counted = np.minimum(company, _MOST_MEMBERS)
    for count in range(_MOST_MEMBERS + 1):
        name = f"{count}+" if count == _MOST_MEMBERS else str(count)
        yield "members", name, np.flatnonzero(counted == count)


def _promises(p: Floats, y: Codes) -> list[dict[str, Any]]:
    known = np.isfinite(p)
    return [asdict(one) for one in reliability(p[known], y[known])]
