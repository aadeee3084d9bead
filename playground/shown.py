"""Texts as the page shows them: printable, and not endless."""

from __future__ import annotations

from typing import Final, TypedDict

from migaddr.carets import printable, shortened

_CONTEXT: Final = 60  # characters shown on either side of a part
_LONGEST: Final = 400

__all__ = ["Marked", "marked", "printable", "shown"]


class Marked(TypedDict):
    """A place in a text; an empty part: something is missing there."""

    before: str
    part: str
    after: str


def marked(text: str, start: int, end: int) -> Marked:
    """Show `text[start:end]` and what stands around it."""
    cut_before, cut_after = start > _CONTEXT, len(text) - end > _CONTEXT
    return {
        "before": ("..." if cut_before else "") + printable(text[max(0, start - _CONTEXT) : start]),
        "part": shown(text[start:end]),
        "after": printable(text[end : end + _CONTEXT]) + ("..." if cut_after else ""),
    }


def shown(text: str) -> str:
    """Make a text printable, without the middle of a long one."""
    return printable(shortened(text, _LONGEST))
