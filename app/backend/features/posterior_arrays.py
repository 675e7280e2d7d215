"""Whether arrays can be a mixed model's: judged before anything is built from them."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays
from app.backend.features.bounds import BOUNDED
from app.backend.features.interactions import layout

MOST_EXTRAS: Final = 1_000
_IDS: Final = ("title_ids", "text_ids", "member_ids")


def shapes_of(arrays: Arrays) -> dict[str, tuple[int, ...]]:
    """Return the shape that each array must have, going by how many ids there are.

    Raises
    ------
    ArtefactDamaged
        Where the text vectors are no matrix, or there are more extras than any model has.
    """
    r, texts, members = (np.size(arrays.get(name, ())) for name in _IDS)
    vectors = arrays.get("text_vectors", np.zeros((0, 0)))
    width = vectors.shape[1] if vectors.ndim == 2 else 0
    if max(width, members) > MOST_EXTRAS:
        raise damaged(f"it has {width} text columns and {members} members")
    q = len(layout(width, members).names)
    return {
        "coefficients": (q,),
        "root": (q, q),
        "title_ids": (r,),
        "title_effects": (r,),
        "title_precisions": (r,),
        "title_couplings": (r, q),
        "title_variance": (1,),
        "bounds": (len(BOUNDED), 2),
        "text_ids": (texts,),
        "text_vectors": (texts, width),
        "member_ids": (members,),
        "choice_strength": (1,),
    }


def check_arrays(arrays: Arrays, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse arrays of which one is missing, misshapen, not finite or impossible.

    Raises
    ------
    ArtefactDamaged
    """
    for name, shape in shapes.items():
        expected = np.dtype(np.int64 if name in _IDS else np.float64)
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != expected:
            raise damaged(f"{name} is missing or has another shape or type")
        if not np.isfinite(array).all():
            raise damaged(f"{name} holds values that are not finite")
    if set(arrays) != set(shapes):
        raise damaged(f"it holds arrays that do not belong: {sorted(set(arrays) - set(shapes))}")
    if any(np.any(np.diff(arrays[name]) <= 0) for name in _IDS):
        raise damaged("its titles or members are not in order")
    if np.any(arrays["title_precisions"] <= 0) or arrays["title_variance"][0] < 0:
        raise damaged("a precision or variance is not positive")
    if not 0.0 <= arrays["choice_strength"][0] <= 1.0:
        raise damaged("the strength of choices is not between 0 and 1")
    if np.any(arrays["bounds"][:, 0] > arrays["bounds"][:, 1]):
        raise damaged("a lower bound lies above its upper bound")


def damaged(what: str) -> ArtefactDamaged:
    """Return the error for arrays that cannot be a model."""
    return ArtefactDamaged(
        f"The model cannot be used: {what}. Restore the file, or train again with: encore train"
    )
