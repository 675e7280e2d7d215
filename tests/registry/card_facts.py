"""Facts of a small version, written by hand, for the tests of its card."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, RULES
from app.backend.registry.card import CardFacts

VERSION = "20261122T201500-ab12cd34ef56"
REASON = "On 60 later feedbacks it did better than the rules (log loss 0.600 against 0.650)."


def nothing_known() -> CardFacts:
    """Return the facts of a version of which nothing is known that may be missing."""
    return CardFacts(
        version=VERSION,
        created_at=datetime(2026, 11, 22, 20, 15, tzinfo=UTC),
        family="glmix",
        config={},
        seed=7,
        parent=None,
        schema_number=1,
        schema_fingerprint="c0ffee",
        columns=37,
        data_fingerprint="decade",
        rows_read=0,
        rows_used=0,
    )


def small() -> CardFacts:
    """Return the facts of a version that was tested on sixty verdicts."""
    checks = (
        ("rating_out_of_range", "Is the rating a number from 1 to 5?", 2, "left out"),
        ("year_unknown", "Is the year known?", 1, "kept"),
        ("orphan_title", "Does the recommendation name a title that exists?", 0, "left out"),
    )
    return replace(
        nothing_known(),
        config={"title_deviation": 0.75, "rounds": 30, "prior": None},
        parent="20261101T101500-9912cd34ef56",
        rows_read=102,
        rows_used=100,
        checks=[
            dict(zip(("id", "question", "count", "action"), one, strict=True)) for one in checks
        ],
        days=41,
        split={"train": 60, "validation": 20, "test": 20, "fingerprint": "f00d"},
        report=report(),
        gate=[
            {"question": "Is it no worse than the rules?", "passed": True, "finding": REASON},
            {"question": "Do its probabilities hold?", "passed": False, "finding": "Off by 0.4."},
        ],
        verdict="Off by 0.4.",
        importance=[
            {"group": "trust", "within": 0.6, "overall": 0.5, "is_negligible": False},
            {"group": "mood_genre", "within": 0.41, "overall": 0.3, "is_negligible": False},
            {"group": "mood", "within": 0.0, "overall": 0.2, "is_negligible": False},
            {"group": "era", "within": -0.01, "overall": 0.0, "is_negligible": False},
            {"group": "text", "within": 0.0, "overall": 0.0, "is_negligible": True},
        ],
        limits=["It has not heard of horror."],
        libraries={"numpy": "2.4.1", "encore-tonight": "0.1.0"},
        digests={"manifest.json": "ab12cd34ef56"},
    )


def report() -> dict[str, Any]:
    """Return a report of sixty tested verdicts, all its figures chosen by hand."""
    return {
        "tested_rows": 60,
        "tested_slates": 30,
        "positive_rate": 0.5,
        "level": 0.9,
        "models": {
            CHALLENGER: measured(60, 0.6, 40),
            RULES: measured(60, 0.65, 40),
            ADDITIVE: measured(60, 0.7, 12),
        },
        "unanswered": [CHAMPION],
        "against": {
            CHAMPION: {"rows": 0, "log_loss": None, "log_loss_interval": None},
            RULES: {"rows": 60, "log_loss": -0.05, "log_loss_interval": [-0.09, -0.01]},
            ADDITIVE: {"rows": 60, "log_loss": -0.1, "log_loss_interval": [-0.25, 0.05]},
        },
        "least_slice_rows": 5,
        "slices": [
            slice_of("mood", "funny", 30, [0.02, 0.2]),
            slice_of("mood", "action", 27, None),
            {"by": "mood", "name": "relaxing", "rows": 3, "models": {}, "against_rules": None},
            {"by": "mood", "name": "dramatic", "rows": 0, "models": {}, "against_rules": None},
            slice_of("members", "0", 60, [-0.09, -0.01]),
            {"by": "members", "name": "1", "rows": 0, "models": {}, "against_rules": None},
            {"by": "members", "name": "2", "rows": 0, "models": {}, "against_rules": None},
            {"by": "members", "name": "3+", "rows": 0, "models": {}, "against_rules": None},
        ],
        "calibration": {
            CHALLENGER: [
                {"rows": 30, "mean": 0.3, "share": 0.25, "low": 0.15, "high": 0.4},
                {"rows": 30, "mean": 0.9, "share": 0.75, "low": 0.6, "high": 0.85},
            ],
            RULES: [{"rows": 60, "mean": 0.5, "share": 0.5, "low": 0.4, "high": 0.6}],
        },
    }


def measured(rows: int, loss: float, pairs: int) -> dict[str, Any]:
    """Return the figures of a model."""
    return {
        "rows": rows, "log_loss": loss, "log_loss_interval": [loss - 0.06, loss + 0.06],
        "brier": 0.2, "brier_interval": [0.18, 0.22], "calibration_error": 0.1,
        "calibration_error_interval": [0.05, 0.15], "calibration_error_by_chance": 0.13,
        "roc_auc": None, "roc_auc_interval": None,
        "pair_accuracy": 0.7, "pair_accuracy_interval": [0.61, 0.79], "pairs": pairs,
        "ndcg_at_5": 0.8, "ndcg_at_5_interval": None,
    }  # fmt: skip


def slice_of(by: str, name: str, rows: int, interval: list[float] | None) -> dict[str, Any]:
    """Return the figures of a part of the evenings."""
    value = 0.01 if interval is None else sum(interval) / 2
    return {
        "by": by, "name": name, "rows": rows,
        "models": {
            CHALLENGER: {"log_loss": 0.6 + value, "calibration_error": 0.12},
            RULES: {"log_loss": 0.6, "calibration_error": 0.2},
        },
        "against_rules": {"rows": rows, "log_loss": value, "log_loss_interval": interval},
    }  # fmt: skip
