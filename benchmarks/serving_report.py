"""What was found in serving, as Markdown and as plain values; it measures nothing."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median
from typing import Any, Final

from benchmarks.figures import head, row
from benchmarks.serving_bars import Bar, Findings, bars
from benchmarks.serving_in_process import KNOWN, NEW
from benchmarks.serving_jobs import ROWS, ROWS_IN_WORDS, SLATE
from benchmarks.serving_peers import ENCORE
from benchmarks.serving_rounds import CONNECTIONS

VERDICTS: Final = {None: "not measured", True: "held", False: "missed"}
NOTHING_TO_TELL: Final = "-"


def report(findings: Findings) -> str:
    """Write all as Markdown: the bars first."""
    return "\n".join(
        [
            _plan(findings),
            *_left_out(findings),
            "",
            *head(("bar", "found", "which is"), "figure"),
            *(_bar(bar) for bar in bars(findings)),
            "",
            "### Over HTTP",
            "",
            *_over_http(findings),
            "",
            "### Start and memory",
            "",
            *_starts(findings),
            "",
            "### In process",
            "",
            *_in_process(findings),
            "",
            "### Champions that change",
            "",
            _swapped(findings),
        ]
    )


def record(findings: Findings) -> dict[str, Any]:
    """Return all as plain values, for programs."""
    http = findings.over_http
    return {
        "titles": findings.titles,
        "rounds": findings.rounds,
        "seconds": findings.seconds,
        "bars": [
            {**asdict(bar), "asked": bar.asked, "held": bar.is_held} for bar in bars(findings)
        ],
        "jobs": [
            {"server": server, "job": job, "rounds": [asdict(one) for one in found]}
            for (server, job), found in http.jobs.items()
        ],
        "starts": {server: [asdict(one) for one in each] for server, each in http.starts.items()},
        "absent": http.absent,
        "in_process_cpu_ms": dict(findings.in_process.cpu_ms),
        "swapped": asdict(findings.swapped),
        "faults": findings.faults(),
    }


def _plan(findings: Findings) -> str:
    rounds = f"{findings.rounds} round{'' if findings.rounds == 1 else 's'}"
    return (
        f"{findings.titles} titles, {CONNECTIONS} connections, one worker each, "
        f"{os.cpu_count()} cores; {rounds} with all servers in turn, each asked for about "
        f"{findings.seconds:g} seconds a job. Ratios are those of the middle round, other figures "
        "medians over the rounds."
    )


def _left_out(findings: Findings) -> list[str]:
    http = findings.over_http
    told = [f"{name} ({_first_line(why)})" for name, why in http.absent.items()]
    wrong = [f"{name}, {one}" for name, each in http.failures.items() for one in each]
    return [
        *([f"Not measured: {'; '.join(told)}."] if told else []),
        *([f"Wrong answers: {'; '.join(wrong)}."] if wrong else []),
    ]


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:200]


def _bar(bar: Bar) -> str:
    found = NOTHING_TO_TELL if bar.found is None else bar.form.format(bar.found)
    return row(bar.says, [bar.asked, found, VERDICTS[bar.is_held]])


def _over_http(findings: Findings) -> Iterator[str]:
    """Yield the table: what Encore answers a CPU second, over what the others do."""
    columns = (
        "is asked for",
        "Encore answers times as many a CPU second",
        "requests a CPU second",
        "CPU ms",
        "p50 ms",
        "p99 ms",
    )
    yield from head(columns, "server")
    for server, job in findings.over_http.jobs:
        times = findings.times(server, job, own_job=_counterpart(job))
        is_own = (server, job) == (ENCORE, _counterpart(job))
        beside = NOTHING_TO_TELL if times is None or is_own else f"{times:.2f}"
        cells = [
            findings.middle(server, job, of) or 0.0
            for of in (
                lambda one: one.per_cpu_second,
                lambda one: one.cpu_ms,
                lambda one: one.p50_ms,
                lambda one: one.p99_ms,
            )
        ]
        told = [f"{cells[0]:.0f}", f"{cells[1]:.2f}", f"{cells[2]:.1f}", f"{cells[3]:.1f}"]
        yield row(server, [job, beside, *told])


def _counterpart(job: str) -> str:
    """Return what Encore is asked for that a job is held against."""
    return ROWS if job in {ROWS, ROWS_IN_WORDS} else SLATE


def _starts(findings: Findings) -> Iterator[str]:
    columns = ("seconds to the first right answer", "CPU seconds", "PSS MB", "RSS MB")
    yield from head(columns, "server")
    for server, found in findings.over_http.starts.items():
        seconds, cpu = median(s.seconds for s in found), median(s.cpu_seconds for s in found)
        pss, rss = median(s.pss_mb for s in found), median(s.rss_mb for s in found)
        yield row(server, [f"{seconds:.1f}", f"{cpu:.1f}", f"{pss:.0f}", f"{rss:.0f}"])


def _in_process(findings: Findings) -> Iterator[str]:
    found = findings.in_process
    columns = ("times a new context", "times a known context", "CPU ms")
    yield from head(columns, "way")
    for way, cpu_ms in found.cpu_ms.items():
        new, known = found.times_less(NEW, way), found.times_less(KNOWN, way)
        yield row(way, [_short(new), _short(known), f"{cpu_ms:.3f}"])


def _short(ratio: float) -> str:
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2f}"


def _swapped(findings: Findings) -> str:
    found, outcome = findings.swapped, findings.swapped.outcome
    return (
        f"{found.swaps} promotions and rollbacks while {CONNECTIONS} connections asked for slates "
        f"without pause: of {outcome.answered + outcome.failed} requests {outcome.failed} failed, "
        f"p50 {outcome.p50_ms:.0f} ms, p99 {outcome.p99_ms:.0f} ms; "
        f"{found.versions} versions answered, and {found.late} of {found.swaps} requests begun "
        "after a change were answered by the version before."
    )
