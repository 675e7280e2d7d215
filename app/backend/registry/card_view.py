"""A version's facts in the words, tables and shapes of its card, whatever it is written in."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from app.backend.domain.runs import ADDITIVE, CHALLENGER, CHAMPION, LEAST_PAIRS, RULES
from app.backend.registry.card_facts import CardFacts
from app.backend.registry.card_limits import limits
from app.backend.registry.card_numbers import (
    counted,
    fixed,
    listed,
    percent,
    percent_span,
    signed,
    span,
)
from app.backend.registry.card_pictures import (
    calibration_picture,
    rivals_picture,
    shares_picture,
    side,
)

NAMES: Final = {
    CHALLENGER: "This model",
    CHAMPION: "The serving one",
    RULES: "The rules",
    ADDITIVE: "Plain logistic",
}
RIVALS: Final = {
    RULES: "the rules",
    ADDITIVE: "plain logistic regression",
    CHAMPION: "the model that served",
}
FAMILIES: Final = {
    "glmix": "a mixed logistic model: products of what was said of the evening and what a title "
    "is, with the rules as its prior and an effect for each rated title",
    "additive": "plain logistic regression on the promised columns: whatever is said, titles stand "
    "in the same order",
}
# Figure, name, which way is better, and whether it is told as a share.
FIGURES: Final = (
    ("log_loss", "Log loss", "lower is better", False),
    ("pair_accuracy", "Pairs in the right order", "higher is better", True),
    ("ndcg_at_5", "NDCG@5", "higher is better", False),
    ("calibration_error", "Calibration error", "lower is better", False),
    ("brier", "Brier score", "lower is better", False),
    ("roc_auc", "ROC AUC", "told, never chosen on", False),
)
SLICES: Final = {
    "mood": "Mood",
    "group_size": "Company",
    "session_length": "Session length",
    "members": "Members named",
}
COMPANIES: Final = {"0": "Nobody", "3+": "3 or more"}
GROUPS: Final = {"trust": "The rules", "title": "The title itself"}


def card_view(facts: CardFacts) -> dict[str, Any]:
    """Return what the templates of a card ask for: words, rows of tables, and pictures."""
    return {
        "version": facts.version,
        "made": f"{facts.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        "passed": bool(facts.gate) and all(one["passed"] for one in facts.gate),
        "judged": bool(facts.gate),
        "summary": _summary(facts),
        "tiles": _tiles(facts),
        "family": FAMILIES.get(facts.family, f"a model of the family {facts.family}"),
        "facts": facts,
        "data": _data(facts),
        "tested": facts.tested_rows,
        "models": _models(facts),
        "rivals": rivals_picture(
            [(NAMES[name], facts.against(name)) for name in RIVALS if facts.against(name)]
        ),
        "comparisons": [_comparison(facts, name) for name in RIVALS if facts.against(name)],
        "slices": [_slices(facts, by) for by in SLICES if _of(facts, by)],
        "calibration": _calibration(facts),
        "importance": _importance(facts.importance),
        "limits": limits(facts),
        "config": [(name, _plain(value)) for name, value in sorted(facts.config.items())],
        "libraries": sorted(facts.libraries.items()),
        "digests": sorted(facts.digests.items()),
        "commands": _commands(facts),
    }


def _summary(facts: CardFacts) -> str:
    learnt = f"It learnt from {counted(facts.rows_used, 'verdict')}"
    if facts.recalled:
        learnt += f", with {counted(facts.recalled, 'rating')} from elsewhere,"
    if not facts.tested_rows:
        return f"{learnt} and was tested on none that came later: how well it does is not known."
    tested = f"{learnt} and was tested on {counted(facts.tested_rows, 'later one')}"
    if not facts.against(RULES):
        return f"{tested}."
    return f"{tested}. {_comparison(facts, RULES)}"


def _comparison(facts: CardFacts, rival: str) -> str:
    """Say how the model did against a rival, and how sure that is."""
    found, name = facts.against(rival), RIVALS[rival]
    value, interval = found["log_loss"], found["log_loss_interval"]
    if value is None:
        return f"It was not compared with {name}: there is no row that both answered."
    on = "" if found["rows"] == facts.tested_rows else f" on {counted(found['rows'], 'row')}"
    told = f"{fixed(abs(value))} nats a verdict"
    verb = "better" if value < 0 else "worse"
    if interval is None:
        return f"It did {verb} than {name}{on}, by {told}, on too few evenings to be sure."
    if interval[0] <= 0.0 <= interval[1]:
        return (
            f"Whether it does better than {name} cannot be told yet{on}: its log loss differs by "
            f"{signed(value)} ({span(interval)})."
        )
    low, high = sorted(abs(edge) for edge in interval)
    return f"It did {verb} than {name}{on}, by {told} ({span([low, high])})."


def _tiles(facts: CardFacts) -> list[dict[str, str]]:
    ours: Mapping[str, Any] = facts.report.get("models", {}).get(CHALLENGER, {})
    theirs: Mapping[str, Any] = facts.report.get("models", {}).get(RULES, {})
    tiles = [
        {"value": f"{facts.rows_used:,}", "name": "verdicts learnt from"},
        {"value": f"{facts.tested_rows:,}", "name": "later verdicts to test it"},
    ]
    if ours:
        rules = f"; the rules {fixed(theirs['log_loss'], 2)}" if theirs else ""
        tiles += [
            {"value": fixed(ours["log_loss"], 2), "name": f"log loss{rules}"},
            {"value": fixed(ours["calibration_error"], 2), "name": "promises are off by"},
        ]
    return tiles


def _data(facts: CardFacts) -> dict[str, Any]:
    hit = [check for check in facts.checks if check["count"]]
    over = "" if facts.days is None else f" over {counted(facts.days, 'day')}"
    split = facts.split
    parts = ""
    if {"train", "validation", "test"} <= split.keys():
        parts = (
            f"The recorded split, in time and with whole slates: {split['train']:,} verdicts to "
            f"train, {split['validation']:,} to validate, {split['test']:,} to test."
        )
    return {
        "sentence": f"{counted(facts.rows_read, 'verdict')} came in{over}, and "
        f"{facts.rows_used:,} {'is' if facts.rows_used == 1 else 'are'} learnt from.",
        "left_out": [check for check in hit if check["action"] == "left out"],
        "changed": [check for check in hit if check["action"] != "left out"],
        "asked": len(facts.checks),
        "split": parts,
        "split_fingerprint": split.get("fingerprint", ""),
    }


def _models(facts: CardFacts) -> dict[str, Any]:
    measured: Mapping[str, Mapping[str, Any]] = facts.report.get("models", {})
    known = [name for name in NAMES if name in measured]
    rows = [
        {
            "name": name,
            "better": better,
            "cells": [_cell(measured[one], key, share) for one in known],
        }
        for key, name, better, share in FIGURES
    ]
    answered = [f"{measured[name]['rows']:,}" for name in known]
    silent = [RIVALS[name] for name in facts.report.get("unanswered", ()) if name in RIVALS]
    return {
        "names": [NAMES[name] for name in known],
        "answered": answered,
        "rows": rows if known else [],
        "silent": listed(silent),
        "level": percent(facts.report.get("level", 0.9)),
    }


def _cell(measured: Mapping[str, Any], key: str, is_share: bool) -> dict[str, str]:
    if key == "pair_accuracy" and measured.get("pairs", 0) < LEAST_PAIRS:
        return {"value": "too few", "span": counted(measured.get("pairs", 0), "pair")}
    value, interval = measured.get(key), measured.get(f"{key}_interval")
    if is_share:
        return {"value": percent(value), "span": percent_span(interval) if interval else ""}
    return {"value": fixed(value), "span": span(interval) if interval else ""}


def _of(facts: CardFacts, by: str) -> list[Mapping[str, Any]]:
    return [one for one in facts.slices() if one["by"] == by]


def _slices(facts: CardFacts, by: str) -> dict[str, Any]:
    found = _of(facts, by)
    few = [
        f"{COMPANIES.get(one['name'], one['name']).lower()} ({one['rows']})"
        for one in found
        if not one["models"]
    ]
    least = facts.report.get("least_slice_rows", 0)
    return {
        "name": SLICES[by],
        "rows": [_slice(one) for one in found if one["models"]],
        "few": f"fewer than {least} rows, and no figures, of {listed(few)}." if few else "",
    }


def _slice(one: Mapping[str, Any]) -> dict[str, str]:
    ours, theirs = one["models"][CHALLENGER], one["models"][RULES]
    against = one["against_rules"]
    interval = against["log_loss_interval"]
    return {
        "name": COMPANIES.get(one["name"], str(one["name"]).capitalize()),
        "rows": f"{one['rows']:,}",
        "loss": fixed(ours["log_loss"]),
        "rules_loss": fixed(theirs["log_loss"]),
        "difference": signed(against["log_loss"]),
        "span": span(interval) if interval else "",
        "side": side(interval) if interval else "open",
        "error": fixed(ours["calibration_error"], 2),
        "rules_error": fixed(theirs["calibration_error"], 2),
    }


def _calibration(facts: CardFacts) -> dict[str, Any]:
    """Tell where promises were kept; a bin is kept where its interval holds the promise."""
    told: Mapping[str, Any] = facts.report.get("calibration", {})
    bins: Sequence[Mapping[str, Any]] = told.get(CHALLENGER, ())
    kept = sum(one["low"] <= one["mean"] <= one["high"] for one in bins)
    groups = counted(len(bins), "group")
    sentence = (
        f"The tested verdicts are put into {groups} by what was promised. In {kept} of {len(bins)} "
        "the share that was liked lies as near to the promise as chance would have it."
    )
    return {
        "sentence": f"{sentence}{_by_chance(facts)}" if bins else "",
        "rows": [
            {
                "promised": percent(one["mean"]),
                "liked": percent(one["share"]),
                "span": percent_span([one["low"], one["high"]]),
                "rows": f"{one['rows']:,}",
            }
            for one in bins
        ],
        "picture": calibration_picture(bins, told.get(RULES, ())) if bins else None,
    }


def _by_chance(facts: CardFacts) -> str:
    ours: Mapping[str, Any] = facts.report.get("models", {}).get(CHALLENGER, {})
    chance = ours.get("calibration_error_by_chance")
    if chance is None:
        return ""
    return (
        f" All in all its promises are off by {fixed(ours['calibration_error'], 2)}; of exact "
        f"promises chance alone would make that {fixed(chance, 2)} with so many rows."
    )


def _importance(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    shown = [one for one in groups if round(100 * one["within"]) or round(100 * one["overall"])]
    hidden = [_group(one["group"]) for one in groups if one not in shown]
    rows = [(_group(one["group"]), one["within"], one["overall"]) for one in shown]
    return {
        "rows": [
            {"name": name, "within": percent(within), "overall": percent(overall)}
            for name, within, overall in rows
        ],
        "picture": shares_picture(rows),
        "nothing": listed([name.lower() for name in hidden]),
    }


def _group(name: object) -> str:
    told = str(name)
    return GROUPS.get(told, " \N{MULTIPLICATION SIGN} ".join(told.split("_")).capitalize())


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one) for one in value)
    return "none" if value is None or value == "" else str(value)


def _commands(facts: CardFacts) -> list[dict[str, str]]:
    return [
        {
            "command": f"encore models verify {facts.version}",
            "what": "hashes its files against what was recorded",
        },
        {
            "command": f"encore train --anew --seed {facts.seed}",
            "what": "trains again; with the same data, settings and libraries, the same arrays",
        },
    ]
