"""How well the first loop learns: rules, baseline and mixed model on households of known taste.

python -m benchmarks.first_loop [--short] [--worlds N] [--json] [--write]
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from app.backend.domain.context import every_context
from app.backend.domain.model import Predictor
from app.backend.domain.runs import RULES
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats
from app.backend.features.posterior import rules_posterior
from app.backend.learning.classifier import BASELINE, DEFAULT, Config, ContextClassifier
from app.backend.learning.evaluation import hold_trial, probability_no_worse
from app.backend.learning.gate import LEAST_PROBABILITY, judge, verdict
from app.backend.learning.metrics import BINS
from benchmarks.pages import PAGE, replace_block
from tests.worlds import World, live, make_world, ndcg_at_5, probabilities, training_set

FIRST_SEED: Final = 5_000
WORLDS: Final = 16
SIZES: Final = (0, 10, 20, 50, 100, 200, 500)
GATE_SIZES: Final = (25, 60, 100, 200, 500)
SHORT_WORLDS: Final = 4
SHORT_SIZES: Final = (0, 50, 200)
SHORT_GATE_SIZES: Final = (60, 200)
SHOWN: Final = 20
TOP: Final = 5

MODELS: Final = {
    "rules": "rules, as shipped",
    "additive": "additive baseline",
    "mixed": "mixed model",
}
RULES_ARE: Final = {"right": "Rules that fit the population", "wrong": "Rules that mislead"}
MEASURES: Final = {
    "ndcg": ("NDCG@5 on titles never shown", "{:.3f}"),
    "calibration": (f"Calibration error of the {SHOWN} titles a context it would show", "{:.3f}"),
    "top_fives": ("Distinct top fives over the 36 contexts", "{:.1f}"),
}
GATE: Final = "promoted"
MARGINS_NATS: Final = (0.0, 0.02, 0.05)
GATED: Final = {
    "mixed": "mixed model",
    "noise": "mixed model, trained on shuffled verdicts",
    **{
        f"margin {margin}": f"mixed model, only asked whether it is no worse than the rules, "
        f"within {margin} nats"
        for margin in MARGINS_NATS
    },
}

Cell: TypeAlias = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: on how many households, after how many feedbacks."""

    worlds: int
    sizes: tuple[int, ...]
    gate_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over households, and its standard error."""

    mean: float
    error: float

    def text(self, form: str) -> str:
        """Write it for a table."""
        return f"{form.format(self.mean)} ± {form.format(self.error)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or write what was found."""
    options = _options(arguments)
    sizes, gate_sizes = (SHORT_SIZES, SHORT_GATE_SIZES) if options.short else (SIZES, GATE_SIZES)
    worlds = options.worlds or (SHORT_WORLDS if options.short else WORLDS)
    plan = Plan(worlds, sizes, gate_sizes)
    figures = measure(plan)
    if options.json:
        print(json.dumps(_record(plan, figures), indent=2))
    else:
        print(_report(plan, figures))
    if options.write:
        replace_block("first_loop", _report(plan, figures))
    return 0


def measure(plan: Plan) -> dict[Cell, Figure]:
    """Return every figure by (rules are, measure, model, feedbacks)."""
    found: dict[Cell, list[float]] = {}
    began = time.monotonic()
    for number in range(plan.worlds):
        for rules_are in RULES_ARE:
            for cell, value in _household(FIRST_SEED + number, rules_are, plan).items():
                found.setdefault(cell, []).append(value)
        spent = time.monotonic() - began
        print(f"household {number + 1} of {plan.worlds}, {spent:.0f} s", file=sys.stderr)
    return {cell: _figure(values) for cell, values in found.items()}


def _household(seed: int, rules_are: str, plan: Plan) -> dict[Cell, float]:
    """Measure one household as its feedback grows."""
    world = make_world(seed, rules_right=rules_are == "right")
    evenings = training_set(world, live(world, max(plan.sizes + plan.gate_sizes), seed))
    found: dict[Cell, float] = {}
    for size in plan.sizes:
        rows = evenings.part(np.arange(size))
        answers = {
            "rules": probabilities(world, rules_posterior()),
            "additive": _answers(world, rows, BASELINE),
            "mixed": _answers(world, rows, DEFAULT),
        }
        for model, p in answers.items():
            found[rules_are, "ndcg", model, size] = ndcg_at_5(world, p, world.unseen)
            found[rules_are, "calibration", model, size] = _calibration(world, p)
            found[rules_are, "top_fives", model, size] = len({*map(frozenset, _top(p, TOP))})
    for size in plan.gate_sizes:
        rows = evenings.part(np.arange(size))
        noise = replace(rows, y=np.random.default_rng(seed).permutation(rows.y))
        found[rules_are, GATE, "mixed", size] = _is_promoted(world, rows, rows, seed)
        found[rules_are, GATE, "noise", size] = _is_promoted(world, rows, noise, seed)
        for margin in MARGINS_NATS:
            passes = _is_no_worse(rows, margin, seed)
            found[rules_are, GATE, f"margin {margin}", size] = passes
    return found


