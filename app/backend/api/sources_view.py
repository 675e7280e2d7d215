"""What the pages of sources show: servers and folders, how they stand, and whose accounts are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Final

from app.backend.api.import_view import import_row
from app.backend.api.messages import N_
from app.backend.api.source_names import JELLYFIN, PLEX
from app.backend.api.tongue import Tongue
from app.backend.domain.media_server import ServerLibrary, ServerUser
from app.backend.sources.links import TEMPLATES
from app.backend.sources.plex_keys import OWNER
from app.backend.workflows import connections
from app.backend.workflows.connections import ConnectedSource, Person
from app.backend.workflows.imports import FAILED, INTERRUPTED, RUNNING, ImportFacts
from app.backend.workflows.rating_writes import Plan

KINDS: Final = {
    connections.JELLYFIN: JELLYFIN,
    connections.PLEX: PLEX,
    connections.NFO: N_("A folder of NFO files"),
}
MOST_WRITES: Final = 20
_STATES: Final = {
    "reading": (N_("Being read"), "running"),
    "asks": (N_("Waits for your answer"), "failed"),
    "failed": (N_("Could not be read"), "failed"),
    "never": (N_("Never read"), "waiting"),
    "read": (N_("Up to date"), "promoted"),
}


@dataclass(frozen=True, slots=True)
class Reads:
    """How sources stand at a moment.

    Attributes
    ----------
    titles : mapping of str to int
        How many each brought, by its word.
    last : mapping of (str, str) to ImportFacts
        The last import of each word and place.
    at : datetime
    """

    titles: Mapping[str, int]
    last: Mapping[tuple[str, str], ImportFacts]
    at: datetime


def source_cards(
    sources: Sequence[ConnectedSource], reads: Reads, tongue: Tongue
) -> list[dict[str, Any]]:
    """Show every source as a card."""
    return [source_card(one, reads, tongue) for one in sources]


def other_import(
    under_way: ImportFacts | None, cards: Sequence[Mapping[str, Any]], tongue: Tongue
) -> dict[str, Any] | None:
    """Show the import under way where it is of none of the cards: it is waited for all the same."""
    if under_way is None or any(card["running"] for card in cards):
        return None
    return import_row(under_way, tongue)


def source_card(source: ConnectedSource, reads: Reads, tongue: Tongue) -> dict[str, Any]:
    """Show a source: who it is, how much it brought, and how it stands."""
    last = reads.last.get((source.name, source.address))
    titles = reads.titles.get(source.name, 0)
    state = _state(source, last)
    _, (label, mark) = tongue.gettext, _STATES[state]
    is_reading, has_failed = state == "reading", state == "failed"
    return {
        "id": source.id,
        "name": shown_name(source),
        "kind": source.kind,
        "kind_label": tongue.gettext(KINDS[source.kind]),
        "address": source.address,
        "is_server": source.kind in connections.SERVERS,
        "titles": tongue.ngettext("%(n)s title", "%(n)s titles", titles)
        % {"n": tongue.number(titles)},
        "state": tongue.gettext(label),
        "mark": mark,
        "read_at": source.synced_at,
        "next": _next(source, reads.at, tongue),
        "next_at": source.due_at,
        "running": import_row(last, tongue) if is_reading and last is not None else None,
        "question": _question(source, tongue),
        "problem": last.problem if has_failed and last is not None else None,
        "is_interrupted": last is not None and last.state == INTERRUPTED and not source.asks,
        "has_been_read": source.synced_at is not None,
        "read_label": _("Read now") if source.synced_at else _("Bring its titles"),
    }


def shown_name(source: ConnectedSource) -> str:
    """Return what a source calls itself; a folder has its own name."""
    return source.server_name or PurePath(source.address).name or source.address


def account_rows(
    users: Sequence[ServerUser], people: Sequence[Person], keyed: Collection[str]
) -> list[dict[str, Any]]:
    """Show whose account is whose: those of the server, and those that it does not tell of now."""
    known = {one.user_id: one for one in people}
    there = {user.id: user.name for user in users}
    gone = {one.user_id: one.user_name for one in people if one.user_id not in there}
    return [
        {
            "id": user_id,
            "name": name,
            "member": known[user_id].member if user_id in known else "",
            "is_gone": user_id in gone,
            "has_key": user_id in keyed,
        }
        for user_id, name in {**there, **gone}.items()
    ]


def library_rows(libraries: Sequence[ServerLibrary], chosen: Sequence[str]) -> list[dict[str, Any]]:
    """Show the libraries of a server, and which are read: all of them where none was chosen."""
    return [
        {"id": one.id, "name": one.name, "is_read": not chosen or one.id in chosen}
        for one in libraries
    ]


def plan_view(plan: Plan, tongue: Tongue) -> dict[str, Any]:
    """Show which ratings would be written to a server now, and how many would not, and why."""
    shown = plan.writes[:MOST_WRITES]
    more = len(plan.writes) - len(shown)
    return {
        "rows": [
            {
                "title": one.title,
                "account": one.account,
                "rating": None if one.rating is None else tongue.number(one.rating),
            }
            for one in shown
        ],
        "left": [told % {"n": tongue.number(n)} for told, n in _left(plan, more, tongue) if n],
    }


def _left(plan: Plan, more: int, tongue: Tongue) -> tuple[tuple[str, int], ...]:
    """Say what is not listed, and what is not written, each with how many there are."""
    return (
        (tongue.ngettext("And %(n)s more.", "And %(n)s more.", more), more),
        (
            tongue.ngettext(
                "%(n)s title was rated otherwise there; that stays.",
                "%(n)s titles were rated otherwise there; that stays.",
                plan.kept,
            ),
            plan.kept,
        ),
        (
            tongue.ngettext(
                "%(n)s rating is of an account that needs a key of its own.",
                "%(n)s ratings are of accounts that need keys of their own.",
                plan.without_key,
            ),
            plan.without_key,
        ),
    )


def _state(source: ConnectedSource, last: ImportFacts | None) -> str:
    if last is not None and last.state == RUNNING:
        return "reading"
    if source.asks:
        return "asks"
    if last is not None and last.state == FAILED:
        return "failed"
    return "never" if source.synced_at is None else "read"


def _next(source: ConnectedSource, at: datetime, tongue: Tongue) -> str | None:
    """Say when a source is read again, where that is not at the moment when it is due."""
    _ = tongue.gettext
    if source.asks:
        return _("after your answer")
    if source.every_hours is None or source.due_at is None:
        return _("when you ask for it")
    return _("in a moment") if source.due_at <= at else None


def _question(source: ConnectedSource, tongue: Tongue) -> str | None:
    """Ask whether titles may go; the details of a question are numbers that a sync counted."""
    if not source.asks:
        return None
    gone, titles = int(source.asks.get("removals", 0)), int(source.asks.get("titles", 0))
    said = tongue.ngettext(
        "%(gone)s of the %(titles)s titles is gone from there. Nothing was changed.",
        "%(gone)s of the %(titles)s titles are gone from there. Nothing was changed.",
        gone,
    )
    return said % {"gone": tongue.number(gone), "titles": tongue.number(titles)}


def of_kind(source: ConnectedSource) -> dict[str, Any]:
    """Return what differs between kinds of sources: how links are written, whose keys count."""
    return {
        "usual_link": TEMPLATES.get(source.kind, ""),
        "has_own_keys": source.kind == connections.PLEX,
        "owner": OWNER,
    }
