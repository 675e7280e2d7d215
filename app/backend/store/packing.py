"""Whole numbers of many rows in one text: the database writes it, numpy takes it apart.

Handing a row to Python costs more than reading it. So each row becomes one number of fixed width,
its fields being the places of a mixed radix, and a batch of rows one text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Text, case, cast, func, literal_column

Numbers = NDArray[np.int64]

# What is added to keep the width, and such a number, still fit 64 bits together.
MOST: Final = 8 * 10**18

_ZEROS: Final = np.uint64(0x3030303030303030)
_SIX_EACH: Final = np.uint64(0x0606060606060606)
_HIGH_HALVES: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_PAIRS: Final = np.uint64(0x00FF00FF00FF00FF)
_FOURS: Final = np.uint64(0x0000FFFF0000FFFF)
_EIGHTS: Final = np.uint64(0x00000000FFFFFFFF)


@dataclass(frozen=True, slots=True)
class Field:
    """A whole number of each row: its SQL, whose values are below `size`.

    A row of which a field reads as `marker` has to be read by itself.
    """

    name: str
    value: ColumnElement[Any]
    size: int

    @property
    def marker(self) -> int:
        """The largest value."""
        return self.size - 1


@dataclass(frozen=True, slots=True)
class Pack:
    """Fields that share a number."""

    fields: tuple[Field, ...]

    @property
    def lead(self) -> int:
        """The power of ten that, added to any of the numbers, makes them equally wide."""
        size, lead = prod(field.size for field in self.fields), 1
        while size > 9 * lead:
            lead *= 10
        return lead


def size_for(largest: int) -> int:
    """Return the size of a field that holds numbers up to `largest`, and a marker."""
    return largest + 2


def checked(column: ColumnElement[Any], size: int, dialect: str) -> ColumnElement[Any]:
    """Return a column's whole numbers, and the marker for anything else that it may hold."""
    fits: ColumnElement[bool] = column.between(0, size - 2)
    if dialect == "sqlite":  # where a column may hold anything, whatever its declared type
        fits = (func.typeof(column) == "integer") & fits
    return case((fits, column), else_=_number(size - 1))


def one_of(
    column: ColumnElement[Any], spellings: Sequence[str | None], size: int
) -> ColumnElement[Any]:
    """Return the position of a column's text in a list, and the marker for any other text."""
    whens = [
        (column.is_(None) if spelling is None else column == spelling, _number(position))
        for position, spelling in enumerate(spellings)
    ]
    marker = _number(size - 1)
    return case(*whens, else_=marker) if whens else marker


def packs(fields: Iterable[Field]) -> tuple[Pack, ...]:
    """Distribute fields over as few numbers as their order allows."""
    found: list[list[Field]] = []
    for field in fields:
        if found and prod(one.size for one in found[-1]) * field.size <= MOST:
            found[-1].append(field)
        else:
            found.append([field])
    return tuple(Pack(tuple(one)) for one in found)


def joined(pack: Pack, dialect: str) -> ColumnElement[str]:
    """Return the aggregate that writes a pack of every row, commas between."""
    is_typed = dialect == "postgresql"
    whole: ColumnElement[Any] | None = None
    for field in pack.fields:
        value = cast(field.value, BigInteger) if is_typed else field.value
        whole = value if whole is None else whole * _number(field.size) + value
    number = _number(pack.lead) + whole
    if is_typed:
        return func.string_agg(cast(number, Text), literal_column("','"))
    return func.group_concat(number)


def unpacked(text: str | None, count: int, pack: Pack) -> dict[str, Numbers] | None:
    """Take a text of `joined` apart; `None` where it is not as wide as it must be.

    Returns
    -------
    dict of str to ndarray of int64, shape (count,)
        By field.
    """
    width = len(str(pack.lead)) + 1  # and the comma behind
    if text is None or len(text) != count * width - 1:
        return None
    number = _numbers(text.encode("ascii", "replace"), count, width)
    return None if number is None else _places(number - pack.lead, pack)


def _numbers(text: bytes, count: int, width: int) -> Numbers | None:
    """Read numbers of equal width, the comma behind included; `None` where there is another sign.

    Eight figures are read at a time, as the bytes of one 64-bit number: neighbours are put
    together to pairs, pairs to fours, fours to eights.
    """
    eights = -(-(width - 1) // 8)
    spare = 8 * eights - (width - 1)
    signs = np.full(count * width + spare, ord("0"), dtype=np.uint8)
    signs[spare : spare + len(text)] = np.frombuffer(text, np.uint8)
    commas = signs[spare + width - 1 : -1 : width]
    if not (commas == ord(",")).all():
        return None
    number = np.zeros(count, dtype=np.uint64)
    before = np.uint64((1 << 8 * spare) - 1)  # the signs that belong to the row before
    for at in range(eights):
        figures = np.ndarray((count,), "<u8", signs, 8 * at, (width,)) ^ _ZEROS
        if not at:
            figures &= ~before
        if ((figures | (figures + _SIX_EACH)) & _HIGH_HALVES).any():
            return None
        number = number * np.uint64(10**8) + _eights(figures)
    return number.view(np.int64)


def _eights(figures: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers whose figures are bytes, the first figure in the lowest byte."""
    pairs = (figures * np.uint64(10) + (figures >> np.uint64(8))) & _PAIRS
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & _FOURS
    whole = fours * np.uint64(10_000) + (fours >> np.uint64(32))
    return np.asarray(whole & _EIGHTS)


def _places(number: Numbers, pack: Pack) -> dict[str, Numbers]:
    read = {}
    for field in reversed(pack.fields[1:]):
        rest = number // field.size
        read[field.name] = number - rest * field.size
        number = rest
    read[pack.fields[0].name] = number
    return read


def _number(value: int) -> ColumnElement[Any]:
    return literal_column(str(value))
