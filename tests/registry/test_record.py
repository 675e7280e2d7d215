"""What was recorded comes back the same, and what was not recorded does not come back at all."""

import json
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays
from app.backend.features.encode import Codes, Floats, Matrix
from app.backend.registry.record import recorded, restored


@dataclass(frozen=True, eq=False)
class Leaf:
    """A record with one of everything."""

    values: Floats
    codes: Codes
    words: tuple[str, ...]
    number: int
    share: float
    kind: Literal["a", "b"]


@dataclass(frozen=True, eq=False)
class Other:
    """Another record, which refuses a number."""

    number: int

    def __post_init__(self) -> None:
        """Refuse what is below zero."""
        if self.number < 0:
            raise ValueError("the number is below zero")


@dataclass(frozen=True, eq=False)
class Tree:
    """A record of records."""

    parts: tuple[Leaf | Other, ...]
    grid: Matrix
    pair: tuple[int, float]
    perhaps: float | None


NUMBERS = st.floats(-1e200, 1e200)
LEAVES = st.builds(
    Leaf,
    arrays_of.arrays(np.float64, st.integers(0, 4), elements=NUMBERS),
    arrays_of.arrays(np.int64, st.integers(0, 4)),
    st.lists(st.text(max_size=4), max_size=3).map(tuple),
    st.integers(-(2**63) + 1, 2**63 - 1),
    NUMBERS,
    st.sampled_from(["a", "b"]),
)
TREES = st.builds(
    Tree,
    st.lists(st.one_of(LEAVES, st.builds(Other, st.integers(0, 9))), max_size=3).map(tuple),
    arrays_of.arrays(np.float64, st.tuples(*[st.integers(0, 3)] * 2), elements=NUMBERS),
    st.tuples(st.integers(-9, 9), NUMBERS),
    st.none() | NUMBERS,
)


def text_of(value: object) -> str:
    """Return a record as one text that differs wherever the records differ."""
    said, arrays = recorded(value)
    told = {name: (a.dtype.str, a.shape, a.tobytes().hex()) for name, a in arrays.items()}
    return json.dumps([said, told], sort_keys=True)


@given(TREES)
def test_a_record_comes_back(tree: Tree) -> None:
    """Through JSON and arrays, every value is the same to the last bit."""
    said, arrays = recorded(tree)
    again = restored(Tree, json.loads(json.dumps(said)), arrays)
    assert text_of(again) == text_of(tree)


TREE = Tree(
    (Leaf(np.ones(2), np.arange(3), ("x", "y"), 4, 0.5, "a"), Other(1)),
    np.ones((2, 2)),
    (1, 2.0),
    None,
)


def at(said: Any, path: str, value: object) -> Any:  # noqa: ANN401  # JSON
    """Return a copy of JSON values with one changed; `...` takes it away."""
    copy = json.loads(json.dumps(said))
    place = copy
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("parts", None),
        ("parts", {}),
        ("parts.0", None),
        ("parts.0.is", "Tree"),
        ("parts.0.is", ["Leaf"]),
        ("parts.0.number", 4.0),
        ("parts.0.number", True),
        ("parts.0.number", 2**63),
        ("parts.0.number", "4"),
        ("parts.0.share", "x"),
        ("parts.0.share", None),
        ("parts.0.share", 10**400),
        ("parts.0.kind", "c"),
        ("parts.0.kind", ["a"]),
        ("parts.0.number", ...),
        ("parts.0.more", 1),
        ("parts.1.number", -1),
        ("pair", [1]),
        ("pair", [1, 2.0, 3]),
        ("perhaps", "x"),
        ("is", "Leaf"),
    ],
)
def test_other_values_are_refused(path: str, value: object) -> None:
    """Whatever a field may not be, or a class refuses, is a named error."""
    said, arrays = recorded(TREE)
    with pytest.raises(ArtefactDamaged):
        restored(Tree, at(said, path, value), arrays)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("parts.0.values", None),
        ("parts.0.values", np.ones(2, np.float32)),
        ("parts.0.values", np.ones((2, 1))),
        ("parts.0.values", np.array([1.0, np.nan])),
        ("parts.0.codes", np.ones(3)),
        ("parts.0.words", np.frombuffer(b'["x"', np.uint8)),
        ("parts.0.words", np.frombuffer(b'{"x": 1}', np.uint8)),
        ("parts.0.words", np.frombuffer(b'["x", 1]', np.uint8)),
        ("parts.0.words", np.frombuffer(b"\xff\xfe\x00", np.uint8)),
        ("parts.0.words", np.frombuffer(b"[" * 100_000, np.uint8)),
        ("grid", np.ones(4)),
        ("foreign", np.ones(1)),
    ],
)
def test_other_arrays_are_refused(name: str, array: Floats | None) -> None:
    """Missing, foreign, of another type or shape, not finite, or no words."""
    said, arrays = recorded(TREE)
    changed: Arrays = {key: one for key, one in arrays.items() if key != name}
    if array is not None:
        changed[name] = array
    with pytest.raises(ArtefactDamaged):
        restored(Tree, said, changed)
