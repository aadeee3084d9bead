"""Makes a case smaller while it stays interesting: delta debugging on text, and on JSON member by member."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from migaddr.qmp import JsonValue

_T = TypeVar("_T")
Path: TypeAlias = tuple[int | str, ...]
Test: TypeAlias = Callable[[JsonValue], bool]
"""Tells whether a value is still interesting. It may say no to everything when it has had enough."""


def shrink(value: JsonValue, interesting: Test) -> JsonValue:
    """Give a value that is interesting, and of which nothing that was tried can be left out."""
    while True:
        before = value
        for path in list(_paths(value)):
            value = _shrink_at(value, path, interesting)
        if value == before:
            return value


def _shrink_at(value: JsonValue, path: Path, interesting: Test) -> JsonValue:
    """Shrink what is at one place, if it is still there."""
    try:
        here = _get(value, path)
    except LookupError:
        return value

    def holds(other: JsonValue) -> bool:
        return interesting(_put(value, path, other))

    if isinstance(here, str):
        return _put(value, path, shrink_text(here, holds))
    if isinstance(here, dict):
        names = fewer(list(here), lambda kept: holds({name: here[name] for name in kept}))
        return _put(value, path, {name: here[name] for name in names})
    if isinstance(here, list):
        return _put(value, path, fewer(here, lambda kept: holds(list(kept))))
    if isinstance(here, (int, float)) and not isinstance(here, bool):
        return _put(value, path, next((one for one in _lesser(here) if holds(one)), here))
    return value


def shrink_text(text: str, interesting: Callable[[str], bool]) -> str:
    """Leave characters out, then make those that are left plain."""
    text = "".join(fewer(text, lambda kept: interesting("".join(kept))))
    for at, character in enumerate(text):
        for plain in ("a", "1") if character.isalnum() else ("a",):
            plainer = text[:at] + plain + text[at + 1 :]
            if character == plain or (character.isdigit() and plain == "a"):
                continue
            if interesting(plainer):
                text = plainer
                break
    return text


def fewer(items: Sequence[_T], interesting: Callable[[list[_T]], bool]) -> list[_T]:
    """Leave runs of items out, long ones first, then shorter ones, until no single one can go."""
    kept = list(items)
    size = len(kept)
    while size:
        at, went = 0, False
        while at < len(kept):
            shorter = kept[:at] + kept[at + size :]
            if interesting(shorter):
                kept, went = shorter, True
            else:
                at += size
        if not went or size > 1:
            size = size // 2 if size > 1 else 0
    return kept


def _lesser(number: float) -> Iterator[int | float]:
    """Give simpler numbers, the simplest first."""
    yield from (simple for simple in (0, 1, -1) if abs(simple) < abs(number))
    if isinstance(number, int):
        powers = (1 << bits for bits in range(1, number.bit_length()) if 1 << bits < abs(number))
        yield from (power if number > 0 else -power for power in powers)


def _paths(value: JsonValue, path: Path = ()) -> Iterator[Path]:
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _paths(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _paths(item, (*path, index))


def _get(value: JsonValue, path: Path) -> JsonValue:
    """Give what is at one place.

    :raises LookupError: there is no such place (any more).
    """
    for step in path:
        match value, step:
            case dict(), str():
                value = value[step]
            case list(), int():
                value = value[step]
            case _:
                raise LookupError(step)
    return value


def _put(value: JsonValue, path: Path, new: JsonValue) -> JsonValue:
    """Give a copy of the value with something else at one place."""
    if not path:
        return new
    step, *rest = path
    if isinstance(value, dict) and isinstance(step, str):
        return {name: _put(item, tuple(rest), new) if name == step else item for name, item in value.items()}
    assert isinstance(value, list)
    return [_put(item, tuple(rest), new) if index == step else item for index, item in enumerate(value)]
