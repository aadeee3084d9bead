"""What a reading of a URI leaves behind when somebody asks: the parts it saw, and what may surprise."""

from __future__ import annotations

from typing import final

import attrs


@final
@attrs.frozen
class Part:
    """One named part of a URI: `uri[start:end]`, in characters."""

    name: str
    """`scheme`, `host`, `port`, `path`, `cid`, `name`, `command`, `filename`, `offset`, an inet option's
    name, `ignored` or `dropped`."""
    start: int
    end: int


@final
@attrs.frozen
class Surprise:
    """Something that QEMU does with `uri[start:end]` silently, and that its writer may not expect."""

    code: str
    """A stable name for this kind of surprise; docs/uri-grammar.md lists them."""
    start: int
    end: int
    message: str
    """What QEMU does, in plain words."""


class Trace:
    """Collects parts and surprises in the order in which they are met."""

    __slots__ = ("parts", "surprises")

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.surprises: list[Surprise] = []

    def part(self, name: str, start: int, end: int) -> None:
        """Note a part."""
        self.parts.append(Part(name, start, end))

    def surprise(self, code: str, start: int, end: int, message: str) -> None:
        """Note a surprise."""
        self.surprises.append(Surprise(code, start, end, message))
