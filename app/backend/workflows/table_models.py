"""The family that suits a data set is kept as a file of plain arrays."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.backend.domain.dataset import RawDataset
from app.backend.domain.errors import InvalidInput
from app.backend.domain.progress import Progress
from app.backend.features.table_model import TableModel
from app.backend.features.tabulate import tabulate_by, vocabulary_of
from app.backend.learning import partitions
from app.backend.learning.selection import Choice, Plan, choose_model
from app.backend.learning.text import title_vectors
from app.backend.registry.table_artefact import insist_on_parity, write_table
from app.backend.workflows.evaluate import UNITS, Options, insist_on_rows, texts_of

SUFFIX: Final = ".safetensors"
_COMPARED: Final = 5_000


@dataclass(frozen=True, slots=True)
class Kept:
    """Which family was kept, why it, and where."""

    family: str
    reason: str
    rows: int
    path: str
    digest: str
    bytes: int


def insist_on_place(path: Path) -> None:
    """Refuse a place where no model can lie, before anything is learnt.

    Raises
    ------
    InvalidInput
        Where the file would have another suffix.
    """
    if path.suffix != SUFFIX:
        raise InvalidInput(f"{path.name} does not end in {SUFFIX}, as these files do.")


def keep_model(raw: RawDataset, options: Options, path: Path, progress: Progress) -> Kept:
    """Choose a family on all rows of a data set, and write it as plain arrays.

    Parameters
    ----------
    raw : RawDataset
    options : Options
    path : Path
        Where the arrays go; a manifest goes beside them.
    progress : Progress

    Raises
    ------
    InvalidInput
        Where the file would have another suffix.
    SourceMalformed
        Where no row can be used.
    ExportUnfaithful
        Where the file would answer otherwise than what was learnt; nothing is written.
    StorageFull
        Where there is no room, or no right, to write.
    """
    insist_on_place(path)
    insist_on_rows(raw)
    vocabulary = vocabulary_of(raw, title_vectors(texts_of(raw)))
    table = tabulate_by(raw, vocabulary)
    split = options.split or partitions.usual_split(table)
    chosen = choose_model(table, Plan(options.families, options.seed, UNITS[split]), progress)
    model = TableModel(chosen.predictor, vocabulary)
    insist_on_parity(model, table.X[:_COMPARED])
    digest = write_table(path, model, _facts(raw, chosen, options))
    size = path.stat().st_size
    return Kept(chosen.family, chosen.reason, len(table.y), str(path), digest, size)


def _facts(raw: RawDataset, chosen: Choice, options: Options) -> dict[str, object]:
    said = raw.interactions
    return {
        "family": chosen.family,
        "reason": chosen.reason,
        "config": dict(chosen.config),
        "seed": options.seed,
        "data": {
            "rows_read": said.rows_read,
            "rows_used": len(said),
            "titles_known": len(raw.known.titles),
        },
    }
