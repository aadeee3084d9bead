"""A dictionary of the words that parsers of addresses know, as libFuzzer and AFL++ read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from migaddr.generation import alphabets as words

_LONGEST: Final = 64  # bytes; libFuzzer takes no longer word


def entries() -> list[bytes]:
    """List the words, each once, one to 64 bytes."""
    texts = (
        *(f"{scheme}:" for scheme in words.SCHEMES.values()),
        *(f",{name}{equals}" for name in (*words.OPTIONS, "offset", "id", "addr") for equals in ("", "=")),
        *(
            *words.PIECES,
            *words.HOSTS,
            *words.PORTS,
            *words.NUMBERS,
            *words.BOOLEANS,
            *words.SIZES,
            *words.IDS,
        ),
        *(*words.ODD_OPTIONS, *words.WHOLE),
        *(f'"{name}"' for name in (*words.MEMBER_NAMES, *words.TAGS, *words.EXECUTE, "execute", "arguments")),
    )
    found = (text.encode() for text in texts)
    return list(dict.fromkeys(word for word in found if 0 < len(word) <= _LONGEST))


def dictionary() -> Iterator[str]:
    """Give the lines of a dictionary file: `"word"`, in ASCII; bytes that need it are escaped."""
    yield "# Words of QEMU migration addresses, for libFuzzer (-dict=) and AFL++ (-x). Made by migaddr."
    for word in entries():
        yield f'"{"".join(map(_escaped, word))}"'


def _escaped(byte: int) -> str:
    return f"\\x{byte:02X}" if not 32 <= byte < 127 or byte in b'"\\' else chr(byte)
