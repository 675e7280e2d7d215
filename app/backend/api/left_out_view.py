"""What kept titles out, in the words of the page, and what would let some of them in."""

from collections.abc import Mapping
from typing import Any

from app.backend.api.tongue import Tongue
from app.backend.domain.errors import EncoreError, LibraryEmpty
from app.backend.ranking.candidates import (
    AGE_UNKNOWN,
    LENGTH_UNKNOWN,
    NOT_AGAIN,
    NOT_TONIGHT,
    SEEN_BEFORE,
    SHOWN_TONIGHT,
    TOO_LONG,
    TOO_OLD_FOR,
    VETO,
    WATCHED_LATELY,
    WITHHELD,
)


def nothing_view(error: EncoreError, session_length: str, tongue: Tongue) -> dict[str, Any]:
    """Show why nothing fits: what excluded how many, and what would help."""
    excluded, would_fit = (_counts(error.details.get(key)) for key in ("excluded", "would_fit"))
    return {
        "message": tongue.told(error.message),
        "reasons": left_out_reasons(excluded, tongue),
        "offers": [
            {"value": length, "label": _offer(length, count, tongue)}
            for length, count in would_fit.items()
            if count and length != session_length
        ],
        "is_shown_before": SHOWN_TONIGHT in excluded,
        "seen_offer": _offer_of_seen(excluded.get(SEEN_BEFORE, 0), tongue),
        "is_empty": isinstance(error, LibraryEmpty),
    }


def left_out_reasons(left_out: Mapping[str, int], tongue: Tongue) -> tuple[str, ...]:
    """Say for each reason how many titles it kept out."""
    told = (_left_out(reason, count, tongue) for reason, count in left_out.items())
    return tuple(sentence for sentence in told if sentence)


def _counts(found: object) -> Mapping[str, int]:
    return found if isinstance(found, dict) else {}


def _offer(length: str, n: int, tongue: Tongue) -> str:
    """Offer another length, all of them at once: a catalogue asks for whole sentences."""
    said = {
        "short": tongue.ngettext(
            "%(n)s title would fit a short evening", "%(n)s titles would fit a short evening", n
        ),
        "medium": tongue.ngettext(
            "%(n)s title would fit a medium evening", "%(n)s titles would fit a medium evening", n
        ),
        "binge": tongue.ngettext(
            "%(n)s title would fit a binge", "%(n)s titles would fit a binge", n
        ),
    }
    return said[length] % {"n": tongue.number(n)}


def _offer_of_seen(n: int, tongue: Tongue) -> str | None:
    """Offer what somebody has seen before, where there is such a title."""
    said = tongue.ngettext(
        "Also the title that was seen before", "Also the %(n)s titles that were seen before", n
    )
    return said % {"n": tongue.number(n)} if n else None


def _left_out(reason: str, n: int, tongue: Tongue) -> str:
    """Say what a reason kept out; a catalogue asks for whole sentences."""
    said = {**_by_title(n, tongue), **_by_company(n, tongue)}
    return said[reason] % {"n": tongue.number(n)} if reason in said else ""


def _by_title(n: int, tongue: Tongue) -> dict[str, str]:
    """Say each thing about titles that keeps them out."""
    return {
        TOO_LONG: tongue.ngettext("%(n)s title is too long", "%(n)s titles are too long", n),
        LENGTH_UNKNOWN: tongue.ngettext(
            "%(n)s title has no known length", "%(n)s titles have no known length", n
        ),
        WATCHED_LATELY: tongue.ngettext(
            "%(n)s title was watched lately", "%(n)s titles were watched lately", n
        ),
        NOT_AGAIN: tongue.ngettext(
            "%(n)s title was not to be watched again",
            "%(n)s titles were not to be watched again",
            n,
        ),
        NOT_TONIGHT: tongue.ngettext(
            "%(n)s title was put off for tonight", "%(n)s titles were put off for tonight", n
        ),
        SHOWN_TONIGHT: tongue.ngettext(
            "%(n)s title was shown already", "%(n)s titles were shown already", n
        ),
    }


def _by_company(n: int, tongue: Tongue) -> dict[str, str]:
    """Say each thing about who is there that keeps titles out."""
    return {
        VETO: tongue.ngettext(
            "%(n)s title is not for everybody present",
            "%(n)s titles are not for everybody present",
            n,
        ),
        TOO_OLD_FOR: tongue.ngettext(
            "%(n)s title is above an age limit", "%(n)s titles are above an age limit", n
        ),
        AGE_UNKNOWN: tongue.ngettext(
            "%(n)s title has no readable age rating",
            "%(n)s titles have no readable age rating",
            n,
        ),
        SEEN_BEFORE: tongue.ngettext(
            "%(n)s title was seen before", "%(n)s titles were seen before", n
        ),
        WITHHELD: tongue.ngettext(
            "%(n)s title is not shown to somebody by the media server",
            "%(n)s titles are not shown to somebody by the media server",
            n,
        ),
    }
