"""Turns the bytes of a source into lines and columns that begin at 1; columns count characters."""

from __future__ import annotations

import bisect
from typing import Final, final

_LONG: Final = 400  # characters of a line that nobody wrote by hand
_AROUND: Final = 100


@final
class Lines:
    """Knows where the lines of a source begin."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts: list[int] | None = None
        # lines may be megabytes long, and places come in order: what was counted is not counted again
        self._counted = (0, 0, 1)
        self._decoded = (0, "")

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            at = self.data.find(b"\n")
            while at >= 0:
                starts.append(at + 1)
                at = self.data.find(b"\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> tuple[int, int]:
        """Give line and column of a byte."""
        starts = self._line_starts()
        line = bisect.bisect_right(starts, offset)
        start, column = starts[line - 1], 1
        counted_in, counted_to, counted = self._counted
        if counted_in == start and start < counted_to <= offset:
            start, column = counted_to, counted
        column += len(self.data[start:offset].decode("utf-8", "surrogateescape"))
        self._counted = (starts[line - 1], offset, column)
        return line, column

    def line(self, number: int) -> str:
        """Give a line without its end."""
        if self._decoded[0] != number:
            starts = self._line_starts()
            start = starts[number - 1]
            end = starts[number] - 1 if number < len(starts) else len(self.data)
            text = self.data[start:end].decode("utf-8", "surrogateescape").removesuffix("\r")
            self._decoded = (number, text)
        return self._decoded[1]

    def around(self, number: int, column: int) -> str:
        """Give a line, or of a long one what stands around a column: by that people know a place again."""
        text = self.line(number)
        return text if len(text) <= _LONG else text[max(0, column - _AROUND) : column + _AROUND]
