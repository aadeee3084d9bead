r"""A shell command as its words, where no shell is needed to say what they are; and words for a shell.

    line  = *blank *(word 1*blank) [word] *(blank | newline)
    word  = 1*part
    part  = 1*plain | "\\" byte | "'" *byte "'" | '"' *(byte | "\\" byte) '"'

A backslash in front of a newline goes away with it. What a shell would replace or act on is refused.
"""

from __future__ import annotations

import re
from typing import Final

from migaddr.errors import ParseError

_SAFE: Final = re.compile(r"[A-Za-z0-9_@%+=:,./\-]+")
_BLANKS: Final = re.compile(r"(?:[ \t]|\\\n)+")
_PART: Final = re.compile(
    r"'(?P<single>[^']*)'"
    r'|"(?P<double>(?:[^"\\$`]|\\.)*+)"'
    r"|\\(?P<escaped>.)"
    r"|(?P<plain>[^ \t\n'\"\\$`;&|<>()*?{}~#]++)"
    r"|(?P<inner>[~#])",
    re.DOTALL,
)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=(?:.*:)?", re.DOTALL)
"""What bash takes for the begin of an assignment, even in an argument; a tilde behind it is a folder."""
_DROPPED: Final = re.compile(r'\\(["\\$`\n])')
_REASONS: Final = {
    **dict.fromkeys("$`", "a shell replaces this"),
    **dict.fromkeys("*?{}~", "a shell may replace this"),
    **dict.fromkeys(";&|<>()\n#", "here the command ends"),
    "'": "the quote that begins here does not end",
    "\\": "nothing follows the backslash",
}


def quote(word: str) -> str:
    """Write a word so that every shell reads it as it is."""
    if _SAFE.fullmatch(word):
        return word
    inner = word.replace("'", "'\"'\"'")
    return f"'{inner}'"


def split(text: str) -> list[str]:
    """Give the words of one simple command.

    :raises ParseError: a quote does not end, or a shell would replace or act on something.
    """
    if not isinstance(text, str):
        raise ParseError(f"a shell command is a str, not {type(text).__name__}", "", 0, 0)
    words: list[str] = []
    parts: list[str] = []
    begun = False
    at = 0
    while at < len(text):
        blanks = _BLANKS.match(text, at)
        if blanks is not None:
            at = blanks.end()
            if begun and (" " in blanks[0] or "\t" in blanks[0]):
                words.append("".join(parts))
                parts, begun = [], False
            continue
        part = _PART.match(text, at)
        if part is None and not text[at:].strip(" \t\n"):
            break  # the end of the line
        if part is None or (part["inner"] and _is_special(part["inner"], parts, begun=begun)):
            raise _fault(text, at)
        inner = part["double"]
        parts.append(
            _DROPPED.sub(lambda found: found[1].strip("\n"), inner)
            if inner is not None
            else part["single"] or part["escaped"] or part["plain"] or part["inner"] or ""
        )
        begun = True
        at = part.end()
    if begun:
        words.append("".join(parts))
    return words


def _is_special(char: str, parts: list[str], *, begun: bool) -> bool:
    """Tell whether a "#" or "~" is more than itself, behind these parts of a word."""
    return not begun or (char == "~" and _ASSIGNMENT.fullmatch("".join(parts)) is not None)


def _fault(text: str, at: int) -> ParseError:
    char = text[at]
    if char == '"':
        # it does not end, or holds what a shell replaces
        inner = re.compile(r'"(?:[^"\\$`]|\\.)*+', re.DOTALL).match(text, at)
        assert inner is not None  # the quote is there
        if inner.end() < len(text) and text[inner.end()] in "$`":
            return _fault(text, inner.end())
        return ParseError(_REASONS["'"], text, at, at + 1)
    hint = None if char in "'\\" else "put it into single quotes"
    return ParseError(_REASONS[char], text, at, at + 1, hint=hint)
