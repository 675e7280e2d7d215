"""What ratings from elsewhere bring, by how many there are and how much each counts.

python -m benchmarks.imported_histories [--short] [--worlds N] [--seed N] [--json] [--write]
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from app.backend.features.encode import Floats
from app.backend.features.household import Evidence
from app.backend.features.recalled import Recalled
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.evaluation import hold_trial
from app.backend.learning.gate import judge, verdict
from benchmarks.figures import WORKERS, Figure, by_cell, difference, figure, head, row
from benchmarks.households import SHOWN, calibration_of_shown, expected_log_loss
from benchmarks.learners import evidence_of, posterior
from benchmarks.learning_bars import CASES
from benchmarks.pages import PAGE, replace_block
from tests.worlds import World, live, make_world, ndcg_at_5, probabilities

FIRST_SEED: Final = 7_400
WORLDS: Final = 16
SHORT_WORLDS: Final = 2
OWN: Final = (0, 20, 50, 200)
SHORT_OWN: Final = (0, 20)
RATINGS: Final = (30, 100, 200)
SHORT_RATINGS: Final = (100,)
WEIGHTS: Final = (0.1, 0.25, 0.5, 1.0)
SHIPPED: Final = DEFAULT.recalled_weight
# Of the titles that somebody rates 4 or 5, so many would be watched again.
AGAIN: Final = 0.85
# How much what is watched follows taste: in logits for one unit of chance.
SHARPNESS: Final = 0.7
MEASURES: Final = {
    "ndcg": ("NDCG@5, never shown", 1.0),
    "log_loss": ("log loss, never shown", -1.0),
    "calibration": (f"calibration error of the {SHOWN} it would show", -1.0),
}
PROMOTED: Final = "promoted"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of household: one of `learning_bars.CASES`, and how its ratings were given."""

    heading: str
    case: str = "right"
    bias: float = 0.0
    taste: float = 1.0


KINDS: Final[Mapping[str, Kind]] = {
    "right": Kind("Rules that fit the population"),
    "wrong": Kind("Rules that mislead", "wrong"),
    "random": Kind("Picks by chance", "random"),
    "generous": Kind("Ratings that are higher by 1.5 logits than verdicts", bias=1.5),
    "others": Kind("Ratings that are somebody else's: pure noise", taste=0.0),
}

# Kind, measure, ratings, weight, own verdicts.
Cell: TypeAlias = tuple[str, str, int, float, int]
Values: TypeAlias = dict[Cell, list[float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: on how many households of which kinds, with how many ratings."""

    worlds: int = WORLDS
    own: tuple[int, ...] = OWN
    ratings: tuple[int, ...] = RATINGS
    weights: tuple[float, ...] = WEIGHTS
    kinds: tuple[str, ...] = tuple(KINDS)
    first_seed: int = FIRST_SEED


@dataclass(frozen=True, slots=True)
class Job:
    """One household of one kind."""

    seed: int
    kind: str
    plan: Plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print or write what was found."""
    options = _options(arguments)
    plan = Plan()
    if options.short:
        plan = Plan(SHORT_WORLDS, SHORT_OWN, SHORT_RATINGS, (SHIPPED,), ("right",))
    plan = replace(plan, worlds=options.worlds or plan.worlds, first_seed=options.seed)
    values = measure(plan)
    told = report(plan, values)
    print(json.dumps(record(plan, values), indent=2) if options.json else told)
    if options.write:
        replace_block("imported_histories", told)
    return 0


def measure(plan: Plan, workers: int = WORKERS) -> Values:
    """Return by cell what was measured of each household, in the order of the seeds."""
    seeds = range(plan.first_seed, plan.first_seed + plan.worlds)
    jobs = [Job(seed, kind, plan) for seed in seeds for kind in plan.kinds]
    return by_cell(household, jobs, workers, "households measured")


def household(job: Job) -> dict[Cell, float]:
    """Measure one household, with and without ratings from elsewhere, as its own feedback grows."""
    plan, kind = job.plan, KINDS[job.kind]
    case = CASES[kind.case]
    world = make_world(job.seed, deviation=case.deviation, rules_right=case.rules_right)
    evidence = evidence_of(world, live(world, max(plan.own), job.seed, case.choosing))
    rated = ratings(world, kind, max(plan.ratings), job.seed)
    found: dict[Cell, float] = {}
    for own in plan.own:
        known = evidence.part(np.arange(own))
        for name, value in _measured(world, known, SHIPPED).items():
            found[job.kind, name, 0, 0.0, own] = value
        for count in plan.ratings:
            told = replace(known, recalled=rated.part(np.arange(count)))
            for weight in plan.weights:
                for name, value in _measured(world, told, weight).items():
                    found[job.kind, name, count, weight, own] = value
            if own == 0:
                found[job.kind, PROMOTED, count, SHIPPED, own] = _promoted(world, told, job.seed)
    return found


def ratings(world: World, kind: Kind, count: int, seed: int) -> Recalled:
    """Draw what a household rated elsewhere: of what it chose to watch, in whatever mood."""
    rng = np.random.default_rng([seed, 1])
    shown = np.setdiff1d(np.arange(len(world.titles)), world.unseen)
    appeal = world.appeal[:, shown].mean(axis=0)
    picked = shown[np.argsort(-(appeal / SHARPNESS + rng.gumbel(size=len(shown))))[:count]]
    titles = rng.permutation(picked)
    context = np.array([_chosen(world.appeal[:, title], rng) for title in titles])
    logit = kind.bias + kind.taste * _logit(world.truth[context, titles])
    liked = np.minimum(1.0, 1.0 / (1.0 + np.exp(-logit)) / AGAIN)
    y = (rng.random(count) < liked).astype(np.int64)
    return Recalled(titles, np.zeros_like(y), np.zeros_like(y), y, count)


def _chosen(appeal: Floats, rng: np.random.Generator) -> int:
    """Draw the context in which a title was watched: rather one that it suits."""
    weight = np.exp((appeal - appeal.max()) / SHARPNESS)
    return int(rng.choice(len(weight), p=weight / weight.sum()))


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-p))


