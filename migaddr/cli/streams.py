"""Standard streams and arguments as bytes that may not be UTF-8, whatever the locale says."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, TextIO


def read_input() -> str:
    """Read all of standard input."""
    return _binary(sys.stdin).read().decode("utf-8", "surrogateescape")


def input_lines() -> Iterator[str]:
    """Read standard input line by line, as the lines come, without their ends."""
    for line in _binary(sys.stdin):
        yield line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")


def argument(text: str) -> str:
    """Give an argument of the command line as the bytes it was are in UTF-8."""
    return os.fsencode(text).decode("utf-8", "surrogateescape")


def write_line(text: str) -> None:
    """Write a line to standard output."""
    _binary(sys.stdout).write(_encoded(text))


def write_error(text: str) -> None:
    """Write a line to standard error, behind what standard output has got so far."""
    flush_output()
    with contextlib.suppress(OSError):  # there is nowhere left to say it
        stream = _binary(sys.stderr)
        stream.write(_encoded(text))
        stream.flush()


def flush_output() -> None:
    """Hand on what was written."""
    _binary(sys.stdout).flush()


def _binary(stream: TextIO | None) -> BinaryIO:
    if stream is None:  # the shell closed it: <&- or >&-
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return stream.buffer


def _encoded(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "surrogateescape")
