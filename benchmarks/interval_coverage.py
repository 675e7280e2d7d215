"""How often the intervals of a model card hold the truth, over trials whose truth is known.

python -m benchmarks.interval_coverage [--short] [--json] [--write]

Simulated trials of a few rows, two verdicts a slate that share a mood of the evening; the truth is
what the same models show on a sample so large that chance hardly moves it.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from scipy.special import expit

from app.backend.domain.context import CODE_COUNT
from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, RULES
from app.backend.features.encode import context_table
from app.backend.features.schema import CONTEXT_COLUMNS, FEATURE_COUNT
from app.backend.learning.evaluation import Trial, requests
from app.backend.learning.trial_report import LEVEL, trial_report
from benchmarks.pages import PAGE, replace_block

Record: TypeAlias = dict[str, Any]

ROWS: Final = (60, 200)
TRIALS: Final = 300
TRUE_ROWS: Final = 60_000
SHORT: Final = ((60,), 6, 2_000)
A_SLATE: Final = 2
EVENING_DEVIATION: Final = 0.5
FIGURES: Final = ("log_loss", "brier", "roc_auc", "calibration_error")
DIFFERENCE: Final = "log loss less that of the rules"
OF_A_PART: Final = "the same, of one mood"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few trials")
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--write", action="store_true", help=f"write the block of {PAGE}")
    said = parser.parse_args(arguments)
    record = measure(*(SHORT if said.short else (ROWS, TRIALS, TRUE_ROWS)))
    print(json.dumps(record, indent=2) if said.json else table(record))
    if said.write:
        replace_block("interval_coverage", table(record))
    return 0


def measure(sizes: Sequence[int], trials: int, true_rows: int) -> Record:
    """Return, by number of rows and figure, the share of intervals that hold the truth."""
    truth = _figures(trial_report(_trial(true_rows, 0), _nobody(true_rows), 0))
    shares: dict[str, dict[str, float]] = {}
    for rows in sizes:
        held: dict[str, list[bool]] = {}
        for seed in range(1, trials + 1):
            report = trial_report(_trial(rows, seed), _nobody(rows), seed)
            for name, (_, interval) in _figures(report).items():
                if interval is not None:
                    low, high = interval
                    held.setdefault(name, []).append(low <= truth[name][0] <= high)
        shares[str(rows)] = {name: float(np.mean(each)) for name, each in held.items()}
    return {"trials": trials, "level": LEVEL, "held": shares}


def table(record: Record) -> str:
    """Return the shares as Markdown."""
    sizes = list(record["held"])
    head = " | ".join(f"{rows} rows" for rows in sizes)
    lines = [f"| the truth was in the interval of | {head} |", "|---|" + "---|" * len(sizes)]
    for name in next(iter(record["held"].values())):
        cells = " | ".join(f"{record['held'][rows].get(name, 0.0):.0%}" for rows in sizes)
        lines.append(f"| {name.replace('_', ' ')} | {cells} |")
    told = f"{record['trials']} simulated trials each; the intervals are of {record['level']:.0%}."
    return "\n".join([*lines, "", told])


def _figures(report: Record) -> dict[str, tuple[float, list[float] | None]]:
    """Return figures that have intervals, and these."""
    model = report["models"][CHALLENGER]
    found = {name: (model[name], model[f"{name}_interval"]) for name in FIGURES}
    against = report["against"][RULES]
    found[DIFFERENCE] = (against["log_loss"], against["log_loss_interval"])
    of_a_part = next(one for one in report["slices"] if one["name"] == "funny")["against_rules"]
    if of_a_part is not None:
        found[OF_A_PART] = (of_a_part["log_loss"], of_a_part["log_loss_interval"])
    return found


def _trial(rows: int, seed: int) -> Trial:
    """Draw a trial in which the challenger knows more than the rules."""
    chance = np.random.default_rng(seed)
    slate = np.arange(rows) // A_SLATE
    evening = chance.normal(0.0, EVENING_DEVIATION, rows)[slate]
    logit = chance.normal(0.0, 1.2, rows) + evening
    y = (chance.random(rows) < expit(logit)).astype(np.int64)
    p = {
        CHALLENGER: expit(logit - evening + chance.normal(0.0, 0.3, rows)),
        CHAMPION: np.full(rows, np.nan),
        RULES: expit(0.5 * (logit - evening) + chance.normal(0.0, 0.5, rows)),
        ADDITIVE: np.full(rows, 0.5),
    }
    X = np.zeros((rows, FEATURE_COUNT))
    codes = chance.integers(0, CODE_COUNT, rows // A_SLATE + 1)[slate]
    X[:, : len(CONTEXT_COLUMNS)] = context_table()[codes]
    return Trial(X=X, y=y, slate=slate, request=requests(X), feedback_id=np.arange(rows), p=p)


def _nobody(rows: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.zeros(rows, dtype=np.int64)


if __name__ == "__main__":
    sys.exit(main())
