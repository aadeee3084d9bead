"""The order in which QEMU meets the names of an object: that of its hash tables, not of the text.

It decides which of several faults QEMU names. An object (QDict) has 512 buckets, the newest name first in
each; the names that nobody asked for are found in a GLib table, to which the object's were added in that
order, and from which those asked for were removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_BUCKETS: Final = 512
_WORD: Final = 0xFFFF_FFFF
_LEAST_SHIFT: Final = 3
_PRIMES: Final = {3: 7, 4: 13, 5: 31, 6: 61, 7: 127, 8: 251, 9: 509, 10: 1021, 11: 2039, 12: 4093}
_MOST_NAMES: Final = 2000


def as_met(names: Iterable[str]) -> list[str]:
    """Order the names of an object, given in the order in which they came to it, as QEMU walks them."""
    newest_first = list(names)[::-1]
    return sorted(newest_first, key=_bucket)


def first_left(names: Iterable[str], asked: Iterable[str]) -> str | None:
    """Give the name that QEMU calls unexpected: the first in its table after those `asked` are removed."""
    table = _Table()
    met = as_met(names)
    wanted = set(met)
    if len(met) > _MOST_NAMES:  # no command line is so long
        left = wanted.difference(asked)
        return next((name for name in met if name in left), None)
    for name in met:
        table.insert(name)
    for name in asked:
        if name in wanted:
            table.remove(name)
    return table.first()


def _bucket(name: str) -> int:
    data = _bytes(name)
    value = 0x238F13AF * len(data)
    for index, byte in enumerate(data):
        value += byte << (index * 5 % 24)
    return (1103515243 * value + 12345 & _WORD) % _BUCKETS


def _bytes(name: str) -> bytes:
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")  # no text that reaches QEMU


class _Table:
    """A GHashTable of strings: open addressing, quadratic probing, graves where a name was removed."""

    def __init__(self) -> None:
        self._resize_to(_LEAST_SHIFT)
        self._cells: list[tuple[int, str] | None] = [None] * self._size
        self._graves: set[int] = set()
        self._count = 0
        self._occupied = 0

    def insert(self, name: str) -> None:
        """Add a name, before any is removed."""
        number = _glib_hash(name)
        index = self._find(number, name)
        if self._cells[index] is None:
            self._cells[index] = (number, name)
            self._occupied += 1
            self._count += 1
            self._maybe_resize()

    def remove(self, name: str) -> None:
        index = self._find(_glib_hash(name), name)
        if self._cells[index] is not None:
            self._cells[index] = None
            self._graves.add(index)
            self._count -= 1
            self._maybe_resize()

    def first(self) -> str | None:
        return next((cell[1] for cell in self._cells if cell is not None), None)

    def _resize_to(self, shift: int) -> None:
        self._shift = shift
        self._size = 1 << shift
        self._prime = _PRIMES[shift]

    def _home(self, number: int) -> int:
        return (number * 11 & _WORD) % self._prime

    def _find(self, number: int, name: str) -> int:
        """Give the cell of a name, or the empty one that ends the search."""
        index, step = self._home(number), 0
        while True:
            cell = self._cells[index]
            if cell == (number, name) or (cell is None and index not in self._graves):
                return index
            step += 1
            index = (index + step) & (self._size - 1)

    def _maybe_resize(self) -> None:
        too_large = self._size > self._count * 4 and self._shift > _LEAST_SHIFT
        if too_large or self._size <= self._occupied + self._occupied // 16:
            self._rehash()

    def _rehash(self) -> None:
        cells = self._cells
        self._resize_to(max(_LEAST_SHIFT, int(self._count * 1.333).bit_length()))
        cells += [None] * (self._size - len(cells))
        settled: set[int] = set()
        for start in range(len(cells)):
            evicted = cells[start] if start not in settled else None
            if evicted is None:
                continue
            cells[start] = None
            while evicted is not None:
                index, step = self._home(evicted[0]), 0
                while index in settled:
                    step += 1
                    index = (index + step) & (self._size - 1)
                settled.add(index)
                evicted, cells[index] = cells[index], evicted
        self._cells = cells[: self._size]
        self._graves = set()
        self._occupied = self._count


def _glib_hash(name: str) -> int:
    number = 5381
    for byte in _bytes(name):
        number = (number * 33 + (byte - 256 if byte > 127 else byte)) & _WORD
    return max(number, 2)  # 0 is an empty cell, 1 a grave
