"""QEMU's `KEY=VALUE,...` syntax: text to a tree of objects, lists and texts, each with its place.

    keyval = [first *("," item)] [","]
    first  = value1 | item                   ; value1 is that of the implied key
    value1 = 1*byte except "=" and ","
    item   = key "=" value | "help" | "?"
    key    = name *("." (name | index))
    value  = *(byte but "," | ",,")          ; ",," is one comma
    name   = ["__" *(ALPHA | DIGIT | "-" | ".") "_"] ALPHA *(ALPHA | DIGIT | "-" | "_")
    index  = 1*DIGIT

A part of a key has at most 127 bytes. An object whose names are all numbers is a list, which must be
without gaps; the last of several values for one key counts.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from migaddr.errors import ParseError
from migaddr.qmp.hash_order import as_met

Span: TypeAlias = tuple[int, int]

_STOP: Final = re.compile(r"[=,]|\Z")
_NAME: Final = re.compile(r"(?:__[A-Za-z0-9.-]*_)?[A-Za-z][A-Za-z0-9_-]*")
_INDEX: Final = re.compile(r"[0-9]+")
_VALUE: Final = re.compile(r"[^,]*(?:,,[^,]*)*")
_LONGEST_PART: Final = 127
_INT_MAX: Final = 2**31 - 1
_DIGITS: Final = frozenset("0123456789")


class Leaf:
    """A value: its text, and where it stands."""

    __slots__ = ("key", "text", "value")

    def __init__(self, text: str, key: Span, value: Span) -> None:
        self.text: Final = text
        self.key: Final = key
        self.value: Final = value


class Branch:
    """An object or, once it is known to be one, a list; `key` is where it was first spoken of."""

    __slots__ = ("is_list", "key", "members")

    def __init__(self, key: Span) -> None:
        self.key: Final = key
        self.members: Final[dict[str, Leaf | Branch]] = {}
        self.is_list: bool = False

    def items(self) -> list[Leaf | Branch]:
        """Give the items of a list, in the order of their numbers; of `0` and `00` the last met counts."""
        by_number = {_number(name): self.members[name] for name in as_met(self.members)}
        return [by_number[number] for number in sorted(by_number)]


def read_keyval(text: str, implied_key: str) -> Branch:
    """Read the whole text.

    :raises ParseError: QEMU refuses it, in whatever option it stands.
    """
    root = Branch((0, 0))
    at = 0
    help_at: Span | None = None
    while at < len(text):
        stop = _STOP.search(text, at)
        assert stop is not None  # the end of the text is one
        end = stop.start()
        if stop[0] != "=" and text[at:end] in ("help", "?"):
            help_at = help_at or (at, end)
            at = end + 1
        elif stop[0] != "=" and at == 0 and end > 0:
            root.members[implied_key] = Leaf(text[:end], (0, end), (0, end))
            at = end + 1
        else:
            at = _read_item(text, at, end, root)
    if help_at is not None:
        raise ParseError(
            "there is no help here",
            text,
            *help_at,
            "Help is not available for this option",
            hint="take it away",
        )
    _find_lists(text, root)
    return root


def _read_item(text: str, start: int, key_end: int, root: Branch) -> int:
    """Read `key=value` into the tree; give where the next item begins."""
    key = (start, key_end)
    branch, name, at = root, "", start
    while True:
        end = _part_end(text, at, start, key_end)
        if end - at > _LONGEST_PART:
            whole = "" if (at, end) == key else " fragment"
            raise ParseError(
                f"a part of a key has at most {_LONGEST_PART} bytes",
                text,
                at,
                end,
                f"Parameter{whole} '{text[at:end]}' is too long",
            )
        if at > start:
            child = branch.members.setdefault(name, Branch(key))
            if isinstance(child, Leaf):
                raise _inconsistent(text, (start, at - 1), f"'{text[start : at - 1]}.*'")
            branch = child
        name = text[at:end]
        if end == key_end:
            break
        at = end + 1
    if text[key_end : key_end + 1] != "=":
        raise ParseError(
            "this key has no value",
            text,
            start,
            key_end,
            f"Expected '=' after parameter '{text[start:key_end]}'",
            hint=f"write {text[start:key_end]}=VALUE; a comma inside of a value is written twice",
        )
    if isinstance(branch.members.get(name), Branch):
        raise _inconsistent(text, key, f"'{text[start:key_end]}.*'")
    found = _VALUE.match(text, key_end + 1)
    assert found is not None  # it matches the empty string
    branch.members[name] = Leaf(found[0].replace(",,", ","), key, found.span())
    return found.end() + 1


def _part_end(text: str, at: int, start: int, key_end: int) -> int:
    """Give the end of the part of the key that begins here."""
    found = _INDEX.match(text, at) if at > start else None
    found = found or _NAME.match(text, at)
    end = at if found is None else found.end()
    if end == at or (end < key_end and text[end] != "."):
        key = text[start:key_end]
        raise ParseError(
            "this is no key" if key else "an empty item",
            text,
            start,
            key_end if key else min(start + 1, len(text)),
            f"Invalid parameter '{key}'",
            hint=_key_hint(text, start, key_end),
        )
    return end


def _key_hint(text: str, start: int, key_end: int) -> str:
    if start == key_end and text.startswith("=", start):
        return "write the key in front of the '='"
    if text[start - 1 : start] == ",":
        return "a comma inside of a value is written twice"
    return "keys are channel-type, and addr. with a member behind it: addr.transport=socket"


def _inconsistent(text: str, span: Span, shown: str) -> ParseError:
    return ParseError(
        "a key is given a value of its own, and parts below it",
        text,
        *span,
        f"Parameters {shown} used inconsistently",
    )


def _find_lists(text: str, root: Branch) -> None:
    """Mark the lists, innermost first, and check that they are some, as QEMU walks through the names."""
    path: list[str] = []
    open_branches = [(root, iter(as_met(root.members)))]
    while open_branches:
        branch, names = open_branches[-1]
        for name in names:
            child = branch.members[name]
            if isinstance(child, Branch):
                path.append(name)
                open_branches.append((child, iter(as_met(child.members))))
                break
        else:
            _check_list(text, branch, path)
            open_branches.pop()
            if path:
                path.pop()


def _check_list(text: str, branch: Branch, path: list[str]) -> None:
    numbers = {_number(name) for name in branch.members if name[0] in _DIGITS}
    if not numbers:
        return
    prefix = "".join(f"{name}." for name in path)
    if not all(name[0] in _DIGITS for name in branch.members):
        raise _inconsistent(text, branch.key, f"'{prefix}*'")
    branch.is_list = True
    gap = next(number for number in range(len(numbers) + 1) if number not in numbers)
    if gap < len(numbers):
        raise ParseError(
            f"the list has no number {gap}",
            text,
            *branch.key,
            f"Parameter '{prefix}{gap}' missing",
            hint="number the items 0, 1, 2, ... without a gap",
        )


def _number(name: str) -> int:
    digits = name.lstrip("0")
    return min(int(digits or "0"), _INT_MAX) if len(digits) < 12 else _INT_MAX
