"""What a person sees while bytes move: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

import json
import sys
import time
from typing import Final, Self

from migaddr.cli.streams import write_error
from migaddr.qmp import JsonObject
from migaddr.transport import Report

_EVERY: Final = 0.2  # seconds
_ERASE: Final = "\r\x1b[K"
_STEP: Final = 1000
_MINUTE: Final = 60


class Progress:
    """Is told the number of bytes moved so far."""

    def __init__(
        self, doing: str, *, quiet: bool, verbose: bool, as_json: bool, size: int | None = None
    ) -> None:
        self._doing = doing
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._says = verbose or as_json or (self._terminal and not quiet)
        self._draws = self._terminal and not quiet and not as_json
        self._json = as_json
        self._size = size
        self._began = self._drawn = time.monotonic()
        self._shown = False

    def started(self) -> None:
        """The clock runs from here on."""
        self._began = self._drawn = time.monotonic()

    def __call__(self, moved: int) -> None:
        """Draw the line anew, not too often."""
        now = time.monotonic()
        if self._draws and now - self._drawn >= _EVERY:
            self._drawn, self._shown = now, True
            sys.stderr.write(_ERASE + self.line(moved, now - self._began))
            sys.stderr.flush()

    def line(self, moved: int, seconds: float) -> str:
        """What it says: the rate, and how long it will still take where the size is known."""
        rate = moved / seconds if seconds > 0 else 0.0
        text = f"{self._doing} {amount(moved)}, {amount(rate)}/s"
        if self._size and rate:
            left = max(0.0, (self._size - moved) / rate)
            text += f", {100 * moved // self._size} %, {duration(left)} left"
        return text

    def say(self, text: str, value: JsonObject) -> None:
        """Say something on standard error: where people look, or are known to want it."""
        self.erase()
        if self._says:
            write_error(json.dumps(value) if self._json else f"migaddr: {text}")

    def report(self, report: Report, more: JsonObject, words: str = "") -> None:
        """Say what was moved."""
        rate = report.bytes / report.seconds if report.seconds > 0 else 0.0
        text = f"{self._doing} {report.bytes} bytes in {report.seconds:.2f} s ({amount(rate)}/s)"
        for part in (report.digest, words):
            text += f", {part}" if part else ""
        value: JsonObject = {
            "bytes": report.bytes,
            "seconds": round(report.seconds, 6),
            "digest": report.digest or None,
        }
        self.say(text, value | more)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.erase()

    def erase(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
            self._shown = False


def amount(count: float) -> str:
    """Write a number of bytes: `1.5 GB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < _STEP or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= _STEP
    return ""


def duration(seconds: float) -> str:
    """Write a time: `1:02:03`, `2:03`."""
    minutes, rest = divmod(round(seconds), _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
