"""A data set is split, every family is asked about what it did not learn from, and all is told."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.backend.domain.dataset import RawDataset
from app.backend.domain.errors import InvalidInput, SourceMalformed
from app.backend.domain.progress import Progress, Step, silent
from app.backend.features.encode import Codes
from app.backend.features.table import Table
from app.backend.learning.scores import METRICS
from app.backend.learning.selection import FAMILIES, Contest, Plan
from app.backend.sources.data_set import read_data_set
from app.backend.workflows.evaluate import Compete, Options, evaluate, families_named

TITLES = "title_id,title,kind,year,minutes,genres\nt0,Zero,movie,1990,90,Comedy\n"
HEADER = "member,title_id,rating,mood,shown_at"


def read(folder: Path, lines: Sequence[str], header: str = HEADER) -> RawDataset:
    """Read a data set with these interactions."""
    titles, interactions = folder / "titles.csv", folder / "interactions.csv"
    titles.write_text(TITLES, encoding="utf-8")
    interactions.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return read_data_set(titles, interactions, 2030, silent)


def lines_of(count: int) -> list[str]:
    """Return rows of six members over eight titles, who like even titles."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(count):
        title = int(rng.integers(0, 8))
        rating = 5 if title % 2 == 0 else 2
        found.append(f"m{number % 6},t{title},{rating},funny,{1_000 + number}")
    return found


def contest(chosen: Sequence[str], skip: str = "") -> Compete:
    """Return a contest whose families are told: the rate of the training rows, and the truth.

    The families are chosen in turn, one a fold.
    """
    turns = iter(chosen)

    def hold(table: Table, train: Codes, test: Codes, plan: Plan, progress: Progress) -> Contest:
        assert not set(train.tolist()) & set(test.tolist())
        progress(Step("Fitting", 1, 1))
        answers = {
            "base_rate": np.full(len(test), table.y[train].mean()),
            "glmix": np.where(table.y[test] == 1, 0.9, 0.1),
        }
        answers = {name: answers[name] for name in plan.families if name != skip}
        selected = next(turns)
        seconds = dict.fromkeys(answers, 0.5)
        skipped = {skip: "It had a day off."} if skip else {}
        return Contest(
            selected=selected,
            reason=f"{selected} did best.",
            answers={**answers, "selected": answers[selected]},
            fit_seconds=seconds,
            predict_seconds=seconds,
            skipped=skipped,
            facts={},
        )

    return hold


TWO = ("base_rate", "glmix")


def test_the_report_has_its_documented_shape(tmp_path: Path) -> None:
    """Counts, the choice, and every metric of every family."""
    raw = read(tmp_path, [*lines_of(60), ",t0,5,funny,1", "m1,t0,9,sad,1"])
    found = evaluate(raw, Options("pairs", 3, TWO, 7), silent, contest(["glmix"] * 3))
    assert (found["split"], found["folds"], found["seed"]) == ("pairs", 3, 7)
    assert (found["rows"], found["rows_read"]) == (60, 62)
    assert found["left_out"] == {
        "member_missing": {"rows": 1, "first_line": 62},
        "rating_outside_scale": {"rows": 1, "first_line": 63},
    }
    assert (found["members"], found["titles"], found["titles_without_metadata"]) == (6, 8, 7)
    assert found["contexts"] == ["mood"]
    assert found["selected"] == "glmix"
    assert found["reason"] == "glmix did best."
    assert set(found["families"]) == set(TWO)
    for metrics in (found["selected_metrics"], *found["families"].values()):
        assert {*METRICS, *(f"{name}_interval" for name in METRICS)} <= set(metrics)
    assert found["selected_metrics"]["log_loss"] == pytest.approx(-np.log(0.9))
    assert found["families"]["glmix"]["roc_auc"] == 1.0
    assert found["families"]["glmix"]["fit_seconds"] == 1.5
    assert found["skipped"] == {}


def test_what_was_chosen_most_often_is_named_and_what_it_did_is_measured(tmp_path: Path) -> None:
    """The metrics of the choice are those of what each fold chose, not of one family."""
    chosen = ["glmix", "base_rate", "base_rate"]
    raw = read(tmp_path, lines_of(60))
    found = evaluate(raw, Options("random", 3, TWO), silent, contest(chosen))
    assert found["selected"] == "base_rate"
    assert found["selected_by_fold"] == chosen
    assert found["reason"] == "base_rate did best."
    losses = [found["families"][name]["log_loss"] for name in TWO]
    assert min(losses) < found["selected_metrics"]["log_loss"] < max(losses)


def test_a_family_that_did_not_answer_is_skipped_with_its_reason(tmp_path: Path) -> None:
    """It has no metrics."""
    raw = read(tmp_path, lines_of(60))
    found = evaluate(raw, Options("members", 2, TWO), silent, contest(["glmix"] * 2, "base_rate"))
    assert set(found["families"]) == {"glmix"}
    assert found["skipped"] == {"base_rate": "It had a day off."}


@pytest.mark.parametrize(
    ("header", "split"), [(HEADER, "member-time"), ("member,title_id,rating,mood,day", "pairs")]
)
def test_the_usual_split_follows_the_data(tmp_path: Path, header: str, split: str) -> None:
    """With times it is each member's last fifth, in one fold."""
    raw = read(tmp_path, lines_of(60), header)
    found = evaluate(raw, Options(families=TWO), silent, contest(["glmix"] * 5))
    assert found["split"] == split
    assert found["folds"] == (1 if split == "member-time" else 5)


def test_the_same_seed_says_the_same(tmp_path: Path) -> None:
    """Folds and intervals follow from the seed alone."""
    raw = read(tmp_path, lines_of(60))
    one, same, other = (
        evaluate(raw, Options("random", 4, TWO, seed), silent, contest(["glmix"] * 4))
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one["families"] != other["families"]


def test_progress_names_the_fold(tmp_path: Path) -> None:
    """Whoever watches sees which fold is at work, and then that it is measured."""
    steps: list[Step] = []
    raw = read(tmp_path, lines_of(60))
    evaluate(raw, Options("random", 2, TWO), steps.append, contest(["glmix"] * 2))
    names = [step.name for step in steps]
    assert names[:2] == ["Fold 1 of 2: fitting", "Fold 2 of 2: fitting"]
    assert names[-1] == "Measuring"


def test_no_usable_row_is_an_error_with_the_counts(tmp_path: Path) -> None:
    """The error says why each row is not used."""
    raw = read(tmp_path, [",t0,5,funny,1", "m1,t0,,sad,1"])
    with pytest.raises(SourceMalformed, match="member_missing 1, rating_missing 1") as caught:
        evaluate(raw, Options(families=TWO), silent, contest([]))
    assert caught.value.details["rows_read"] == 2


def test_families_are_named_between_commas() -> None:
    """Nothing named is all of them; a name that nobody knows is an error that lists them."""
    assert families_named(None) == FAMILIES
    assert families_named(" glmix,rules,glmix ") == ("glmix", "rules")
    for wrong in ("", " , ", "glmix,oracle"):
        with pytest.raises(InvalidInput, match="base_rate"):
            families_named(wrong)
