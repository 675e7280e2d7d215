"""Encore's families and the libraries a user would pick instead, on real data, on the same rows.

python -m benchmarks.real_data [--short] [--json] [--write] [--data FOLDER]

The data are not part of Encore: DePaulMovie (Zheng, Mobasher, Burke, CARSKit, 2015) and MovieLens
latest-small (Harper, Konstan, 2015), each a folder with titles.csv and interactions.csv in the form
of `encore evaluate`. Peers need packages of their own: those in benchmarks/peers-requirements.txt
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np

from app.backend.domain.progress import Step
from app.backend.domain.randomness import derived_seed, generator
from app.backend.features.encode import Codes, Floats
from app.backend.features.table import Table
from app.backend.features.tabulate import tabulate
from app.backend.learning.families import FAMILIES
from app.backend.learning.metrics import log_losses, ordered_pairs
from app.backend.learning.partitions import Split, partitions
from app.backend.learning.scores import Answered, report
from app.backend.learning.selection import SELECTED, Plan, Unit, compete
from app.backend.sources.data_set import read_data_set
from benchmarks.pages import PAGE, replace_block
from benchmarks.real_data_peers import PEERS, ask

Record: TypeAlias = dict[str, Any]

SEED: Final = 1
FOLDS: Final = 5
LATEST_YEAR: Final = 2026
RESAMPLES: Final = 1_000
SELECTION_PAGE: Final = PAGE.with_name("model-selection.md")
FOLDER: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
SHORT_FAMILIES: Final = ("base_rate", "additive", "glmix")
SHOWN: Final = ("log_loss", "roc_auc", "pair_accuracy", "ece")


@dataclass(frozen=True, slots=True)
class Case:
    """One data set and one way to split it; `unit` is what choosing holds out together."""

    name: str
    folder: str
    split: Split
    unit: Unit
    with_peers: bool = True


CASES: Final = (
    Case("DePaulMovie, member and title kept together", "depaulmovie", "pairs", "pair"),
    Case("DePaulMovie, members never seen", "depaulmovie", "members", "member", with_peers=False),
    Case(
        "MovieLens latest-small, each member's last 20 %", "movielens_small", "member-time", "pair"
    ),
)
# Of the first, second and third case: metric, at most or at least, and what was asked for.
BARS: Final = (
    (0, "roc_auc", "least", 0.81),
    (0, "log_loss", "most", 0.53),
    (0, "ece", "most", 0.04),
    (1, "log_loss", "most", 0.64),
    (2, "log_loss", "most", 0.555),
    (2, "roc_auc", "least", 0.787),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; without the data, say so."""
    options = _options(arguments)
    if not (options.data / CASES[0].folder).is_dir():
        print(f"There is no folder {CASES[0].folder} with real data; name theirs with --data.")
        return 0
    cases = CASES[:1] if options.short else CASES
    families = SHORT_FAMILIES if options.short else FAMILIES
    found = [run(case, options.data, families, short=options.short) for case in cases]
    record = {"seed": SEED, "cases": found, "bars": [] if options.short else bars(found)}
    text = as_text(record)
    print(json.dumps(record, indent=2) if options.json else text)
    if options.write:
        replace_block("real_data", text, SELECTION_PAGE)
    return 0


@dataclass(slots=True)
class Answers:
    """What was answered in the folds so far, by model, and the CPU seconds it took."""

    p: dict[str, list[Floats]]
    seconds: dict[str, float]
    not_run: dict[str, str]

    def add(self, name: str, p: Floats, seconds: float) -> None:
        """Keep one fold's answers of a model."""
        self.p.setdefault(name, []).append(p)
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


def run(case: Case, folder: Path, families: Sequence[str], *, short: bool = False) -> Record:
    """Let families and peers answer for the tested rows of every fold of a case."""
    data = folder / case.folder
    raw = read_data_set(data / "titles.csv", data / "interactions.csv", LATEST_YEAR, _quiet)
    table = tabulate(raw)
    folds = partitions(table, case.split, FOLDS, SEED)[: 1 if short else None]
    answers, contests = Answers({}, {}, {}), []
    for number, (train, test) in enumerate(folds):
        plan = Plan(tuple(families), derived_seed(SEED, number), case.unit)
        contests.append(compete(table, train, test, plan, _quiet))
        for name, p in contests[-1].answers.items():
            answers.add(name, p, contests[-1].fit_seconds.get(name, 0.0))
        if case.with_peers and not short:
            _ask_peers(answers, table.part(train), table.part(test))
        print(f"{case.name}: fold {number + 1} of {len(folds)}", file=sys.stderr)
    found: Record = {
        "case": case.name,
        "rows": len(table.y),
        "folds": len(folds),
        "selected": [contest.selected for contest in contests],
        "reasons": [contest.reason for contest in contests],
        **_told(answers, [table.part(test) for _, test in folds]),
    }
    if table.columns.contexts and case.unit == "pair":
        found["context"] = _worth_of_context(table, folds, answers.p["glmix"], case)
    return found


def _ask_peers(answers: Answers, train: Table, test: Table) -> None:
    for name, peer in PEERS.items():
        asked = ask(peer, train, test)
        if asked.p is None:
            answers.not_run[name] = asked.reason
        else:
            answers.add(name, asked.p, asked.cpu_seconds)


