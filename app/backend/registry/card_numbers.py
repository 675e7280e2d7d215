"""How a card writes numbers, intervals and the names of things; judges none of them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

MINUS: Final = "\N{MINUS SIGN}"
NONE: Final = "\N{EN DASH}"

_WORDS: Final = {
    "mood": "a {} mood",
    "group_size": "{}",
    "session_length": "a {} session",
}


def fixed(value: float | None, decimals: int = 3) -> str:
    """Write a number with so many decimals.

    Examples
    --------
    >>> fixed(0.61249), fixed(-0.0001), fixed(None) == NONE
    ('0.612', '0.000', True)
    """
    if value is None or not math.isfinite(value):
        return NONE
    told = f"{value:.{decimals}f}"
    if float(told) == 0.0:
        return told.lstrip("-")
    return told.replace("-", MINUS)


def signed(value: float | None, decimals: int = 3) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> signed(0.05), signed(0.0001), signed(None) == NONE
    ('+0.050', '0.000', True)
    """
    told = fixed(value, decimals)
    is_positive = told[0] not in (MINUS, NONE) and told != fixed(0.0, decimals)
    return f"+{told}" if is_positive else told


def percent(value: float | None) -> str:
    """Write a share.

    Examples
    --------
    >>> percent(0.714), percent(None) == NONE
    ('71 %', True)
    """
    return NONE if value is None else f"{fixed(100.0 * value, 0)} %"


def span(interval: Sequence[float] | None, decimals: int = 3) -> str:
    """Write an interval.

    Examples
    --------
    >>> span([0.5, 0.75], 2), span(None) == NONE
    ('0.50 to 0.75', True)
    """
    if interval is None:
        return NONE
    return " to ".join(fixed(edge, decimals) for edge in interval)


def percent_span(interval: Sequence[float] | None) -> str:
    """Write an interval of a share."""
    if interval is None:
        return NONE
    low, high = (fixed(100.0 * edge, 0) for edge in interval)
    return f"{low} to {high} %"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun.

    Examples
    --------
    >>> counted(1, "verdict"), counted(12_000, "verdict")
    ('1 verdict', '12,000 verdicts')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """Write names as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def slice_name(one: Mapping[str, Any]) -> str:
    """Write which part of the evenings a slice is, as it stands in a sentence.

    Examples
    --------
    >>> slice_name({"by": "mood", "name": "action"}), slice_name({"by": "members", "name": "1"})
    ('an action mood', '1 member named')
    """
    name = str(one["name"])
    if one["by"] == "members":
        return f"{name} member{'' if name == '1' else 's'} named"
    if name == "unknown":
        return f"an unknown {str(one['by']).replace('_', ' ')}"
    told = _WORDS.get(str(one["by"]), "{}").format(name)
    return told.replace("a a", "an a", 1) if told.startswith("a a") else told
