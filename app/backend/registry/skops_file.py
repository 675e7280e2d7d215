"""Bytes of a skops archive that holds one of Encore's models; any other content is refused.

skops judges types; it trusts all of scikit-learn and has kinds of nodes that call things. Encore's
models need none of that, so each node is held against a list here before skops sees the bytes.
"""

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from app.backend.domain.errors import ArtefactDamaged, ArtefactForeign, ArtefactUntrusted
from app.backend.domain.model import Classifier
from app.backend.registry.artefact import LARGEST_ARRAYS_BYTES
from app.backend.registry.extras import imported

TRUSTED: Final = (
    "app.backend.features.additive.AdditiveModel",
    "app.backend.features.posterior.MixedPosterior",
    "app.backend.features.serving.ServingClassifier",
    "app.backend.features.side.Side",
    "app.backend.learning.additive.AdditiveConfig",
    "app.backend.learning.classifier.ContextClassifier",
    "app.backend.learning.glmix.GlmixConfig",
)
NODES: Final = frozenset(
    {
        *(("ObjectNode", name) for name in TRUSTED),
        *(("TypeNode", f"builtins.{name}") for name in ("str", "int", "float", "bool")),
        ("DictNode", "builtins.dict"),
        ("JsonNode", "builtins.str"),
        ("ListNode", "builtins.list"),
        ("TupleNode", "builtins.tuple"),
        ("NdArrayNode", "numpy.ndarray"),
    }
)

MOST_MEMBERS: Final = 100
LARGEST_SCHEMA_BYTES: Final = 2**20
LARGEST_RATIO: Final = 100

_SCHEMA: Final = "schema.json"


def to_bytes(model: Classifier) -> bytes:
    """Return a model as a skops archive.

    Raises
    ------
    ExtraMissing
        Where skops is not installed.
    """
    content: bytes = imported("skops.io", "skops").dumps(model)
    return content


def from_bytes(content: bytes) -> Classifier:
    """Open an archive whose every member and node was judged first.

    Raises
    ------
    ArtefactForeign
        Where it is not a zip archive.
    ArtefactDamaged
        Where its members are too many or too large.
    ArtefactUntrusted
        Where it holds a type or a kind of node that Encore's models do not have.
    ExtraMissing
        Where skops is not installed.

    zipfile, json and skops raise errors of their own for bytes that they cannot read.
    """
    if not zipfile.is_zipfile(BytesIO(content)):
        raise ArtefactForeign("The file is no skops archive; use a file that save_model wrote.")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        _refuse_bombs(archive.infolist())
        schema = json.loads(archive.read(_SCHEMA))
    strange = sorted(set(_nodes(schema)) - NODES)
    if strange:
        raise ArtefactUntrusted(
            f"The skops archive is refused: it holds {strange[0][1]!r} ({strange[0][0]}), which "
            "Encore's models do not. Use a file that save_model wrote."
        )
    model: Classifier = imported("skops.io", "skops").loads(content, trusted=list(TRUSTED))
    return model


def _refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    whole = sum(member.file_size for member in members)
    schema = sum(member.file_size for member in members if member.filename == _SCHEMA)
    packed = any(
        member.file_size > LARGEST_RATIO * max(member.compress_size, 1) for member in members
    )
    many = len(members) > MOST_MEMBERS
    if many or packed or whole > LARGEST_ARRAYS_BYTES or schema > LARGEST_SCHEMA_BYTES:
        raise ArtefactDamaged(
            "The skops archive is refused: its members are too many, too large or too densely "
            "packed. Use a file that save_model wrote."
        )


def _nodes(part: object) -> Iterator[tuple[str, str]]:
    """Walk a schema and name each node: its kind, and the type that it makes."""
    if isinstance(part, dict):
        if "__loader__" in part:
            yield str(part["__loader__"]), f"{part.get('__module__')}.{part.get('__class__')}"
        for value in part.values():
            yield from _nodes(value)
    elif isinstance(part, list):
        for value in part:
            yield from _nodes(value)
