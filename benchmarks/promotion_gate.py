"""When the gate lets a trained model replace the rules, and whether it keeps noise out.

python -m benchmarks.promotion_gate [--short] [--worlds N] [--json] [--write]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from app.backend.domain.runs import RULES
from app.backend.features.choices import Choices
from app.backend.features.household import Evidence
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.evaluation import Trial, hold_trial, probability_no_worse
from app.backend.learning.gate import LEAST_PROBABILITY, judge, verdict
from benchmarks.figures import WORKERS, by_cell, figure, head, row
from benchmarks.learners import evidence_of, posterior
from benchmarks.pages import PAGE, replace_block
from tests.worlds import World, live, make_world

FIRST_SEED: Final = 7_200
WORLDS: Final = 16
SIZES: Final = (25, 60, 100, 200, 500)
SHORT_WORLDS: Final = 4
SHORT_SIZES: Final = (60, 200)
RULES_ARE: Final = {"right": "Rules that fit the population", "wrong": "Rules that mislead"}
MARGINS_NATS: Final = (0.0, 0.02, 0.05)
GATED: Final = {
    "mixed": "mixed model",
    "noise": "mixed model that learnt from noise",
    **{
        f"margin {margin}": f"mixed model, only asked whether it is no worse than the rules, "
        f"within {margin} nats"
        for margin in MARGINS_NATS
    },
}

# Rules are, who is gated, feedbacks.
Cell: TypeAlias = tuple[str, str, int]
Values: TypeAlias = dict[Cell, list[float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: on how many households, after how many feedbacks."""

    worlds: int = WORLDS
    sizes: tuple[int, ...] = SIZES
    first_seed: int = FIRST_SEED


@dataclass(frozen=True, slots=True)
class Job:
    """One household, with right or wrong rules, as its feedback grows."""

    seed: int
    rules_are: str
    sizes: tuple[int, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or write what was found."""
    options = _options(arguments)
    plan = Plan(SHORT_WORLDS, SHORT_SIZES) if options.short else Plan()
    plan = replace(plan, worlds=options.worlds or plan.worlds)
    values = measure(plan)
    told = report(plan, values)
    print(json.dumps(record(plan, values), indent=2) if options.json else told)
    if options.write:
        replace_block("promotion_gate", told)
    return 0


def measure(plan: Plan, workers: int = WORKERS) -> Values:
    """Return by cell whether each household's gate promoted, in the order of the seeds."""
    seeds = range(plan.first_seed, plan.first_seed + plan.worlds)
    jobs = [Job(seed, rules_are, plan.sizes) for seed in seeds for rules_are in RULES_ARE]
    return by_cell(household, jobs, workers, "lives judged")


def household(job: Job) -> dict[Cell, float]:
    """Let the gate of one household judge as its feedback grows."""
    world = make_world(job.seed, rules_right=job.rules_are == "right")
    evidence = evidence_of(world, live(world, max(job.sizes), job.seed))
    found: dict[Cell, float] = {}
    for size in job.sizes:
        known = evidence.part(np.arange(size))
        trial = hold_trial(known, DEFAULT, None)
        found[job.rules_are, "mixed", size] = _promotes(world, known, trial, job.seed)
        empty = noise(known, job.seed)
        true = known.training.y[np.isin(known.training.feedback_id, trial.feedback_id)]
        mistrial = replace(hold_trial(empty, DEFAULT, None), y=true)
        found[job.rules_are, "noise", size] = _promotes(world, empty, mistrial, job.seed)
        for margin in MARGINS_NATS:
            chance = probability_no_worse(trial, RULES, margin, job.seed) or 0.0
            passes = float(chance >= LEAST_PROBABILITY)
            found[job.rules_are, f"margin {margin}", size] = passes
    return found


def noise(evidence: Evidence, seed: int) -> Evidence:
    """Return evidence whose verdicts belong to other evenings, and whose picks are chance."""
    rng = np.random.default_rng(seed)
    training = replace(evidence.training, y=rng.permutation(evidence.training.y))
    choices: Choices = evidence.choices
    drawn = rng.random(len(choices.slate))
    highest = np.zeros(int(choices.slate.max(initial=0)) + 1)
    np.maximum.at(highest, choices.slate, drawn)
    by_chance = replace(choices, is_chosen=drawn == highest[choices.slate])
    return replace(evidence, training=training, choices=by_chance)


def _promotes(world: World, learnt_from: Evidence, trial: Trial, seed: int) -> float:
    """Return 1 where the gate lets through what was learnt, 0 where it does not."""
    if len(np.unique(trial.y)) < 2:
        return 0.0
    answers = judge(trial, posterior(learnt_from), world.encoded, seed)
    return float(verdict(answers)[0])


def record(plan: Plan, values: Values) -> dict[str, object]:
    """Return the figures as plain values, for programs."""
    return {
        **asdict(plan),
        "figures": [
            {
                **dict(zip(("rules_are", "gated", "feedbacks"), cell, strict=True)),
                **asdict(figure(found)),
            }
            for cell, found in values.items()
        ],
    }


def report(plan: Plan, values: Values) -> str:
    """Write the figures as Markdown."""
    last = plan.first_seed + plan.worlds - 1
    lines = [
        f"{plan.worlds} households (seeds {plan.first_seed} to {last}); mean ± standard error."
    ]
    for rules_are, heading in RULES_ARE.items():
        lines += ["", f"### {heading}", ""]
        lines += ["Share of households whose gate promotes, by feedbacks:", "", *head(plan.sizes)]
        for gated, label in GATED.items():
            cells = [figure(values[rules_are, gated, size]) for size in plan.sizes]
            lines.append(row(label, [cell.text("{:.0%}") for cell in cells]))
    return "\n".join(lines)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.promotion_gate")
    parser.add_argument("--short", action="store_true", help="fewer households and sizes")
    parser.add_argument("--worlds", type=int, default=0, help="how many households")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