def _measured(world: World, evidence: Evidence, weight: float) -> dict[str, float]:
    p = probabilities(world, posterior(evidence, replace(DEFAULT, recalled_weight=weight)))
    return {
        "ndcg": ndcg_at_5(world, p, world.unseen),
        "log_loss": expected_log_loss(world, p),
        "calibration": calibration_of_shown(world, p),
    }


def _promoted(world: World, evidence: Evidence, seed: int) -> float:
    """Say whether the gate would let what was learnt from ratings alone serve: 1 or 0."""
    if not evidence.has_both_classes:
        return 0.0
    trial = hold_trial(evidence, DEFAULT, None, seed)
    passed, _ = verdict(judge(trial, posterior(evidence), world.encoded, seed))
    return float(passed)


def gained(values: Values, cell: Cell) -> Figure:
    """Return how much better it is with ratings than without, household by household."""
    kind, name, _, _, own = cell
    sign = MEASURES[name][1]
    without = values[kind, name, 0, 0.0, own]
    return difference([sign * one for one in values[cell]], [sign * one for one in without])


def served(values: Values, kind: str, count: int) -> tuple[float, Figure]:
    """Return how often ratings alone let a model serve, and what NDCG that brings over the rules.

    Where it does not serve, the rules do, and it brings nothing.
    """
    passed = values[kind, PROMOTED, count, SHIPPED, 0]
    ours, rules = values[kind, "ndcg", count, SHIPPED, 0], values[kind, "ndcg", 0, 0.0, 0]
    gains = [one * (our - rule) for one, our, rule in zip(passed, ours, rules, strict=True)]
    return float(np.mean(passed)), figure(gains)


def record(plan: Plan, values: Values) -> dict[str, object]:
    """Return the figures as plain values, for programs."""
    names = ("kind", "measure", "ratings", "weight", "own")
    return {
        **asdict(plan),
        "gains": [
            {**dict(zip(names, cell, strict=True)), **asdict(gained(values, cell))}
            for cell in values
            if cell[1] in MEASURES and cell[2]
        ],
        "served": [
            {"kind": kind, "ratings": count, "share": share, **asdict(gain)}
            for kind in plan.kinds
            for count in plan.ratings
            for share, gain in [served(values, kind, count)]
        ],
    }


def report(plan: Plan, values: Values) -> str:
    """Write the figures as Markdown."""
    last = plan.first_seed + plan.worlds - 1
    lines = [
        f"{plan.worlds} households (seeds {plan.first_seed} to {last}) of each kind, with choices",
        "and keywords. Each figure is how much better it is with ratings from elsewhere than",
        "without, in the same household, with its 90 % interval; above 0 they help, and **bold**",
        f"means that the interval leaves 0 out. A rating weighs {SHIPPED:g} verdicts.",
    ]
    for kind in plan.kinds:
        lines += ["", f"### {KINDS[kind].heading}", "", *_of_shipped(plan, values, kind)]
        lines += ["", *_of_gate(plan, values, kind)]
    if len(plan.weights) > 1:
        lines += ["", "### What other weights would bring", "", *_of_weights(plan, values)]
    return "\n".join(lines)


def _of_shipped(plan: Plan, values: Values, kind: str) -> list[str]:
    lines = head([f"{own} verdicts here" for own in plan.own], "")
    for name, (caption, _) in MEASURES.items():
        for count in plan.ratings:
            cells = [_told(gained(values, (kind, name, count, SHIPPED, own))) for own in plan.own]
            lines.append(row(f"{count} ratings: {caption}", cells))
    return lines


def _of_gate(plan: Plan, values: Values, kind: str) -> list[str]:
    columns = ("lets it serve", "NDCG@5 over the rules, where it does and where not")
    lines = head(columns, "ratings, no feedback: the gate")
    for count in plan.ratings:
        share, gain = served(values, kind, count)
        lines.append(row(str(count), [f"{share:.0%}", _told(gain)]))
    return lines


def _of_weights(plan: Plan, values: Values) -> list[str]:
    """Write NDCG@5, the mean of all kinds and numbers of ratings."""
    lines = head([f"{own} verdicts here" for own in plan.own], "NDCG@5: weight of a rating")
    for weight in plan.weights:
        cells = list[str]()
        for own in plan.own:
            gains = [
                gained(values, (kind, "ndcg", count, weight, own)).mean
                for kind in plan.kinds
                for count in plan.ratings
            ]
            cells.append(f"{np.mean(gains):+.3f}")
        lines.append(row(f"{weight:g}", cells))
    return lines


def _told(found: Figure) -> str:
    text = found.between("{:+.3f}")
    return f"**{text}**" if found.is_clear else text


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imported_histories")
    parser.add_argument("--short", action="store_true", help="fewer households, ratings, weights")
    parser.add_argument("--worlds", type=int, default=0, help="how many households of each kind")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="of the first household")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
