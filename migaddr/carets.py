"""Shows a place in a text: the line, and carets under the part that is meant. For people only."""

from __future__ import annotations

_WIDTH = 76  # columns that the line may take, without its indent
_LONGEST = 48  # columns and characters of the part itself; the middle of a longer one is left out
_MOST_IN_A_SENTENCE = 256
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def under(text: str, start: int, end: int, indent: str = "  ") -> str:
    """Give two lines: `text` made printable and cut to fit, and carets under `text[start:end]`."""
    part = _middle_left_out(text[start:end])
    room = (_WIDTH - max(1, columns(part))) // 2 - len("...")
    backwards, forwards = text[max(0, start - 2 * room) : start][::-1], text[end : end + 2 * room]
    # what one side does not need, the other may have
    before = _fitting(backwards, 2 * room - min(columns(printable(forwards)), room))
    after = _fitting(forwards, 2 * room - columns(printable(backwards[:before])))
    left = ("..." if before < start else "") + printable(text[start - before : start])
    right = printable(text[end : end + after]) + ("..." if end + after < len(text) else "")
    marks = " " * columns(left) + "^" * max(1, columns(part))
    return f"{indent}{left}{part}{right}\n{indent}{marks}"


def _middle_left_out(part: str) -> str:
    if len(part) <= _LONGEST and columns(printable(part)) <= _LONGEST:
        return printable(part)
    head, tail = part[: _LONGEST * 2 // 3], part[-_LONGEST // 4 :][::-1]
    head, tail = head[: _fitting(head, _LONGEST * 2 // 3)], tail[: _fitting(tail, _LONGEST // 4)]
    return f"{printable(head)}...{printable(tail[::-1])}"


def _fitting(text: str, room: int) -> int:
    """Count the characters, from the first on, that fit into so many columns."""
    for at, c in enumerate(text):
        room -= columns(printable(c))
        if room < 0:
            return at
    return len(text)


def shortened(text: str, longest: int = _MOST_IN_A_SENTENCE) -> str:
    """Leave out the middle of a text that is too long to show."""
    if len(text) <= longest:
        return text
    return f"{text[: longest * 2 // 3]}...{text[-longest // 4 :]}"


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
