"""Values a few at a time: a statement names only so many."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

AT_ONCE: Final = 500

T = TypeVar("T")


def in_batches(values: Iterable[T]) -> Iterator[list[T]]:
    """Yield values in their order, at most `AT_ONCE` at a time.

    Examples
    --------
    >>> [len(batch) for batch in in_batches(range(1_001))]
    [500, 500, 1]
    """
    waiting = iter(values)
    while batch := list(islice(waiting, AT_ONCE)):
        yield batch
