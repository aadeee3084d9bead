"""What a program makes of a case: one of five answers."""

from __future__ import annotations

from typing import TypeAlias, final

import attrs

from migaddr.qmp import JsonValue


@final
@attrs.frozen
class Read:
    """It reads the case."""

    structure: JsonValue
    """What it read, as the `expect` of a case has it; True: it does not say."""


@final
@attrs.frozen
class Refused:
    """It refuses the case."""

    words: str
    """Why, in its own words."""


@final
@attrs.frozen
class Died:
    """The process ended where an answer was expected."""

    how: str
    """`SIGSEGV`, `status 3`."""
    said: str
    """The end of what it printed on standard error."""


@final
@attrs.frozen
class Silent:
    """There was no answer in time."""

    seconds: float


@final
@attrs.frozen
class Garbled:
    """The answer is none."""

    reason: str
    said: str
    """What it printed instead."""


Answer: TypeAlias = Read | Refused | Died | Silent | Garbled
