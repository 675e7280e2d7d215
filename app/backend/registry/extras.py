"""Packages that only some formats need: imported when a file asks for them."""

from importlib import import_module
from typing import Any

from app.backend.domain.errors import ExtraMissing


def imported(module: str, extra: str) -> Any:  # noqa: ANN401  # none of them has types
    """Import a module that comes with one of the extras.

    Raises
    ------
    ExtraMissing
        Where it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ExtraMissing(
            f"This format needs the package {module.partition('.')[0]}, which is not installed; "
            f'install it with: pip install "encore-tonight[{extra}]"'
        ) from error
