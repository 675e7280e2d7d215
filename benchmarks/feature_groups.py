"""What each group of features brings to the mixed model: it is left out, or its columns lie.

python -m benchmarks.feature_groups [--short] [--worlds N] [--json] [--write]
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from app.backend.features.household import Evidence, TitleVectors
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.glmix import GlmixConfig
from benchmarks.figures import WORKERS, Figure, by_cell, difference, figure, head, row
from benchmarks.households import SHOWN, calibration_of_shown, expected_log_loss
from benchmarks.learners import evidence_of, posterior
from benchmarks.pages import FEATURES, replace_block
from benchmarks.shuffled_columns import COLUMNS, SHUFFLES, losses
from tests.worlds import World, live, make_world, ndcg_at_5, probabilities

FIRST_SEED: Final = 7_100
WORLDS: Final = 16
SIZES: Final = (50, 200)
SHORT_WORLDS: Final = 2
SHORT_SIZES: Final = (50,)
WHOLE: Final = "whole"
# Better is more for a ranking, and less for a loss or an error.
MEASURES: Final = {
    "ndcg": ("NDCG@5, never shown", 1.0),
    "log_loss": ("log loss, never shown", -1.0),
    "calibration": (f"calibration error of the {SHOWN} it would show", -1.0),
    "ndcg_all": ("NDCG@5, whole library", 1.0),
}
SHUFFLED: Final = "shuffled"

# Measure, part, feedbacks.
Cell: TypeAlias = tuple[str, str, int]
Values: TypeAlias = dict[Cell, list[float]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the model that can be left out: some of its groups, or a switch."""

    label: str
    config: GlmixConfig
    has_text: bool = True


def _groups(label: str, *names: str) -> Part:
    return Part(f"{label} ({', '.join(f'`{name}`' for name in names)})", _without(names))


def _without(names: Sequence[str]) -> GlmixConfig:
    return replace(DEFAULT, without=",".join(names))


