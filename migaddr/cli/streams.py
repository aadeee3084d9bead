"""Standard input and output as bytes that may not be UTF-8, whatever the locale says."""

from __future__ import annotations

import sys
from collections.abc import Iterator


def read_input() -> str:
    """Read all of standard input."""
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def input_lines() -> Iterator[str]:
    """Read standard input line by line, as the lines come, without their ends."""
    for line in sys.stdin.buffer:
        yield line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")


def write_line(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.buffer.write(_encoded(text))


def write_error(text: str) -> None:
    """Write a line to standard error, behind what standard output has got so far."""
    flush_output()
    sys.stderr.buffer.write(_encoded(text))
    sys.stderr.buffer.flush()


def flush_output() -> None:
    """Hand on what was written."""
    sys.stdout.buffer.flush()


def _encoded(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "surrogateescape")
