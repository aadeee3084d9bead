"""The proof matrix: its cells, what can come out of one, and what was expected.

A cell is proven by bytes that arrived; it cannot be, for a reason of a closed list that a probe has just
shown; or it failed.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, final

import attrs

TRANSPORTS: Final = (
    "tcp", "tcp6", "unix", "unix-abstract", "vsock", "fd-socket", "fd-pipe", "exec", "file", "rdma"
)  # fmt: skip
FORMS: Final = ("uri", "channels")


class Way(enum.Enum):
    """Who sends to whom."""

    OURS = "migaddr to migaddr"
    FROM_QEMU = "QEMU to migaddr"
    TO_QEMU = "migaddr to QEMU"


class Reason(enum.Enum):
    """Why a cell cannot be proven here."""

    NO_CHANNELS = "no-channels"
    """This QEMU has no channels."""
    NO_SCHEME = "no-scheme"
    """This QEMU does not know the transport."""
    NO_SPELLING = "no-spelling"
    """The form has no way to say the address."""
    NO_IPV6 = "no-ipv6"
    """The machine has no IPv6 loopback."""
    NO_VSOCK = "no-vsock"
    """The kernel has no vsock, or no loopback for it."""
    NO_RDMA = "no-rdma"
    """There is no RDMA device, or no pyverbs."""
    NO_QEMU = "no-qemu"
    """That QEMU is not here, or does not run."""


PROVEN: Final = "proven"
FAILED: Final = "failed"


@final
@attrs.frozen(order=True)
class Cell:
    """One place of the matrix."""

    transport: str
    way: Way = attrs.field(order=lambda way: list(Way).index(way))
    form: str = attrs.field(order=FORMS.index)
    qemu: str
    """The release, `10.0`; empty where none takes part."""

    def __str__(self) -> str:
        qemu = f" {self.qemu}" if self.qemu else ""
        return f"{self.transport}, {self.way.value.replace('QEMU', f'QEMU{qemu}')}, {self.form}"


@final
@attrs.frozen
class Result:
    """What came out of a cell."""

    cell: Cell
    status: str
    """`proven`, `failed`, or the value of a Reason."""
    detail: str
    """What the probe or the failure said."""
    bytes: int = 0
    seconds: float = 0.0
    digest: str = ""
    """`sha256:...` of the guest's RAM at the far end, the same as at the near one."""


@final
@attrs.frozen
class Expected:
    """What should come out of a cell."""

    status: str
    """`proven`, or the value of a Reason."""
    probe: str = ""
    """What the probe that shows the reason has to say, or a part of that."""


class Impossible(Exception):  # noqa: N818 -- it is no error, it is an answer
    """A probe showed that the cell cannot be proven here."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class ProofError(Exception):
    """Something did not do what it should."""


def matrix(transports: Iterable[str], qemus: Iterable[str]) -> Iterator[Cell]:
    """Give all cells, in the order of the table."""
    for transport in transports:
        for form in FORMS:
            yield Cell(transport, Way.OURS, form, "")
        for qemu in qemus:
            for way in (Way.FROM_QEMU, Way.TO_QEMU):
                for form in FORMS:
                    yield Cell(transport, way, form, qemu)


def worse(results: Iterable[Result], expected: Mapping[str, Expected]) -> list[str]:
    """Say which cells are worse than was expected; one that nobody expected may only not fail.

    A reason that was expected has to be shown by the probe that was expected.
    """
    found: list[str] = []
    seen: set[str] = set()
    for result in results:
        name = str(result.cell)
        seen.add(name)
        wanted = expected.get(name)
        if result.status == FAILED or (wanted is not None and result.status not in (PROVEN, wanted.status)):
            status = "no failure" if wanted is None else wanted.status
            found.append(f"{name}: {result.status} ({result.detail}), and {status} was expected")
        elif wanted is not None and result.status == wanted.status and wanted.probe not in result.detail:
            found.append(f"{name}: the probe said {result.detail!r}, and {wanted.probe!r} was expected")
    found.extend(f"{name}: was not tried" for name in expected if name not in seen)
    return found