def _told(answers: Answers, tested: Sequence[Table]) -> Record:
    ours, base = answers.p[SELECTED], answers.p["base_rate"]
    return {
        "not_run": answers.not_run,
        "models": {
            name: {**_measured(parts, tested), "fit_cpu_seconds": answers.seconds[name]}
            for name, parts in answers.p.items()
            if len(parts) == len(tested)
        },
        "worse_than_base_rate_in": sum(
            bool(log_losses(p, one.y).mean() > log_losses(rate, one.y).mean())
            for p, rate, one in zip(ours, base, tested, strict=True)
        ),
    }


def _worth_of_context(
    table: Table, folds: Sequence[tuple[Codes, Codes]], ours: Sequence[Floats], case: Case
) -> Record:
    """Return how much better pairs of a request are ordered than without any context."""
    X = table.X.copy()
    X[:, list(table.columns.contexts)] = 0.0
    blind = replace(table, X=X)
    gains: dict[int, list[float]] = {}
    for number, (train, test) in enumerate(folds):
        plan = Plan(("glmix",), derived_seed(SEED, number), case.unit)
        theirs = compete(blind, train, test, plan, _quiet).answers["glmix"]
        tested = table.part(test)
        for member in np.unique(tested.member):
            rows = tested.member == member
            y, request = tested.y[rows], tested.request[rows]
            right, pairs = ordered_pairs(ours[number][rows], y, request)
            other, _ = ordered_pairs(theirs[rows], y, request)
            sums = gains.setdefault(int(member), [0.0, 0.0])
            sums[0] += right - other
            sums[1] += pairs
    by_member = np.array(list(gains.values()))
    rng = generator(SEED)
    drawn = [by_member[rng.integers(0, len(by_member), len(by_member))] for _ in range(RESAMPLES)]
    ratios = [float(one[:, 0].sum() / max(one[:, 1].sum(), 1.0)) for one in drawn]
    low, high = np.quantile(ratios, [0.05, 0.95])
    gain = float(by_member[:, 0].sum() / by_member[:, 1].sum())
    return {"gain": gain, "interval": [float(low), float(high)]}


def bars(cases: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Set what was asked for beside what the selected family reached."""
    judged = []
    for number, metric, kind, limit in BARS:
        value = cases[number]["models"][SELECTED][metric]
        met = value <= limit if kind == "most" else value >= limit
        case = cases[number]["case"]
        judged.append(
            {"case": case, "metric": metric, "kind": kind, "limit": limit, "value": value,
             "met": bool(met)}
        )  # fmt: skip
    return judged


def as_text(record: Record) -> str:
    """Write the figures as Markdown."""
    lines = [f"Folds by seed {record['seed']}; 90 % intervals by bootstrap over members."]
    for found in record["cases"]:
        lines += ["", f"### {found['case']}", ""]
        lines += ["| model | log loss | ROC AUC | pairs of a request | ECE | CPU s |"]
        lines += ["|---|---|---|---|---|---|"]
        models = sorted(found["models"].items(), key=lambda item: item[1]["log_loss"])
        for name, metrics in models:
            cells = [_cell(metrics[key], metrics[f"{key}_interval"]) for key in SHOWN]
            label = f"**{name}**" if name in {SELECTED, *FAMILIES} else name
            lines.append(f"| {label} | {' | '.join(cells)} | {metrics['fit_cpu_seconds']:.1f} |")
        chosen = ", ".join(found["selected"])
        lines += ["", f"Selected, fold by fold: {chosen}. First fold: {found['reasons'][0]}", ""]
        lines += [f"Worse than the base rate in {found['worse_than_base_rate_in']} folds."]
        if "context" in found:
            low, high = found["context"]["interval"]
            gain = f"{found['context']['gain']:+.3f} ({low:+.3f} to {high:+.3f})"
            lines += [
                "",
                f"Pairs of a request in the right order, more than without context: {gain}.",
            ]
        lines += [f"Not run: {name}, {reason}." for name, reason in found["not_run"].items()]
    for bar in record["bars"]:
        said = "met" if bar["met"] else "not met"
        limit = f"at {bar['kind']} {bar['limit']}"
        lines += ["", f"{bar['case']}, {bar['metric']}: {bar['value']:.3f}; {limit}: {said}."]
    return "\n".join(lines)


def _cell(value: float | None, interval: Sequence[float] | None) -> str:
    if value is None or interval is None:
        return "-"
    return f"{value:.3f} ({interval[0]:.3f} to {interval[1]:.3f})"


def _measured(parts: Sequence[Floats], tested: Sequence[Table]) -> Record:
    folds = [_answered(p, one) for p, one in zip(parts, tested, strict=True)]
    return dict(report(folds, derived_seed(SEED, "report")))


def _answered(p: Floats, table: Table) -> Answered:
    return Answered(p, table.y, table.member, table.request)


def _quiet(_step: Step) -> None:
    """Tell nobody."""


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_data", description=__doc__)
    parser.add_argument("--short", action="store_true", help="one fold, three families, no peers")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument(
        "--write", action="store_true", help=f"replace the block in {SELECTION_PAGE.name}"
    )
    folder = os.environ.get("ENCORE_BENCHMARK_DATA")
    parser.add_argument("--data", type=Path, default=Path(folder) if folder else FOLDER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
