"""Healthy files of every family, in every format that opens what others wrote."""

from pathlib import Path
from typing import Final

import numpy as np

from app.backend.learning.families import FAMILIES
from app.backend.registry import artefact, exports
from app.backend.registry.table_artefact import write_table
from tests.contracts.model_files import evening_rows, trained
from tests.fuzz.readers import Specimen
from tests.registry.table_models import asked_rows, table_model

ROWS: Final = 16


def make_specimens(folder: Path) -> list[Specimen]:
    """Write a file of each family in each format that opens files of others."""
    made = []
    for family in ("glmix", "additive"):
        for suffix, reader in ((".safetensors", "household"), (".onnx", "export")):
            made.append(_household(folder / f"{family}{suffix}", family, reader))
    made.append(_household(folder / "additive.skops", "additive", "export"))
    for family in FAMILIES:
        path = folder / f"table_{family}.safetensors"
        model = table_model(family)
        digest = write_table(path, model, {"family": family})
        np.save(f"{path}.npy", asked_rows(model)[:ROWS])
        made.append(Specimen(path.name, str(path), digest, "table"))
    return made


def _household(path: Path, family: str, reader: str) -> Specimen:
    write = artefact.write if reader == "household" else exports.write
    digest = write(path, trained(family), {"seed": 1})
    np.save(f"{path}.npy", evening_rows()[:ROWS])
    return Specimen(path.name, str(path), digest, reader)
