"""A data set from elsewhere is split, learnt from and asked about, to compare the families."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from sqlalchemy.orm import Session

from app.backend.domain.clock import Clock
from app.backend.domain.dataset import Counted, RawDataset
from app.backend.domain.errors import InvalidInput, SourceMalformed
from app.backend.domain.evidence import TitleTexts
from app.backend.domain.progress import Progress, Step
from app.backend.domain.randomness import derived_seed
from app.backend.domain.title import joined_names
from app.backend.features.encode import Codes
from app.backend.features.table import Table
from app.backend.features.tabulate import tabulate, tabulate_household
from app.backend.learning import partitions
from app.backend.learning.scores import Answered, Report, report
from app.backend.learning.selection import FAMILIES, Contest, Plan, compete
from app.backend.learning.text import title_vectors
from app.backend.ml_model import prepare

Split: TypeAlias = partitions.Split
Compete: TypeAlias = Callable[[Table, Codes, Codes, Plan, Progress], Contest]
Unit: TypeAlias = Literal["pair", "member", "row"]

FOLDS: Final = partitions.FOLDS
SELECTED: Final = "selected"
# Whoever chooses holds out what the split holds out: never half of what belongs together.
UNITS: Final[Mapping[Split, Unit]] = {
    "time": "pair",
    "member-time": "pair",
    "pairs": "pair",
    "members": "member",
    "random": "row",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What to compare, and how; without a split, the usual one of the data set."""

    split: Split | None = None
    folds: int = FOLDS
    families: tuple[str, ...] = FAMILIES
    seed: int = 0


def families_named(text: str | None) -> tuple[str, ...]:
    """Return the families that a list between commas names; all of them for `None`.

    Raises
    ------
    InvalidInput
        Where nobody knows one of them, or none is named.
    """
    if text is None:
        return FAMILIES
    names = tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
    unknown = [name for name in names if name not in FAMILIES]
    if unknown or not names:
        wrong = f"There is no family {unknown[0][:40]!r}" if unknown else "No family is named"
        raise InvalidInput(f"{wrong}; the families are {', '.join(FAMILIES)}.")
    return names


def evaluate(
    raw: RawDataset, options: Options, progress: Progress, hold: Compete = compete
) -> dict[str, Any]:
    """Train every family on a part of a data set, and report on the rest.

    The choice between the families is made on the training rows of each fold alone; the tested
    rows are only asked about.

    Parameters
    ----------
    raw : RawDataset
    options : Options
    progress : Progress
    hold : callable
        Holds one contest between families.

    Raises
    ------
    SourceMalformed
        Where no row can be used.
    InvalidInput
        Where the rows cannot be split as asked.
    """
    insist_on_rows(raw)
    table = tabulate(raw, title_vectors(texts_of(raw)))
    return {**_facts(raw, table), **_contested(table, options, progress, hold)}


def evaluate_household(
    session: Session, options: Options, clock: Clock, progress: Progress, hold: Compete = compete
) -> dict[str, Any]:
    """Train every family on a part of a household's own verdicts, and report on the rest.

    Raises
    ------
    InvalidInput
        Where there is no verdict, or verdicts cannot be split as asked.
    """
    training = prepare(session, clock=clock).training
    if not len(training.y):
        raise InvalidInput(
            "There is no usable feedback to evaluate on yet; see: encore data-quality"
        )
    table = tabulate_household(training)
    facts = {
        "rows": len(training.y),
        "rows_read": training.rows_read,
        "left_out": {
            check.id: {"rows": check.count}
            for check in training.checks
            if check.action == "left out" and check.count
        },
        "members": len(np.unique(training.member[training.member > 0])),
        "titles": len(np.unique(training.title)),
        "contexts": list(table.columns.context_names),
        "positive_rate": float(table.y.mean()),
    }
    return {**facts, **_contested(table, options, progress, hold)}


def _contested(table: Table, options: Options, progress: Progress, hold: Compete) -> dict[str, Any]:
    """Split a table, let the families compete in each fold, and measure their answers."""
    split = options.split or partitions.usual_split(table)
    folds = partitions.partitions(table, split, options.folds, options.seed)
    contests: list[Contest] = []
    for number, (train, test) in enumerate(folds):
        plan = Plan(options.families, derived_seed(options.seed, number), UNITS[split])
        contests.append(hold(table, train, test, plan, _in_fold(progress, number, len(folds))))
    tested = [table.part(test) for _, test in folds]
    return {
        "split": split,
        "folds": len(folds),
        "seed": options.seed,
        **_choice(contests),
        **_results(contests, tested, options, progress),
    }


