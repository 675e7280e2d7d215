"""Imports in the words of the pages: of titles, of a media server, of a history."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.backend.api.messages import N_
from app.backend.api.source_names import source_name
from app.backend.api.tongue import Tongue
from app.backend.workflows.imports import DONE, FAILED, INTERRUPTED, RUNNING, ImportFacts

_STATES: Final = {
    RUNNING: (N_("Under way"), "running"),
    DONE: (N_("Done"), "promoted"),
    FAILED: (N_("Failed"), "failed"),
    INTERRUPTED: (N_("Interrupted"), "failed"),
}
# Of these nothing else is read.
_HISTORIES: Final = frozenset({"letterboxd", "imdb", "trakt"})
_FURTHER: Final = ("removed", "duplicates", "history_changes", "absent_accounts", "ambiguous")


def import_rows(found: Sequence[ImportFacts], tongue: Tongue) -> list[dict[str, Any]]:
    """Show the imports that are over."""
    return [import_row(one, tongue) for one in found if one.state != RUNNING]


def import_row(facts: ImportFacts, tongue: Tongue) -> dict[str, Any]:
    """Show an import: how far it is, what came of it, or why nothing did."""
    state, mark = _STATES.get(facts.state, _STATES[INTERRUPTED])
    counts = facts.counts
    refused = _count(counts, "refused")
    refusals = list(counts.get("refusals", ()))
    return {
        "source": source_name(facts.source, tongue),
        "place": facts.place,
        "state": tongue.gettext(state),
        "mark": mark,
        "is_running": facts.state == RUNNING,
        "is_interrupted": facts.state == INTERRUPTED,
        "started_at": facts.started_at,
        "read": facts.read,
        "total": facts.total,
        "progress": _progress(facts, tongue),
        "outcome": _outcome(counts, tongue) if facts.state == DONE else [],
        "member": counts.get("member"),
        "is_history": is_history(facts),
        "problem": facts.problem,
        "refusals": refusals,
        "more_refusals": refused - len(refusals),
        "demo_titles_retired": _count(counts, "demo_titles_retired"),
    }


def is_history(facts: ImportFacts) -> bool:
    """Say whether an import brought a history, or was to."""
    return facts.source in _HISTORIES or "matched" in facts.counts


def _progress(facts: ImportFacts, tongue: Tongue) -> str:
    _ = tongue.gettext
    if facts.total is None:
        if not facts.read:
            return _("Reading …")
        return _("%(read)s read so far") % {"read": tongue.number(facts.read)}
    if facts.read >= facts.total:
        return _("All is read; it is being written …")
    read, total = tongue.number(facts.read), tongue.number(facts.total)
    return _("%(read)s of %(total)s read") % {"read": read, "total": total}


def _outcome(counts: Mapping[str, Any], tongue: Tongue) -> list[str]:
    """Say what became of what was read, in one line and those that are worth one of their own."""
    _ = tongue.gettext
    if "matched" in counts:
        names = ("matched", "unmatched", "set_aside", "refused")
        said = _(
            "%(matched)s found in the library, %(unmatched)s not found, %(set_aside)s set aside, "
            "%(refused)s refused"
        )
    else:
        names = ("added", "updated", "unchanged", "refused")
        said = _(
            "%(added)s added, %(updated)s updated, %(unchanged)s unchanged, %(refused)s refused"
        )
    told = {name: tongue.number(_count(counts, name)) for name in names}
    return [said % told, *_more(counts, tongue)]


def _more(counts: Mapping[str, Any], tongue: Tongue) -> list[str]:
    """Say of each further count what it means, where there is something to count."""
    at = {name: _count(counts, name) for name in _FURTHER}
    said = {
        "removed": tongue.ngettext(
            "%(n)s title is gone from there, and left the shelf",
            "%(n)s titles are gone from there, and left the shelf",
            at["removed"],
        ),
        "duplicates": tongue.ngettext(
            "%(n)s is another copy of a title", "%(n)s are other copies of titles", at["duplicates"]
        ),
        "history_changes": tongue.ngettext(
            "%(n)s change in what people watched and rated there",
            "%(n)s changes in what people watched and rated there",
            at["history_changes"],
        ),
        "absent_accounts": tongue.ngettext(
            "%(n)s account of somebody here is not there any more",
            "%(n)s accounts of people here are not there any more",
            at["absent_accounts"],
        ),
        "ambiguous": tongue.ngettext(
            "%(n)s fits several titles equally well, so it was left to you",
            "%(n)s fit several titles equally well, so they were left to you",
            at["ambiguous"],
        ),
    }
    return [said[name] % {"n": tongue.number(n)} for name, n in at.items() if n]


def _count(counts: Mapping[str, Any], name: str) -> int:
    return int(counts.get(name) or 0)
