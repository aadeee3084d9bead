"""What a rule says of QEMU, and what proves it. Data only; the proofs are in the tests, which look each up.

A sentence on what QEMU does is a `Fact`. Its proofs are rows of tests/corpus, all of which are sent to real
QEMU; tests that run real QEMU; or the data of the releases, which such tests guard. Other sentences say what
to do, and say nothing of QEMU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, final

import attrs

from migaddr.releases import Release


@final
@attrs.frozen
class Row:
    """A row of the corpus: what is given to QEMU, and what it makes of that."""

    corpus: str
    """`uri`, `channels`, `commands`, `hmp` or `incoming`."""
    given: str
    """The text; of a JSON value its JSON."""
    releases: str
    """`8.2..11.1`: those in which the row says so."""
    says: str
    """A part of what it expects, as JSON: `"host": "fe80"`, `"error"`."""


@final
@attrs.frozen
class Live:
    """A test that starts real QEMU."""

    name: str
    """`tests/qemu/test_listening.py::test_the_same_addresses_are_bound`."""


@final
@attrs.frozen
class Data:
    """What the data of the releases says of these, and of no other."""

    releases: str
    holds: Callable[[Release], object] = attrs.field(repr=False)


@final
@attrs.frozen
class Fact:
    """A sentence on what QEMU does."""

    says: str
    proofs: tuple[Row | Live | Data, ...]

    def __str__(self) -> str:
        return self.says


def fact(says: str, *proofs: Row | Live | Data) -> Fact:
    """Make a fact."""
    return Fact(says, proofs)


Why: TypeAlias = tuple[str | Fact, ...]
