"""What the linter says: findings, and the edits that would mend them. Everything pickles."""

from __future__ import annotations

import enum
from typing import final

import attrs


class Severity(enum.IntEnum):
    """How bad it is."""

    INFO = 0
    """Something that could be said better."""
    WARNING = 1
    """Something that is probably not meant."""
    ERROR = 2
    """Something that fails, or does another thing than it says."""


@final
@attrs.frozen
class Edit:
    """Replace the bytes `start` to `end` of the source by a text."""

    start: int
    """Where it begins, in bytes of the source as UTF-8."""
    end: int
    """The first byte behind it."""
    replacement: str
    """What stands there instead."""


@final
@attrs.frozen
class Fix:
    """Edits that belong together."""

    edits: tuple[Edit, ...]
    """None overlaps another."""
    safe: bool
    """The program does what was meant, and nothing else changes; else somebody should look at it."""
    description: str
    """What it does, for people: `write rdma:`."""


@final
@attrs.frozen
class Finding:
    """One fault in a source. Lines and columns begin at 1, columns count characters."""

    code: str
    """`MIG103`."""
    name: str
    """`ipv6-unbracketed`."""
    severity: Severity
    """How bad it is."""
    message: str
    """What is wrong, in a line."""
    line: int
    """Where it begins, from 1."""
    column: int
    """In characters, from 1."""
    end_line: int
    """The line on which it ends."""
    end_column: int
    """The column behind its last character."""
    start: int
    """Where it begins, in bytes of the source as UTF-8."""
    end: int
    """Where it ends, in bytes of the source: the first behind it."""
    text: str
    """The part at fault, as written."""
    fix: Fix | None = None
    """What would mend it."""
