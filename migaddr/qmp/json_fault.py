"""Finds out what is wrong with a text that is no JSON, where, and how to repair its quotes."""

from __future__ import annotations

import json
import re
from typing import Final

from migaddr.errors import ParseError
from migaddr.qmp import json_quotes

MOST_NESTED: Final = 1024  # QEMU's own limit

_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_PIECE: Final = re.compile(
    '(?:[^"\\\\\\x00-\\x1f\ud800-\udfff]++'  # possessive: a long string needs no memory of its parts
    r'|\\["\\/bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*+'
)
_STRING: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKET: Final = re.compile(r"[\[\]{}]")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"[^\s,:\[\]{}\"]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PAIR: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_LONGEST_HINT: Final = 2000
_LONGEST_WALKED: Final = 200_000


class FaultError(ValueError):
    """The first thing in a text that is not JSON."""

    def __init__(self, reason: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.start = start
        self.end = end
        self.hint = hint


def find(text: str, error: Exception) -> ParseError:
    """Give the error for a text that `parse_json` refuses; `error` is what json said."""
    if len(text) > _LONGEST_WALKED and isinstance(error, json.JSONDecodeError):
        at = min(error.pos, len(text))
        return ParseError(f"this is no JSON: {error.msg}", text, at, min(at + 1, len(text)))
    try:
        check(text)
    except FaultError as fault:
        repair = json_quotes.repair(text, fault.start)
        if repair is not None:
            first, repaired = repair
            hint = repaired if len(repaired) <= _LONGEST_HINT and _is_json(repaired) else None
            return ParseError(
                "this quote does not match: JSON strings stand in double quotes",
                text,
                first,
                first + 1,
                hint=hint,
            )
        end = min(fault.end, len(text))
        return ParseError(fault.reason, text, min(fault.start, end), end, hint=fault.hint)
    return ParseError("nested deeper than Python's json reads", text, 0, len(text))


def _is_json(text: str) -> bool:
    """Tell whether nothing else is wrong with a text whose quotes were repaired."""
    try:
        check(text)
    except FaultError:
        return False
    return True


def may_hold_surrogate(text: str) -> bool:
    """Tell whether a text holds a surrogate, or an escape that may be half of one."""
    return (not text.isascii() and _SURROGATE.search(text) is not None) or bool(
        _ESCAPED_SURROGATE.search(text)
    )


def is_nested_too_deep(text: str) -> bool:
    """Tell whether a JSON text is nested deeper than QEMU reads."""
    if text.count("[") + text.count("{") <= MOST_NESTED:
        return False
    depth = deepest = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest > MOST_NESTED


def check(text: str) -> None:
    """Walk through a JSON text, without recursion.

    :raises FaultError: the first thing that does not belong.
    """
    if text.startswith("\ufeff"):
        raise FaultError("a byte order mark", 0, 1, "take it away")
    open_brackets: list[str] = []
    names: list[set[str]] = []  # of each open object
    at = _blanks(text, 0)
    expected = "value"
    while True:
        char = text[at : at + 1]
        if expected in ("value", "first value"):
            if char == "]" and expected == "first value":
                at, expected = _close(open_brackets, names, at)
            elif char in ("{", "["):
                if len(open_brackets) >= MOST_NESTED:
                    raise FaultError(f"nested deeper than {MOST_NESTED}, the most QEMU reads", at, at + 1)
                open_brackets.append(char)
                names.append(set())
                expected = "first name" if char == "{" else "first value"
                at += 1
            else:
                at = _scalar(text, at)
                expected = "next" if open_brackets else "end"
        elif expected in ("name", "first name"):
            if char == "}" and expected == "first name":
                at, expected = _close(open_brackets, names, at)
            else:
                at = _name(text, at, names[-1])
                expected = "value"
        elif expected == "next":
            if char == ",":
                expected = "name" if open_brackets[-1] == "{" else "value"
                at += 1
            elif char == ("}" if open_brackets[-1] == "{" else "]"):
                at, expected = _close(open_brackets, names, at)
            else:
                closing = "}" if open_brackets[-1] == "{" else "]"
                raise _unexpected(text, at, f"',' or '{closing}'")
        elif char:
            raise FaultError("nothing may follow the JSON value", at, len(text))
        else:
            return
        at = _blanks(text, at)


def _close(open_brackets: list[str], names: list[set[str]], at: int) -> tuple[int, str]:
    open_brackets.pop()
    names.pop()
    return at + 1, "next" if open_brackets else "end"


def _name(text: str, at: int, taken: set[str]) -> int:
    if text[at : at + 1] != '"':
        raise _unexpected(text, at, "a name in double quotes")
    end = _string(text, at)
    name = text[at:end]
    if "\\" in name:
        name = json.dumps(json.loads(name), ensure_ascii=False)
    if name in taken:
        raise FaultError("a name that this object has already", at, end, "keep one of the two")
    taken.add(name)
    colon = _blanks(text, end)
    if text[colon : colon + 1] != ":":
        raise _unexpected(text, colon, "':'")
    return colon + 1


def _scalar(text: str, at: int) -> int:
    if text[at : at + 1] == '"':
        return _string(text, at)
    number = _NUMBER.match(text, at)
    word = _WORD.match(text, at)
    if word is None:
        raise _unexpected(text, at, "a value")
    if number is not None and number.end() == word.end():
        return number.end()
    if word[0] in ("true", "false", "null"):
        return word.end()
    hint = None
    if word[0] in ("True", "False"):
        hint = f"write {word[0].lower()}"
    elif word[0] == "None":
        hint = "leave the member out"
    elif word[0].lower().lstrip("+-") in ("nan", "infinity", "inf"):
        raise FaultError("JSON has no such number", at, word.end())
    elif number is not None:
        raise FaultError("this is no JSON number", at, word.end())
    raise FaultError(
        "a value must be a string, number, object, array, true, false or null", at, word.end(), hint
    )


def _string(text: str, start: int) -> int:
    """Give the end of the string that begins here."""
    at = start + 1
    while True:
        at = _end(_PIECE, text, at)
        char = text[at : at + 1]
        if char == '"':
            return at + 1
        if char == "\\":
            escape = _ESCAPED_SURROGATE.match(text, at)
            if escape is None:
                raise FaultError("JSON has no such escape", at + 1, at + 2, "a backslash itself is \\\\")
            pair = _PAIR.match(text, at)
            if pair is None:
                raise FaultError("half of a surrogate pair, which is no character", at, at + 6)
            at = pair.end()
        elif not char:
            raise FaultError("the string that begins here does not end", start, start + 1)
        elif char >= " ":
            raise FaultError("a byte that is not UTF-8", at, at + 1)
        else:
            raise FaultError("a control character in a string must be escaped", at, at + 1)


def _unexpected(text: str, at: int, wanted: str) -> FaultError:
    if at >= len(text):
        return FaultError(f"the text ends where {wanted} should be", at, at)
    word = _WORD.match(text, at)
    return FaultError(f"here should be {wanted}", at, word.end() if word is not None else at + 1)


def _blanks(text: str, at: int) -> int:
    return _end(_BLANKS, text, at)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    assert found is not None  # both patterns match the empty string
    return found.end()
