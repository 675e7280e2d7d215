"""Writes the page on model cards, with a card that the code made of a simulated trial."""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import numpy as np

from app.backend.domain.context import every_context
from app.backend.domain.runs import ADDITIVE, CHALLENGER, LEAST_PAIRS, RULES
from app.backend.features import questions
from app.backend.features.encode import Codes, Floats, context_table
from app.backend.features.posterior import rules_posterior
from app.backend.features.schema import (
    CONTEXT_COLUMNS,
    FEATURE_COUNT,
    SCHEMA_NUMBER,
    schema_fingerprint,
)
from app.backend.learning import gate, reliability, resampling, trial_report
from app.backend.learning.classifier import DEFAULT
from app.backend.learning.evaluation import Trial, requests
from app.backend.learning.metrics import BINS
from app.backend.learning.splits import split_by_time
from app.backend.registry import card_limits
from app.backend.registry.card import CardFacts, card_markdown

ROWS: Final = 240
TESTED: Final = 144
SEED: Final = 7

OPENING: Final = """
# Model card

Every version of the model has a card: what it is, what it learnt from, how well it does and for
whom, what it is not good for, how it was made, and what the gate said. It is written when the
version is, from the figures of its own training run, and its digest is recorded with the
version's. The same facts give the same bytes. A card names no title and no person.

| where | how |
|---|---|
| page *Model* | *Model card*, at each version |
| command line | `encore models show VERSION --card`, in Markdown |
| REST | `GET /api/v1/models/{version}/card`, `?format=html` or `?format=markdown` |
| on disk | `card.html` and `card.md` beside the version's arrays |

The HTML is one file without scripts that fetches nothing: it can be mailed, kept, and printed.
Words are in the [glossary](glossary.md).
"""
FIGURES: Final = (
    (
        "log loss",
        "mean negative log-likelihood of what was said, in nats",
        "lower",
        "0.693 knows nothing and says so; the rules and the serving model on the same rows",
    ),
    (
        "pairs in the right order",
        "of a liked and a not liked title of one context, how often the liked one ranked higher",
        "higher",
        f"50 % is chance; below {LEAST_PAIRS} pairs it is not told",
    ),
    (
        f"NDCG@{resampling.DEPTH}",
        (
            f"how near the first {resampling.DEPTH} of a context come to the best possible ones, "
            "the first places counting most; mean over contexts"
        ),
        "higher",
        "1 is perfect; the rules on the same rows, since it depends on how many were liked",
    ),
    (
        "calibration error",
        f"how far promised probabilities are from what was kept, over {BINS} bins",
        "lower",
        (
            "what chance alone makes of exact promises, which the card tells: about 0.14 with 50 "
            "rows and 0.05 with 500"
        ),
    ),
    ("Brier score", "mean squared distance of promise and verdict", "lower", "0.25 knows nothing"),
    (
        "ROC AUC",
        "the chance that a liked row stands above one that was not, over all contexts",
        "higher",
        (
            "told because others tell it; nothing is chosen on it, since a mood in which "
            "everything is liked raises it and changes no order"
        ),
    ),
)
READING: Final = f"""
**Intervals.** Slates are drawn with replacement {resampling.RESAMPLES} times, and nine in ten of
the results lie in the interval. Every model is measured on the same draws, so a difference is
surer than its two parts: whether the interval of the *difference* holds 0 is the question, not
whether two intervals overlap. With fewer than {resampling.LEAST_BLOCKS} slates there are no
intervals; beyond {resampling.MOST_BLOCKS}, neighbouring slates are drawn together. Resamples of
calibration error and NDCG are moved to the figure, since rows that are drawn twice shift them.
On simulated trials about nine in ten of the intervals of log loss, Brier score, ROC AUC and
differences hold the truth, of parts with a few rows fewer
([Benchmarks](benchmarks.md#intervals-of-the-model-card)). That of the calibration error tells how
far the figure moves and not where the truth is: with few rows it is mostly chance, which only
ever adds to it, so compare it with the figure by chance alone.

**Better, and no worse.** The card says *better* where the whole interval lies on that side of 0.
The gate asks for less: that a model is *no worse* within a margin. So a model may pass the gate
of which the card says that nothing can be told yet: it started from the rules, and little
feedback cannot tell them apart.

**By context and by company.** Log loss and calibration of the model and of the rules for each
mood, company, session length, and number of members named. Parts of fewer than
{trial_report.LEAST_SLICE_ROWS} rows are counted and not measured. Of a dozen differences about
one lies beyond its interval by chance.

**Calibration.** Below {reliability.FEW_ROWS:,} rows the groups have equally many rows, at least
{reliability.LEAST_BIN_ROWS} each; from there on each is a tenth wide. The interval is Wilson's.
One group whose interval just misses the promise is chance; all groups on one side are not.

## What else it says

- **What it learnt from**: verdicts that came in, those that are used, and each
  [check](data-checks.md) that hit a row; the [data sheet](data.md) tells what is done.
- **What decides**: the share of each [group of weights](features.md) in the variance of the
  logits. *Within an evening* is what can change an order; what a mood adds to all titles alike
  has a share over all evenings and none within one.
- **How it was made**: seed, config, fingerprints and libraries. The data fingerprint is a digest
  of all that the model could learn from. With the same fingerprints, seed and libraries, training
  gives the same arrays.
- **Verdict of the gate**: every question with its finding ([How it works](how-it-works.md)).

## What it is not good for

These sentences follow from the facts: fewer than {card_limits.FEW_LEARNT} verdicts learnt from;
fewer than {card_limits.FEW_TESTED} to test it, or none; an interval of the log loss wider than
{card_limits.WIDE_NATS} nats; a difference from the rules that may be none; moods, companies and
session lengths that were never tested; a part where the rules do better; no evening that says who
was there; a gate that was not passed. Two are always there: what it is made for, and that it
learnt only from what was suggested and watched.

## An example

The verdicts and answers of this one are drawn by chance; report, gate and card are the code's
own.
"""


