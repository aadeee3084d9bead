"""Shows a place in a text: the line, and carets under the part that is meant. For people only."""

from __future__ import annotations

_CONTEXT = 48  # characters of the text shown on either side of the part
_LONGEST = 64  # characters of the part itself; the middle of a longer one is left out
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def under(text: str, start: int, end: int, indent: str = "  ") -> str:
    """Give two lines: `text` made printable and cut to fit, and carets under `text[start:end]`."""
    before = text[max(0, start - _CONTEXT) : start]
    after = text[end : end + _CONTEXT]
    lead = "..." if start > _CONTEXT else ""
    tail = "..." if end + _CONTEXT < len(text) else ""
    part = printable(shortened(text[start:end]))
    left = lead + printable(before)
    marks = " " * columns(left) + "^" * max(1, columns(part))
    return f"{indent}{left}{part}{printable(after)}{tail}\n{indent}{marks}"


def shortened(text: str) -> str:
    """Leave out the middle of a text that is too long to show."""
    if len(text) <= 4 * _LONGEST:
        return text
    return f"{text[: 2 * _LONGEST]}...{text[-_LONGEST:]}"


def printable(text: str) -> str:
    """Escape what a terminal cannot show or would act on: controls, stray bytes, separators."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else _ESCAPES.get(c) or _escape(c) for c in text)


def _escape(c: str) -> str:
    code = ord(c)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: one raw byte
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def columns(text: str) -> int:
    """Count the terminal columns that a printable text takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    import unicodedata  # costs memory and is needed for errors alone

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
