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
# what few offsets have is compiled when one does
_HEX: Final = r"[ \t\n\v\f\r]*\+?(?:0[xX](?=[0-9a-fA-F]))?([0-9a-fA-F]+)"
_FRACTION: Final = r"\.([0-9]*)"
_ONLY_FRACTION: Final = r"[ \t\n\v\f\r]*([+-]?)\.([0-9]+)"
_SHIFT: Final = {"b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50, "e": 60}

INVALID: Final = "Invalid argument"
OUT_OF_RANGE: Final = "Numerical result out of range"


class BadSize(NamedTuple):
    """Why a text is no size: glibc's words for it, ours, and where the reading stopped."""

    strerror: str
    reason: str
    stop: int


class _Problem(NamedTuple):
    """Why there is no number, and where its reading stopped."""

    reason: str
    stop: int


_NO_SIZE: Final = "is not a size in bytes"
_NEGATIVE: Final = "is negative"
_TOO_LARGE: Final = "is more than 2**64 - 1 bytes"


def read_size(text: str) -> tuple[int, bool] | BadSize:
    """Read an offset: its value in bytes, and whether it had to be rounded."""
    found = _number(text)
    if isinstance(found, _Problem):
        reason, stop = found
        if reason == _NO_SIZE:
            return BadSize(INVALID, reason, stop)
    else:
        whole, fraction, stop = found
        shift = _SHIFT.get(text[stop : stop + 1].lower())
        if shift is not None:
            stop += 1
        if fraction and not shift:
            return BadSize(INVALID, "has a fraction of a byte: add a suffix such as K", stop)
        scaled = ((whole << 64) + fraction) << (shift or 0)
        value = (scaled + (1 << 63)) >> 64  # 64.64 fixed point, rounded half up
        if value <= UINT64_MAX and stop == len(text):
            return value, scaled & UINT64_MAX != 0
        reason = _TOO_LARGE
    if stop < len(text):
        return BadSize(INVALID, "has something left over after the size", stop)
    return BadSize(OUT_OF_RANGE, reason, stop)


def _number(text: str) -> tuple[int, int, int] | _Problem:
    """Read the number before the suffix: integer part, fraction in 1/2**64, where it ends."""
    integer = _INTEGER.match(text)
    if integer is None:
        found = re.match(_ONLY_FRACTION, text)
        if found is None:
            return _Problem(_NO_SIZE, 0)
        if found[1] == "-":
            return _Problem(_NEGATIVE, found.end())
        return *_fixed_point(found[2]), found.end()
    stop = integer.end()
    if integer[1] == "-":
        return _Problem(_NEGATIVE, stop)
    whole = _bounded(integer[2])
    if whole > UINT64_MAX:
        return _Problem(_TOO_LARGE, stop)
    follow = text[stop : stop + 1]
    if whole == 0 and follow in ("x", "X"):
        return _hexadecimal(text)
    if follow != ".":
        return whole, 0, stop
    found = re.match(_FRACTION, text[stop:])
    assert found is not None  # the text goes on with a point
    carry, fraction = _fixed_point(found[1])
    stop += found.end()
    whole += carry
    return (whole, fraction, stop) if whole <= UINT64_MAX else _Problem(_TOO_LARGE, stop)


def _hexadecimal(text: str) -> tuple[int, int, int] | _Problem:
    found = re.match(_HEX, text)
    assert found is not None  # there is at least the zero
    stop = found.end()
    follow = text[stop : stop + 1].lower()
    if follow == "." or follow in _SHIFT:
        return _Problem(_NO_SIZE, stop)
    return int(found[1], 16), 0, stop


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
