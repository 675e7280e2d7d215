"""Arrays that cannot be a mixed model's are refused before anything is built from them."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays
from app.backend.features.bounds import BOUNDED, unbounded
from app.backend.features.interactions import layout
from app.backend.features.posterior import MixedPosterior
from app.backend.features.posterior_arrays import MOST_EXTRAS, check_arrays, damaged, shapes_of

Array: TypeAlias = NDArray[Any]

Q = len(layout(2, 3).names)


def sound() -> Arrays:
    """Return arrays of two rated titles, two with words of two columns, and three members."""
    rng = np.random.default_rng(0)
    return {
        "coefficients": rng.normal(size=Q),
        "root": rng.normal(size=(Q, Q)),
        "title_ids": np.array([4, 9]),
        "title_effects": np.array([0.5, -0.5]),
        "title_precisions": np.array([3.0, 2.0]),
        "title_couplings": rng.normal(size=(2, Q)),
        "title_variance": np.array([0.4]),
        "bounds": unbounded(),
        "text_ids": np.array([4, 5]),
        "text_vectors": rng.normal(size=(2, 2)),
        "member_ids": np.array([1, 2, 6]),
        "choice_strength": np.array([0.3]),
    }


def put(at: int, value: float) -> Callable[[Array], Array]:
    """Return what writes a value into an array."""

    def change(array: Array) -> Array:
        spoilt = array.copy()
        spoilt.flat[at] = value
        return spoilt

    return change


def refused(arrays: Arrays) -> None:
    """Insist on a named error, of the check and of the model."""
    for attempt in (lambda: check_arrays(arrays, shapes_of(arrays)), _built(arrays)):
        with pytest.raises(ArtefactDamaged, match="train again with: encore train"):
            attempt()


def _built(arrays: Arrays) -> Callable[[], object]:
    return lambda: MixedPosterior.from_arrays(arrays)


def test_sound_arrays_are_a_model() -> None:
    """They pass, and come back as they went in."""
    arrays = sound()
    check_arrays(arrays, shapes_of(arrays))
    again = MixedPosterior.from_arrays(arrays).to_arrays()
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array)


def test_shapes_follow_the_ids() -> None:
    """Titles, words and members say how large everything is."""
    assert shapes_of(sound()) == {name: array.shape for name, array in sound().items()}
    bare = shapes_of({})
    assert bare["coefficients"] == (len(layout().names),)
    assert bare["title_couplings"] == (0, len(layout().names))
    assert bare["bounds"] == (len(BOUNDED), 2)


@pytest.mark.parametrize("name", list(sound()))
def test_every_array_is_needed_in_its_shape_and_type(name: str) -> None:
    """One that is missing, longer, flat or of another type is refused."""
    arrays = sound()
    refused({key: array for key, array in arrays.items() if key != name})
    refused(arrays | {name: np.concatenate([arrays[name], arrays[name][-1:]])})
    refused(arrays | {name: arrays[name][None]})
    refused(arrays | {name: arrays[name].astype(np.float32)})


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [name for name in sound() if not name.endswith("_ids")])
def test_what_is_not_finite_is_refused(name: str, value: float) -> None:
    """A single NaN or infinity is enough."""
    arrays = sound()
    refused(arrays | {name: put(-1, value)(arrays[name])})


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("title_ids", put(1, 4)),
        ("text_ids", put(0, 8)),
        ("member_ids", put(2, 1)),
        ("title_precisions", put(0, 0.0)),
        ("title_precisions", put(1, -1.0)),
        ("title_variance", put(0, -1e-9)),
        ("choice_strength", put(0, 1.01)),
        ("choice_strength", put(0, -0.01)),
        ("bounds", put(0, 1e19)),
    ],
)
def test_impossible_values_are_refused(name: str, change: Callable[[Array], Array]) -> None:
    """Ids out of order or twice, precisions of nothing, strengths and bounds that cannot be."""
    arrays = sound()
    refused(arrays | {name: change(arrays[name])})


def test_what_does_not_belong_is_refused() -> None:
    """An array of another name has no place in a model."""
    refused(sound() | {"intercept": np.zeros(1)})


def test_too_many_extras_are_refused_before_they_cost() -> None:
    """The layout of a million columns is never made."""
    wide = {"text_vectors": np.zeros((1, MOST_EXTRAS + 1)), "text_ids": np.zeros(1, np.int64)}
    crowd = {"member_ids": np.arange(MOST_EXTRAS + 1)}
    for arrays in (wide, crowd):
        with pytest.raises(ArtefactDamaged):
            shapes_of(sound() | arrays)


def test_text_vectors_are_a_matrix() -> None:
    """Flat, or a stack of matrices, they are refused."""
    for shape in ((2,), (2, 2, 2), (3, 2)):
        refused(sound() | {"text_vectors": np.zeros(shape)})


def test_the_error_says_what_and_what_to_do() -> None:
    """The sentence names the damage and the way out of it."""
    assert damaged("it is torn").message.startswith("The model cannot be used: it is torn.")
