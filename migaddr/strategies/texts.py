"""Texts: what the members of an address hold, plain, at a limit, hostile, or anything."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, TypeVar

from hypothesis import strategies as st

from migaddr.generation import alphabets as words
from migaddr.generation.source import Source

_T = TypeVar("_T")


@functools.lru_cache(maxsize=256)
def _numbers(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


class Drawn(Source):
    """Choices that Hypothesis makes, and shrinks towards the first of every table."""

    __slots__ = ("_draw",)

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw: Final = draw

    def below(self, count: int) -> int:
        """Choose a number from 0 to `count` - 1."""
        return self._draw(_numbers(count))


@st.composite
def by_source(draw: st.DrawFn, make: Callable[[Source], _T]) -> _T:
    """Draw what a function makes of a source of choices."""
    return make(Drawn(draw))


PLAIN: Final = st.text("abcXYZ019.-_", min_size=1, max_size=12)


def hostile_texts(max_pieces: int = 8, *, raw_bytes: bool = True) -> st.SearchStrategy[str]:
    """Draw texts of up to `max_pieces` pieces at which parsers stop.

    With `raw_bytes` there may be surrogate escapes among them, bytes that are no UTF-8: `os.fsencode` makes
    them bytes again, and JSON cannot carry them. There is no NUL and no other surrogate.
    """
    pieces = st.sampled_from((*words.PIECES, *words.RAW * 4) if raw_bytes else words.PIECES)
    return st.lists(pieces, max_size=max_pieces).map("".join)


def any_texts(max_size: int = 16, *, raw_bytes: bool = True) -> st.SearchStrategy[str]:
    """Draw texts of any characters that an address can hold; `raw_bytes` as in `hostile_texts`."""
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    if raw_bytes:
        characters |= st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
    return st.text(characters, max_size=max_size)


def member_texts(table: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Draw what a member may hold: a plain word, what its table has, hostile, anything."""
    return PLAIN | st.sampled_from(table) | hostile_texts() | any_texts()


PORTS: Final = st.integers(0, 65535).map(str) | member_texts(words.PORTS)