PARTS: Final[Mapping[str, Part]] = {
    "trust": _groups("trust in the rules", "trust"),
    "title": _groups("effects of single titles", "title"),
    "genre": _groups("taste for genres", "genre"),
    "mood_genre": _groups("mood x genre", "mood_genre"),
    "company_genre": _groups("company x genre", "company_genre"),
    "session_length": _groups("session x length", "session_length"),
    "length": _groups("length and kind", "length"),
    "era": _groups("era", "era"),
    "mood_other": _groups("mood x length, era, rating, kind", "mood_other"),
    "said": _groups("how pleased at all", "intercept", "mood", "company", "session"),
    "mood_text": _groups("mood x words", "mood_text"),
    "text": Part("all words (`text`, `mood_text`)", DEFAULT, has_text=False),
    "choices": Part("choices from slates", replace(DEFAULT, most_choice_strength=0.0)),
    "selection": Part("correction for being picked", replace(DEFAULT, selection=0.0)),
    "evidence": Part("variances learnt from the data", replace(DEFAULT, evidence_rounds=0)),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: on how many households, after how many feedbacks."""

    worlds: int = WORLDS
    sizes: tuple[int, ...] = SIZES
    first_seed: int = FIRST_SEED


@dataclass(frozen=True, slots=True)
class Job:
    """One household as its feedback grows."""

    seed: int
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
        replace_block("feature_groups", told, FEATURES)
    return 0


def measure(plan: Plan, workers: int = WORKERS) -> Values:
    """Return by cell what was measured of each household, in the order of the seeds."""
    jobs = [Job(plan.first_seed + number, plan.sizes) for number in range(plan.worlds)]
    return by_cell(household, jobs, workers, "households measured")


def household(job: Job) -> dict[Cell, float]:
    """Measure one household: the whole model, then each part left out, then shuffled columns."""
    world = make_world(job.seed)
    evidence = evidence_of(world, live(world, max(job.sizes), job.seed))
    found: dict[Cell, float] = {}
    for size in job.sizes:
        known = evidence.part(np.arange(size))
        for name, part in {WHOLE: Part("", DEFAULT), **PARTS}.items():
            for measured, value in _measured(world, known, part).items():
                found[measured, name, size] = value
        for name, loss in losses(world, posterior(known), job.seed).items():
            found[SHUFFLED, name, size] = loss
    return found


def _measured(world: World, known: Evidence, part: Part) -> dict[str, float]:
    seen = known if part.has_text else replace(known, texts=TitleVectors())
    p = probabilities(world, posterior(seen, part.config))
    return {
        "ndcg": ndcg_at_5(world, p, world.unseen),
        "log_loss": expected_log_loss(world, p),
        "calibration": calibration_of_shown(world, p),
        "ndcg_all": ndcg_at_5(world, p, np.arange(len(world.titles))),
    }


def brought(values: Values, measured: str, part: str, size: int) -> Figure:
    """Return how much better the whole model is than without a part, household by household."""
    whole, without = values[measured, WHOLE, size], values[measured, part, size]
    sign = MEASURES[measured][1]
    return difference([sign * one for one in whole], [sign * one for one in without])


def idle(values: Values, sizes: Sequence[int]) -> dict[str, list[str]]:
    """Return the parts that bring nothing that could be told from 0, and those that do harm."""
    found: dict[str, list[str]] = {"nothing": [], "harm": []}
    for name, part in PARTS.items():
        figures = [brought(values, one, name, size) for one in MEASURES for size in sizes]
        clear = [one.mean > 0 for one in figures if one.is_clear]
        if not clear:
            found["nothing"].append(part.label)
        elif not any(clear):
            found["harm"].append(part.label)
    return found


def record(plan: Plan, values: Values) -> dict[str, object]:
    """Return the figures as plain values, for programs."""
    return {
        **asdict(plan),
        "parts": [
            {
                "part": name,
                "measure": measured,
                "feedbacks": size,
                **asdict(brought(values, measured, name, size)),
            }
            for name in PARTS
            for measured in MEASURES
            for size in plan.sizes
        ],
        "shuffled": [
            {"columns": name, "feedbacks": size, **asdict(figure(values[SHUFFLED, name, size]))}
            for name in COLUMNS
            for size in plan.sizes
        ],
        **idle(values, plan.sizes),
    }


def report(plan: Plan, values: Values) -> str:
    """Write the figures as Markdown."""
    last = plan.first_seed + plan.worlds - 1
    lines = [
        f"{plan.worlds} households (seeds {plan.first_seed} to {last}) whom the rules fit, with",
        "choices and keywords. Each figure is a difference within households with its 90 %",
        "interval; above 0 the part helps, and **bold** means that the interval leaves 0 out, as",
        "one in ten does by chance.",
    ]
    for size in plan.sizes:
        lines += ["", f"What the whole model has over one without a part, {size} feedbacks:", ""]
        lines += head([caption for caption, _ in MEASURES.values()], "left out")
        for name, part in PARTS.items():
            cells = [_told(brought(values, measured, name, size)) for measured in MEASURES]
            lines.append(row(part.label, cells))
    lines += [
        "",
        "What NDCG@5 on titles never shown loses when columns are shuffled among contexts",
    ]
    lines += [f"or titles (mean of {SHUFFLES} shuffles), by feedbacks:", ""]
    lines += head(plan.sizes, "shuffled")
    for name, columns in COLUMNS.items():
        cells = [_told(figure(values[SHUFFLED, name, size])) for size in plan.sizes]
        lines.append(row(columns.label, cells))
    found = idle(values, plan.sizes)
    lines += [
        "",
        f"Bring nothing, every interval holds 0: {'; '.join(found['nothing']) or 'none'}.",
    ]
    lines += ["", f"Clear harm and no clear gain: {'; '.join(found['harm']) or 'none'}."]
    return "\n".join(lines)


def _told(found: Figure) -> str:
    text = found.between("{:+.3f}")
    return f"**{text}**" if found.is_clear else text


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feature_groups")
    parser.add_argument("--short", action="store_true", help="fewer households and sizes")
    parser.add_argument("--worlds", type=int, default=0, help="how many households")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace block in {FEATURES.name}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
