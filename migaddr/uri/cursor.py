"""One URI being read: its text, the trace if one is kept, and the maker of every ParseError."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from migaddr.errors import ParseError
from migaddr.model import UNSPEAKABLE

if TYPE_CHECKING:
    from migaddr.uri.trace import Trace


class Cursor:
    """The text of one URI.

    :raises ParseError: the text cannot be handed to QEMU at all: no string, a NUL, a lone surrogate.
    """

    __slots__ = ("text", "trace")

    def __init__(self, text: str, trace: Trace | None) -> None:
        if type(text) is not str:
            if not isinstance(text, str):
                raise ParseError(f"a URI is a str, not {type(text).__name__}", "", 0, 0)
            text = str.__str__(text)  # what a subclass (an Enum) is, not how it formats
        if not text.isascii() or "\0" in text:
            found = re.search(UNSPEAKABLE, text)
            if found is not None:
                raise ParseError(
                    "a URI cannot hold a NUL character: QEMU would stop reading there"
                    if found[0] == "\0"
                    else "a URI cannot hold a lone surrogate: it stands for no bytes",
                    text,
                    found.start(),
                    found.end(),
                )
        self.text: Final[str] = text
        self.trace: Final[Trace | None] = trace

    def error(
        self, reason: str, start: int, end: int, qemu_message: str, hint: str | None = None
    ) -> ParseError:
        """Make the error for `text[start:end]`; the caller raises it."""
        return ParseError(reason, self.text, start, end, qemu_message, False, hint)


def with_port(text: str, at: int, *, colon: bool) -> str:
    """Hint at the same URI with a port put in."""
    if len(text) > 200:
        return "write host:port, with an IPv6 address as [::1]:4444"
    return f"write {text[:at]}{':' if colon else ''}4444{text[at:]}"


def byte_length(text: str) -> int:
    """Count the bytes that `text` is to QEMU: UTF-8, a surrogate escape one byte."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def first_bytes(text: str, count: int) -> str:
    """Cut `text` after `count` bytes, as C does, even inside a character."""
    return text.encode("utf-8", "surrogateescape")[:count].decode("utf-8", "surrogateescape")
