"""What ratings without context tell of those with one: real members who gave both.

python -m benchmarks.ratings_without_context [--short] [--json] [--write] [--data FOLDER]

The data are not part of Encore: DePaulMovie (Zheng, Mobasher, Burke, CARSKit, 2015), in the form of
`encore evaluate`. Each member is a household of one, who rated elsewhere what has no context.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np

from app.backend.domain.context import Context
from app.backend.domain.dataset import POSITIVE_RATING, RawDataset
from app.backend.domain.progress import silent
from app.backend.domain.randomness import derived_seed, generator
from app.backend.domain.title import Title
from app.backend.features.dataset import TrainingSet
from app.backend.features.encode import Codes, Floats, encode_titles
from app.backend.features.genres import normalise
from app.backend.features.household import Evidence
from app.backend.features.recalled import Recalled
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.metrics import log_losses, ordered_pairs
from app.backend.sources.data_set import read_data_set
from benchmarks.figures import Figure, difference, figure, head, row
from benchmarks.learners import posterior
from benchmarks.pages import PAGE, replace_block
from benchmarks.real_data import FOLDER, LATEST_YEAR
from tests.worlds import each_a_slate

SEED: Final = 1
FOLDS: Final = 5
LEAST_RATINGS: Final = 15
LEAST_VERDICTS: Final = 30
SHORT_MEMBERS: Final = 4
WEIGHTS: Final = (0.1, 0.25, 0.5, 1.0)
# Of the titles that are not tested, so many have verdicts.
SHARES: Final = (0.0, 1.0 / 3.0)
# Which titles were rated without context: those that are tested too, or none of them.
RATED: Final = {"same": "the tested titles among others", "others": "other titles alone"}
LOG_LOSS: Final = "log_loss"
PAIRS: Final = "pairs"
MEASURES: Final = {LOG_LOSS: ("log loss", -1.0), PAIRS: ("pairs of a context in order", 1.0)}

# Measure, rated, weight, share of verdicts.
Cell: TypeAlias = tuple[str, str, float, float]
Values: TypeAlias = dict[Cell, list[float]]


@dataclass(frozen=True, slots=True)
class Said:
    """What one member said, as columns: verdicts in a context, or ratings without one."""

    title: Codes
    context_code: Codes
    y: Codes

    def part(self, rows: Codes) -> "Said":
        """Return some of it."""
        return Said(self.title[rows], self.context_code[rows], self.y[rows])


@dataclass(frozen=True, slots=True)
class Rater:
    """One member, and the titles that they may have judged."""

    number: int
    encoded: Floats
    verdicts: Said
    ratings: Said


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; without the data, say so."""
    options = _options(arguments)
    folder = options.data / "depaulmovie"
    if not folder.is_dir():
        print(f"There is no folder {folder.name} with real data; name theirs with --data.")
        return 0
    raw = read_data_set(folder / "titles.csv", folder / "interactions.csv", LATEST_YEAR, silent)
    everybody = list(raters(raw))
    found = measure(everybody[: SHORT_MEMBERS if options.short else None])
    text = report(found)
    print(json.dumps(record(found), indent=2) if options.json else text)
    if options.write:
        replace_block("ratings_without_context", text)
    return 0


def raters(raw: RawDataset) -> Iterator[Rater]:
    """Yield the members who gave enough verdicts and enough ratings without any context."""
    told = raw.interactions
    encoded = encode_titles([_title(raw, number) for number in range(len(told.title.words))])
    code = np.array([Context(None, size, None).code for size in _sizes(raw)], dtype=np.int64)
    contexts = [column.texts() for column in told.contexts.values()]
    has_context = np.array([any(words) for words in zip(*contexts, strict=True)])
    y = (told.rating >= POSITIVE_RATING).astype(np.int64)
    everything = Said(told.title.code, code, y)
    for member in range(len(told.member.words)):
        theirs = told.member.code == member
        verdicts = everything.part(np.flatnonzero(theirs & has_context))
        ratings = everything.part(np.flatnonzero(theirs & ~has_context))
        is_enough = len(ratings.y) >= LEAST_RATINGS and len(verdicts.y) >= LEAST_VERDICTS
        if is_enough and len(np.unique(verdicts.y)) == 2:
            yield Rater(member, encoded, verdicts, ratings)


def measure(everybody: Sequence[Rater]) -> Values:
    """Return by cell what was measured of each member; weight 0 is without their ratings."""
    found: Values = {}
    for rater in everybody:
        for cell, value in _of(rater).items():
            found.setdefault(cell, []).append(value)
        print(f"member {rater.number} measured", file=sys.stderr)
    return found


