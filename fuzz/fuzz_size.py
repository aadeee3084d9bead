"""An offset: any text is a size or a fault inside of it, and a size is what exact arithmetic says."""

from __future__ import annotations

import re
from fractions import Fraction

from fuzz.harness import fuzz, load

load()

from migaddr.uri.size import INVALID, OUT_OF_RANGE, BadSize, read_size  # noqa: E402 -- counted from here on

_SIZE = re.compile(r"[ \t\n\v\f\r]*\+?([0-9]*)(?:\.([0-9]*))?([bkmgtpe]?)", re.ASCII | re.IGNORECASE)
_HEX = re.compile(r"[ \t\n\v\f\r]*\+?0x([0-9a-f]+)", re.ASCII | re.IGNORECASE)
_MOST = 2**64 - 1


def law(data: bytes) -> None:
    """Compare with the grammar, as fractions."""
    text = data.decode("utf-8", "surrogateescape")
    found = read_size(text)
    if isinstance(found, BadSize):
        assert found.strerror in (INVALID, OUT_OF_RANGE)
        assert 0 <= found.stop <= len(text)
        assert found.reason
    else:
        assert 0 <= found[0] <= _MOST
    if (hexadecimal := _HEX.fullmatch(text)) is not None:
        value = int(hexadecimal[1], 16)
        assert found == (value, False) if value <= _MOST else isinstance(found, BadSize), text
        return
    size = _SIZE.fullmatch(text)
    if size is None or not (size[1] or size[2]):
        assert isinstance(found, BadSize), text
        return
    digits, fraction, suffix = size[1] or "0", size[2] or "", size[3].lower()
    shift = 10 * " kmgtpe".index(suffix) if suffix not in ("", "b") else 0
    if len(digits) + len(fraction) > 400:
        return  # Python itself refuses to convert thousands of digits
    part = Fraction(int(fraction or "0"), 10 ** len(fraction))
    exact = (int(digits) + part) * 2**shift
    # QEMU reads the fraction as a double, and one that rounds to 1 is a byte more
    slack = Fraction(1, 2) + Fraction(2**shift, 2**52)
    if part and not shift and float(f".{fraction}") < 1:
        assert isinstance(found, BadSize), text
    elif isinstance(found, BadSize):
        assert exact + slack > _MOST, text
    else:
        assert abs(found[0] - exact) <= (slack if part else 0), text


if __name__ == "__main__":
    fuzz(law)
