"""What the page *Model* shows: who serves, how the last run went, how the models compare."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.api.curve_view import calibration, learning_curve
from app.backend.api.messages import N_
from app.backend.api.tongue import Tongue
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
    CHALLENGER: N_("The new model"),
    CHAMPION: N_("The serving model"),
    RULES: N_("The rules"),
    ADDITIVE: N_("Plain logistic"),
}
FAMILIES: Final = {
    CHALLENGER: N_("Learns what each mood means here, from the rules on"),
    CHAMPION: N_("What served when the new one was tried"),
    RULES: N_("Say the same for every house; they learn nothing"),
    ADDITIVE: N_("Learns, but ranks alike whatever the mood"),
}
STATES: Final = {
    QUEUED: N_("Queued"),
    RUNNING: N_("Running"),
    CANCELLED: N_("Cancelled"),
    PROMOTED: N_("Promoted"),
    KEPT: N_("Kept back"),
    SKIPPED: N_("Skipped"),
    FAILED: N_("Failed"),
}
HEADINGS: Final = {
    QUEUED: N_("Training begins in a moment"),
    RUNNING: N_("Training …"),
    CANCELLED: N_("Training was cancelled"),
    PROMOTED: N_("The new model serves"),
    KEPT: N_("The new model does not serve"),
    SKIPPED: N_("Nothing was trained"),
    FAILED: N_("Training failed"),
}
DECIDED: Final = {
    "start": N_("From the start"),
    "gate": N_("Earned it at the gate"),
    "hand": N_("Promoted by hand"),
    "rollback": N_("Rolled back"),
    "damage": N_("Stepped in for a damaged one"),
    "library": N_("Another library moved in"),
}
MOST_PERIODS: Final = 20
MOST_VERSIONS: Final = 20
BARS_WIDTH: Final = 160


def model_context(
    overview: ModelOverview, serving: Serving, periods: Sequence[Period], tongue: Tongue
) -> dict[str, Any]:
    """Return what the template of the page asks for."""
    latest = overview.runs[0] if overview.runs else None
    judged = next((run for run in overview.runs if run.comparison), None)
    comparison = None if judged is None else judged.comparison
    return {
        "page": "model",
        "champion": "rules" if overview.champion is None else overview.champion.version,
        "serving": _serving(overview, serving, tongue),
        "verdict": _verdict(comparison, tongue),
        "run": None if latest is None else _run(latest, overview.champion, tongue),
        "training": latest is not None and latest.is_active,
        "comparison": [] if comparison is None else _comparison(comparison, tongue),
        "tested": 0 if comparison is None else comparison.get("tested_rows", 0),
        "gate": [] if comparison is None else _gate(comparison, tongue),
        "curve": learning_curve(overview.runs, tongue),
        "calibration": calibration(comparison, tongue),
        "feedback_count": overview.feedback_count,
        "quality": [] if latest is None else _quality(latest.quality or (), tongue),
        "versions": [_version(one, tongue) for one in overview.versions[:MOST_VERSIONS]],
        "older_versions": max(0, len(overview.versions) - MOST_VERSIONS),
        "can_roll_back": len(periods) > 1,
        "history": [_period(period, tongue) for period in periods[:MOST_PERIODS]],
    }


def _serving(overview: ModelOverview, serving: Serving, tongue: Tongue) -> dict[str, Any]:
    _ = tongue.gettext
    reason = None if serving.reason is None else tongue.told(serving.reason)
    if overview.champion is None or serving.version is None:
        return {"title": _("The rules pick"), "version": None, "learnt": None, "reason": reason}
    n = serving.feedback_count
    learnt = tongue.ngettext("It learnt from %(n)s verdict.", "It learnt from %(n)s verdicts.", n)
    learnt %= {"n": tongue.number(n)}
    if serving.rating_count:
        ratings = _("Ratings from elsewhere that it learnt from too: {count}.")
        learnt += " " + ratings.format(count=tongue.number(serving.rating_count))
    return {
        "title": _("A model of your own picks"),
        "version": serving.version,
        "learnt": learnt,
        "reason": reason,
    }


def _verdict(comparison: Mapping[str, Any] | None, tongue: Tongue) -> str | None:
    """Say in a sentence how the last judged model did beside the two that are always asked."""
    fair = fairly_compared(comparison or {})
    if not {CHALLENGER, RULES, ADDITIVE} <= fair.keys():
        return None
    _ = tongue.gettext
    ours, rules, plain = (fair[name]["log_loss"] for name in (CHALLENGER, RULES, ADDITIVE))
    if ours <= min(rules, plain):
        return _("On later evenings it foretold you better than the rules and plain logistic.")
    if ours <= rules:
        return _(
            "On later evenings it foretold you better than the rules; plain logistic did best."
        )
    if ours <= plain:
        return _("On later evenings the rules foretold you better than it did.")
    return _("On later evenings the rules and plain logistic foretold you better than it did.")


def _run(run: Run, champion: Version | None, tongue: Tongue) -> dict[str, Any]:
    at = STEPS.index(run.step) if run.step in STEPS else 0
    over = run.state in {PROMOTED, KEPT}
    seconds = {str(step["name"]): float(step["seconds"]) for step in run.steps}
    steps = [
        {
            "id": step,
            "name": tongue.told(SENTENCES[step]),
            "done": over or (run.state == RUNNING and number < at) or step in seconds,
            "seconds": f"{tongue.number(seconds[step], 1)} s" if step in seconds else "",
        }
        for number, step in enumerate(STEPS)
    ]
    return {
        "id": run.id,
        "state": run.state,
        "state_label": tongue.gettext(STATES.get(run.state, run.state)),
        "failures": [tongue.told(failure["reason"]) for failure in run.failures],
        "heading": tongue.gettext(_heading(run, champion)),
        "reason": None if run.reason is None else tongue.told(run.reason),
        "steps": steps if run.state != SKIPPED else [],
        "finished_at": run.finished_at,
    }


def _heading(run: Run, champion: Version | None) -> str:
    """Say how a run ended, and whether somebody decided otherwise since."""
    serves = champion is not None and champion.version == run.model_version
    if run.state == PROMOTED and not serves:
        return N_("The new model served; another does now")
    if run.state == KEPT and serves:
        return N_("The new model serves, by hand")
    return HEADINGS.get(run.state, run.state)


def _comparison(comparison: Mapping[str, Any], tongue: Tongue) -> list[dict[str, Any]]:
    """Return a row for each model, the best log loss first; bars start at zero."""
    fair = fairly_compared(comparison)
    known = {name: fair[name] for name in NAMES if name in fair}
    most = max((_reach(metrics)[1] for metrics in known.values()), default=1.0)
    ranked = sorted(known.items(), key=lambda item: item[1]["log_loss"])
    return [
        {
            "name": tongue.gettext(NAMES[name]),
            "family": tongue.gettext(FAMILIES[name]),
            "log_loss": tongue.number(metrics["log_loss"], 3),
            "low": tongue.number(_reach(metrics)[0], 2),
            "high": tongue.number(_reach(metrics)[1], 2),
            "ranking": _ranking(metrics["pair_accuracy"], metrics["pairs"], tongue),
            "calibration": tongue.number(metrics["calibration_error"], 2),
            "is_best": at == 0,
            "bar_width": round(BARS_WIDTH * metrics["log_loss"] / most, 1),
            "low_x": round(BARS_WIDTH * _reach(metrics)[0] / most, 1),
            "high_x": round(BARS_WIDTH * _reach(metrics)[1] / most, 1),
        }
        for at, (name, metrics) in enumerate(ranked)
    ]


def _reach(metrics: Mapping[str, Any]) -> tuple[float, float]:
    low, high = metrics.get("log_loss_interval") or (metrics["log_loss"], metrics["log_loss"])
    return float(low), float(high)


def _ranking(value: float | None, pairs: int, tongue: Tongue) -> str:
    if value is None or pairs < LEAST_PAIRS:
        return tongue.gettext("too few pairs")
    return tongue.share(value)


def _gate(comparison: Mapping[str, Any], tongue: Tongue) -> list[dict[str, Any]]:
    return [
        {
            "question": tongue.told(asked["question"]),
            "passed": asked["passed"],
            "finding": tongue.told(asked["finding"]),
        }
        for asked in comparison.get("gate", ())
    ]


def _quality(checks: Sequence[Mapping[str, Any]], tongue: Tongue) -> list[dict[str, Any]]:
    return [
        {
            "question": tongue.told(check["question"]),
            "count": tongue.number(check["count"]),
            "action": tongue.told(check["action"]),
        }
        for check in checks
        if check["count"]
    ]


def _version(version: Version, tongue: Tongue) -> dict[str, Any]:
    measured = version.metrics.get("models", {}).get(CHALLENGER)
    gone = version.set_aside_because
    _ = tongue.gettext
    if gone is None and version.pruned_at:
        gone = _("Its files were pruned.")
    return {
        "version": version.version,
        "created_at": version.created_at,
        "family": version.family,
        "feedback_count": version.metrics["feedback_count"],
        "log_loss": None if measured is None else tongue.number(measured["log_loss"], 3),
        "is_champion": version.is_champion,
        "gone": None if gone is None else tongue.told(gone),
        "has_card": "card.html" in (version.files or {}) and version.is_usable,
    }


def _period(period: Period, tongue: Tongue) -> dict[str, Any]:
    return {
        "name": period.version,
        "since": period.since,
        "until": period.until,
        "reason": tongue.told(period.reason),
        "decided": tongue.gettext(DECIDED.get(period.kind, period.kind)),
        "actor": period.actor,
    }
