"""What fitting the default family costs, beside scikit-learn on the same rows.

python -m benchmarks.training_cost [--short] [--json] [--write]

Each way runs in a fresh process on a database of synthetic verdicts. Both fit the same crosses of
context and title and one effect a title; scikit-learn needs them as one sparse row a verdict.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import scipy.sparse as sp
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from threadpoolctl import threadpool_limits

from app.backend.features.dataset import TrainingSet
from app.backend.features.household import Evidence
from app.backend.features.interactions import design
from app.backend.learning.classifier import DEFAULT, ContextClassifier
from app.backend.ml_model import prepare
from benchmarks.pages import PAGE, replace_block
from benchmarks.preparation_database import make_database, title_count
from benchmarks.process_memory import forget_peak, memory_mb

Record: TypeAlias = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parent.parent
ROWS: Final = 1_000_000
SIZES: Final = (500, 10_000, 100_000, 1_000_000, 10_000_000)
SHORT_SIZES: Final = (500, 10_000)
WAYS: Final = ("encore", "scikit-learn")
MOST_PEER_ROWS: Final = 1_000_000
REPEATS: Final = 3
ROWS_AT_ONCE: Final = 50_000
MOST_TIMES_READING: Final = 2.0
LEAST_TIMES_FASTER: Final = 20.0
MOST_MB: Final = 300.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    if options.way:
        print(json.dumps(measure(options.way, options.url)))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.database_folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        record = compare(folder, SHORT_SIZES if options.short else SIZES)
    text = report(record)
    print(json.dumps(record, indent=2) if options.json else text)
    if options.write:
        replace_block("training_cost", text)
    return 0


def compare(folder: Path, sizes: Sequence[int]) -> Record:
    """Run every way at every size, each in a process of its own."""
    figures: list[Record] = []
    for rows in sizes:
        url = make_database(folder, "own", rows)
        for way in WAYS:
            if way == "encore" or rows <= MOST_PEER_ROWS:
                figures.append({"rows": rows, "way": way, **_run(way, url)})
                print(f"{way}, {rows} rows: {figures[-1]}", file=sys.stderr)
    return {"figures": figures, "bars": bars(figures)}


def measure(way: str, url: str) -> Record:
    """Read and fit; return CPU seconds, and memory before and at the most."""
    forget_peak()
    began = time.process_time()
    with Session(create_engine(url)) as session:
        training = prepare(session).training
    reading = time.process_time() - began
    before, read_peak = memory_mb()
    forget_peak()
    spent, digests = [], set()
    for _ in range(REPEATS if way == "encore" else 1):
        began = time.process_time()
        digests.add(_fit(way, training))
        spent.append(time.process_time() - began)
        if len(spent) == 1:
            _, fit_peak = memory_mb()
    return {
        "cells": _cells(training),
        "read_cpu_seconds": reading,
        "fit_cpu_seconds": min(spent),
        "first_fit_cpu_seconds": spent[0],
        "read_mb": before,
        "fit_growth_mb": fit_peak - before,
        "peak_mb": max(read_peak, fit_peak),
        "same_bytes": len(digests) == 1,
    }


def _fit(way: str, training: TrainingSet) -> str:
    if way == "encore":
        model = ContextClassifier(DEFAULT).learn(Evidence(training))
        digest = hashlib.sha256()
        for array in model.predictor_.to_arrays().values():
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # not in our memory

    regression = LogisticRegression(max_iter=1_000)
    with threadpool_limits(limits=1):
        regression.fit(_expanded(training), training.y)
    return str(hashlib.sha256(regression.coef_.tobytes()).hexdigest())


def _expanded(training: TrainingSet) -> sp.csr_matrix:
    """Return one sparse row a verdict: the crosses, and a one for its title."""
    parts = []
    for start in range(0, len(training.y), ROWS_AT_ONCE):
        rows = np.arange(start, min(start + ROWS_AT_ONCE, len(training.y)))
        crosses = sp.csr_matrix(design(training.part(rows).X))
        ones = np.ones(len(rows))
        shape = (len(rows), len(training.encoded_titles))
        titles = sp.csr_matrix((ones, (np.arange(len(rows)), training.title[rows])), shape=shape)
        parts.append(sp.hstack([crosses, titles], format="csr"))
    return sp.vstack(parts, format="csr")


def _cells(training: TrainingSet) -> int:
    width = len(training.encoded_titles)
    return len(np.unique(training.context_code * width + training.title))


def _run(way: str, url: str) -> Record:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.training_cost", "--way", way, "--url", url],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    taken: Record = json.loads(ran.stdout)
    return taken


def bars(figures: Sequence[Record]) -> list[Record]:
    """Set what was asked for beside what was found, where the size that it speaks of was run."""
    at = {(one["way"], one["rows"]): one for one in figures}
    ours, theirs = (at.get((way, ROWS)) for way in WAYS)
    if ours is None or theirs is None:
        return []
    times_reading = ours["fit_cpu_seconds"] / ours["read_cpu_seconds"]
    faster = theirs["fit_cpu_seconds"] / ours["fit_cpu_seconds"]
    return [
        _bar("CPU of fitting over reading, 1 M rows", times_reading, "most", MOST_TIMES_READING),
        _bar("scikit-learn's CPU over ours, 1 M rows", faster, "least", LEAST_TIMES_FASTER),
        _bar("peak memory at 1 M rows, MB", ours["peak_mb"], "most", MOST_MB),
    ]


def _bar(says: str, value: float, kind: str, limit: float) -> Record:
    met = value <= limit if kind == "most" else value >= limit
    return {"says": says, "value": value, "kind": kind, "limit": limit, "met": met}


def report(record: Record) -> str:
    """Write the figures as Markdown."""
    told = (
        f"CPU seconds, the least of {REPEATS} fits for Encore, one for scikit-learn; up to "
        f"{title_count(ROWS)} titles."
    )
    lines = [
        told,
        "",
        "| rows | cells | way | reading | fitting | MB after reading | more to fit | MB at most |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in record["figures"]:
        cells = (f"{one['rows']:,}", f"{one['cells']:,}", one["way"])
        seconds = (f"{one['read_cpu_seconds']:.3f}", f"{one['fit_cpu_seconds']:.3f}")
        memory = (f"{one[name]:.0f}" for name in ("read_mb", "fit_growth_mb", "peak_mb"))
        lines.append(f"| {' | '.join((*cells, *seconds, *memory))} |")
    for bar in record["bars"]:
        said = "met" if bar["met"] else "not met"
        lines += [
            "",
            f"{bar['says']}: {bar['value']:.2f}; at {bar['kind']} {bar['limit']:g}: {said}.",
        ]
    same = all(one["same_bytes"] for one in record["figures"])
    lines += ["", f"Fitting again gave {'the same' if same else 'other'} bytes."]
    return "\n".join(lines)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training_cost", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small sizes only")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help=f"replace the block in {PAGE.name}")
    parser.add_argument("--database-folder", type=Path, help="keep databases here, to use again")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
