"""An address as a member of its command: `"uri": "tcp:..."`, `channels=[...]`; how it is written there.

What is read here is data: nothing of a source is run. What would need an escape to be written is not written.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Final, final

import attrs

from migaddr.errors import ParseError
from migaddr.lint.rules.rule import Subject
from migaddr.qmp import JsonValue, parse_json

_NEAR: Final = 200  # bytes before an address in which its key stands
_JAVASCRIPT: Final = frozenset({"javascript", "typescript", "tsx"})
_DATA: Final = frozenset({"json", "text", "markdown", "yaml"})
_ARGUMENTS = re.compile(rb"(?P<quote>\\?[\"'])arguments(?P=quote)\s*:\s*\{[^{}]*\Z")
_AROUND = re.compile(rb"\\?[\"']")
_NOT_PLAIN: Final = frozenset("\"'\\")
_OF_TEMPLATES: Final = frozenset("{}%$`#")


@final
@attrs.frozen
class Member:
    """A key, and how strings are quoted beside it."""

    start: int
    """Where it begins, in bytes of the source."""
    end: int
    """Where its value begins."""
    quote: str
    """What stands around the strings: `"`, `'`, or backslash and `"`."""
    keyword: bool
    """It is `uri=`, and not `"uri":`."""


def is_json(subject: Subject) -> bool:
    """Tell whether an address stands in JSON: nothing but QEMU is given it."""
    return subject.found.carrier == "json" or subject.language == "json"


def is_python(subject: Subject) -> bool:
    """Tell whether it is an expression of Python."""
    return subject.language == "python" and subject.found.carrier == "code"


def member_before(subject: Subject, name: str, at: int, quote: str = '"') -> Member | None:
    """Find the key `name` of the value that begins at a byte; `quote` is for a key without quotes."""
    exact = re.escape(name).encode()
    first = max(0, at - _NEAR)
    before = subject.data[first:at]
    in_code = subject.found.carrier == "code"
    readable = is_json(subject) or is_python(subject) or (in_code and subject.language in _JAVASCRIPT)
    if readable or (subject.language == "markdown" and _ARGUMENTS.search(before)):
        quoted = re.search(rb"(?P<quote>\\?[\"'])" + exact + rb"(?P=quote)\s*:\s*\Z", before)
        if quoted is not None:
            return Member(first + quoted.start(), at, quoted["quote"].decode(), keyword=False)
    if is_python(subject):  # an argument, and no assignment
        keyword = re.search(rb"[(,]\s*(?P<name>" + exact + rb")\s*=\s*\Z", before)
        if keyword is not None:
            return Member(first + keyword.start("name"), at, quote, keyword=True)
    if in_code and subject.language in _JAVASCRIPT:
        bare = re.search(rb"(?<![\w\"'])" + exact + rb"\s*:\s*\Z", before)
        if bare is not None:
            return Member(first + bare.start(), at, quote, keyword=False)
    return None


def in_format(subject: Subject) -> bool:
    """Tell whether braces are doubled around: the text is formatted, and one more brace would end a hole."""
    found = subject.found
    around = subject.data[max(0, found.start - _NEAR) : found.end + _NEAR]
    return found.carrier == "json" and subject.language not in _DATA and (b"{{" in around or b'}}"' in around)


def key(name: str, member: Member, subject: Subject) -> str:
    """Write a key as the member's."""
    if member.keyword:
        return f"{name}="
    bare = subject.data[member.start : member.start + 1] not in (b'"', b"'", b"\\")
    return f"{name}: " if bare else f"{member.quote}{name}{member.quote}: "


def write(value: object, quote: str, subject: Subject) -> str | None:
    """Write a JSON value as it stands in the source; None where something would have to be escaped."""
    try:
        return _write(value, quote, subject)
    except ValueError:
        return None


def _write(value: object, quote: str, subject: Subject) -> str:
    if isinstance(value, str):
        refused = _NOT_PLAIN if subject.language in _DATA else _NOT_PLAIN | _OF_TEMPLATES
        if not value.isprintable() or refused.intersection(value):
            raise ValueError
        return f"{quote}{value}{quote}"
    if isinstance(value, list):
        return f"[{', '.join(_write(item, quote, subject) for item in value)}]"
    if isinstance(value, dict):
        members = (f"{_write(k, quote, subject)}: {_write(v, quote, subject)}" for k, v in value.items())
        return f"{{{', '.join(members)}}}"
    return str(value) if is_python(subject) else json.dumps(value)


def read(written: bytes, quote: str, subject: Subject) -> JsonValue:
    """Read a value as it stands in the source; None where it is none, or not all of it stands there."""
    try:
        text = written.decode()
        if is_python(subject):
            if "#" in text:
                return None  # a comment would be lost
            value: object = ast.literal_eval(text)
            return parse_json(json.dumps(value))
        if len(quote) > 1:
            text = text.replace('\\"', '"')
        elif quote == "'":
            if '"' in text:
                return None
            text = text.replace("'", '"')
        return None if "\\" in text else parse_json(text)
    except (ParseError, ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def quote_of(written: bytes) -> str:
    """Tell how strings are quoted in a value."""
    match = _AROUND.search(written)
    return '"' if match is None else match[0].decode()
