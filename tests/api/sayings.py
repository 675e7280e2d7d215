"""Reads from the code below the edges which sentences it may say, so that none is forgotten."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

from app.backend.api import telling
from app.backend.domain import errors

BACKEND: Final = Path(__file__).parents[2] / "app" / "backend"
ERRORS: Final = frozenset(
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.EncoreError)
) | {"_BusyError"}  # what a server's last answer to patience becomes
# What no page leads to: the command line, programs' protocols, exports, data sets from elsewhere,
# and what only somebody who writes code can do wrong.
NO_PAGE: Final = (
    "settings.py", "setting_files.py", "ml_model.py", "cli/", "domain/",
    "api/mlflow_scoring.py", "api/tensors.py", "api/tracing.py", "api/counter.py", "api/server.py",
    "api/routes/mlflow_scoring.py", "api/routes/open_inference.py", "api/routes/models.py",
    "api/routes/personalizer.py", "api/routes/source_accounts.py", "api/routes/sources.py",
    "features/basis.py", "features/plain_rows.py", "features/table.py", "features/table_model.py",
    "learning/additive.py", "learning/boosted.py", "learning/classifier.py",
    "learning/factorisation.py", "learning/glmix.py", "learning/mixed.py", "learning/network.py",
    "learning/partitions.py", "learning/rows.py", "learning/stopping.py", "learning/targets.py",
    "learning/trees.py", "learning/tuning.py",
    "registry/exports.py", "registry/extras.py", "registry/onnx_file.py", "registry/onnx_graph.py",
    "registry/parity.py", "registry/record.py", "registry/skops_file.py",
    "registry/table_artefact.py", "registry/trust.py",
    "sources/gorse_json.py", "sources/interactions_csv.py", "sources/json_records.py",
    "sources/judgements.py", "sources/recbole_inter.py", "sources/text_table.py",
    "sources/titles_csv.py",
    "store/dump.py", "store/migrations/", "store/promised.py", "store/schema.py",
    "workflows/archive.py", "workflows/backup.py", "workflows/doorway.py", "workflows/evaluate.py",
    "workflows/export.py", "workflows/export_file.py", "workflows/personalizer.py",
    "workflows/personalizer_actions.py", "workflows/predictions.py", "workflows/restore.py",
    "workflows/scoring.py", "workflows/table_models.py",
    # A picture that is not there is no page.
    "api/routes/posters.py", "workflows/posters.py",
    # Media servers are told, and nobody else.
    "sources/form_field.py", "sources/jellyfin_notices.py", "sources/notice_fields.py",
    "sources/plex_notices.py", "sources/tautulli_notices.py", "workflows/notices.py",
)  # fmt: skip
# Said before there is a page, or to whoever has written code: by how they begin.
NO_PAGE_SAYS: Final = (
    "ENCORE_DATABASE_URL ",
    "The folder of the database, ",
    "There is no import ",
)
# What may stand where a sentence has something put in.
SAMPLES: Final = (
    "7",
    "kept",
    "its manifest is not JSON",
    "name of the member",
    "UTF-16 text; save it as CSV (UTF-8)",
    "Add titles, or show hidden ones again.",
    "needs a password",
    "does not tell its id",
    "broken quotes",
    (
        "name the folder that holds the films or series, and let the media server write NFO "
        "files: Jellyfin and Emby do so when the library's NFO metadata saver is on, Kodi when "
        "the library is exported to separate files"
    ),
)
# Sentences with more places have the same sample in all of them.
MOST_MIXED: Final = 3

_PLACE: Final = re.compile(r"{(\w+)}")


def places_of(message: str) -> list[str]:
    """Return the names of a message's places, in order."""
    return sorted(_PLACE.findall(message))


def filled(message: str, value: str) -> str:
    """Return a message with a value in each place."""
    return _PLACE.sub(lambda _: value, message)


def errors_of_pages() -> Iterator[tuple[str, str]]:
    """Yield where an error is made that a page may show, and what it says, with samples."""
    for path, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in ERRORS and node.args:
                said = _texts(node.args[0])
                if said and not said[0].startswith(NO_PAGE_SAYS):
                    yield f"{path}:{node.lineno}", _best(said)


def refusals() -> Iterator[tuple[str, str]]:
    """Yield where a title of a library is refused that a page may bring, and why."""
    for path, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) == "FieldError" and node.args:
                said = _texts(node.args[0])
                if said:
                    yield f"{path}:{node.lineno}", _best(said)


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(BACKEND.rglob("*.py")):
        name = path.relative_to(BACKEND).as_posix()
        if not name.startswith(NO_PAGE):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _texts(node: ast.expr) -> list[str]:
    """Return what a literal text says with the samples in its places; nothing if it is none."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if not isinstance(node, ast.JoinedStr):
        return []
    pieces = [
        (str(one.value),) if isinstance(one, ast.Constant) else SAMPLES for one in node.values
    ]
    if sum(len(piece) > 1 for piece in pieces) <= MOST_MIXED:
        return ["".join(one) for one in product(*pieces)]
    alike = ([one[0] if len(one) == 1 else sample for one in pieces] for sample in SAMPLES)
    return ["".join(one) for one in alike]


def _best(said: list[str]) -> str:
    return next((one for one in said if telling.is_known(one)), said[0])
