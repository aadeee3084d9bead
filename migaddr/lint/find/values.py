"""A string expression as the program will see it: its text, with holes, and where each character was written.

Data only: nothing here knows a programming language. Offsets are bytes of the source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, TypeAlias, final

import attrs

HOLE: Final = "\ufdd0"
"""Stands in a Value's text for what only the running program knows. It is no character of Unicode."""

Place: TypeAlias = tuple[int, int]

_PRINTF = re.compile(
    r"%(?:\((?P<name>\w+)\))?(?:[0-9]+\$)?[-#0 +']*(?P<width>\*|[0-9]+)?(?:\.(?P<precision>\*|[0-9]*))?"
    rf"(?:hh|h|ll|l|j|z|t|L)?(?P<kind>[diouxXeEfFgGcrsapvTqQbUw%{HOLE}])"
)
_BRACES = re.compile(r"\{\{|\}\}|\{(?P<what>[\w.\[\]]*)(?:![rsa])?(?::[^{}]*)?\}")


@final
@attrs.frozen
class Hole:
    """Something that is put into an address when the program runs."""

    start: int
    end: int
    expression: str
    """What is put in, as written; empty where that is not known."""
    quoted: bool = False
    """It has passed through a function that quotes it for a shell."""


@final
@attrs.frozen
class Value:
    """What a string expression is worth: one start and end in the source for every character of its text."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    holes: dict[int, Hole] = attrs.field(factory=dict)
    """Every hole, by its place in the text."""
    atoms: tuple[Place, ...] = ()
    """The literals and operands that the value is made of, quotes included."""

    def __add__(self, other: Value) -> Value:
        shift = len(self.text)
        holes = {**self.holes, **{at + shift: hole for at, hole in other.holes.items()}}
        return Value(
            self.text + other.text,
            (*self.starts, *other.starts),
            (*self.ends, *other.ends),
            holes,
            self.atoms + other.atoms,
        )

    def part(self, start: int, end: int) -> Value:
        """Cut out `text[start:end]`."""
        holes = {at - start: hole for at, hole in self.holes.items() if start <= at < end}
        return Value(self.text[start:end], self.starts[start:end], self.ends[start:end], holes, self.atoms)

    @property
    def shown(self) -> str:
        """The text with `{}` for every hole."""
        return self.text.replace(HOLE, "{}")

    def place(self, start: int, end: int) -> Place:
        """Tell where `text[start:end]` stands in the source; whole atoms where it takes more than one."""
        first, last = self.starts[start], self.ends[end - 1]
        for atom in self.atoms:
            if atom[0] <= first and last <= atom[1]:
                return first, last
        covering = [atom for atom in self.atoms if atom[0] <= first < atom[1] or atom[0] < last <= atom[1]]
        if not covering:
            return first, max(last, first)
        return min(first, *(a[0] for a in covering)), max(last, *(a[1] for a in covering))


def literal(text: str, start: int, step: Sequence[int] | None = None) -> Value:
    """Make the value of text that stands in the source as it is; `step` gives the bytes of each character."""
    if step is None and text.isascii():
        n = len(text)
        return Value(text, range(start, start + n), range(start + 1, start + n + 1))
    starts, ends, at = [], [], start
    for index, c in enumerate(text):
        size = step[index] if step is not None else _width(c)
        starts.append(at)
        at += size
        ends.append(at)
    return Value(text, starts, ends)


def _width(c: str) -> int:
    code = ord(c)
    if code < 0x80 or 0xDC80 <= code <= 0xDCFF:
        return 1
    return 2 if code < 0x800 else 3 if code < 0x10000 else 4


def hole(start: int, end: int, expression: str, *, quoted: bool = False) -> Value:
    """Make the value of an expression that is not known."""
    return Value(HOLE, (start,), (end,), {0: Hole(start, end, expression, quoted)}, ((start, end),))


def joined(pieces: Sequence[Value]) -> Value:
    """Put pieces together, in linear time."""
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    holes: dict[int, Hole] = {}
    atoms: list[Place] = []
    length = 0
    for piece in pieces:
        holes.update((at + length, found) for at, found in piece.holes.items())
        text.append(piece.text)
        starts.extend(piece.starts)
        ends.extend(piece.ends)
        atoms.extend(piece.atoms)
        length += len(piece.text)
    return Value("".join(text), starts, ends, holes, tuple(atoms))


def printf(value: Value, arguments: Sequence[Value | None] = ()) -> Value:
    """Put arguments into the conversions of C, Go, Python, Perl and Ruby; an unknown one is a hole.

    A hole after `%` is C's PRIu16 and the like, the end of a conversion.
    A literal argument of `%s` is put in as it is. `%(name)s` is always a hole.
    """
    if "%" not in value.text:
        return value
    pieces: list[Value] = []
    at = used = 0
    for match in _PRINTF.finditer(value.text):
        start, end = match.span()
        pieces.append(value.part(at, start))
        at = end
        if match["kind"] == "%":
            pieces.append(value.part(start, start + 1))
            continue
        used += (match["width"] == "*") + (match["precision"] == "*")
        given = arguments[used] if used < len(arguments) and match["name"] is None else None
        used += 1
        pieces.append(_filled(value, start, end, given, plain=match["kind"] in "sv"))
    pieces.append(value.part(at, len(value.text)))
    return _with_atoms(joined(pieces), value.atoms)


def braces(value: Value, arguments: Sequence[Value | None] = ()) -> Value:
    """Put arguments into the `{}` of Python's str.format and Rust's format!; an unknown one is a hole."""
    if "{" not in value.text and "}" not in value.text:
        return value
    pieces: list[Value] = []
    at = used = 0
    for match in _BRACES.finditer(value.text):
        start, end = match.span()
        pieces.append(value.part(at, start))
        at = end
        if match["what"] is None:
            pieces.append(value.part(start, start + 1))
            continue
        given: Value | None = None
        if match["what"] == "":
            given = arguments[used] if used < len(arguments) else None
            used += 1
        elif match["what"].isdigit() and int(match["what"]) < len(arguments):
            given = arguments[int(match["what"])]
        pieces.append(_filled(value, start, end, given, plain=True, name=match["what"]))
    pieces.append(value.part(at, len(value.text)))
    return _with_atoms(joined(pieces), value.atoms)


def _filled(value: Value, start: int, end: int, given: Value | None, *, plain: bool, name: str = "") -> Value:
    place = value.starts[start], value.ends[end - 1]
    if given is None:
        return Value(HOLE, (place[0],), (place[1],), {0: Hole(*place, name)})
    if plain and HOLE not in given.text and given.text:
        return Value(given.text, (place[0],) * len(given.text), (place[1],) * len(given.text))
    only = given.holes.get(0)
    expression = only.expression if only is not None else ""
    quoted = only.quoted if only is not None else False
    return Value(HOLE, (place[0],), (place[1],), {0: Hole(*place, expression, quoted)})


def _with_atoms(value: Value, atoms: tuple[Place, ...]) -> Value:
    return attrs.evolve(value, atoms=atoms)
