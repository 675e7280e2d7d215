"""Frozen dataclasses as plain values and arrays, and back; on the way back nothing is trusted.

A dataclass becomes an object of its fields under `is`, its name; an array goes beside, under the
path of names that leads to it; words become the bytes of their JSON, an array too.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from app.backend.domain.errors import ArtefactDamaged
from app.backend.domain.model import Arrays

T = TypeVar("T")
IS: Final = "is"
Words = tuple[str, ...]


def recorded(value: object) -> tuple[Any, Arrays]:
    """Return a dataclass as JSON values, and its arrays by name."""
    arrays: Arrays = {}
    return _told(value, type(value), "", arrays), arrays


def restored(kind: type[T], said: object, arrays: Arrays) -> T:
    """Return the dataclass that was recorded.

    Parameters
    ----------
    kind : type
        What it must be; what its fields are is read from their annotations.
    said : object
        JSON values.
    arrays : dict of str to ndarray
        All of them must be asked for.

    Raises
    ------
    ArtefactDamaged
        Where a value is missing, foreign, of another type, not finite, or refused by the class.
    """
    left = dict(arrays)
    try:
        found: T = _Reader(left).value(kind, said, "")
    except _Wrong as error:
        raise ArtefactDamaged(f"The model is refused: {error}. Train it again.") from error
    if left:
        raise ArtefactDamaged(f"The model has an array that nobody knows: {min(left)[:60]!r}.")
    return found


class _Wrong(ValueError):
    """A value that cannot be what it should be."""


def _told(value: object, kind: Any, path: str, arrays: Arrays) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, np.ndarray):
        arrays[path] = np.ascontiguousarray(value)
        return None
    if kind == Words:
        arrays[path] = np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)
        return None
    if isinstance(value, tuple):
        parts = zip(_parts(get_args(kind), len(value)), value, strict=True)
        return [_told(one, of, f"{path}.{at}", arrays) for at, (of, one) in enumerate(parts)]
    if is_dataclass(value):
        hints = get_type_hints(type(value))
        named = {one.name: getattr(value, one.name) for one in fields(value)}
        told = {
            name: _told(one, hints[name], _below(path, name), arrays) for name, one in named.items()
        }
        return {IS: type(value).__name__, **told}
    return value


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _parts(kinds: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    """Return the kind of each part of a tuple."""
    is_open = len(kinds) == 2 and kinds[1] is Ellipsis
    return (kinds[0],) * count if is_open else kinds


class _Reader:
    """Reads values by their annotations, and takes each array once."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def value(self, kind: Any, said: Any, path: str) -> Any:  # noqa: ANN401  # whatever it is
        """Return a value of a kind."""
        origin = get_origin(kind)
        if is_dataclass(kind):
            return self._record(kind, said, path)
        if kind == Words:
            return self._words(path)
        if origin is tuple:
            return self._tuple(get_args(kind), said, path)
        if origin in (Annotated, np.ndarray):
            return self._array(kind, path)
        if origin in (Union, UnionType):
            return self._one_of(get_args(kind), said, path)
        return _plain(kind, said, path)

    def _record(self, kind: Any, said: Any, path: str) -> Any:  # noqa: ANN401
        names = [one.name for one in fields(kind)]
        if not isinstance(said, dict) or set(said) != {IS, *names} or said[IS] != kind.__name__:
            raise _Wrong(f"{path or 'it'} is no {kind.__name__}")
        hints = get_type_hints(kind, include_extras=True)
        values = {name: self.value(hints[name], said[name], _below(path, name)) for name in names}
        return _made(kind, values, path)

    def _one_of(self, kinds: tuple[Any, ...], said: Any, path: str) -> Any:  # noqa: ANN401
        if said is None and NoneType in kinds:
            return None
        name = said.get(IS) if isinstance(said, dict) else None
        records = [kind for kind in kinds if is_dataclass(kind)]
        chosen = next((kind for kind in records if getattr(kind, "__name__", "") == name), None)
        if chosen is not None:
            return self.value(chosen, said, path)
        plain = [kind for kind in kinds if kind is not NoneType and not is_dataclass(kind)]
        if records or len(plain) != 1:
            raise _Wrong(f"{path} is none of what it may be")
        return self.value(plain[0], said, path)

    def _tuple(self, parts: tuple[Any, ...], said: Any, path: str) -> tuple[Any, ...]:  # noqa: ANN401
        if not isinstance(said, list):
            raise _Wrong(f"{path} is no list")
        parts = _parts(parts, len(said))
        if len(parts) != len(said):
            raise _Wrong(f"{path} has {len(said)} values")
        each = zip(parts, said, strict=True)
        return tuple(self.value(kind, one, f"{path}.{at}") for at, (kind, one) in enumerate(each))

    def _words(self, path: str) -> Words:
        array = self._arrays.pop(path, None)
        if array is None or array.dtype != np.uint8 or array.ndim != 1:
            raise _Wrong(f"{path} are no words")
        try:
            words = json.loads(array.tobytes())
        except (ValueError, RecursionError) as error:
            raise _Wrong(f"the words of {path} cannot be read") from error
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            raise _Wrong(f"{path} are no words")
        return tuple(words)

    def _array(self, kind: Any, path: str) -> Any:  # noqa: ANN401
        kind, axes = get_args(kind) if get_origin(kind) is Annotated else (kind, 1)
        wanted = get_args(get_args(kind)[1])[0]
        array = self._arrays.pop(path, None)
        if array is None or array.dtype != wanted or array.ndim != axes:
            raise _Wrong(f"{path} is no array of {wanted.__name__}")
        if wanted is np.float64 and not np.isfinite(array).all():
            raise _Wrong(f"{path} holds NaN or infinite values")
        return array


def _made(kind: Callable[..., Any], values: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401
    try:
        return kind(**values)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise _Wrong(f"{path or 'it'}: {error}") from error


def _plain(kind: Any, said: Any, path: str) -> Any:  # noqa: ANN401
    """Return a number or a word; JSON knows whole numbers apart from others."""
    if get_origin(kind) is Literal:
        if said in get_args(kind):
            return said
    elif kind is float and isinstance(said, int | float) and not isinstance(said, bool):
        # A whole number of any size is JSON; a float of any size is not.
        if abs(said) < 1e300:
            return float(said)
    elif kind is int and isinstance(said, int) and not isinstance(said, bool):
        if abs(said) < 2**63:
            return said
    elif kind is str and isinstance(said, str):
        return said
    raise _Wrong(f"{path} is no {getattr(kind, '__name__', 'value')}")