def _in_fold(progress: Progress, number: int, folds: int) -> Progress:
    if folds == 1:
        return progress

    def show(step: Step) -> None:
        name = f"Fold {number + 1} of {folds}: {step.name[:1].lower()}{step.name[1:]}"
        progress(Step(name, step.done, step.total))

    return show


def texts_of(raw: RawDataset) -> TitleTexts:
    """Return the words of the titles that are spoken of, numbered in the order of spelling."""
    known = [raw.known.titles.get(one) for one in raw.interactions.title.in_order().words]
    return TitleTexts(
        np.arange(len(known), dtype=np.int64),
        overview=[one.overview if one else None for one in known],
        keywords=[joined_names(one.keywords) if one else None for one in known],
        directors=[joined_names(one.directors) if one else None for one in known],
        cast=[joined_names(one.cast) if one else None for one in known],
    )


def insist_on_rows(raw: RawDataset) -> None:
    """Refuse a data set of which no row can be used.

    Raises
    ------
    SourceMalformed
        With how many rows there are, and why they cannot be used.
    """
    said = raw.interactions
    if not len(said):
        counts = ", ".join(f"{reason} {counted.rows}" for reason, counted in said.left_out.items())
        raise SourceMalformed(
            f"Of {said.rows_read} rows none can be used ({counts or 'there are none'}).",
            {"rows_read": said.rows_read, "left_out": _counts(said.left_out)},
        )


def _facts(raw: RawDataset, table: Table) -> dict[str, Any]:
    said = raw.interactions
    title_ids = said.title.in_order().words
    return {
        "rows": len(said),
        "rows_read": said.rows_read,
        "left_out": _counts(said.left_out),
        "members": len(said.member.in_order().words),
        "titles": len(title_ids),
        "titles_without_metadata": sum(one not in raw.known.titles for one in title_ids),
        "title_problems": _counts(raw.known.problems),
        "contexts": list(table.columns.context_names),
        "ignored_columns": [*raw.known.ignored_columns, *said.ignored_columns],
        "positive_rate": float(table.y.mean()),
    }


def _counts(found: Mapping[str, Counted]) -> dict[str, dict[str, int]]:
    return {
        reason: {"rows": counted.rows, "first_line": counted.line}
        for reason, counted in found.items()
    }


def _choice(contests: Sequence[Contest]) -> dict[str, Any]:
    """Return what was chosen most often, of equals what was chosen first, and why."""
    chosen = [contest.selected for contest in contests]
    selected = Counter(chosen).most_common(1)[0][0]
    return {
        "selected": selected,
        "selected_by_fold": chosen,
        "reason": contests[chosen.index(selected)].reason,
    }


def _results(
    contests: Sequence[Contest], tested: Sequence[Table], options: Options, progress: Progress
) -> dict[str, Any]:
    skipped: dict[str, str] = {}
    for contest in contests:
        skipped = {**contest.skipped, **skipped}
    # The default answers even where it was not asked for: then it is told too.
    wanted = {*options.families, *(contest.selected for contest in contests)}
    answered = {name for name in wanted if all(name in one.answers for one in contests)}
    names = [name for name in FAMILIES if name in answered and name not in skipped]
    families: dict[str, Any] = {}
    progress(Step("Measuring", 0, len(names) + 1))
    for done, name in enumerate(names, start=1):
        families[name] = {
            **_measured(name, contests, tested, options.seed),
            "fit_seconds": _seconds(contest.fit_seconds.get(name) for contest in contests),
            "predict_seconds": _seconds(contest.predict_seconds.get(name) for contest in contests),
        }
        progress(Step("Measuring", done, len(names) + 1))
    for name in options.families:
        if name not in families:
            skipped.setdefault(name, "It answered in some of the folds only.")
    return {
        "selected_metrics": _measured(SELECTED, contests, tested, options.seed),
        "families": families,
        "skipped": skipped,
    }


def _measured(name: str, contests: Sequence[Contest], tested: Sequence[Table], seed: int) -> Report:
    folds = [
        Answered(contest.answers[name], table.y, table.member, table.request)
        for contest, table in zip(contests, tested, strict=True)
    ]
    # The same draws for every family, so that their intervals can be compared.
    return report(folds, derived_seed(seed, "report"))


def _seconds(each: Iterable[float | None]) -> float:
    return float(sum(seconds or 0.0 for seconds in each))
