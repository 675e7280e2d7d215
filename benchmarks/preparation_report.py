"""What preparing training data took, as Markdown."""

from collections.abc import Mapping
from typing import Any, Final

DATABASES: Final = {
    "own": "Encore's own tables",
    "bare": "A database with the promised columns only",
}
WAYS: Final = {
    "loop": "row-by-row loop over mapped objects",
    "pandas": "pandas",
    "polars": "polars",
    "scan_columns": "bare scan of the columns that Encore reads",
    "codes": "Encore: codes and labels, as they were found",
    "checked": "Encore: the same with all checks",
    "dense": "Encore: X and y",
    "batches": "Encore: X and y in parts of 65 536 rows",
}
OF: Final = {"cpu_seconds": "CPU time", "peak_mb": "peak memory", "growth_mb": "added memory"}

# How many times less Encore takes: its way, the other one, and of what.
RATIOS: Final[Mapping[str, tuple[str, str, str]]] = {
    "codes_vs_loop": ("codes", "loop", "cpu_seconds"),
    "checked_vs_loop": ("checked", "loop", "cpu_seconds"),
    "dense_vs_loop": ("dense", "loop", "cpu_seconds"),
    "batches_vs_loop": ("batches", "loop", "cpu_seconds"),
    "codes_vs_scan": ("codes", "scan_columns", "cpu_seconds"),
    "dense_vs_pandas": ("dense", "pandas", "cpu_seconds"),
    "dense_vs_polars": ("dense", "polars", "cpu_seconds"),
    "peak_codes_vs_loop": ("codes", "loop", "peak_mb"),
    "growth_codes_vs_loop": ("codes", "loop", "growth_mb"),
    "peak_dense_vs_loop": ("dense", "loop", "peak_mb"),
    "peak_batches_vs_loop": ("batches", "loop", "peak_mb"),
}


def comparison_text(record: Mapping[str, Any]) -> str:
    """Write the comparison as Markdown."""
    lines = [f"{record['rows']} verdicts on {record['titles']} titles; {_machine(record)}."]
    for kind, found in record["databases"].items():
        lines += ["", f"### {DATABASES[kind]}", ""]
        lines += ["| way | CPU s, least | median | first | peak MB | added MB |"]
        lines += ["|---|---|---|---|---|---|"]
        lines += [_way(way, taken) for way, taken in found["ways"].items()]
        lines += ["", "| Encore takes so many times less | |", "|---|---|"]
        lines += [f"| {_ratio(name)} | {value:.2f} |" for name, value in found["ratios"].items()]
        agrees = {True: "the same", False: "DIFFERENT", None: "not compared"}[found["agrees"]]
        lines += ["", f"X and y of all ways: {agrees}."]
    lines += ["", "| bar | database | least | found | met |", "|---|---|---|---|---|"]
    for bar in record["bars"]:
        found = "-" if bar["value"] is None else f"{bar['value']:.2f}"
        met = {True: "yes", False: "no", None: "judged at a million rows"}[bar["met"]]
        lines.append(f"| {bar['says']} | {bar['database']} | {bar['least']} | {found} | {met} |")
    return "\n".join(lines)


def growth_text(record: Mapping[str, Any]) -> str:
    """Write how the ways grow as Markdown."""
    lines = [f"{_machine(record)}.", ""]
    lines += ["| database | way | rows | CPU s | CPU µs a row | added MB | bytes a row |"]
    lines += ["|---|---|---|---|---|---|---|"]
    exponents = []
    for kind, ways in record["databases"].items():
        for way, found in ways.items():
            for one in found["figures"]:
                cpu = f"{one['cpu_seconds']:.3f} | {one['cpu_microseconds_per_row']:.3f}"
                memory = f"{one['growth_mb']:.0f} | {one['growth_bytes_per_row']:.0f}"
                lines.append(f"| {kind} | {way} | {one['rows']} | {cpu} | {memory} |")
            fitted = (found["cpu_exponent"], found["memory_exponent"])
            texts = ["-" if one is None else f"{one:.2f}" for one in fitted]
            exponents.append(f"| {kind} | {way} | {' | '.join(texts)} |")
    head = ["", "| database | way | exponent of CPU | of memory |", "|---|---|---|---|"]
    return "\n".join([*lines, *head, *exponents])


def taken_text(taken: Mapping[str, Any]) -> str:
    """Write what one way took, for whoever waits."""
    return str(taken.get("skipped") or f"{taken['cpu_seconds']:.3f} s, {taken['peak_mb']:.0f} MB")


def _way(way: str, taken: Mapping[str, Any]) -> str:
    if "skipped" in taken:
        return f"| {WAYS[way]} | {taken['skipped']} | | | | |"
    cpu = [f"{taken[f'cpu_seconds{one}']:.3f}" for one in ("", "_median", "_first")]
    memory = [f"{taken[name]:.0f}" for name in ("peak_mb", "growth_mb")]
    return f"| {WAYS[way]} | {' | '.join([*cpu, *memory])} |"


def _ratio(name: str) -> str:
    ours, other, of = RATIOS[name]
    return f"{OF[of]}: {ours} against {other.removesuffix('_columns')}"


def _machine(record: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in record["machine"].items())