def _answers(world: World, rows: TrainingSet, config: Config) -> Floats:
    """Return a recipe's promises; where the baseline has one class only, the rate."""
    if config == BASELINE and len(np.unique(rows.y)) < 2:
        rate = (rows.y.sum() + 1.0) / (len(rows.y) + 2.0)
        return np.full(world.truth.shape, rate)
    return probabilities(world, _fitted(rows, config))


def _fitted(rows: TrainingSet, config: Config) -> Predictor:
    return ContextClassifier(config).fit(rows.X, rows.y).predictor_


def _calibration(world: World, p: Floats) -> float:
    """Return promise against truth, in bins, for what a model would show of the unseen titles."""
    unseen = p[:, world.unseen]
    at = _top(unseen, SHOWN)
    promised = np.take_along_axis(unseen, at, axis=1).ravel()
    true = np.take_along_axis(world.truth[:, world.unseen], at, axis=1).ravel()
    bin_of = np.minimum((promised * BINS).astype(np.int64), BINS - 1)
    return float(np.abs(np.bincount(bin_of, promised - true)).sum() / len(true))


def _top(p: Floats, most: int) -> Codes:
    return np.argsort(-p, axis=1, kind="stable")[:, :most]


def _is_promoted(world: World, rows: TrainingSet, learnt_from: TrainingSet, seed: int) -> float:
    """Let the gate judge by the true verdicts what was learnt from these or others."""
    if len(np.unique(rows.y)) < 2:
        return 0.0
    trial = hold_trial(learnt_from, DEFAULT, None)
    true = rows.y[np.isin(rows.feedback_id, trial.feedback_id)]
    answers = judge(replace(trial, y=true), _fitted(learnt_from, DEFAULT), world.encoded, seed)
    return float(verdict(answers)[0])


def _is_no_worse(rows: TrainingSet, margin: float, seed: int) -> float:
    trial = hold_trial(rows, DEFAULT, None)
    chance = probability_no_worse(trial, RULES, margin, seed) or 0.0
    return float(chance >= LEAST_PROBABILITY)


def _figure(values: list[float]) -> Figure:
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return Figure(float(np.mean(values)), float(error))


def _record(plan: Plan, figures: dict[Cell, Figure]) -> dict[str, object]:
    return {
        "worlds": plan.worlds,
        "first_seed": FIRST_SEED,
        "contexts": len(every_context()),
        "figures": [
            {
                "rules_are": rules_are,
                "measure": name,
                "model": model,
                "feedbacks": size,
                "mean": figure.mean,
                "standard_error": figure.error,
            }
            for (rules_are, name, model, size), figure in figures.items()
        ],
    }


def _report(plan: Plan, figures: dict[Cell, Figure]) -> str:
    """Write the figures as Markdown."""
    last = FIRST_SEED + plan.worlds - 1
    lines = [f"{plan.worlds} households (seeds {FIRST_SEED} to {last}); mean ± standard error."]
    for rules_are, heading in RULES_ARE.items():
        lines += ["", f"### {heading}"]
        for name, (caption, form) in MEASURES.items():
            lines += ["", f"{caption}, by feedbacks:", "", *_head(plan.sizes)]
            for model, label in MODELS.items():
                cells = [figures[rules_are, name, model, size] for size in plan.sizes]
                lines.append(_row(label, [cell.text(form) for cell in cells]))
        lines += ["", "Share of households whose gate promotes, by feedbacks:", ""]
        lines += _head(plan.gate_sizes)
        for model, label in GATED.items():
            cells = [figures[rules_are, GATE, model, size] for size in plan.gate_sizes]
            lines.append(_row(label, [cell.text("{:.0%}") for cell in cells]))
    return "\n".join(lines)


def _head(sizes: tuple[int, ...]) -> list[str]:
    return [_row("", [str(size) for size in sizes]), "|---|" + "---|" * len(sizes)]


def _row(label: str, cells: list[str]) -> str:
    return f"| {' | '.join([label, *cells])} |"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_loop", description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer households and sizes")
    parser.add_argument("--worlds", type=int, default=0, help="how many households")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
