"""How well learners rank as feedback grows, on households of known taste, and which bars are met.

python -m benchmarks.learning_curves [--short] [--worlds N] [--json] [--write]
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, TypeAlias

import numpy as np

from benchmarks.figures import WORKERS, Figure, by_cell, difference, figure, head, row
from benchmarks.households import SHOWN, calibration_of_shown, distinct_top_fives
from benchmarks.learners import LABELS, LEARNERS, RULES, WITH_CHOICES, evidence_of
from benchmarks.learning_bars import CASES, SIZES, Cell, Judged, judged
from benchmarks.pages import PAGE, replace_block
from tests.worlds import live, make_world, ndcg_at_5

FIRST_SEED: Final = 7_000
WORLDS: Final = 16
SHORT_WORLDS: Final = 4
SHORT_SIZES: Final = (0, 50, 200)
SHORT_CASES: Final = ("right",)
NDCG: Final = "ndcg"
STRENGTH: Final = "strength"
CAPTIONS: Final = {
    NDCG: ("NDCG@5 on titles never shown, mean ± standard error", "{:.3f}"),
    "calibration": (f"Calibration error of the {SHOWN} titles a context it would show", "{:.3f}"),
    "top_fives": ("Distinct top fives over the 36 contexts", "{:.1f}"),
    STRENGTH: ("Estimated strength of choices", "{:.2f}"),
}

Values: TypeAlias = dict[Cell, list[float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: on how many households, of which cases, after how many feedbacks."""

    worlds: int = WORLDS
    sizes: tuple[int, ...] = SIZES
    cases: tuple[str, ...] = tuple(CASES)
    first_seed: int = FIRST_SEED


@dataclass(frozen=True, slots=True)
class Job:
    """One household in one case, as its feedback grows."""

    seed: int
    case: str
    sizes: tuple[int, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or write what was found."""
    options = _options(arguments)
    plan = Plan(SHORT_WORLDS, SHORT_SIZES, SHORT_CASES) if options.short else Plan()
    plan = Plan(options.worlds or plan.worlds, plan.sizes, plan.cases)
    values = measure(plan)
    told = report(plan, values)
    print(json.dumps(record(plan, values), indent=2) if options.json else told)
    if options.write:
        replace_block("learning_curves", told)
    return 0


def measure(plan: Plan, workers: int = WORKERS) -> Values:
    """Return by cell what was measured of each household, in the order of the seeds."""
    seeds = range(plan.first_seed, plan.first_seed + plan.worlds)
    jobs = [Job(seed, case, plan.sizes) for seed in seeds for case in plan.cases]
    return by_cell(household, jobs, workers, "lives measured")


def household(job: Job) -> dict[Cell, float]:
    """Measure every learner on one household as its feedback grows."""
    case = CASES[job.case]
    world = make_world(job.seed, deviation=case.deviation, rules_right=case.rules_right)
    evenings = live(world, max(job.sizes), job.seed, case.choosing)
    evidence = evidence_of(world, evenings)
    found: dict[Cell, float] = {}
    for size in job.sizes:
        known = evidence.part(np.arange(size))
        for name, learner in LEARNERS.items():
            answers = learner(world, known)
            measured = {
                NDCG: ndcg_at_5(world, answers.p, world.unseen),
                "calibration": calibration_of_shown(world, answers.p),
                "top_fives": float(distinct_top_fives(answers.p)),
            }
            if name in WITH_CHOICES:
                measured[STRENGTH] = answers.choice_strength
            for measure_name, value in measured.items():
                found[job.case, measure_name, name, size] = value
    return found


def record(plan: Plan, values: Values) -> dict[str, object]:
    """Return the figures as plain values, for programs."""
    return {
        **asdict(plan),
        "figures": [
            {
                **dict(zip(("case", "measure", "learner", "feedbacks"), cell, strict=True)),
                **asdict(figure(found)),
            }
            for cell, found in values.items()
        ],
        "bars": [
            {
                "bar": one.bar.says,
                "least": one.bar.least,
                "most": one.bar.most,
                "found": None if one.found is None else asdict(one.found),
                "met": one.met,
            }
            for one in judged(values)
        ],
    }


def report(plan: Plan, values: Values) -> str:
    """Write the figures as Markdown: the bars first, then a part for each case."""
    last = plan.first_seed + plan.worlds - 1
    lines = [
        f"{plan.worlds} households (seeds {plan.first_seed} to {last}), the same in every case.",
        "Brackets hold 90 % intervals over households; a mean that reaches a bar passes it.",
        "",
        "### Bars",
        "",
        *head(("bar", "found", "which is"), "figure"),
        *(_bar(one) for one in judged(values)),
    ]
    for case in plan.cases:
        lines += ["", f"### {CASES[case].heading}", *_case(case, plan, values)]
    return "\n".join(lines)


def _bar(one: Judged) -> str:
    bar, form = one.bar, one.bar.form
    asked = f"at least {form.format(bar.least)}" if bar.least is not None else ""
    asked = asked or f"at most {form.format(bar.most)}"
    found = "not measured" if one.found is None else one.found.between(form)
    verdict = {None: "", True: "pass", False: "short of"}[one.met]
    return row(bar.says, [asked, found, verdict])


def _case(case: str, plan: Plan, values: Values) -> list[str]:
    lines: list[str] = []
    for name, (caption, form) in CAPTIONS.items():
        of_learners = {
            learner: [figure(values[case, name, learner, size]) for size in plan.sizes]
            for learner in (WITH_CHOICES if name == STRENGTH else LABELS)
        }
        lines += _table(caption, form, of_learners, plan.sizes, has_errors=name == NDCG)
        if name == NDCG:
            lines += _beside_the_rules(case, plan, values)
    return lines


def _beside_the_rules(case: str, plan: Plan, values: Values) -> list[str]:
    caption = "NDCG@5 minus the rules', household by household"
    lines = ["", f"{caption}, by feedbacks:", "", *head(plan.sizes)]
    for learner, label in LABELS.items():
        if learner == RULES:
            continue
        cells = [
            difference(values[case, NDCG, learner, size], values[case, NDCG, RULES, size])
            for size in plan.sizes
        ]
        lines.append(row(label, [cell.between("{:+.3f}") for cell in cells]))
    return lines


def _table(
    caption: str,
    form: str,
    of_learners: dict[str, list[Figure]],
    sizes: tuple[int, ...],
    *,
    has_errors: bool,
) -> list[str]:
    lines = ["", f"{caption}, by feedbacks:", "", *head(sizes)]
    for learner, cells in of_learners.items():
        told = [cell.text(form) if has_errors else form.format(cell.mean) for cell in cells]
        lines.append(row(LABELS[learner], told))
    return lines


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning_curves")
    parser.add_argument("--short", action="store_true", help="fewer households, sizes and cases")
    parser.add_argument("--worlds", type=int, default=0, help="how many households")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