def _of(rater: Rater) -> dict[Cell, float]:
    """Let models foretell verdicts on titles that they have no verdict on, fold by fold."""
    verdicts, rng = rater.verdicts, generator(derived_seed(SEED, rater.number))
    titles, number = np.unique(verdicts.title, return_inverse=True)
    order = rng.permutation(len(titles))
    losses: dict[Cell, list[Floats]] = {}
    pairs: dict[Cell, list[float]] = {}
    for fold in range(FOLDS):
        is_tested = (order % FOLDS == fold)[number]
        tested = verdicts.part(np.flatnonzero(is_tested))
        for share in SHARES:
            taught = ~is_tested & (order // FOLDS < share * len(titles) / FOLDS)[number]
            known = verdicts.part(np.flatnonzero(taught))
            for rated in RATED:
                recalled = recalled_by(rater, known, tested, rated)
                for weight in (0.0, *WEIGHTS):
                    p = _foretold(rater, known, recalled, tested, weight)
                    cell = (rated, weight, share)
                    losses.setdefault((LOG_LOSS, *cell), []).append(log_losses(p, tested.y))
                    right, count = ordered_pairs(p, tested.y, tested.context_code)
                    sums = pairs.setdefault((PAIRS, *cell), [0.0, 0.0])
                    sums[0] += right
                    sums[1] += count
    found = {cell: float(np.concatenate(parts).mean()) for cell, parts in losses.items()}
    return found | {cell: right / count for cell, (right, count) in pairs.items() if count}


def recalled_by(rater: Rater, known: Said, tested: Said, rated: str) -> Recalled:
    """Return the ratings that are learnt from: none of what there is a verdict on."""
    ratings = rater.ratings
    kept = ~np.isin(ratings.title, known.title)
    if rated == "others":
        kept &= ~np.isin(ratings.title, tested.title)
    chosen = ratings.part(np.flatnonzero(kept))
    nobody = np.zeros_like(chosen.y)
    return Recalled(chosen.title, nobody, nobody, chosen.y, len(chosen.y))


def _foretold(rater: Rater, known: Said, recalled: Recalled, tested: Said, weight: float) -> Floats:
    model = posterior(
        Evidence(_training(rater, known), recalled=recalled),
        replace(DEFAULT, recalled_weight=weight),
    )
    return model.moments(_training(rater, tested).X).probability


def _training(rater: Rater, said: Said) -> TrainingSet:
    return each_a_slate(said.context_code, said.title, rater.encoded, said.y)


def gained(values: Values, cell: Cell) -> Figure:
    """Return how much better verdicts are foretold with ratings than without, member by member."""
    name, rated, _, share = cell
    sign = MEASURES[name][1]
    without = values[name, rated, 0.0, share]
    return difference([sign * one for one in values[cell]], [sign * one for one in without])


def record(values: Values) -> dict[str, object]:
    """Return the figures as plain values, for programs."""
    names = ("measure", "rated", "weight", "share")
    return {
        "seed": SEED,
        "members": len(next(iter(values.values()))),
        "gains": [
            {**dict(zip(names, cell, strict=True)), **asdict(gained(values, cell))}
            for cell in values
            if cell[2]
        ],
    }


def report(values: Values) -> str:
    """Write the figures as Markdown."""
    lines = [
        f"{len(next(iter(values.values())))} members, {FOLDS} folds of titles by seed {SEED}. Each",
        "figure is how much better verdicts in a context are foretold with ratings without one",
        "than without them: the mean over members with its 90 % interval; **bold** means that it",
        "leaves 0 out.",
    ]
    for share in SHARES:
        which = f"on {share:.0%} of the other titles" if share else "on no title"
        lines += ["", f"Verdicts {which}:", ""]
        lines += head([f"weight {weight:g}" for weight in WEIGHTS], "rated without context")
        for name, (caption, _) in MEASURES.items():
            for rated, told in RATED.items():
                cells = [_told(gained(values, (name, rated, one, share))) for one in WEIGHTS]
                without = figure(values[name, rated, 0.0, share]).mean
                lines.append(row(f"{told}: {caption}, {without:.3f} without", cells))
    return "\n".join(lines)


def _told(found: Figure) -> str:
    text = found.between("{:+.3f}")
    return f"**{text}**" if found.is_clear else text


def _title(raw: RawDataset, number: int) -> Title:
    """Return what is known of a title; its number is its id."""
    key = raw.interactions.title.words[number]
    known = raw.known.titles.get(key)
    if known is None:
        return Title(number + 1, key)
    return Title(
        number + 1,
        known.title,
        year=known.year,
        minutes=known.minutes,
        genres=normalise(known.genres).known,
    )


def _sizes(raw: RawDataset) -> list[str | None]:
    return [size or None for size in raw.interactions.contexts["group_size"].texts()]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ratings_without_context", description=__doc__
    )
    parser.add_argument("--short", action="store_true", help=f"{SHORT_MEMBERS} members")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    folder = os.environ.get("ENCORE_BENCHMARK_DATA")
    parser.add_argument("--data", type=Path, default=Path(folder) if folder else FOLDER)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
