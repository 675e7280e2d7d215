"""Which family of arrays a name stands for: the list of what may be opened lives here, in code."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from app.backend.domain.errors import ArtefactForeign
from app.backend.domain.model import Arrays, Predictor
from app.backend.features import additive, posterior

_BUILDERS: Final[Mapping[str, Callable[[Arrays], Predictor]]] = MappingProxyType(
    {
        additive.FAMILY: additive.AdditiveModel.from_arrays,
        posterior.FAMILY: posterior.MixedPosterior.from_arrays,
    }
)
FAMILIES: Final = tuple(_BUILDERS)


def build(family: str, arrays: Arrays) -> Predictor:
    """Return the predictor of a family from its arrays.

    Raises
    ------
    ArtefactForeign
        Where no family has that name.
    ArtefactDamaged
        Where the arrays are not that family's.
    """
    builder = _BUILDERS.get(family)
    if builder is None:
        raise ArtefactForeign(
            f"No family of models is called {family!r}; this Encore knows {', '.join(FAMILIES)}."
        )
    return builder(arrays)
