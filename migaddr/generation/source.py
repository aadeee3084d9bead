"""Where choices come from: a seed here, Hypothesis in `migaddr.strategies`. Zero is the simplest choice."""

from __future__ import annotations

import abc
import random
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")

_BITS = 32


class Source(abc.ABC):
    """Makes choices. Whoever shrinks makes them smaller, so what is simple stands first in every table."""

    __slots__ = ()

    @abc.abstractmethod
    def below(self, count: int) -> int:
        """Choose a number from 0 to `count` - 1; `count` is 1 to 2**32."""

    def choice(self, table: Sequence[_T]) -> _T:
        """Choose an item of a table, which is not empty."""
        return table[self.below(len(table))]

    def choices(self, table: Sequence[_T], count: int) -> list[_T]:
        """Choose `count` items of a table, one after another."""
        return [self.choice(table) for _ in range(count)]

    def one_in(self, count: int) -> bool:
        """Say yes once in `count` times; no is simpler."""
        return self.below(count) == count - 1


class Seeded(Source):
    """Choices that follow from a number, the same in every release of Python: only `getrandbits` is used."""

    __slots__ = ("_bits",)

    def __init__(self, seed: int) -> None:
        self._bits = random.Random(seed).getrandbits  # noqa: S311 -- no secret: it must repeat

    def below(self, count: int) -> int:
        """Choose a number from 0 to `count` - 1."""
        return self._bits(_BITS) * count >> _BITS

    def choice(self, table: Sequence[_T]) -> _T:
        """Choose an item of a table, without a call in between."""
        return table[self._bits(_BITS) * len(table) >> _BITS]

    def choices(self, table: Sequence[_T], count: int) -> list[_T]:
        """Choose `count` items of a table, without a call for each."""
        bits, length = self._bits, len(table)
        return [table[bits(_BITS) * length >> _BITS] for _ in range(count)]

    def one_in(self, count: int) -> bool:
        """Say yes once in `count` times."""
        return self._bits(_BITS) * count >> _BITS == count - 1
