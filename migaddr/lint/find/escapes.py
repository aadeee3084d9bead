"""Backslash escapes, as the languages that have them agree on them."""

from __future__ import annotations

import re
from typing import Final

_SIMPLE: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "e": "\x1b",
    "\n": "",
    "\r": "",
}
_SHELL: Final = re.compile(r"\\([\"$`\\\n])|[^\\]+|\\", re.DOTALL)
_WORD: Final = re.compile(r"\\(.)|[^\\]+|\\", re.DOTALL)
_LARGEST = 0x10FFFF


def unescape(written: str) -> str:
    """Decode one escape; what no language knows stays as it is written."""
    if written in ("{{", "}}", "''", '""'):
        return written[0]
    if len(written) < 2 or written[0] != "\\":
        return written
    kind, rest = written[1], written[2:]
    digits = rest.strip("{}")
    if kind in "xuU" and digits:
        return _character(digits, 16, written)
    if kind.isdigit() and written[1:].isdigit() and (rest or kind != "0"):
        return _character(written[1:], 8, written)
    if kind in "\n\r":
        return ""
    return _SIMPLE.get(kind, kind) if not rest else written


def _character(digits: str, base: int, written: str) -> str:
    try:
        code = int(digits, base)
    except ValueError:
        return written
    if code > _LARGEST or 0xD800 <= code <= 0xDFFF:
        return written
    return chr(code)


def shell_pieces(written: str, *, in_quotes: bool) -> list[tuple[str, int]]:
    """Cut a shell text at its backslashes: each piece as it is read, and the characters it was written in."""
    pieces = []
    for match in (_SHELL if in_quotes else _WORD).finditer(written):
        escaped = match[1]
        if escaped is not None:
            pieces.append(("" if escaped == "\n" else escaped, 2))
        else:
            pieces.append((match[0], len(match[0])))
    return pieces
