"""What cases are tried on."""

from __future__ import annotations

from typing import Protocol

from migaddr.errors import MigaddrError
from migaddr.fuzz.differences import Difference
from migaddr.generation import Case


class TargetError(MigaddrError):
    """The program cannot be run, or is none that takes cases."""


class Target(Protocol):
    """A program that reads addresses."""

    def difference(self, case: Case) -> Difference | None:
        """Give a case to it; say how it differs from what the case says. It is started anew where it died.

        :raises TargetError: it cannot be started.
        """
        ...

    def takes(self, case: Case) -> bool:
        """Tell whether the case can be given to it at all."""
        ...

    def close(self) -> None:
        """End its processes and remove its files."""
        ...
