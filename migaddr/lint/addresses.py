"""A migration address that was found in a source text: what `migaddr find` lists and the rules judge."""

from __future__ import annotations

import enum
from typing import final

import attrs

from migaddr.lint.find.text import Beside
from migaddr.lint.find.values import Value
from migaddr.lint.find.vocabulary import Confidence, Direction


class Form(enum.Enum):
    """How much of an address stands in the source."""

    LITERAL = "literal"
    TEMPLATE = "template"
    """With holes that the program fills."""
    VARIABLE = "variable"
    """Only what it is given to is seen."""
    CHANNELS = "channels"
    """JSON, or a structure that becomes it."""


@final
@attrs.frozen
class Found:
    """One migration address in a source. Lines and columns begin at 1, columns count characters."""

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    """Where it begins, in bytes of the source."""
    end: int
    dialect: str
    """`qemu`, `libvirt`, `cloud-hypervisor` or `stratovirt`."""
    form: Form
    confidence: Confidence
    sink: str
    """What it is given to: a function, an option, a key, a variable."""
    direction: Direction
    text: str
    """As written."""
    value: str
    """As the program will see it, with `{}` for every hole."""
    template: Value = attrs.field(repr=False)
    """The value with the place of each character."""
    carrier: str
    """What reads it where it stands: `code`, `shell`, `hmp`, `json`, `text`."""
    beside: tuple[Beside, ...] = ()
    """What its command is given beside it."""
