"""An integer as C's strtoull reads it with base 0, over the whole text.

    integer = *blank ["+" | "-"] ("1".."9" *DIGIT | "0" *octal | "0x" 1*hex | "0b" 1*binary)

Binary came with glibc 2.38. A negative number wraps at 2**64.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from migaddr.model import UINT64_MAX

_INTEGER: Final = r"[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))"
_MOST_DIGITS: Final = 64  # of a number below 2**64, in whatever base
_BASES: Final = {2: 16, 3: 2, 4: 8, 5: 10}  # by the group that matched


@functools.cache
def _integer() -> re.Pattern[str]:
    """Give the pattern, compiled when a text first needs it."""
    return re.compile(_INTEGER)


def read_integer(text: str) -> tuple[int, int] | None:
    """Give the number that is meant, not wrapped, and its base; None where this is no integer.

    What has too many digits for 64 bits is given as 2**64 or more, or -(2**64) or less.
    """
    found = _integer().fullmatch(text)
    if found is None:
        return None
    group = found.lastindex or 0
    base = _BASES[group]
    digits = found[group].lstrip("0") or "0"
    number = int(digits, base) if len(digits) <= _MOST_DIGITS else UINT64_MAX + 1
    return (-number if found[1] == "-" else number), base
