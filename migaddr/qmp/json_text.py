"""Reads JSON text strictly: no duplicate name, no NaN, nothing behind the value; faults have a position."""

from __future__ import annotations

import json
from typing import NoReturn, cast

from migaddr.errors import ParseError
from migaddr.qmp import json_fault
from migaddr.qmp.wire import JsonValue

_MOST_DIGITS = 4000  # Python refuses to convert more, and QEMU makes a double of such a number anyway


class _RefusedError(ValueError):
    """Something that `json` takes and QEMU does not; where it is, json_fault finds out."""


def read_json(text: str) -> JsonValue:
    """Read one JSON value: see `migaddr.parse_json`."""
    if not isinstance(text, str):
        raise ParseError(f"JSON text is a str, not {type(text).__name__}", "", 0, 0)
    try:
        if json_fault.is_nested_too_deep(text):  # where the stack is small, as in a browser, json would die
            json_fault.check(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=read_integer,
        )
        if json_fault.may_hold_surrogate(text):  # which json takes, and QEMU does not
            json_fault.check(text)
    except (ValueError, RecursionError) as error:
        raise json_fault.find(text, error) from None
    return cast("JsonValue", value)


def read_integer(digits: str) -> int | float:
    """Read a number without fraction and exponent; of thousands of digits it is a double."""
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError
    return found


def _refuse(_: str) -> NoReturn:
    raise _RefusedError
