"""What a person sees while a large tree is looked at: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
import time
from typing import Final, Self

_FIRST: Final = 1.0  # seconds of silence; most runs are over by then
_EVERY: Final = 0.2
_ERASE: Final = "\r\x1b[K"


class Counting:
    """Is told of every file and finding. A context manager: leaving it takes the line away."""

    def __init__(self) -> None:
        self._draws = sys.stderr is not None and sys.stderr.isatty()
        self._next = time.monotonic() + _FIRST
        self._files = 0
        self._findings = 0
        self._shown = False

    def looked_at(self) -> None:
        """Count a file."""
        self._files += 1
        if self._draws and (now := time.monotonic()) >= self._next:
            self._next, self._shown = now + _EVERY, True
            sys.stderr.write(f"{_ERASE}looked at {self._files} files, {self._findings} findings")
            sys.stderr.flush()

    def found(self, count: int) -> None:
        """Count findings."""
        self._findings += count

    def erase(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.erase()