def model_card_page() -> str:
    """Return the page."""
    rows = [f"| {' | '.join(one)} |" for one in FIGURES]
    told = [
        OPENING.strip(),
        "\n## How to read the figures\n",
        "All figures are of later evenings, predicted by models that had learnt from the evenings",
        "before them. What serves in the end has learnt from all of them: it is judged by how its",
        "recipe did.\n",
        "| figure | what it is | better | to compare with |",
        "|---|---|---|---|",
        *rows,
        READING,
    ]
    return "\n".join([*told, _example()])


def _example() -> str:
    """Return a card, its headings below those of the page."""
    lines = card_markdown(_facts()).split("\n")
    return "\n".join(f"##{line}" if line.startswith("#") else line for line in lines)


@cache
def _facts() -> CardFacts:
    trial, members = _trial()
    answers = gate.judge(trial, rules_posterior(), np.zeros((0, 1)), SEED)
    _, reason = gate.verdict(answers)
    return CardFacts(
        version="20261122T201500-ab12cd34ef56",
        created_at=datetime(2026, 11, 22, 20, 15, tzinfo=UTC),
        family="glmix",
        config=asdict(DEFAULT),
        seed=SEED,
        parent=None,
        schema_number=SCHEMA_NUMBER,
        schema_fingerprint=schema_fingerprint(),
        columns=FEATURE_COUNT,
        data_fingerprint="5b0c" * 16,
        rows_read=ROWS + 6,
        rows_used=ROWS,
        checks=_checks(),
        days=163,
        split=split_by_time(np.arange(ROWS) // 2).record(np.arange(ROWS)),
        report=trial_report.trial_report(trial, members, SEED),
        gate=[asdict(answer) for answer in answers],
        verdict=reason,
        importance=[
            {"group": "trust", "within": 0.52, "overall": 0.41},
            {"group": "mood_genre", "within": 0.21, "overall": 0.19},
            {"group": "title", "within": 0.19, "overall": 0.15},
            {"group": "genre", "within": 0.08, "overall": 0.06},
            {"group": "mood", "within": 0.0, "overall": 0.19},
            {"group": "session", "within": 0.0, "overall": 0.0},
        ],
        libraries={"encore-tonight": "0.1.0", "numpy": "2.4.1", "scipy": "1.16.2"},
        digests={"manifest.json": "ab12cd34ef56" + "07" * 26, "model.safetensors": "c4a1" * 16},
    )


def _trial() -> tuple[Trial, Codes]:
    """Return a trial whose challenger knows more of what was liked than the rules do."""
    rng = np.random.default_rng(SEED)
    contexts = np.array([context.code for context in every_context()])
    slate = np.arange(TESTED) // 2
    X = np.zeros((TESTED, FEATURE_COUNT))
    X[:, : len(CONTEXT_COLUMNS)] = context_table()[contexts[rng.integers(0, 28, TESTED)]]
    logit = rng.normal(0.2, 1.4, TESTED)
    y = (rng.random(TESTED) < _logistic(logit)).astype(np.int64)
    p = {
        CHALLENGER: _logistic(0.9 * logit + rng.normal(0.0, 0.6, TESTED)),
        RULES: _logistic(0.4 * logit + rng.normal(0.0, 0.6, TESTED)),
        ADDITIVE: _logistic(0.2 * logit + rng.normal(0.0, 0.8, TESTED)),
    }
    trial = Trial(X=X, y=y, slate=slate, request=requests(X), feedback_id=slate, p=p)
    return trial, rng.integers(0, 4, TESTED // 2 + 1)[slate] * (slate % 3 > 0)


def _logistic(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def _checks() -> list[dict[str, Any]]:
    found = {"rating_out_of_range": 2, questions.SUPERSEDED.id: 4, "genres_unknown": 5}
    return [
        {
            "id": one.id,
            "question": one.question,
            "action": one.action,
            "count": found.get(one.id, 0),
        }
        for one in questions.every_question()
    ]
