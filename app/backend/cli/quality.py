"""The verb that reports on the data."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from app.backend.cli.output import AsJson, household, say, say_json, verb
from app.backend.domain.errors import StorageFull
from app.backend.workflows.quality import Elsewhere, QualityReport, quality_report

QualityPage: TypeAlias = Callable[[QualityReport], str]


def make_data_quality(quality_page: QualityPage) -> Callable[..., None]:
    """Return the verb `data-quality`, which has a report written as HTML by `quality_page`."""

    @verb
    def data_quality(
        html: Annotated[
            Path | None, typer.Option("--html", help="Write the report, with pictures, to a file.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Report on the data that training reads, and why some of it is not used."""
        with household() as opened, opened.database.reading() as session:
            report = quality_report(session, opened.clock)
        if html is not None:
            _write(html, quality_page(report))
        if as_json:
            say_json(report)
        else:
            _tell(report)
            if html is not None:
                say(f"The whole report is in {html}")

    return data_quality


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageFull(
            f"{path} cannot be written: {error.strerror}. Choose another file with --html."
        ) from error


def _tell(report: QualityReport) -> None:
    say(f"{report.rows_read} rows of feedback came in, {report.rows_used} are learnt from.")
    for check in report.checks:
        if check.count:
            rows = ", ".join(str(example) for example in check.examples)
            done = f"{check.count:>6}  {check.action:<9}"
            say(f"  {done}  {check.question}  ({check.id}: rows {rows})")
    _tell_elsewhere(report.elsewhere)
    if not report.rows_used:
        return
    share, covered = report.balance.share or 0.0, report.coverage
    seen = sum(cell.balance.rows > 0 for cell in covered.contexts)
    say(f"Liked and worth watching again: {report.balance.positives} ({share:.0%}).")
    say(f"Contexts with feedback: {seen} of {len(covered.contexts)}.")
    say(
        f"Titles on the shelf that were rated: {covered.titles.rated_on_the_shelf} of "
        f"{covered.titles.on_the_shelf}."
    )
    if covered.noise.contradictory:
        say(
            f"Rated more than once in one context: {covered.noise.repeated}, of which "
            f"{covered.noise.contradictory} contradict themselves."
        )
    say(report.drift.sentence)
    say(
        f"In time: {report.split.train} train, {report.split.validation} validate, "
        f"{report.split.test} test. Data {report.fingerprint[:16]}, "
        f"split {report.split.fingerprint[:16]}."
    )


def _tell_elsewhere(elsewhere: Elsewhere) -> None:
    if not elsewhere.read:
        return
    say(
        f"{elsewhere.read} entries of histories from elsewhere came in, {elsewhere.used} ratings "
        "are learnt from."
    )
    for one in elsewhere.left_out:
        say(f"  {one.count:>6}  left out   {one.reason}  ({one.id})")
