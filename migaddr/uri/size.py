"""The grammar of an offset: QEMU's size parser with bytes as default unit (8.2 and later).

    size     = blanks ["+"] digits ["." [digits]] [suffix]
             | blanks ["+"] "." digits [suffix]
             | blanks ["+"] "0" ("x" | "X") hexdigits           ; no suffix, no fraction
    suffix   = "B" | "K" | "M" | "G" | "T" | "P" | "E"          ; any case; powers of 1024 bytes
    blanks   = *(space | tab | newline | vertical tab | form feed | carriage return)

The result is exact, rounded half up to bytes, and less than 2**64. A fraction that is not zero needs a
suffix of K or more. There is no octal, no exponent, no `Ki` and no `KB`. Text left over is "invalid" even
where the number before it is out of range.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from migaddr.model import UINT64_MAX

_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]+)")
_HEX: Final = re.compile(r"[ \t\n\v\f\r]*\+?(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)")
_FRACTION: Final = re.compile(r"\.([0-9]*)")
_ONLY_FRACTION: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)\.([0-9]+)")
_SHIFT: Final = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}

INVALID: Final = "Invalid argument"
OUT_OF_RANGE: Final = "Numerical result out of range"


class BadSize(NamedTuple):
    """Why a text is no size: glibc's words for it, ours, and where the reading stopped."""

    strerror: str
    reason: str
    stop: int


def read_size(text: str) -> tuple[int, bool] | BadSize:
    """Read an offset: its value in bytes, and whether it had to be rounded."""
    whole, fraction, stop, problem = _number(text)
    if problem is None:
        shift = _SHIFT.get(text[stop : stop + 1].lower())
        if shift is not None:
            stop += 1
        if fraction and not shift:
            return BadSize(INVALID, "a fraction of a byte: add a suffix such as K", stop)
        scaled = ((whole << 64) + fraction) << (shift or 0)
        value = (scaled + (1 << 63)) >> 64  # 64.64 fixed point, rounded half up
        if value <= UINT64_MAX and stop == len(text):
            return value, scaled & UINT64_MAX != 0
        problem = "is more than 2**64 - 1 bytes"
    elif problem == INVALID:
        return BadSize(INVALID, "is not a size in bytes", stop)
    if stop < len(text):
        return BadSize(INVALID, "has something left over after the size", stop)
    return BadSize(OUT_OF_RANGE, problem, stop)


def _number(text: str) -> tuple[int, int, int, str | None]:
    """Read the number before the suffix: integer part, fraction in 1/2**64, where it ends, what is wrong."""
    integer = _INTEGER.match(text)
    if integer is None:
        found = _ONLY_FRACTION.match(text)
        if found is None:
            return 0, 0, 0, INVALID
        if found[1] == "-":
            return 0, 0, found.end(), "is negative"
        carry, fraction = _fixed_point(found[2])
        return carry, fraction, found.end(), None
    stop = integer.end()
    if integer[1] == "-":
        return 0, 0, stop, "is negative"
    whole = _bounded(integer[2])
    if whole > UINT64_MAX:
        return 0, 0, stop, "is more than 2**64 - 1 bytes"
    follow = text[stop : stop + 1]
    if whole == 0 and follow in ("x", "X"):
        return _hexadecimal(text)
    if follow != ".":
        return whole, 0, stop, None
    found = _FRACTION.match(text, stop)
    assert found is not None  # the text goes on with a point
    carry, fraction = _fixed_point(found[1])
    whole += carry
    return (
        whole,
        fraction,
        found.end(),
        None if whole <= UINT64_MAX else "is more than 2**64 - 1 bytes",
    )


def _hexadecimal(text: str) -> tuple[int, int, int, str | None]:
    found = _HEX.match(text)
    assert found is not None  # there is at least the zero
    stop = found.end()
    digits = found[1].lstrip("0")
    if len(digits) > 16:
        return 0, 0, stop, "is more than 2**64 - 1 bytes"
    follow = text[stop : stop + 1].lower()
    if follow == "." or follow in _SHIFT:
        return 0, 0, stop, INVALID
    return int(digits or "0", 16), 0, stop, None


def _fixed_point(digits: str) -> tuple[int, int]:
    """Turn decimal digits after the point into a carry and 64 bits, through a double as QEMU does."""
    if not digits.strip("0"):
        return 0, 0
    fraction = float(f".{digits}")
    if fraction == 1.0:
        return 1, 0
    return 0, max(1, int(fraction * 2.0**64))  # what is not zero stays so


def _bounded(digits: str) -> int:
    """Turn decimal digits into an int that is at least more than 2**64 - 1 where they are."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= 20 else UINT64_MAX + 1
