"""What the page *Model* shows: who serves, how the last run went, how the models compare."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.api.views import moment_label
from app.backend.domain.runs import (
    ADDITIVE,
    CANCELLED,
    CHALLENGER,
    CHAMPION,
    FAILED,
    KEPT,
    LEAST_PAIRS,
    PROMOTED,
    QUEUED,
    RULES,
    RUNNING,
    SKIPPED,
    Run,
    Version,
    fairly_compared,
)
from app.backend.workflows.browse import ModelOverview
from app.backend.workflows.serving import Serving
from app.backend.workflows.steps import SENTENCES, STEPS
from app.backend.workflows.versions import Period

NAMES: Final = {
    CHALLENGER: "The new model",
    CHAMPION: "The serving model",
    RULES: "The rules",
    ADDITIVE: "Plain logistic",
}
HEADINGS: Final = {
    QUEUED: "Training begins in a moment",
    RUNNING: "Training …",
    CANCELLED: "Training was cancelled",
    PROMOTED: "The new model serves",
    KEPT: "The new model does not serve",
    SKIPPED: "Nothing was trained",
    FAILED: "Training failed",
}
DECIDED: Final = {
    "start": "From the start",
    "gate": "Earned it at the gate",
    "hand": "Promoted by hand",
    "rollback": "Rolled back",
    "damage": "Stepped in for a damaged one",
    "library": "Another library moved in",
}
WIDEST_BAR: Final = 170
MOST_PERIODS: Final = 20


def model_context(
    overview: ModelOverview,
    serving: Serving,
    periods: Sequence[Period],
    tracking_problem: str | None = None,
) -> dict[str, Any]:
    """Return what the template of the page asks for."""
    latest = overview.runs[0] if overview.runs else None
    judged = next((run for run in overview.runs if run.comparison), None)
    return {
        "page": "model",
        "champion": "rules" if overview.champion is None else overview.champion.version,
        "serving": _serving(overview.champion, serving),
        "run": None if latest is None else _run(latest, overview.champion),
        "tracking_problem": tracking_problem,
        "training": latest is not None and latest.is_active,
        "comparison": [] if judged is None else _comparison(judged.comparison or {}),
        "feedback_count": overview.feedback_count,
        "quality": [] if latest is None else _quality(latest.quality or ()),
        "versions": [_version(version) for version in overview.versions],
        "can_roll_back": len(periods) > 1,
        "history": [_period(period) for period in periods[:MOST_PERIODS]],
    }


def _serving(champion: Version | None, serving: Serving) -> dict[str, str]:
    if champion is None or serving.version is None:
        reason = serving.reason or ""
        return {"title": "The rules are serving", "sentence": reason}
    learnt = f"It learnt from {serving.feedback_count} rated picks."
    told = learnt if serving.reason is None else f"{learnt} {serving.reason}"
    return {"title": f"Model {serving.version} is serving", "sentence": told}


def _run(run: Run, champion: Version | None) -> dict[str, Any]:
    at = STEPS.index(run.step) if run.step in STEPS else 0
    over = run.state in {PROMOTED, KEPT}
    seconds = {str(step["name"]): f"{step['seconds']:.1f} s" for step in run.steps}
    steps = [
        {
            "id": step,
            "name": SENTENCES[step],
            "done": over or (run.state == RUNNING and number < at) or step in seconds,
            "seconds": seconds.get(step, ""),
        }
        for number, step in enumerate(STEPS)
    ]
    finished = None if run.finished_at is None else f"Finished {moment_label(run.finished_at)}"
    return {
        "id": run.id,
        "state": run.state,
        "failures": [failure["reason"] for failure in run.failures],
        "heading": _heading(run, champion),
        "reason": run.reason,
        "steps": steps if run.state != SKIPPED else [],
        "finished_label": finished,
    }


def _heading(run: Run, champion: Version | None) -> str:
    """Say how a run ended, and whether somebody decided otherwise since."""
    serves = champion is not None and champion.version == run.model_version
    if run.state == PROMOTED and not serves:
        return "The new model served; another does now"
    if run.state == KEPT and serves:
        return "The new model serves, by hand"
    return HEADINGS.get(run.state, run.state)


def _comparison(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each model, the best log loss marked; bars start at zero."""
    fair = fairly_compared(comparison)
    known = {name: fair[name] for name in NAMES if name in fair}
    losses = [metrics["log_loss"] for metrics in known.values()]
    return [
        {
            "name": NAMES[name],
            "log_loss": f"{metrics['log_loss']:.3f}",
            "ranking": _share(metrics["pair_accuracy"], metrics["pairs"]),
            "calibration": f"{metrics['calibration_error']:.2f}",
            "is_best": metrics["log_loss"] == min(losses),
            "bar_width": round(WIDEST_BAR * metrics["log_loss"] / max(losses)),
        }
        for name, metrics in known.items()
    ]


def _share(value: float | None, pairs: int) -> str:
    return "too few pairs" if value is None or pairs < LEAST_PAIRS else f"{value:.0%}"


def _quality(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"question": check["question"], "count": check["count"], "action": check["action"]}
        for check in checks
        if check["count"]
    ]


def _version(version: Version) -> dict[str, Any]:
    measured = version.metrics.get("models", {}).get(CHALLENGER)
    return {
        "version": version.version,
        "created_label": moment_label(version.created_at),
        "family": version.family,
        "feedback_count": version.metrics["feedback_count"],
        "log_loss": "not measured" if measured is None else f"{measured['log_loss']:.3f}",
        "is_champion": version.is_champion,
        "gone": version.set_aside_because
        or ("Its files were pruned." if version.pruned_at else None),
        "has_card": "card.html" in (version.files or {}) and version.is_usable,
    }


def _period(period: Period) -> dict[str, str]:
    since = "the beginning" if period.since is None else moment_label(period.since)
    until = "now" if period.until is None else moment_label(period.until)
    return {
        "name": period.version or "The rules",
        "span": f"{since} to {until}",
        "reason": period.reason,
        "decided": f"{DECIDED.get(period.kind, period.kind)} ({period.actor})",
    }
