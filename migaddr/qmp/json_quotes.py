"""Repairs a JSON text in which only quotes are wrong, by the cheapest change that makes it whole.

First, one quote of another kind made a double quote: of those that do, the one at the fault, else the last
before it. Where none does, a search over ways to read the text. A quote of another kind may stand for a
double quote (cost 2), a double quote may belong to the string around it (cost 3), and a string that another
kind of quote opened may go on where that kind seems to close it (cost 5: two strings read as such are cheaper
than one that swallows both). Of the cheapest readings the one whose first change comes last is taken: what
stands before a wrong quote was right.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
import json
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

_QUOTES: Final = "'\"`\u2018\u2019\u201c\u201d"
_CLOSING: Final = {"\u2018": "\u2019", "\u201c": "\u201d"}
_FOREIGN: Final = re.compile("(?<!\\\\)['`\u2018\u2019\u201c\u201d]")
_QUOTE: Final = re.compile(rf"[ \t\n\r]*[{_QUOTES}]")
_NEXT_QUOTE: Final = re.compile(rf"\\.|[{_QUOTES}]|[\x00-\x1f]", re.DOTALL)
_STRUCTURE: Final = re.compile(r"[ \t\n\r]*(?:[:,\]}]|\Z)")
_TOKEN: Final = re.compile(
    r"[ \t\n\r]*(?:([\[\]{}:,])"
    r"|(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.]))"
)
_LONGEST: Final = 100_000
_MOST_STEPS: Final = 20_000
_MOST_SWAPS: Final = 64
_OTHER_QUOTE: Final = 2
_INNER_QUOTE: Final = 3
_PASSED_END: Final = 5

_Edits: TypeAlias = "tuple[_Edits, int, str] | None"  # a linked list of (position, replacement), last first
_State: TypeAlias = tuple[int, str, str]  # position, open brackets, what is expected


def repair(text: str, fault: int) -> tuple[int, str] | None:
    """Give the position of the first wrong quote and the repaired text, or None; JSON ends at `fault`."""
    if len(text) > _LONGEST:
        return None
    return _by_one_swap(text, fault) or _by_search(text)


def _by_one_swap(text: str, fault: int) -> tuple[int, str] | None:
    foreign = [found.start() for found in _FOREIGN.finditer(text)]
    at = bisect.bisect_right(foreign, fault)
    for swapped in itertools.islice(itertools.chain(reversed(foreign[:at]), foreign[at:]), _MOST_SWAPS):
        repaired = f'{text[:swapped]}"{text[swapped + 1 :]}'
        try:
            json.loads(repaired)
        except (ValueError, RecursionError):
            continue
        return swapped, repaired
    return None


def _by_search(text: str) -> tuple[int, str] | None:
    heap: list[tuple[int, int, int, int, _State, _Edits]] = []
    start: _State = (0, "", "value")
    heapq.heappush(heap, (0, -len(text), 0, 0, start, None))
    seen: set[tuple[_State, int]] = set()
    count = 0
    while heap and count < _MOST_STEPS:
        cost, first, _, _, state, edits = heapq.heappop(heap)
        if (state, first) in seen:
            continue
        seen.add((state, first))
        advanced = _advance(text, state)
        if advanced is None:
            continue
        if advanced[2] == "end":
            return None if edits is None else (-first, _apply(text, edits))
        for price, at, expected, changes in _strings(text, advanced):
            count += 1
            new = edits
            for position, replacement in changes:
                new = (new, position, replacement)
            where = first if edits is not None or not changes else -changes[0][0]
            following = (at, advanced[1], expected)
            heapq.heappush(heap, (cost + price, where, -at, count, following, new))
    return None


def _advance(text: str, state: _State) -> _State | None:
    """Read on to the next string, or to the end; None where the text stops being JSON."""
    at, stack, expected = state
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            quote = _QUOTE.match(text, at)
            if quote is not None:
                wants_string = expected in ("value", "first value", "name", "first name")
                return (quote.end() - 1, stack, expected) if wants_string else None
            at_end = expected == "next" and not stack and not text[at:].strip(" \t\n\r")
            return (at, stack, "end") if at_end else None
        at = token.end()
        follow = _follow(token[1], stack, expected)
        if follow is None:
            return None
        stack, expected = follow


def _follow(mark: str | None, stack: str, expected: str) -> tuple[str, str] | None:
    """Give the brackets and the expectation after a token; no mark is a number or a word."""
    wants_value = expected in ("value", "first value")
    match mark:
        case None:
            return (stack, "next") if wants_value else None
        case "[":
            return (stack + "[", "first value") if wants_value else None
        case "{":
            return (stack + "{", "first name") if wants_value else None
        case ":":
            return (stack, "value") if expected == "colon" else None
        case ",":
            if expected != "next" or not stack:
                return None
            return stack, "name" if stack[-1] == "{" else "value"
        case _:
            opening = "[" if mark == "]" else "{"
            allowed = ("next", "first value" if mark == "]" else "first name")
            if not stack or stack[-1] != opening or expected not in allowed:
                return None
            return stack[:-1], "next"


def _strings(text: str, state: _State) -> Iterator[tuple[int, int, str, list[tuple[int, str]]]]:
    """List the ways to read the string here: price, where it ends, what follows, the changes made."""
    start, _, wanted = state
    expected = "colon" if wanted in ("name", "first name") else "next"
    changes: list[tuple[int, str]] = []
    price = 0
    foreign = text[start] != '"'
    if foreign:
        changes, price = [(start, '"')], _OTHER_QUOTE
    skipped = 0
    for quote in _NEXT_QUOTE.finditer(text, start + 1):
        at, char = quote.start(), quote[0]
        if char[0] == "\\":
            if foreign and char[1] == "'":  # of single quotes alone, in JSON it is no escape
                changes.append((at, ""))
            continue
        if char not in _QUOTES:
            return  # a raw control character cannot be in a string
        if char == '"':
            if not skipped or _STRUCTURE.match(text, at + 1):
                yield price, at + 1, expected, list(changes)
            changes.append((at, '\\"'))
            price += _INNER_QUOTE
            skipped += 1
            if skipped > 1:  # a pair of them is two strings with something missing between
                return
        elif _STRUCTURE.match(text, at + 1):
            yield price + _OTHER_QUOTE, at + 1, expected, [*changes, (at, '"')]
            if foreign and char in (text[start], _CLOSING.get(text[start])):
                price += _PASSED_END


def _apply(text: str, edits: _Edits) -> str:
    pieces: list[str] = []
    end = len(text)
    while edits is not None:
        edits, position, replacement = edits
        pieces += [text[position + 1 : end], replacement]
        end = position
    pieces.append(text[:end])
    return "".join(reversed(pieces))
