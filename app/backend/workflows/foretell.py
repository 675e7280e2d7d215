"""A kept model is asked about rows of a data set, without what trained it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.backend.domain.dataset import Counted, Interactions, RawDataset, RawTitleTable
from app.backend.domain.progress import Progress
from app.backend.features.tabulate import tabulate_by
from app.backend.registry.table_artefact import read_table
from app.backend.sources.interactions_csv import read_requests_csv
from app.backend.sources.titles_csv import read_titles_csv


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a model answers for each request that could be read."""

    requests: Interactions
    probability: tuple[float, ...]

    @property
    def left_out(self) -> dict[str, Counted]:
        """Requests that could not be read, by the reason."""
        return dict(self.requests.left_out)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Return each request with its answer."""
        asked = self.requests
        contexts = {name: column.texts() for name, column in asked.contexts.items()}
        members, titles = asked.member.texts(), asked.title.texts()
        for at, probability in enumerate(self.probability):
            said = {name: words[at] for name, words in contexts.items()}
            yield {"member": members[at], "title_id": titles[at], **said} | {
                "probability": probability
            }


def foretell(
    model: Path, requests: Path, titles: Path | None, latest_year: int, progress: Progress
) -> Foretold:
    """Ask a kept model about rows of a data set.

    Parameters
    ----------
    model : Path
    requests : Path
        CSV with the columns member, title_id, and what is said of the evening.
    titles : Path or None
        What is known of the titles. Without it, nothing is known of any.
    latest_year : int
        The last year that a title can be from.
    progress : Progress

    Raises
    ------
    ModelError
        Where the file cannot be trusted or read.
    SourceUnreadable, SourceMalformed
        Where requests or titles cannot be read.
    """
    opened = read_table(model).model
    asked = read_requests_csv(requests, progress)
    known = RawTitleTable({}, {})
    if titles is not None:
        known = read_titles_csv(titles, latest_year, progress)
    X = tabulate_by(RawDataset(asked, known), opened.vocabulary).X
    return Foretold(asked, tuple(opened.probability(X).tolist()))
