"""A data set in any of the forms that are understood; the form is told by name and content."""

from pathlib import Path
from typing import Final, Literal, TypeAlias

from app.backend.domain.dataset import RawDataset, RawTitleTable
from app.backend.domain.progress import Progress
from app.backend.sources.gorse_json import read_gorse
from app.backend.sources.interactions_csv import read_interactions_csv
from app.backend.sources.recbole_inter import looks_like_recbole, read_recbole
from app.backend.sources.text_table import opened
from app.backend.sources.titles_csv import read_titles_csv

Form: TypeAlias = Literal["csv", "gorse", "recbole"]

_BY_SUFFIX: Final[dict[str, Form]] = {
    ".inter": "recbole",
    ".json": "gorse",
    ".jsonl": "gorse",
    ".ndjson": "gorse",
}
_SAMPLE: Final = 4_096


def read_data_set(
    titles: Path | None, interactions: Path, latest_year: int, progress: Progress
) -> RawDataset:
    """Read interactions, and what is known of their titles.

    Parameters
    ----------
    titles : Path or None
        Without it, nothing is known of any title.
    interactions : Path
    latest_year : int
        The last year that a title can be from.
    progress : Progress

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where a file cannot be read.
    """
    form = form_of(interactions)
    known = RawTitleTable({}, {})
    if titles is not None:
        known = read_titles_csv(titles, latest_year, progress)
    readers = {"csv": read_interactions_csv, "gorse": read_gorse, "recbole": read_recbole}
    return RawDataset(readers[form](interactions, progress), known)


def form_of(path: Path) -> Form:
    """Tell the form by the file's suffix, and where that says nothing by how it begins.

    Raises
    ------
    SourceUnreadable, SourceMalformed
        Where there is no such file, or it is no text.
    """
    with opened(path) as stream:
        sample = stream.read(_SAMPLE)
    if path.suffix.lower() in _BY_SUFFIX:
        return _BY_SUFFIX[path.suffix.lower()]
    if sample.lstrip()[:1] in ("[", "{"):
        return "gorse"
    lines = sample.lstrip().splitlines()
    return "recbole" if lines and looks_like_recbole(lines[0]) else "csv"
