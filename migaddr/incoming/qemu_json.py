r"""JSON as QEMU itself reads it, with its words for every fault.

It is JSON, and a little more: a string may stand in single quotes too, and ``\'`` is an escape in either
kind. Refused are control characters in strings, what is not UTF-8, noncharacters, half a surrogate pair, a
name twice, and more than 1024 levels.

Up to 11.0 a whole value is cut into tokens before any of it is parsed, so what is no token is found first.
11.1 parses token by token, and says in which line and at which byte of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from migaddr.errors import ParseError
from migaddr.qmp import JsonValue
from migaddr.qmp.json_text import read_integer
from migaddr.releases import JsonReader

_MOST_NESTED: Final = 1024
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_WORD: Final = re.compile(rb"[a-z]+")
_STRINGS: Final = {  # without the quote that ends it
    b'"': re.compile(rb'"(?:[^"\\\x00-\x1f\xfe\xff]|\\[^\x00-\x1f\xfe\xff])*+'),
    b"'": re.compile(rb"'(?:[^'\\\x00-\x1f\xfe\xff]|\\[^\x00-\x1f\xfe\xff])*+"),
}
_EXPONENT: Final = rb"[eE][+-]?[0-9]*+"
_FRACTION: Final = rb"\.(?:[0-9]++(?:" + _EXPONENT + rb")?)?"
_NUMBER: Final = re.compile(  # as much of one as there is; a zero takes no exponent
    rb"-?(?:0(?:" + _FRACTION + rb")?|[1-9][0-9]*+(?:" + _FRACTION + rb"|" + _EXPONENT + rb")?)?"
)
_INTEGER: Final = re.compile(rb"-?[0-9]+")
_PIECE: Final = re.compile(rb"[^\\]++|\\u.{0,4}|\\.", re.DOTALL)
_HEX: Final = re.compile(rb"[0-9a-fA-F]{4}")
_ESCAPES: Final = dict(zip(b"\"'\\/bfnrt", "\"'\\/\b\f\n\r\t", strict=True))
_WORDS: Final[dict[bytes, JsonValue]] = {b"true": True, b"false": False, b"null": None}
_NONCHARACTER: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_OPENING: Final = (b"{", b"[")
_CLOSING: Final = {b"{": b"}", b"[": b"]"}


class _Token(NamedTuple):
    kind: str
    """`mark`, `string`, `number`, `word`, `stray` or `end`."""
    data: bytes
    start: int


class _Words(NamedTuple):
    """What one reader says where it expects something else."""

    name: str
    colon: str
    next_in: dict[bytes, str]
    end: str


_BATCH: Final = _Words(
    "key is not a string in object",
    "missing : in object pair",
    {b"{": "expected separator in dict", b"[": "expected separator in list"},
    "premature EOI",
)
_PUSH: Final = _Words(
    "expecting key",
    "expecting ':'",
    {b"{": "expected ',' or '}'", b"[": "expected ',' or ']'"},
    "premature end of input",
)
_PLAIN: Final = {
    "key is not a string in object": "a name is a string",
    "expecting key": "here should be a name, which is a string",
    "missing : in object pair": "here should be a ':'",
    "expecting ':'": "here should be a ':'",
    "expected separator in dict": "here should be ',' or '}'",
    "expected ',' or '}'": "here should be ',' or '}'",
    "expected separator in list": "here should be ',' or ']'",
    "expected ',' or ']'": "here should be ',' or ']'",
    "expecting value": "here should be a value",
    "premature EOI": "the text ends inside of the JSON value",
    "premature end of input": "the text ends inside of the JSON value",
    "duplicate key": "a name that this object has already",
    "invalid escape sequence in string": "QEMU's JSON has no such escape",
    "invalid UTF-8 sequence in string": "the string holds what is not UTF-8, or no character",
}


def read_object(text: str, reader: JsonReader) -> dict[str, JsonValue]:
    """Read the object that a text is, which begins with `{`; strings hold no surrogates.

    :raises ParseError: QEMU refuses it, in whatever option it stands.
    """
    return _Reader(text, reader).read()


class _Container:
    """An open object or list."""

    __slots__ = ("as_name", "expected", "items", "mark", "members", "name")

    def __init__(self, mark: bytes, *, as_name: bool) -> None:
        self.mark: Final = mark
        self.as_name: Final = as_name
        """Whether it stands where a name should: its end is then the fault."""
        self.expected = "first name" if mark == b"{" else "first value"
        self.name = ""
        self.members: Final[dict[str, JsonValue]] = {}
        self.items: Final[list[JsonValue]] = []


class _Reader:
    def __init__(self, text: str, reader: JsonReader) -> None:
        self.text = text
        self.data = text.encode("utf-8", "surrogateescape")
        self.push = reader is JsonReader.PUSH
        self.words = _PUSH if self.push else _BATCH
        self.stack: list[_Container] = []

    def read(self) -> dict[str, JsonValue]:
        tokens = self._tokens()
        if not self.push:
            tokens = iter(self._first_value(tokens))
        token = next(tokens)
        root = self._open(token, as_name=False)
        while self.stack:
            token = next(tokens)
            self._take(token)
        rest = self._blanks(token.start + len(token.data))
        if rest < len(self.data):
            reason, answer = "nothing may follow the JSON value", "Expecting at most one JSON value"
            raise self._error(reason, rest, len(self.data), answer)
        return root.members

    # --- tokens ---------------------------------------------------------------------------------------

    def _tokens(self) -> Iterator[_Token]:
        """Cut the text into tokens; the last one is an `end`."""
        at = depth = 0
        while True:
            at = self._blanks(at)
            token = self._token(at)
            if token.kind == "stray":
                shown = token.data.decode("utf-8", "surrogateescape")
                raise self._fault(f"stray '{shown}'", token, _stray(token))
            if token.data in _OPENING:
                depth += 1
                if depth > _MOST_NESTED:
                    answer = "JSON nesting depth limit exceeded"
                    raise self._error(f"more than {_MOST_NESTED} levels", at, at + 1, answer)
            elif token.data in (b"}", b"]"):
                depth -= 1
            yield token
            at += len(token.data)

    def _first_value(self, tokens: Iterator[_Token]) -> list[_Token]:
        """Collect tokens up to where all brackets of one kind are closed once too often, or all of both."""
        found: list[_Token] = []
        braces = brackets = 0
        while True:
            token = next(tokens)
            found.append(token)
            braces += (token.data == b"{") - (token.data == b"}")
            brackets += (token.data == b"[") - (token.data == b"]")
            if token.kind == "end" or braces < 0 or brackets < 0 or not (braces or brackets):
                return found

    def _token(self, at: int) -> _Token:
        data = self.data
        first = data[at : at + 1]
        if not first:
            return _Token("end", b"", at)
        if first in b"{}[]:,":
            return _Token("mark", first, at)
        if first in _STRINGS:
            end = _end(_STRINGS[first], data, at)
            if data[end : end + 1] == first:
                return _Token("string", data[at : end + 1], at)
            escaped = data[end : end + 1] == b"\\"
            return _Token("stray", data[at : end + 1 + escaped], at)
        if first in b"-0123456789":
            end = _end(_NUMBER, data, at)
            follow = data[end : end + 1]
            leads_zero = data[at:end].lstrip(b"-") == b"0" and follow.isdigit()
            if leads_zero or not data[end - 1 : end].isdigit():
                return _Token("stray", data[at : end + 1], at)
            return _Token("number", data[at:end], at)
        word = _WORD.match(data, at)
        return _Token("stray", first, at) if word is None else _Token("word", word[0], at)

    def _blanks(self, at: int) -> int:
        return _end(_BLANKS, self.data, at)

    # --- the value ------------------------------------------------------------------------------------

    def _take(self, token: _Token) -> None:
        """Let one token follow those before it."""
        top = self.stack[-1]
        if token.kind == "end":
            raise self._fault(self.words.end, token)
        closes = token.data == _CLOSING[top.mark]
        if top.expected == "colon":
            if token.data != b":":
                raise self._fault(self.words.colon, token)
            top.expected = "value"
        elif top.expected == "next":
            if closes:
                self._close(token)
            elif token.data == b",":
                top.expected = "name" if top.mark == b"{" else "value"
            else:
                raise self._fault(self.words.next_in[top.mark], token)
        elif closes and top.expected in ("first name", "first value"):
            self._close(token)
        elif top.expected in ("name", "first name"):
            self._name(top, token)
        elif token.data in _OPENING:
            self._open(token, as_name=False)
        else:
            self._add(self._scalar(token), token)

    def _name(self, top: _Container, token: _Token) -> None:
        if token.kind == "string":
            top.name = self._string(token)
            top.expected = "colon"
        elif self.push:
            raise self._fault(self.words.name, token)
        elif token.data in _OPENING:
            self._open(token, as_name=True)
        else:
            self._scalar(token)
            raise self._fault(self.words.name, token)

    def _open(self, token: _Token, *, as_name: bool) -> _Container:
        container = _Container(token.data, as_name=as_name)
        self.stack.append(container)
        return container

    def _close(self, token: _Token) -> None:
        closed = self.stack.pop()
        if closed.as_name:
            raise self._fault(self.words.name, token)
        if self.stack:
            self._add(closed.members if closed.mark == b"{" else closed.items, token)

    def _add(self, value: JsonValue, token: _Token) -> None:
        top = self.stack[-1]
        if top.mark == b"[":
            top.items.append(value)
        elif top.name in top.members:
            raise self._fault("duplicate key", token)
        else:
            top.members[top.name] = value
        top.expected = "next"

    def _scalar(self, token: _Token) -> JsonValue:
        if token.kind == "string":
            return self._string(token)
        if token.kind == "number":
            number = token.data.decode()
            return read_integer(number) if _INTEGER.fullmatch(token.data) else float(number)
        if token.kind == "word":
            if token.data not in _WORDS:
                word = token.data.decode()
                raise self._fault(f"invalid keyword '{word}'", token, "a word is true, false or null")
            return _WORDS[token.data]
        raise self._fault("expecting value", token)

    def _string(self, token: _Token) -> str:
        pieces: list[str] = []
        content = token.data[1:-1]
        at = 0
        while at < len(content):
            found = _PIECE.match(content, at)
            assert found is not None  # after a backslash there is a byte
            piece = found[0]
            at = found.end()
            if piece[:1] != b"\\":
                pieces.append(self._decoded(piece, token))
            elif piece[1:2] != b"u":
                if piece[1] not in _ESCAPES:
                    raise self._fault("invalid escape sequence in string", token)
                pieces.append(_ESCAPES[piece[1]])
            else:
                low = content[at : at + 6]
                code, pair = _code_point(piece[2:], low)
                if pair:
                    at += 6
                if code is None:
                    # QEMU shows six bytes, as far as the token goes
                    begin = 1 + found.start()
                    shown = token.data[begin : begin + (12 if pair else 6)].decode("utf-8", "surrogateescape")
                    reason = "this escape stands for no character"
                    raise self._fault(f"{shown} is not a valid Unicode character", token, reason)
                pieces.append(code)
        return "".join(pieces)

    def _decoded(self, piece: bytes, token: _Token) -> str:
        try:
            text = piece.replace(b"\xc0\x80", b"\0").decode()
        except UnicodeDecodeError:
            text = None
        if text is None or (not text.isascii() and _NONCHARACTER.search(text) is not None):
            raise self._fault("invalid UTF-8 sequence in string", token)
        return text

    # --- faults ---------------------------------------------------------------------------------------

    def _fault(self, answer: str, token: _Token, reason: str | None = None) -> ParseError:
        where = ""
        if self.push:
            start = token.start
            # what ends a number or a word is read twice, and counted twice
            start += self.data[start - 1 : start].isalnum()
            line = self.data.count(b"\n", 0, token.start)
            column = start - self.data.rfind(b"\n", 0, token.start)
            where = f"{line + 1}:{column}: "
        end = token.start + len(token.data)
        return self._error(reason or _PLAIN[answer], token.start, end, f"{where}JSON parse error, {answer}")

    def _error(self, reason: str, start: int, end: int, answer: str) -> ParseError:
        first, last = (self._characters(at) for at in (start, end))
        return ParseError(reason, self.text, first, last, answer)

    def _characters(self, at: int) -> int:
        """Turn an offset in bytes into one in characters; inside of one it counts as begun."""
        return len(self.data[:at].decode("utf-8", "surrogateescape")) if not self.text.isascii() else at


def _code_point(digits: bytes, low: bytes) -> tuple[str | None, bool]:
    """Give the character of an escape, if it is one, and whether the next escape is its other half."""
    if not _HEX.fullmatch(digits):
        return None, False
    code = int(digits, 16)
    if 0xD800 <= code <= 0xDBFF and low[:2] == b"\\u" and _HEX.fullmatch(low[2:]):
        half = low[2:]
        other = int(half, 16)
        if 0xDC00 <= other <= 0xDFFF:
            code = 0x10000 + ((code & 0x3FF) << 10) + (other & 0x3FF)
            text = chr(code)
            return (None if _NONCHARACTER.match(text) else text), True
    if 0xD800 <= code <= 0xDFFF:
        return None, False
    text = chr(code)
    return (None if _NONCHARACTER.match(text) else text), False


def _stray(token: _Token) -> str:
    if token.data[:1] in _STRINGS:
        return (
            "the string that begins here does not end"
            if token.data[-1:] >= b" "
            else "a control character in a string must be escaped"
        )
    if token.data[:1] in b"-0123456789":
        return "this is no JSON number"
    if token.data == b"%":
        return "QEMU fills in nothing here: '%' belongs into a string"
    return "this begins nothing in JSON"


def _end(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    found = pattern.match(data, at)
    assert found is not None  # each matches the empty string, or what is there
    return found.end()
